//! Calling a plugin's functions.
use std::ffi::{c_int, c_void};

use super::bridge::{Call, Made, made};
use super::descriptor::Kind;
use super::host::Outcome;
use super::{Facade, host, settings};
use crate::error::Result;
use crate::script::{PluginFunction, Session};
use crate::value::Value;

/// A function of a loaded plugin, whose library is never closed.
pub struct Entry {
    pub facade: &'static Facade,
    pub address: usize,
    pub kind: Kind,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} entry at {:#x}", self.kind, self.address)
    }
}

impl PluginFunction for Entry {
    fn call(&self, session: &mut Session, args: Vec<Value>) -> Result<Value> {
        let args: Vec<Made> = args.into_iter().map(made).collect();
        let mut outcome: host::Outcome = None;
        let call = Call {
            entry: self.address as *mut c_void,
            kind: match self.kind {
                Kind::System => 0,
                Kind::Command => 1,
                Kind::Operator => 2,
            },
            session: std::ptr::from_mut(session).cast(),
            outcome: (&raw mut outcome).cast(),
            args: args.as_ptr(),
            count: args.len() as c_int,
            heap: c_int::from(!settings().no_heap),
        };
        // SAFETY: everything in `call` outlives it; the C++ side takes the values of `args`.
        unsafe { (self.facade.remote.call)(&call) };
        outcome.unwrap_or(Ok(Value::Void))
    }
}

impl Facade {
    /// Asks a plugin's `isCommercialPlugin` at `address`.
    pub fn is_commercial(&self, address: usize) -> Result<bool> {
        let mut outcome: Outcome = None;
        // SAFETY: the address is of that export, and the outcome outlives the call.
        let answer =
            unsafe { (self.remote.is_commercial)(address as *mut c_void, (&raw mut outcome).cast()) };
        outcome.transpose().map(|_| answer)
    }
}
