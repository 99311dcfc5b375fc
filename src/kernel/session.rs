//! The session that the server's call runs in: making values, and calling the server's functions.
use std::ffi::c_void;
use std::marker::PhantomData;

use super::answer::{self, ask};
use super::column::Column;
use super::sys::*;
use super::value::Value;
use crate::data::{self, Type};
use crate::error::{Error, Kind, Result};

/// The bit of a session's flag word that says the user has cancelled.
const CANCELLED: u32 = 4;

/// The user's session, for the duration of one call from the server.
#[derive(Clone, Copy)]
pub(super) struct Session<'call> {
    heap: *mut c_void,
    session: *mut c_void,
    call: PhantomData<&'call ()>,
}

/// A function that scripts can call.
pub(super) struct Function(Value);

impl<'call> Session<'call> {
    /// The session of a call's heap; `None` when the server called without one.
    ///
    /// # Safety
    /// The row is bound, `heap` is null or what the server passed to the call that runs on this
    /// thread, and that call lasts for `'call`.
    pub unsafe fn of(heap: *mut c_void) -> Option<Session<'call>> {
        // SAFETY: as the caller promises.
        let session = unsafe { cs_session(heap) };
        (!session.is_null()).then_some(Session { heap, session, call: PhantomData })
    }

    /// The server's object.
    pub fn object(&self) -> *const c_void {
        self.session
    }

    pub fn is_cancelled(&self) -> bool {
        // SAFETY: the session lives as long as the call.
        unsafe { cs_session_flags(self.session) & CANCELLED != 0 }
    }

    /// The function that a script calls by `name`.
    pub fn function(&self, name: &str) -> Result<Function> {
        let text = answer::lend(name);
        // SAFETY: the session is live and this is its thread.
        let found = ask(cs_value::default(), |failure, out| unsafe {
            cs_function(self.session, text, failure, out)
        })?;
        let function = Value::adopt(found);
        if function.is_null() {
            return Err(Error::new(Kind::Server, format!("this server has no function {name}")));
        }
        Ok(Function(function))
    }

    /// Calls the function `name` with `args`.
    pub fn call(&self, name: &str, args: &[&Value]) -> Result<Value> {
        self.function(name)?.call(self, args)
    }

    /// A value of no type.
    pub fn void(&self) -> Result<Value> {
        self.constant(super::value::VOID)
    }

    /// The NULL or zero scalar of a type.
    pub fn constant(&self, type_id: i32) -> Result<Value> {
        // SAFETY: the row is bound and this is a server thread.
        ask(cs_value::default(), |failure, out| unsafe { cs_create_constant(type_id, failure, out) })
            .map(Value::adopt)
    }

    /// A vector of `rows` cells that are still to be written.
    pub fn vector(&self, type_id: i32, rows: usize) -> Result<Value> {
        let size = i32::try_from(rows)
            .map_err(|_| Error::new(Kind::Refused, format!("{rows} rows are more than a vector can hold")))?;
        // SAFETY: as in `constant`.
        ask(cs_value::default(), |failure, out| unsafe { cs_create_vector(type_id, size, failure, out) })
            .map(Value::adopt)
    }

    /// A vector with the cells of `column`.
    pub fn column(&self, column: &data::Column) -> Result<Value> {
        let ty: Type = column.ty;
        let value = self.vector(ty.id(), column.rows)?;
        Column::new(value.clone(), ty, column.rows).write(&column.cells)?;
        Ok(value)
    }

    /// A table of these columns.
    pub fn table(&self, names: &[&str], columns: &[Value]) -> Result<Value> {
        let names: Vec<cs_text> = names.iter().map(|name| answer::lend(name)).collect();
        let columns: Vec<cs_value> = columns.iter().map(Value::raw).collect();
        let count = names.len().min(columns.len());
        // SAFETY: as in `constant`; both arrays have `count` entries and are read during the call.
        ask(cs_value::default(), |failure, out| unsafe {
            cs_create_table(names.as_ptr(), columns.as_ptr(), count, failure, out)
        })
        .map(Value::adopt)
    }

    /// An empty dictionary from text to anything.
    pub fn dictionary(&self) -> Result<Value> {
        // SAFETY: as in `constant`.
        ask(cs_value::default(), |failure, out| unsafe { cs_create_dictionary(failure, out) })
            .map(Value::adopt)
    }
}

impl Function {
    pub fn into_value(self) -> Value {
        self.0
    }

    pub fn call(&self, session: &Session, args: &[&Value]) -> Result<Value> {
        let args: Vec<cs_value> = args.iter().map(|value| value.raw()).collect();
        // SAFETY: function, heap and arguments are live, and this is the session's thread.
        ask(cs_value::default(), |failure, out| unsafe {
            cs_call(self.0.raw(), session.heap, args.as_ptr(), args.len(), failure, out)
        })
        .map(Value::adopt)
    }
}
