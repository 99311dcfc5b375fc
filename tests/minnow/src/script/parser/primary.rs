//! What operators join: literals, names, brackets, metacode, anonymous functions.
use std::sync::Arc;

use super::Parser;
use super::operator::call;
use crate::error::Result;
use crate::script::ast::{Definition, Expr, Param, Statement, StatementKind};
use crate::script::lexer::{Token, syntax_error};
use crate::value::Value;

impl Parser<'_> {
    pub fn primary(&mut self) -> Result<Expr> {
        self.height = 1;
        match self.peek().clone() {
            Token::Constant(value) => self.constants(value),
            Token::Name(name) => self.named(name),
            Token::Quoted(name) => {
                self.next();
                Ok(Expr::Name(name))
            }
            Token::Mark("(") => self.parenthesised(),
            Token::Mark("[") => self.list("[", "]").map(Expr::Vector),
            Token::Mark("<") => self.code(),
            Token::Mark("{") => self.dictionary(),
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
        let (line, start) = (self.lexeme().line, self.lexeme().start);
        let body = vec![Statement { line, kind: StatementKind::Return(Some(self.expression()?)) }];
        let source = format!("({}) -> {}", names.join(", "), self.since(start));
        let params = names.into_iter().map(|name| Param { name, mutable: false, default: None }).collect();
        Ok(Expr::Lambda(Arc::new(Definition { name: String::new(), params, body, source })))
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

    /// `{key: value, ..}`, where a name as key stands for itself.
    fn dictionary(&mut self) -> Result<Expr> {
        self.expect("{")?;
        let (mut keys, mut values, mut highest) = (Vec::new(), Vec::new(), 0);
        self.bracketed(|parser| {
            while !parser.is_mark("}") {
                keys.push(Expr::Constant(match parser.peek().clone() {
                    Token::Name(name) => Value::string(&name),
                    Token::Constant(key) => key,
                    _ => return Err(parser.unexpected()),
                }));
                parser.next();
                parser.expect(":")?;
                values.push(parser.expression()?);
                highest = highest.max(parser.height);
                if !parser.accept(",") {
                    break;
                }
            }
            Ok(())
        })?;
        self.height = highest + 1;
        self.expect("}")?;
        Ok(call("dict", vec![Expr::Vector(keys), Expr::Tuple(values)]))
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
