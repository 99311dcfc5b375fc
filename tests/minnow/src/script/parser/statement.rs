//! Statements and function definitions.
use std::sync::Arc;

use super::Parser;
use crate::error::Result;
use crate::script::ast::{Block, Definition, Expr, Operator, Param, Statement, StatementKind};
use crate::script::lexer::{Token, syntax_error};

impl Parser<'_> {
    /// Parses one statement with its end; a lone `;` adds nothing.
    pub fn statement_into(&mut self, block: &mut Block) -> Result<()> {
        if self.accept(";") {
            return Ok(());
        }
        let line = self.lexeme().line;
        let kind = self.nested(Self::statement)?;
        block.push(Statement { line, kind });
        let ended = self.accept(";") || self.lexeme().leads || self.is_mark("}") || self.is_word("else");
        if ended || matches!(self.peek(), Token::End) || self.follows_end() {
            return Ok(());
        }
        Err(self.unexpected())
    }

    /// Whether the token before has ended a statement within this one.
    fn follows_end(&self) -> bool {
        self.at > 0 && matches!(self.lexemes[self.at - 1].token, Token::Mark("}" | ";"))
    }

    fn statement(&mut self) -> Result<StatementKind> {
        let Token::Name(word) = self.peek().clone() else { return self.simple_statement() };
        let called = matches!(self.peek_after(1).token, Token::Mark("("));
        let names_follow = matches!(self.peek_after(1).token, Token::Name(_));
        match word.as_str() {
            "def" if names_follow => self.definition(),
            "if" if called => self.if_statement(),
            "for" if called => self.for_statement(),
            "while" if called => self.while_statement(),
            "do" if matches!(self.peek_after(1).token, Token::Mark("{")) => self.do_statement(),
            "try" if matches!(self.peek_after(1).token, Token::Mark("{")) => self.try_statement(),
            "throw" => self.word_then(|parser| parser.expression().map(StatementKind::Throw)),
            "return" => self.word_then(Self::return_value),
            "break" => self.word_then(|_| Ok(StatementKind::Break)),
            "continue" => self.word_then(|_| Ok(StatementKind::Continue)),
            "go" if !called => self.word_then(|_| Ok(StatementKind::Go)),
            "use" if names_follow => self.word_then(|parser| parser.module_name().map(StatementKind::Use)),
            "share" if names_follow => self.word_then(Self::share),
            "undef" if names_follow => self.word_then(Self::undef_all),
            "delete" if names_follow => self.word_then(Self::delete_statement),
            "insert" if names_follow => self.word_then(Self::insert_statement),
            "update" if names_follow => self.word_then(Self::update_statement),
            _ => self.simple_statement(),
        }
    }

    fn word_then(&mut self, parse: impl FnOnce(&mut Self) -> Result<StatementKind>) -> Result<StatementKind> {
        self.next();
        parse(self)
    }

    fn simple_statement(&mut self) -> Result<StatementKind> {
        let first = self.expression()?;
        let mut targets = vec![first];
        while matches!(targets.last(), Some(Expr::Name(_))) && self.is_mark(",") {
            self.next();
            targets.push(self.expression()?);
        }
        const UPDATES: [(&str, Operator); 4] =
            [("+=", Operator::Add), ("-=", Operator::Sub), ("*=", Operator::Mul), ("/=", Operator::Div)];
        let operator = UPDATES.iter().find(|(mark, _)| self.is_mark(mark)).map(|(_, operator)| *operator);
        if operator.is_none() && !self.is_mark("=") {
            return match (targets.len(), targets.pop()) {
                (1, Some(expr)) => Ok(StatementKind::Expr(expr)),
                _ => Err(self.unexpected_but("=")),
            };
        }
        let line = self.lexeme().line;
        self.next();
        let assignable =
            |target: &Expr| matches!(target, Expr::Name(_) | Expr::Index { .. } | Expr::Member { .. });
        if !targets.iter().all(assignable) {
            return Err(syntax_error(line, "Only a variable, an element or a column can be assigned to."));
        }
        Ok(StatementKind::Assign { targets, operator, value: self.expression()? })
    }

    /// `{ ... }` or a single statement.
    fn block(&mut self) -> Result<Block> {
        let mut block = Block::new();
        if !self.accept("{") {
            self.statement_into(&mut block)?;
            return Ok(block);
        }
        // The lines of a block end statements even when the block is inside brackets.
        let outside = (self.brackets, self.in_query, self.in_code);
        (self.brackets, self.in_query, self.in_code) = (0, false, false);
        while !self.accept("}") {
            if matches!(self.peek(), Token::End) {
                return Err(self.unexpected_but("}"));
            }
            self.statement_into(&mut block)?;
        }
        (self.brackets, self.in_query, self.in_code) = outside;
        Ok(block)
    }

    fn condition(&mut self) -> Result<Expr> {
        self.next();
        self.expect("(")?;
        let condition = self.bracketed(Self::expression)?;
        self.expect(")")?;
        Ok(condition)
    }

    fn if_statement(&mut self) -> Result<StatementKind> {
        let condition = self.condition()?;
        let then = self.block()?;
        let otherwise = if self.accept_word("else") { self.block()? } else { Block::new() };
        Ok(StatementKind::If { condition, then, otherwise })
    }

    fn for_statement(&mut self) -> Result<StatementKind> {
        self.next();
        self.expect("(")?;
        let mut names = vec![self.name()?];
        while self.accept(",") {
            names.push(self.name()?);
        }
        if !self.accept_word("in") {
            return Err(self.unexpected_but("in"));
        }
        let over = self.bracketed(Self::expression)?;
        self.expect(")")?;
        Ok(StatementKind::For { names, over, body: self.block()? })
    }

    fn while_statement(&mut self) -> Result<StatementKind> {
        let condition = self.condition()?;
        Ok(StatementKind::While { condition, body: self.block()?, check_last: false })
    }

    fn do_statement(&mut self) -> Result<StatementKind> {
        self.next();
        let body = self.block()?;
        if !self.is_word("while") {
            return Err(self.unexpected_but("while"));
        }
        Ok(StatementKind::While { condition: self.condition()?, body, check_last: true })
    }

    fn try_statement(&mut self) -> Result<StatementKind> {
        self.next();
        let body = self.block()?;
        if !self.accept_word("catch") {
            return Err(self.unexpected_but("catch"));
        }
        self.expect("(")?;
        let name = self.name()?;
        self.expect(")")?;
        Ok(StatementKind::Try { body, name, handler: self.block()? })
    }

    fn return_value(&mut self) -> Result<StatementKind> {
        let empty = self.at_line_end() || self.is_mark(";") || self.is_mark("}");
        if empty || matches!(self.peek(), Token::End) {
            return Ok(StatementKind::Return(None));
        }
        self.expression().map(|value| StatementKind::Return(Some(value)))
    }

    fn module_name(&mut self) -> Result<String> {
        let mut name = self.name()?;
        while self.accept("::") {
            name = format!("{name}::{}", self.name()?);
        }
        Ok(name)
    }

    fn share(&mut self) -> Result<StatementKind> {
        let table = self.expression()?;
        if !self.accept_word("as") {
            return Err(self.unexpected_but("as"));
        }
        Ok(StatementKind::Share { table, name: self.name()? })
    }

    fn undef_all(&mut self) -> Result<StatementKind> {
        if self.accept_word("all") { Ok(StatementKind::UndefAll) } else { Err(self.unexpected_but("all")) }
    }

    /// `def name(params) { ... }` or `def name(params) : expression`.
    fn definition(&mut self) -> Result<StatementKind> {
        self.next();
        let name = self.name()?;
        self.function(name).map(StatementKind::Define)
    }

    /// Parameters and body, with `def` and the name already read.
    pub fn function(&mut self, name: String) -> Result<Arc<Definition>> {
        let start = self.lexeme().start;
        self.expect("(")?;
        let params = self.bracketed(Self::params)?;
        self.expect(")")?;
        let outside = std::mem::replace(&mut self.peak, 0);
        let body = if self.is_mark("{") {
            self.nested(Self::block)?
        } else if self.accept(":") || self.accept("->") {
            let line = self.lexeme().line;
            vec![Statement { line, kind: StatementKind::Return(Some(self.expression()?)) }]
        } else {
            return Err(self.unexpected_but("{"));
        };
        // A function inside an expression is part of its tree.
        let height = self.peak + 1;
        self.peak = outside;
        self.grow(height)?;
        let source = self.since(start).to_owned();
        Ok(Arc::new(Definition { name, params, body, source }))
    }

    fn params(&mut self) -> Result<Vec<Param>> {
        let mut params = Vec::new();
        while !self.is_mark(")") {
            let mutable = self.is_word("mutable") && matches!(self.peek_after(1).token, Token::Name(_));
            if mutable {
                self.next();
            }
            let name = self.name()?;
            let default = if self.accept("=") { Some(self.expression()?) } else { None };
            params.push(Param { name, mutable, default });
            if !self.accept(",") {
                break;
            }
        }
        Ok(params)
    }
}
