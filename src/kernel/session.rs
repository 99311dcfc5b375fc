//! The session that the server's call runs in: making values, and calling the server's functions.
use std::ffi::c_void;
use std::marker::PhantomData;

use super::answer::{self, ask};
use super::array;
use super::cell;
use super::column::Column;
use super::sys::*;
use super::value::Value;
use crate::data::{self, Type};
use crate::error::{Error, Kind, Result};

/// The bit of a session's flag word that says the user has cancelled.
const CANCELLED: u32 = 4;

/// Whether the user of `session` has cancelled.
///
/// # Safety
/// The row is bound, and `session` is that of a call that runs on this thread.
pub(super) unsafe fn is_cancelled(session: *mut c_void) -> bool {
    // SAFETY: as the caller promises.
    unsafe { cs_session_flags(session) & CANCELLED != 0 }
}

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
    pub fn object(&self) -> *mut c_void {
        self.session
    }

    pub fn is_cancelled(&self) -> bool {
        // SAFETY: the session lives as long as the call.
        unsafe { is_cancelled(self.session) }
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
        self.create_constant(super::value::VOID, 0)
    }

    /// The NULL or zero scalar of a type.
    pub fn constant(&self, ty: Type) -> Result<Value> {
        self.create_constant(ty.id(), scale(ty))
    }

    fn create_constant(&self, id: i32, scale: i32) -> Result<Value> {
        // SAFETY: the row is bound and this is a server thread.
        ask(cs_value::default(), |failure, out| unsafe { cs_create_constant(id, scale, failure, out) })
            .map(Value::adopt)
    }

    /// A vector of `rows` cells that are still to be written.
    pub fn vector(&self, ty: Type, rows: usize) -> Result<Value> {
        self.create_vector(ty.id(), scale(ty), rows)
    }

    /// A vector of `rows` items of any type that are still to be set.
    pub fn tuple(&self, rows: usize) -> Result<Value> {
        self.create_vector(super::value::ANY, 0, rows)
    }

    fn create_vector(&self, id: i32, scale: i32, rows: usize) -> Result<Value> {
        let size = i32::try_from(rows)
            .map_err(|_| Error::new(Kind::Refused, format!("{rows} rows are more than a vector can hold")))?;
        // SAFETY: as in `create_constant`.
        ask(cs_value::default(), |failure, out| unsafe { cs_create_vector(id, scale, size, failure, out) })
            .map(Value::adopt)
    }

    /// A vector with the cells of `column`.
    pub fn column(&self, column: &data::Column) -> Result<Value> {
        cell::require(column.ty)?;
        if let Type::Array(element) = column.ty {
            return array::create(self, column, element);
        }
        let value = self.vector(column.ty, column.rows)?;
        Column::new(value.clone(), column.ty, column.rows).write(column)?;
        Ok(value)
    }

    /// A table of these columns.
    pub fn table(&self, names: &[&str], columns: &[Value]) -> Result<Value> {
        let names: Vec<cs_text> = names.iter().map(answer::lend).collect();
        let columns: Vec<cs_value> = columns.iter().map(Value::raw).collect();
        let count = names.len().min(columns.len());
        // SAFETY: as in `create_constant`; both arrays have `count` entries and are read during the call.
        ask(cs_value::default(), |failure, out| unsafe {
            cs_create_table(names.as_ptr(), columns.as_ptr(), count, failure, out)
        })
        .map(Value::adopt)
    }

    /// An empty dictionary from text to anything.
    pub fn dictionary(&self) -> Result<Value> {
        // SAFETY: as in `create_constant`.
        ask(cs_value::default(), |failure, out| unsafe { cs_create_dictionary(failure, out) })
            .map(Value::adopt)
    }
}

fn scale(ty: Type) -> i32 {
    ty.scale().unwrap_or(0).into()
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
