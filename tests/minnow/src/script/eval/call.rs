//! Calls: finding the function and binding its arguments.
use std::sync::Arc;

use super::apply::check_count;
use super::literal;
use crate::error::{Error, Result};
use crate::functions;
use crate::script::ast::{Arg, Expr};
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
        if let Some(found @ (Value::Function(_) | Value::Handle(_))) = self.look_up(name) {
            return as_function(found);
        }
        // A server's words, as clients quote them (wire-protocol §5).
        self.function(name).ok_or_else(|| Error::syntax(format!("Can't recognize function name {name}")))
    }

    pub(super) fn callee(&mut self, function: &Expr) -> Result<Arc<Function>> {
        match function {
            Expr::Name(name) => self.named_function(name),
            _ => as_function(self.eval(function)?),
        }
    }

    pub(super) fn call_expr(&mut self, function: &Expr, args: &[Arg]) -> Result<Value> {
        if let Some(ty) = self.decimal_type(function, args)? {
            return Ok(ty);
        }
        let function = self.callee(function)?;
        self.call_with(&function, None, args)
    }

    /// `DECIMAL64(4)`, which reads like a call.
    fn decimal_type(&mut self, function: &Expr, args: &[Arg]) -> Result<Option<Value>> {
        match (function, args) {
            (Expr::Name(name), [Arg { value: Some(scale), .. }])
                if matches!(name.as_str(), "DECIMAL32" | "DECIMAL64" | "DECIMAL128") =>
            {
                literal::decimal_type(name, &self.eval(scale)?).map(Some)
            }
            _ => Ok(None),
        }
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

    pub(super) fn is_variable(&mut self, name: &str) -> bool {
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
                    if values[place].is_some() {
                        return Err(twice(function, name));
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
}

fn as_function(value: Value) -> Result<Arc<Function>> {
    match value {
        Value::Function(function) => Ok(function),
        Value::Handle(ref handle) => {
            let native = handle.called_as().and_then(functions::find).ok_or_else(not_callable)?;
            let function = Arc::new(Function::Native(native));
            Ok(Arc::new(Function::partial(function, vec![Bound::Value(value)])))
        }
        _ => Err(not_callable()),
    }
}

fn not_callable() -> Error {
    Error::runtime("The object cannot be called.")
}

fn no_such_parameter(function: &Function, name: &str) -> Error {
    Error::argument(
        function.name(),
        format!("The function [{}] has no parameter named {name}.", function.name()),
    )
}

fn twice(function: &Function, name: &str) -> Error {
    Error::argument(
        function.name(),
        format!("The parameter {name} of the function [{}] is given twice.", function.name()),
    )
}
