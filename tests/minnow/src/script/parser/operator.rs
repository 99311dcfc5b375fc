//! Operators, by precedence climbing.
use super::Parser;
use crate::error::Result;
use crate::script::ast::{Arg, Expr, Operator};
use crate::script::lexer::Token;

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
}

pub fn call(name: &str, args: Vec<Expr>) -> Expr {
    let args = args.into_iter().map(|value| Arg { name: None, value: Some(value) }).collect();
    Expr::Call { function: Box::new(Expr::Name(name.to_owned())), args }
}
