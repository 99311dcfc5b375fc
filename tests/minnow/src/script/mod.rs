//! The script language: lexer, parser, evaluator.
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::error::{Error, Result};
use crate::node::Node;
use crate::value::Value;

/// One client's (or job's) variables, user and output. Not shared between threads.
pub struct Session {
    pub node: Arc<Node>,
    /// `guest` until a login succeeds.
    pub user: String,
    /// Where `print` goes.
    pub out: Box<dyn FnMut(&str) + Send>,
    /// Set from outside to stop the running script.
    pub cancelled: Arc<AtomicBool>,
}

/// Metacode: an expression that has not been evaluated.
#[derive(Debug)]
pub struct Code;

/// The signature of a built-in.
pub type NativeFn = fn(&mut Session, Vec<Value>) -> Result<Value>;

/// A function of a loaded plugin.
pub trait PluginFunction: Send + Sync + std::fmt::Debug {
    fn call(&self, session: &mut Session, args: Vec<Value>) -> Result<Value>;
}

/// Anything that can be called.
#[derive(Debug)]
pub enum Function {
    Native { name: &'static str, min: usize, max: usize, run: NativeFn },
    Plugin { name: String, min: usize, max: usize, run: Arc<dyn PluginFunction> },
}

impl Session {
    /// A session of the guest user whose output is dropped.
    pub fn new(node: Arc<Node>) -> Session {
        Session { node, user: "guest".into(), out: Box::new(|_| ()), cancelled: Arc::default() }
    }

    /// Runs a script and returns the value of its last expression, Void if there is none.
    pub fn run(&mut self, source: &str) -> Result<Value> {
        Err(Error::syntax(format!("not yet: {source}")))
    }

    /// Calls what the script text `function` evaluates to, such as `add` or `tableInsert{t}`.
    pub fn call(&mut self, function: &str, _args: Vec<Value>) -> Result<Value> {
        Err(Error::syntax(format!("not yet: {function}")))
    }

    /// Calls `function`, checking the number of arguments.
    pub fn apply(&mut self, _function: &Function, _args: Vec<Value>) -> Result<Value> {
        Err(Error::syntax("not yet"))
    }

    /// The function a script would find under `name`: `add`, `clusterSync::syncOnline`, a UDF.
    pub fn function(&self, _name: &str) -> Option<Arc<Function>> {
        None
    }

    pub fn set(&mut self, _name: &str, _value: Value) {}

    pub fn get(&self, _name: &str) -> Option<Value> {
        None
    }
}
