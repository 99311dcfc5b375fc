//! Metacode made of values and of other metacode.
use std::sync::Arc;

use super::ast::{Arg, Expr, Item, Operator};
use super::parser::DEPTH;
use super::{Code, spell};
use crate::error::{Error, Result};
use crate::value::{Parts, Value};

/// Collects what the parts of an expression captured, and what of them no text can say.
#[derive(Default)]
pub struct Composer {
    locals: Parts<(String, Value)>,
}

impl Composer {
    /// The part that a value stands for: metacode itself, anything else as a constant.
    pub fn part(&mut self, value: &Value) -> Expr {
        match value {
            Value::Code(code) => {
                self.locals.extend(code.locals.iter().cloned());
                (*code.expr).clone()
            }
            Value::Function(function) if !function.name().is_empty() => {
                Expr::Name(function.name().to_owned())
            }
            _ if spell::constant(value).is_some() => Expr::Constant(value.clone()),
            _ => {
                let name = format!("constant{}", self.locals.len());
                self.locals.push((name.clone(), value.clone()));
                Expr::Name(name)
            }
        }
    }

    /// Several parts: those of a tuple, or one.
    pub fn parts(&mut self, value: &Value) -> Vec<Expr> {
        match value {
            Value::Void => Vec::new(),
            Value::Tuple(items) => items.iter().map(|item| self.part(item)).collect(),
            _ => vec![self.part(value)],
        }
    }

    pub fn items(&mut self, value: &Value) -> Vec<Item> {
        let item = |part| match part {
            Expr::Named(expr, alias) => Item { expr: *expr, alias: Some(alias) },
            expr => Item { expr, alias: None },
        };
        self.parts(value).into_iter().map(item).collect()
    }

    /// The metacode. Its tree may be as high as one that is parsed, and not much larger: who adds to
    /// what was made before could build one that no stack and no memory holds.
    pub fn finish(self, expr: Expr) -> Result<Value> {
        let mut size = 0;
        if height(&expr, &mut size) > DEPTH || size > LARGEST {
            return Err(Error::runtime("The expression has too many parts."));
        }
        let text = spell::expr(&expr);
        Ok(Value::Code(Arc::new(Code { expr: expr.into(), locals: self.locals, text })))
    }
}

/// The most parts of an expression that is put together.
const LARGEST: usize = 10_000;

/// How high a tree is; adds its parts to `size`.
fn height(expr: &Expr, size: &mut usize) -> usize {
    *size += 1;
    let mut highest = 0;
    let mut inner = |expr: &Expr| highest = highest.max(height(expr, size));
    match expr {
        Expr::Constant(_) | Expr::Name(_) | Expr::Lambda(_) => {}
        Expr::Vector(items) | Expr::Tuple(items) => items.iter().for_each(inner),
        Expr::Pair(a, b) | Expr::Range(a, b) | Expr::Binary(_, a, b) | Expr::Between(a, b) => {
            inner(a);
            inner(b);
        }
        Expr::Negate(a) | Expr::Not(a) | Expr::Member { object: a, .. } | Expr::Named(a, _) => inner(a),
        Expr::Call { function: object, args }
        | Expr::Partial { function: object, args }
        | Expr::Method { object, args, .. } => {
            inner(object);
            args.iter().filter_map(|arg| arg.value.as_ref()).for_each(inner);
        }
        Expr::Index { object, index } => {
            inner(object);
            index.iter().for_each(inner);
        }
        Expr::Code(code, _) => inner(code),
        Expr::Query(query) => {
            inner(&query.from);
            let items = query.items.iter().chain(&query.group_by).chain(&query.context_by);
            items.for_each(|item| inner(&item.expr));
            query.conditions.iter().chain(&query.having).chain(&query.limit).for_each(&mut inner);
            query.order_by.iter().chain(&query.context_sort).for_each(|(key, _)| inner(key));
        }
    }
    highest + 1
}

pub fn call(function: Expr, args: Vec<Expr>) -> Expr {
    let args = args.into_iter().map(|value| Arg { name: None, value: Some(value) }).collect();
    Expr::Call { function: Box::new(function), args }
}

/// `a op b`, with the operator given as the function that does it.
pub fn infix(left: Expr, operator: &Expr, right: Expr) -> Result<Expr> {
    let Expr::Name(name) = operator else {
        return Err(Error::runtime("An operator of metacode must be a function."));
    };
    let (left, right) = (Box::new(left), Box::new(right));
    Ok(match (name.as_str(), OPERATORS.iter().find(|(own, _)| own == name)) {
        (_, Some((_, operator))) => Expr::Binary(*operator, left, right),
        ("between", None) => Expr::Between(left, right),
        _ => call(operator.clone(), vec![*left, *right]),
    })
}

/// The operators by the functions that do the same.
pub const OPERATORS: [(&str, Operator); 16] = [
    ("add", Operator::Add),
    ("sub", Operator::Sub),
    ("mul", Operator::Mul),
    ("div", Operator::Div),
    ("ratio", Operator::Ratio),
    ("mod", Operator::Mod),
    ("eq", Operator::Eq),
    ("ne", Operator::Ne),
    ("lt", Operator::Lt),
    ("le", Operator::Le),
    ("gt", Operator::Gt),
    ("ge", Operator::Ge),
    ("and", Operator::And),
    ("or", Operator::Or),
    ("in", Operator::In),
    ("like", Operator::Like),
];
