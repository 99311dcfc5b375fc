//! References to server objects: what every object answers.
use std::marker::PhantomData;

use super::answer::{self, ask, tell};
use super::cell;
use super::sys::*;
use super::thread;
use crate::data::Type;
use crate::error::Result;

/// The shape of a server object, by the server's own numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Scalar,
    Vector,
    Pair,
    Dictionary,
    Table,
    /// Matrix, set, chart, handle and whatever else is only named here.
    Other,
}

/// The type numbers that are not column types.
pub(super) const VOID: i32 = 0;
pub(super) const ANY: i32 = 25;

/// One counted reference to a server object.
///
/// It stays on the server's thread: having one proves that this thread may call the server, so
/// every method is a plain call.
#[derive(Debug)]
pub(super) struct Value {
    raw: cs_value,
    on_server_thread: PhantomData<*mut ()>,
}

impl Value {
    /// Takes over a reference that the shim handed out on this thread.
    pub fn adopt(raw: cs_value) -> Value {
        Value { raw, on_server_thread: PhantomData }
    }

    pub fn raw(&self) -> cs_value {
        self.raw
    }

    /// The reference itself, for whoever will give it back.
    pub fn into_raw(self) -> cs_value {
        let raw = self.raw;
        std::mem::forget(self);
        raw
    }

    /// Whether it refers to nothing.
    pub fn is_null(&self) -> bool {
        // SAFETY: a word that is not null is a live holder's; see the type for the thread.
        unsafe { cs_object(self.raw) }.is_null()
    }

    pub fn form(&self) -> Form {
        match (self.flags() >> 8) & 0xf {
            0 => Form::Scalar,
            1 => Form::Vector,
            2 => Form::Pair,
            5 => Form::Dictionary,
            6 => Form::Table,
            _ => Form::Other,
        }
    }

    /// The server's type number.
    pub fn type_id(&self) -> i32 {
        ((self.flags() >> 16) & 0xff) as i32
    }

    /// The type of the value or of a vector's cells, if a table can hold it.
    pub fn ty(&self) -> Result<Option<Type>> {
        match Type::from_id(self.type_id()) {
            Some(ty) if ty.scale().is_some() && cell::is_known(ty) => {
                // SAFETY: as in `flags`.
                let scale = ask(0, |failure, out| unsafe { cs_scale(self.raw, failure, out) })?;
                Ok(ty.with_scale(scale))
            }
            ty => Ok(ty),
        }
    }

    fn flags(&self) -> u32 {
        // SAFETY: a non-null value refers to a live object; see the type for the thread.
        unsafe { cs_flags(self.raw) }
    }

    /// Cells of a vector, items of a dictionary.
    pub fn size(&self) -> Result<usize> {
        // SAFETY: as in `flags`.
        ask(0, |failure, out| unsafe { cs_size(self.raw, failure, out) }).map(|size| size.max(0) as usize)
    }

    /// The text that a script would print.
    pub fn describe(&self) -> Result<String> {
        // SAFETY: as in `flags`.
        ask(cs_text::default(), |failure, out| unsafe { cs_describe(self.raw, failure, out) })
            .map(answer::take)
    }

    /// Item `index` of a vector, as an object of its own.
    pub fn get(&self, index: usize) -> Result<Value> {
        // SAFETY: as in `flags`.
        ask(cs_value::default(), |failure, out| unsafe { cs_get(self.raw, index as i32, failure, out) })
            .map(Value::adopt)
    }

    /// Puts `item` into an ANY vector.
    pub fn set(&self, index: usize, item: &Value) -> Result<()> {
        // SAFETY: as in `flags`, for both.
        tell(|failure| unsafe { cs_set(self.raw, index as i32, item.raw, failure) })
    }

    /// The keys and the values of a dictionary, in the same order.
    pub fn items(&self) -> Result<(Value, Value)> {
        // SAFETY: as in `flags`.
        let keys = ask(cs_value::default(), |failure, out| unsafe { cs_keys(self.raw, failure, out) })?;
        let keys = Value::adopt(keys);
        // SAFETY: as in `flags`.
        let values = ask(cs_value::default(), |failure, out| unsafe { cs_values(self.raw, failure, out) })?;
        Ok((keys, Value::adopt(values)))
    }

    /// Puts `item` under `key` into a dictionary.
    pub fn put(&self, key: &str, item: &Value) -> Result<()> {
        // SAFETY: as in `flags`; the key is copied during the call.
        tell(|failure| unsafe { cs_put(self.raw, answer::lend(key), item.raw, failure) })
    }
}

impl Clone for Value {
    fn clone(&self) -> Value {
        // SAFETY: as in `flags`.
        Value::adopt(unsafe { cs_share(self.raw) })
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        thread::give_back(self.raw);
    }
}
