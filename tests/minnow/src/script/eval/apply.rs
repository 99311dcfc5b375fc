//! Running a function: built-ins, plugins, functions of the script, partial applications.
use std::collections::HashMap;
use std::sync::Arc;

use super::Flow;
use crate::error::{Error, Result};
use crate::script::ast::{Arg, Definition, Expr};
use crate::script::scope::Scope;
use crate::script::{Bound, Function, Run, Session};
use crate::value::Value;

impl Session {
    /// Calls `function`, checking the number of arguments.
    pub fn apply(&mut self, function: &Function, args: Vec<Value>) -> Result<Value> {
        check_count(function, args.len())?;
        self.check_cancelled()?;
        match function {
            Function::Native(native) => match native.run {
                Run::Pure(run) => run(self, args),
                Run::InPlace(run) => {
                    let mut rest = args.into_iter();
                    let mut first = rest.next().unwrap_or(Value::Void);
                    let rest = rest.collect();
                    // `tableInsert{'t'}` names the table (wire-protocol §7).
                    match first.as_str().map(str::to_owned) {
                        Some(name) if self.is_variable(&name) => {
                            self.change(&name, |session, value| run(session, value, rest))
                        }
                        _ => run(self, &mut first, rest),
                    }
                }
            },
            Function::Plugin { run, .. } => run.clone().call(self, args),
            Function::Udf(definition) => self.call_udf(definition, args).map(|(outcome, _)| outcome),
            Function::Partial { function, bound } => self.apply_partial(function, bound, args),
        }
    }

    fn apply_partial(&mut self, function: &Function, bound: &[Bound], args: Vec<Value>) -> Result<Value> {
        let mut given = args.into_iter();
        let mut values = Vec::new();
        let mut variable = None;
        for place in bound {
            values.push(match place {
                Bound::Open => given.next().unwrap_or(Value::Void),
                Bound::Value(value) => value.clone(),
                Bound::Variable(name) => {
                    variable = Some(name);
                    Value::Void
                }
            });
        }
        values.extend(given);
        if let (Some(name), Function::Native(native)) = (variable, function)
            && let Run::InPlace(run) = native.run
        {
            check_count(function, values.len())?;
            values.remove(0);
            return self.change(name, |session, value| run(session, value, values));
        }
        self.apply(function, values)
    }

    /// `f{a, , b}`.
    pub(super) fn partial(&mut self, function: &Expr, args: &[Arg]) -> Result<Value> {
        let function = self.callee(function)?;
        let in_place =
            matches!(&*function, Function::Native(native) if matches!(native.run, Run::InPlace(_)));
        let mut bound = Vec::new();
        for (position, arg) in args.iter().enumerate() {
            bound.push(match &arg.value {
                None => Bound::Open,
                Some(Expr::Name(name)) if in_place && position == 0 && self.is_variable(name) => {
                    Bound::Variable(name.clone())
                }
                Some(expr) => Bound::Value(self.eval(expr)?),
            });
        }
        Ok(Value::Function(Arc::new(Function::partial(function, bound))))
    }

    /// Runs a function of the script; also returns its variables as they were at the end.
    fn call_udf(
        &mut self,
        definition: &Definition,
        args: Vec<Value>,
    ) -> Result<(Value, HashMap<String, Value>)> {
        let mut variables = HashMap::new();
        let mut args = args.into_iter();
        for param in &definition.params {
            let value = match (args.next(), &param.default) {
                (Some(Value::Void) | None, Some(default)) => self.eval(default)?,
                (given, _) => given.unwrap_or(Value::Void),
            };
            variables.insert(param.name.clone(), value);
        }
        self.deeper(|session| {
            session.scopes.push(Scope::Function(variables));
            let outcome = session.block(&definition.body);
            let variables = match session.scopes.pop() {
                Some(Scope::Function(variables)) => variables,
                _ => HashMap::new(),
            };
            Ok(match outcome? {
                Flow::Return(value) | Flow::Next(value) => (value, variables),
                Flow::Break | Flow::Continue => (Value::Void, variables),
            })
        })
    }

    /// Calls a function of the script and hands variables given for its `mutable` parameters back.
    pub(super) fn call_udf_here(
        &mut self,
        function: &Function,
        definition: &Definition,
        object: Option<&Expr>,
        args: &[Arg],
        values: Vec<Value>,
    ) -> Result<Value> {
        check_count(function, values.len())?;
        let (outcome, mut variables) = self.call_udf(definition, values)?;
        let exprs = object.into_iter().chain(args.iter().filter_map(|arg| arg.value.as_ref()));
        for (param, expr) in definition.params.iter().zip(exprs) {
            if let (true, Expr::Name(name)) = (param.mutable, expr)
                && let Some(value) = variables.remove(&param.name)
                && self.is_variable(name)
            {
                self.change(name, |_, variable| {
                    *variable = value;
                    Ok(())
                })?;
            }
        }
        Ok(outcome)
    }
}

/// Refuses a wrong number of arguments. The sentence is inferred `[U]`.
pub fn check_count(function: &Function, given: usize) -> Result<()> {
    let (min, max) = function.arity();
    if (min..=max).contains(&given) {
        return Ok(());
    }
    let wanted = match max {
        usize::MAX => format!("at least {min}"),
        _ if min == max => min.to_string(),
        _ => format!("{min} to {max}"),
    };
    let name = function.name();
    Err(Error::argument(
        name,
        format!(
            "The function [{name}] expects {wanted} argument(s), but the actual number of arguments is: {given}"
        ),
    ))
}
