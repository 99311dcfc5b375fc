//! A session: the variables, user and output of one client or job.
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::Function;
use super::scope::Scope;
use crate::node::{GUEST, Node};
use crate::value::Value;

/// The evaluator recurses, so scripts run on threads with this much stack.
pub const STACK: usize = 16 << 20;

/// How a connection ends when a fault ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    BeforeReply,
    WithinReply,
}

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
    /// Set by a fault: how the client loses its connection after this request.
    pub cut: Option<Cut>,
    pub(super) variables: HashMap<String, Value>,
    /// Functions that scripts of this session defined.
    pub(super) functions: HashMap<String, Arc<Function>>,
    /// Modules whose functions need no prefix.
    pub(super) modules: Vec<String>,
    /// Innermost last; empty at the level of the session.
    pub(super) scopes: Vec<Scope>,
    pub(super) depth: usize,
}

impl Session {
    /// A session of the guest user whose output is dropped.
    pub fn new(node: Arc<Node>) -> Session {
        Session {
            id: 0,
            peer: None,
            node,
            user: GUEST.into(),
            out: Box::new(|_| ()),
            cancelled: Arc::default(),
            cut: None,
            variables: HashMap::new(),
            functions: HashMap::new(),
            modules: Vec::new(),
            scopes: Vec::new(),
            depth: 0,
        }
    }

    /// A session of the same user with the same functions, for a job or a parallel part of one. It
    /// sees none of the variables, and what it prints is dropped.
    pub fn fork(&self) -> Session {
        let mut fork = Session::new(self.node.clone());
        fork.user = self.user.clone();
        fork.cancelled = self.cancelled.clone();
        fork.functions = self.functions.clone();
        fork.modules = self.modules.clone();
        fork
    }

    /// Sets a variable of the session.
    pub fn set(&mut self, name: &str, value: Value) {
        self.variables.insert(name.to_owned(), value);
    }

    /// A variable of the session, else the shared one of that name.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.variables.get(name).cloned().or_else(|| self.node.shared.read().get(name).cloned())
    }

    /// Forgets a variable or a function of the running scope; whether there was one.
    pub fn undefine(&mut self, name: &str) -> bool {
        let variable = self.own_variables().remove(name).is_some();
        let function = self.functions.remove(name).is_some();
        variable || function
    }

    /// Whether `name` means a variable or function where code runs now.
    pub fn defines(&mut self, name: &str) -> bool {
        self.look_up(name).is_some() || self.function(name).is_some()
    }

    /// Forgets everything that scripts set, as flag 16 of a request asks (wire-protocol §2).
    pub fn clear(&mut self) {
        self.variables.clear();
        self.functions.clear();
    }
}
