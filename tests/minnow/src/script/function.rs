//! What can be called: built-ins, plugin functions, functions written in the script, partial
//! applications.
use std::sync::Arc;

use super::Session;
use super::ast::Definition;
use crate::error::Result;
use crate::value::{Parts, Value};

/// A built-in that only computes. Arguments arrive in the order of `params`; an omitted one in
/// the middle is `Value::Void`, omitted ones at the end are absent.
pub type NativeFn = fn(&mut Session, Vec<Value>) -> Result<Value>;

/// A built-in that changes its first argument, such as `append!`.
pub type InPlaceFn = fn(&mut Session, &mut Value, Vec<Value>) -> Result<Value>;

/// How a built-in treats its first argument.
#[derive(Clone, Copy, Debug)]
pub enum Run {
    Pure(NativeFn),
    InPlace(InPlaceFn),
}

/// One built-in function.
#[derive(Debug)]
pub struct Native {
    pub name: &'static str,
    /// Names for keyword arguments. A last name ending in `...` takes any number of arguments.
    pub params: &'static [&'static str],
    /// How many arguments must be given.
    pub min: usize,
    pub run: Run,
}

impl Native {
    pub const fn new(name: &'static str, params: &'static [&'static str], min: usize, run: NativeFn) -> Self {
        Native { name, params, min, run: Run::Pure(run) }
    }

    pub const fn in_place(
        name: &'static str,
        params: &'static [&'static str],
        min: usize,
        run: InPlaceFn,
    ) -> Self {
        Native { name, params, min, run: Run::InPlace(run) }
    }

    /// How many arguments may be given.
    pub fn max(&self) -> usize {
        if self.params.last().is_some_and(|last| last.ends_with("...")) {
            usize::MAX
        } else {
            self.params.len()
        }
    }
}

/// A function of a loaded plugin.
pub trait PluginFunction: Send + Sync + std::fmt::Debug {
    fn call(&self, session: &mut Session, args: Vec<Value>) -> Result<Value>;
}

/// One place of a partial application.
#[derive(Clone, Debug)]
pub enum Bound {
    /// To be filled by the call.
    Open,
    Value(Value),
    /// A variable that the function changes in place, as in `tableInsert{t}`.
    Variable(String),
}

/// Anything that can be called.
#[derive(Clone, Debug)]
pub enum Function {
    Native(&'static Native),
    Plugin { name: String, min: usize, max: usize, run: Arc<dyn PluginFunction> },
    Udf(Arc<Definition>),
    Partial { function: Arc<Function>, bound: Parts<Bound> },
}

impl Function {
    /// A function with some places filled.
    pub fn partial(function: Arc<Function>, bound: Vec<Bound>) -> Function {
        let bound = Parts::beside(&*function, bound);
        Function::Partial { function, bound }
    }

    /// The name for messages; anonymous functions have none.
    pub fn name(&self) -> &str {
        match self {
            Function::Native(native) => native.name,
            Function::Plugin { name, .. } => name,
            Function::Udf(definition) => &definition.name,
            Function::Partial { function, .. } => function.name(),
        }
    }

    /// Names of the parameters, empty where they have none.
    pub fn params(&self) -> Vec<&str> {
        match self {
            Function::Native(native) => native.params.to_vec(),
            Function::Udf(definition) => definition.params.iter().map(|param| param.name.as_str()).collect(),
            Function::Plugin { .. } | Function::Partial { .. } => Vec::new(),
        }
    }

    /// The least and the largest number of arguments of a call.
    pub fn arity(&self) -> (usize, usize) {
        match self {
            Function::Native(native) => (native.min, native.max()),
            Function::Plugin { min, max, .. } => (*min, *max),
            Function::Udf(definition) => (
                definition.params.iter().filter(|param| param.default.is_none()).count(),
                definition.params.len(),
            ),
            Function::Partial { function, bound } => {
                let (min, max) = function.arity();
                let filled = bound.iter().filter(|place| !matches!(place, Bound::Open)).count();
                (min.saturating_sub(filled), max.saturating_sub(filled))
            }
        }
    }
}
