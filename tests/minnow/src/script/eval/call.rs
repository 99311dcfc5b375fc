//! Calls: finding the function, binding arguments, running it.
use std::collections::HashMap;
use std::sync::Arc;

use super::Flow;
use crate::error::{Error, Result};
use crate::functions;
use crate::script::ast::{Arg, Definition, Expr};
use crate::script::scope::Scope;
use crate::script::{Bound, Function, Run, Session, parser};
use crate::value::Value;

impl Session {
    /// Calls what the script text `function` evaluates to, such as `add` or `tableInsert{t}`.
    pub fn call(&mut self, function: &str, args: Vec<Value>) -> Result<Value> {
        let callee = match self.function(function) {
            Some(found) => found,
            None => match parser::expression(function)? {
                Expr::Name(name) => self.named_function(&name)?,
                expr => as_function(self.eval(&expr)?)?,
            },
        };
        self.apply(&callee, args)
    }

    /// The function a script would find under `name`: `add`, `clusterSync::syncOnline`, a UDF.
    pub fn function(&self, name: &str) -> Option<Arc<Function>> {
        if let Some(own) = self.functions.get(name) {
            return Some(own.clone());
        }
        if let Some(native) = functions::find(name) {
            return Some(Arc::new(Function::Native(native)));
        }
        let plugin_functions = self.node.plugin_functions.read();
        let qualified = || self.modules.iter().map(|module| format!("{module}::{name}"));
        plugin_functions
            .get(name)
            .cloned()
            .or_else(|| qualified().find_map(|q| plugin_functions.get(&q).cloned()))
    }

    /// As `function`, or a variable that holds one.
    fn named_function(&mut self, name: &str) -> Result<Arc<Function>> {
        if let Some(Value::Function(function)) = self.look_up(name) {
            return Ok(function);
        }
        // A server's words, as clients quote them (wire-protocol §5).
        self.function(name).ok_or_else(|| Error::syntax(format!("Can't recognize function name {name}")))
    }

    fn callee(&mut self, function: &Expr) -> Result<Arc<Function>> {
        match function {
            Expr::Name(name) => self.named_function(name),
            _ => as_function(self.eval(function)?),
        }
    }

    pub(super) fn call_expr(&mut self, function: &Expr, args: &[Arg]) -> Result<Value> {
        let function = self.callee(function)?;
        self.call_with(&function, None, args)
    }

    /// `object.name(args)`: a member that is a function, else `name(object, args)`.
    pub(super) fn method(&mut self, object: &Expr, name: &str, args: &[Arg]) -> Result<Value> {
        if let Expr::Name(holder) = object
            && let Some(Value::Dict(dict)) = self.look_up(holder)
            && let Some(Value::Function(function)) = dict.get(name)
        {
            return self.call_with(&function.clone(), None, args);
        }
        let function = self.named_function(name)?;
        self.call_with(&function, Some(object), args)
    }

    fn call_with(&mut self, function: &Arc<Function>, object: Option<&Expr>, args: &[Arg]) -> Result<Value> {
        if function.name() == "table" && object.is_none() {
            return self.table_of(function, args);
        }
        let first =
            object.or(args.first().filter(|arg| arg.name.is_none()).and_then(|arg| arg.value.as_ref()));
        // A variable given to a function that changes its argument is changed where it is.
        let variable = match (&**function, first) {
            (Function::Native(native), Some(Expr::Name(name)))
                if matches!(native.run, Run::InPlace(_)) && self.is_variable(name) =>
            {
                Some(name.clone())
            }
            _ => None,
        };
        let mut values = self.bind(function, object, args, variable.is_some())?;
        if let (Some(name), Function::Native(native)) = (&variable, &**function) {
            check_count(function, values.len())?;
            values.remove(0);
            let Run::InPlace(run) = native.run else { return self.apply(function, values) };
            return self.change(name, |session, value| run(session, value, values));
        }
        if let Function::Udf(definition) = &**function {
            return self.call_udf_here(function, definition, object, args, values);
        }
        self.apply(function, values)
    }

    /// `table(x, y as name)`: columns take the names of the variables or those after `as`.
    fn table_of(&mut self, function: &Function, args: &[Arg]) -> Result<Value> {
        let exprs: Vec<&Expr> = args.iter().filter_map(|arg| arg.value.as_ref()).collect();
        let values = exprs.iter().map(|expr| self.eval(expr)).collect::<Result<Vec<_>>>()?;
        let are_columns = values.iter().all(|value| matches!(value, Value::Vector(_) | Value::Scalar(_)));
        if !are_columns || values.is_empty() {
            return self.apply(function, values);
        }
        let names = args.iter().enumerate().map(|(number, arg)| match (&arg.name, &arg.value) {
            (Some(name), _) | (None, Some(Expr::Name(name))) => name.clone(),
            _ => format!("C{number}"),
        });
        functions::table::from_columns(names.collect(), values)
    }

    fn is_variable(&mut self, name: &str) -> bool {
        self.own_variables().contains_key(name) || self.node.shared.read().contains_key(name)
    }

    /// Argument values in the order of the parameters. With `skip_first` the first one's place is
    /// filled without evaluating it.
    fn bind(
        &mut self,
        function: &Function,
        object: Option<&Expr>,
        args: &[Arg],
        skip_first: bool,
    ) -> Result<Vec<Value>> {
        let mut values = Vec::new();
        if let Some(object) = object {
            values.push(Some(if skip_first { Value::Void } else { self.eval(object)? }));
        }
        for (position, arg) in args.iter().enumerate() {
            let value = match &arg.value {
                Some(_) if skip_first && object.is_none() && position == 0 => Some(Value::Void),
                Some(expr) => Some(self.eval(expr)?),
                None => None,
            };
            match &arg.name {
                None => values.push(value),
                Some(name) => {
                    let place = function
                        .params()
                        .iter()
                        .position(|param| param.eq_ignore_ascii_case(name))
                        .ok_or_else(|| no_such_parameter(function, name))?;
                    if values.len() <= place {
                        values.resize(place + 1, None);
                    }
                    values[place] = value;
                }
            }
        }
        while matches!(values.last(), Some(None)) {
            values.pop();
        }
        Ok(values.into_iter().map(|value| value.unwrap_or(Value::Void)).collect())
    }

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
        Ok(Value::Function(Arc::new(Function::Partial { function, bound })))
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
    fn call_udf_here(
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

fn as_function(value: Value) -> Result<Arc<Function>> {
    match value {
        Value::Function(function) => Ok(function),
        _ => Err(Error::runtime("The object cannot be called.")),
    }
}

/// Refuses a wrong number of arguments. The sentence is inferred [U].
fn check_count(function: &Function, given: usize) -> Result<()> {
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

fn no_such_parameter(function: &Function, name: &str) -> Error {
    Error::argument(
        function.name(),
        format!("The function [{}] has no parameter named {name}.", function.name()),
    )
}
