//! A session: the variables, user and output of one client or job.
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::{Function, Native};
use crate::error::{Error, Result};
use crate::functions;
use crate::node::Node;
use crate::value::Value;

/// One client's (or job's) variables, user and output. Not shared between threads.
pub struct Session {
    /// Its number on this node; 0 without a client.
    pub id: u64,
    /// The client's address.
    pub peer: Option<SocketAddr>,
    pub node: Arc<Node>,
    /// `guest` until a login succeeds.
    pub user: String,
    /// Where `print` goes.
    pub out: Box<dyn FnMut(&str) + Send>,
    /// Set from outside to stop the running script.
    pub cancelled: Arc<AtomicBool>,
    pub(super) variables: HashMap<String, Value>,
}

impl Session {
    /// A session of the guest user whose output is dropped.
    pub fn new(node: Arc<Node>) -> Session {
        Session {
            id: 0,
            peer: None,
            node,
            user: "guest".into(),
            out: Box::new(|_| ()),
            cancelled: Arc::default(),
            variables: HashMap::new(),
        }
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
    pub fn function(&self, name: &str) -> Option<Arc<Function>> {
        functions::find(name).map(|native: &'static Native| Arc::new(Function::Native(native)))
    }

    /// Sets a variable of the session.
    pub fn set(&mut self, name: &str, value: Value) {
        self.variables.insert(name.to_owned(), value);
    }

    /// A variable of the session, else the shared one of that name.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.variables.get(name).cloned().or_else(|| self.node.shared.read().get(name).cloned())
    }
}
