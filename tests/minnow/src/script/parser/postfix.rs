//! What follows an expression: calls, partial applications, indexes, members.
use super::Parser;
use crate::error::Result;
use crate::script::ast::{Arg, Expr};
use crate::script::lexer::Token;

impl Parser<'_> {
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
        if let Some(function) = self.bare_operator(close) {
            self.next();
            self.height = 1;
            return Ok(Arg { name: None, value: Some(Expr::Name(function.to_owned())) });
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

    /// An operator that stands alone, as in `expr(a, >, 5)`, is the function that does it.
    fn bare_operator(&self, close: &str) -> Option<&'static str> {
        const FUNCTIONS: [(&str, &str); 13] = [
            ("+", "add"),
            ("-", "sub"),
            ("*", "mul"),
            ("/", "div"),
            ("%", "mod"),
            ("==", "eq"),
            ("!=", "ne"),
            ("<", "lt"),
            ("<=", "le"),
            (">", "gt"),
            (">=", "ge"),
            ("&&", "and"),
            ("||", "or"),
        ];
        let alone = matches!(self.peek_after(1).token, Token::Mark(mark) if mark == "," || mark == close);
        FUNCTIONS.iter().find(|(mark, _)| alone && self.is_mark(mark)).map(|(_, function)| *function)
    }

    /// Expressions between brackets, separated by commas.
    pub fn list(&mut self, open: &str, close: &str) -> Result<Vec<Expr>> {
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
}

fn callable(expr: &Expr) -> bool {
    !matches!(expr, Expr::Constant(_) | Expr::Vector(_) | Expr::Query(_))
}
