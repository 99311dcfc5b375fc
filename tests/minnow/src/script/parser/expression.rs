//! Expressions, by precedence climbing.
use std::sync::Arc;

use super::Parser;
use crate::error::Result;
use crate::script::ast::{Arg, Definition, Expr, Operator, Param, Statement, StatementKind};
use crate::script::lexer::{Token, syntax_error};
use crate::value::Value;

/// What an infix token makes of its two sides.
#[derive(Clone, Copy)]
enum Infix {
    Operator(Operator),
    Between,
    Pair,
    Range,
    Cast,
}

const OR: u8 = 1;
const AND: u8 = 2;
const COMPARE: u8 = 3;
const ADD: u8 = 4;
const MULTIPLY: u8 = 5;
const TIGHT: u8 = 6;

impl Parser<'_> {
    pub fn expression(&mut self) -> Result<Expr> {
        self.nested(|parser| parser.binary(OR))
    }

    /// Operators that bind at least as tightly as `least`.
    fn binary(&mut self, least: u8) -> Result<Expr> {
        let mut left = self.unary()?;
        let mut height = self.height;
        while let Some((infix, precedence)) = self.infix().filter(|(_, precedence)| *precedence >= least) {
            self.next();
            let right = self.nested(|parser| parser.binary(precedence + 1))?;
            height = height.max(self.height) + 1;
            self.grow(height)?;
            let (left_side, right_side) = (Box::new(left), Box::new(right));
            left = match infix {
                Infix::Operator(operator) => Expr::Binary(operator, left_side, right_side),
                Infix::Between => Expr::Between(left_side, right_side),
                Infix::Pair => Expr::Pair(left_side, right_side),
                Infix::Range => Expr::Range(left_side, right_side),
                Infix::Cast => call("cast", vec![*left_side, *right_side]),
            };
        }
        self.height = height;
        Ok(left)
    }

    fn infix(&self) -> Option<(Infix, u8)> {
        // A query's conditions may go on in the next line.
        let goes_on = self.in_query && (self.is_word("and") || self.is_word("or"));
        if self.at_line_end() && !goes_on {
            return None;
        }
        let operator = |operator, precedence| Some((Infix::Operator(operator), precedence));
        match self.peek() {
            Token::Mark(mark) => match *mark {
                "||" => operator(Operator::Or, OR),
                "&&" => operator(Operator::And, AND),
                "==" => operator(Operator::Eq, COMPARE),
                "=" if self.in_query => operator(Operator::Eq, COMPARE),
                "!=" | "<>" => operator(Operator::Ne, COMPARE),
                "<" => operator(Operator::Lt, COMPARE),
                "<=" => operator(Operator::Le, COMPARE),
                ">" if self.ends_code() => None,
                ">" => operator(Operator::Gt, COMPARE),
                ">=" => operator(Operator::Ge, COMPARE),
                "+" => operator(Operator::Add, ADD),
                "-" => operator(Operator::Sub, ADD),
                "*" => operator(Operator::Mul, MULTIPLY),
                "/" => operator(Operator::Div, MULTIPLY),
                "\\" => operator(Operator::Ratio, MULTIPLY),
                "%" => operator(Operator::Mod, MULTIPLY),
                ":" => Some((Infix::Pair, TIGHT)),
                ".." => Some((Infix::Range, TIGHT)),
                "$" => Some((Infix::Cast, TIGHT)),
                _ => None,
            },
            _ if self.is_word("or") => operator(Operator::Or, OR),
            _ if self.is_word("and") => operator(Operator::And, AND),
            _ if self.is_word("in") => operator(Operator::In, COMPARE),
            _ if self.is_word("like") => operator(Operator::Like, COMPARE),
            _ if self.is_word("between") => Some((Infix::Between, COMPARE)),
            _ => None,
        }
    }

    /// Whether the `>` here closes `<...>`: nothing that could be compared follows.
    fn ends_code(&self) -> bool {
        let after = self.peek_after(1);
        let closer = matches!(after.token, Token::End | Token::Mark(")" | "," | ";" | "]" | "}" | "." | ">"));
        self.in_code && (closer || after.leads)
    }

    fn unary(&mut self) -> Result<Expr> {
        let is_not = self.is_mark("!") || (self.is_word("not") && !self.calls_next());
        if !is_not && !self.is_mark("-") && !self.is_mark("+") {
            return self.postfix();
        }
        let negates = self.is_mark("-");
        self.next();
        let operand = Box::new(self.nested(Self::unary)?);
        self.grow(self.height + 1)?;
        Ok(match (is_not, negates) {
            (true, _) => Expr::Not(operand),
            (_, true) => Expr::Negate(operand),
            _ => *operand,
        })
    }

    fn calls_next(&self) -> bool {
        matches!(self.peek_after(1).token, Token::Mark("("))
    }

    pub fn postfix(&mut self) -> Result<Expr> {
        let mut object = self.primary()?;
        let mut height = self.height;
        loop {
            if self.at_line_end() {
                break;
            }
            object = match self.peek() {
                Token::Mark("(") if callable(&object) => {
                    Expr::Call { function: Box::new(object), args: self.args("(", ")")? }
                }
                Token::Mark("{") if callable(&object) && !self.lexeme().spaced => {
                    Expr::Partial { function: Box::new(object), args: self.args("{", "}")? }
                }
                Token::Mark("[") => Expr::Index { object: Box::new(object), index: self.list("[", "]")? },
                Token::Mark(".") => self.member(object)?,
                _ => break,
            };
            height = height.max(self.height) + 1;
            self.grow(height)?;
        }
        self.height = height;
        Ok(object)
    }

    fn member(&mut self, object: Expr) -> Result<Expr> {
        self.next();
        let name = self.name()?;
        self.height = 0;
        let object = Box::new(object);
        if self.is_mark("(") {
            return Ok(Expr::Method { object, name, args: self.args("(", ")")? });
        }
        Ok(Expr::Member { object, name })
    }

    /// Arguments with their brackets: positional, `name=value`, or omitted.
    fn args(&mut self, open: &str, close: &str) -> Result<Vec<Arg>> {
        self.expect(open)?;
        let mut args = Vec::new();
        let mut highest = 0;
        self.bracketed(|parser| {
            // `count(*)` counts rows: no argument.
            if parser.is_mark("*") && matches!(parser.peek_after(1).token, Token::Mark(")")) {
                parser.next();
            }
            while !parser.is_mark(close) {
                args.push(parser.arg(close)?);
                highest = highest.max(parser.height);
                if !parser.accept(",") {
                    break;
                }
                if parser.is_mark(close) {
                    args.push(Arg { name: None, value: None });
                }
            }
            Ok(())
        })?;
        self.height = highest;
        self.expect(close)?;
        Ok(args)
    }

    fn arg(&mut self, close: &str) -> Result<Arg> {
        if self.is_mark(",") || self.is_mark(close) {
            return Ok(Arg { name: None, value: None });
        }
        let name = match (self.peek(), &self.peek_after(1).token) {
            (Token::Name(name), Token::Mark("=")) if !self.in_query => Some(name.clone()),
            _ => None,
        };
        if name.is_some() {
            self.next();
            self.next();
        }
        let value = Some(self.expression()?);
        // `table(x as name)` names a column.
        let alias = if name.is_none() && self.accept_word("as") { Some(self.name()?) } else { None };
        Ok(Arg { name: name.or(alias), value })
    }

    /// Expressions between brackets, separated by commas.
    fn list(&mut self, open: &str, close: &str) -> Result<Vec<Expr>> {
        self.expect(open)?;
        let mut items = Vec::new();
        let mut highest = 0;
        self.bracketed(|parser| {
            while !parser.is_mark(close) {
                items.push(parser.expression()?);
                highest = highest.max(parser.height);
                if !parser.accept(",") {
                    break;
                }
            }
            Ok(())
        })?;
        self.height = highest;
        self.expect(close)?;
        Ok(items)
    }

    fn primary(&mut self) -> Result<Expr> {
        self.height = 1;
        match self.peek().clone() {
            Token::Constant(value) => self.constants(value),
            Token::Name(name) => self.named(name),
            Token::Mark("(") => self.parenthesised(),
            Token::Mark("[") => self.list("[", "]").map(Expr::Vector),
            Token::Mark("<") => self.code(),
            _ => Err(self.unexpected()),
        }
    }

    /// A literal, or several with spaces between them, which make a vector: `1 2 3`.
    fn constants(&mut self, first: Value) -> Result<Expr> {
        self.next();
        let mut items = vec![Expr::Constant(first)];
        while !self.at_line_end() {
            let Token::Constant(value @ Value::Scalar(_)) = self.peek().clone() else { break };
            self.next();
            items.push(Expr::Constant(value));
        }
        if items.len() > 1 { Ok(Expr::Vector(items)) } else { Ok(items.remove(0)) }
    }

    fn named(&mut self, name: String) -> Result<Expr> {
        let after = &self.peek_after(1).token;
        let is_call = matches!(after, Token::Mark("("));
        let query = matches!(name.as_str(), "select" | "exec" | "SELECT" | "EXEC");
        if query {
            return self.query();
        }
        if name == "def" && is_call {
            self.next();
            return self.function(String::new()).map(Expr::Lambda);
        }
        if matches!(after, Token::Mark("->")) {
            self.next();
            return self.arrow(vec![name]);
        }
        self.next();
        let mut path = name;
        while self.is_mark("::") {
            self.next();
            path = format!("{path}::{}", self.name()?);
        }
        Ok(match path.as_str() {
            "true" => Expr::Constant(Value::bool(true)),
            "false" => Expr::Constant(Value::bool(false)),
            "NULL" => Expr::Constant(Value::Void),
            _ => Expr::Name(path),
        })
    }

    /// `x -> expression`, with the parameters already read.
    fn arrow(&mut self, names: Vec<String>) -> Result<Expr> {
        self.expect("->")?;
        let line = self.lexeme().line;
        let body = vec![Statement { line, kind: StatementKind::Return(Some(self.expression()?)) }];
        let params = names.into_iter().map(|name| Param { name, mutable: false, default: None }).collect();
        Ok(Expr::Lambda(Arc::new(Definition { name: String::new(), params, body })))
    }

    /// `(a)`, the tuple `(a, b)`, or the parameters of `(a, b) -> expression`.
    fn parenthesised(&mut self) -> Result<Expr> {
        self.expect("(")?;
        let mut items = Vec::new();
        let mut highest = 0;
        let mut is_tuple = self.is_mark(")");
        self.bracketed(|parser| {
            while !parser.is_mark(")") {
                items.push(parser.expression()?);
                highest = highest.max(parser.height);
                if !parser.accept(",") {
                    break;
                }
                is_tuple = true;
            }
            Ok(())
        })?;
        self.expect(")")?;
        self.height = highest;
        if self.is_mark("->") {
            let names = items.iter().map(|item| match item {
                Expr::Name(name) => Ok(name.clone()),
                _ => Err(syntax_error(self.lexeme().line, "A parameter must be a name.")),
            });
            return self.arrow(names.collect::<Result<_>>()?);
        }
        if is_tuple { Ok(Expr::Tuple(items)) } else { items.pop().ok_or_else(|| self.unexpected()) }
    }

    /// `<expression>` or `<select ...>`.
    fn code(&mut self) -> Result<Expr> {
        self.expect("<")?;
        let outside = std::mem::replace(&mut self.in_code, true);
        let start = self.lexeme().start;
        let inner = self.expression()?;
        self.in_code = outside;
        let end = self.lexeme().start;
        self.expect(">")?;
        let text = self.source[start..end].trim().to_owned();
        Ok(Expr::Code(Arc::new(inner), text))
    }
}

fn callable(expr: &Expr) -> bool {
    !matches!(expr, Expr::Constant(_) | Expr::Vector(_) | Expr::Query(_))
}

pub fn call(name: &str, args: Vec<Expr>) -> Expr {
    let args = args.into_iter().map(|value| Arg { name: None, value: Some(value) }).collect();
    Expr::Call { function: Box::new(Expr::Name(name.to_owned())), args }
}
