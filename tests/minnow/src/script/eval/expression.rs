//! Evaluates expressions.
use std::sync::Arc;

use super::{index, literal};
use crate::error::{Error, Result};
use crate::script::ast::Expr;
use crate::script::names::names;
use crate::script::scope::{Scope, unknown};
use crate::script::{Code, Function, Session, operators, unknown_column};
use crate::value::{Parts, Value};

impl Session {
    pub(in crate::script) fn eval(&mut self, expr: &Expr) -> Result<Value> {
        self.deeper(|session| session.eval_here(expr)?.bounded())
    }

    fn eval_here(&mut self, expr: &Expr) -> Result<Value> {
        match expr {
            Expr::Constant(value) => Ok(value.clone()),
            Expr::Name(name) => self.name(name),
            Expr::Vector(items) => literal::vector(self.eval_all(items)?),
            Expr::Tuple(items) => Ok(Value::tuple(self.eval_all(items)?)),
            Expr::Pair(first, second) => literal::pair(&self.eval(first)?, &self.eval(second)?),
            Expr::Range(first, last) => literal::range(&self.eval(first)?, &self.eval(last)?),
            Expr::Negate(operand) => operators::negate(&self.eval(operand)?),
            Expr::Not(operand) => operators::not(&self.eval(operand)?),
            Expr::Binary(operator, left, right) => {
                operators::binary(*operator, &self.operand(left)?, &self.operand(right)?)
            }
            Expr::Between(value, range) => operators::between(&self.eval(value)?, &self.eval(range)?),
            Expr::Call { function, args } => self.call_expr(function, args),
            Expr::Partial { function, args } => self.partial(function, args),
            Expr::Method { object, name, args } => self.method(object, name, args),
            Expr::Member { object, name } => index::member(&self.eval(object)?, name),
            Expr::Index { object, index } => self.indexed(object, index),
            Expr::Lambda(definition) => Ok(Value::Function(Arc::new(Function::Udf(definition.clone())))),
            Expr::Code(inner, text) => Ok(Value::Code(Arc::new(self.capture(inner, text)))),
            Expr::Query(query) => self.query(query),
            Expr::Named(inner, _) => self.eval(inner),
        }
    }

    fn indexed(&mut self, object: &Expr, at: &[Expr]) -> Result<Value> {
        let object = self.eval(object)?;
        if at.is_empty() {
            return literal::array_type(&object);
        }
        let at = self.eval_all(at)?;
        index::index(&object, &at)
    }

    fn eval_all(&mut self, items: &[Expr]) -> Result<Vec<Value>> {
        items.iter().map(|item| self.eval(item)).collect()
    }

    /// A side of an operator; the bare name of a function is taken for one that means nothing.
    fn operand(&mut self, expr: &Expr) -> Result<Value> {
        match (self.eval(expr)?, expr) {
            (Value::Function(_), Expr::Name(name)) => Err(self.unknown_name(name)),
            (value, _) => Ok(value),
        }
    }

    /// A variable, else a function, else a built-in constant such as `INT` or `VALUE`.
    fn name(&mut self, name: &str) -> Result<Value> {
        if let Some(value) = self.look_up(name) {
            return Ok(value);
        }
        if let Some(function) = self.function(name) {
            return Ok(Value::Function(function));
        }
        literal::constant(name).ok_or_else(|| self.unknown_name(name))
    }

    fn unknown_name(&self, name: &str) -> Error {
        match self.scopes.last() {
            // Inside a query a name is taken for a column.
            Some(Scope::Columns(_)) => unknown_column(name),
            _ => unknown(name),
        }
    }

    /// Metacode with the local variables that it names; those of the session stay names.
    fn capture(&mut self, inner: &Arc<Expr>, text: &str) -> Code {
        let mut locals = Parts::default();
        if let Some(Scope::Function(variables) | Scope::Code(variables)) = self.scopes.last() {
            names(inner, &mut |name, _| {
                if let Some(value) = variables.get(name) {
                    locals.push((name.to_owned(), value.clone()));
                }
            });
        }
        Code { expr: inner.clone(), locals, text: text.to_owned() }
    }
}
