//! What the C++ side calls: thin functions around [`Lent`] and the session of the call.
mod calls;
mod creation;
mod values;

use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::bridge::Text;
use super::lent::Lent;
use crate::error::{Class, Error, Result};
use crate::script::Session;
use crate::value::{Type, Value};

thread_local! {
    /// Why the last call of this thread failed.
    static FAILURE: RefCell<Error> = RefCell::new(Error::runtime(""));
    /// The last text that this thread made for C++.
    static SHOWN: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// How a call of a plugin function ended; `None` while it runs and after a command.
pub type Outcome = Option<Result<Value>>;

/// The error classes by their number in `cpp/errors.cpp`.
const KINDS: [Class; 8] = [
    Class::Syntax,
    Class::IllegalArgument,
    Class::Runtime,
    Class::TableRuntime,
    Class::IncompatibleType,
    Class::NoPrivilege,
    Class::Io,
    Class::User,
];

/// Runs `body` and keeps its error, or its panic, for `error`.
fn answer(body: impl FnOnce() -> Result<()>) -> bool {
    let result = catch_unwind(AssertUnwindSafe(body));
    match result.unwrap_or_else(|_| Err(Error::runtime("The server failed inside; its log has more."))) {
        Ok(()) => true,
        Err(error) => {
            FAILURE.with_borrow_mut(|last| *last = error);
            false
        }
    }
}

fn keep(text: Vec<u8>, out: &mut Text) {
    SHOWN.with_borrow_mut(|shown| {
        *shown = text;
        *out = Text::of(shown);
    });
}

/// The value behind an address that `made` gave out.
unsafe fn lent<'a>(value: *const c_void) -> &'a Lent {
    // SAFETY: the C++ side hands back what it got and has not dropped.
    unsafe { &*value.cast() }
}

unsafe fn lent_mut<'a>(value: *mut c_void) -> &'a mut Lent {
    // SAFETY: as `lent`; plugins change an object only on the thread that they were called on.
    unsafe { &mut *value.cast() }
}

unsafe fn session<'a>(session: *mut c_void) -> &'a mut Session {
    // SAFETY: the session of the running call, whose own borrow rests until the call ends.
    unsafe { &mut *session.cast() }
}

/// A type by its number, with the scale of decimals above the number's byte.
fn type_of(id: c_int) -> Result<Type> {
    let [id_byte, scale, ..] = id.to_le_bytes();
    let ty = Type::from_id(id_byte).filter(|_| id >> 16 == 0);
    ty.and_then(|ty| if ty.scale().is_some() { ty.scaled(scale) } else { Some(ty) })
        .ok_or_else(|| Error::runtime(format!("The data type {id} is not part of this stand-in.")))
}

/// The functions of this module in the order of `struct Host` in `cpp/host.h`.
pub fn functions() -> [*const (); 29] {
    use {calls::*, creation::*, values::*};
    [
        drop_value as *const (),
        shape as *const (),
        is_null as *const (),
        read as *const (),
        lend as *const (),
        write as *const (),
        read_texts as *const (),
        write_texts as *const (),
        read_bytes as *const (),
        write_bytes as *const (),
        show_value as *const (),
        part as *const (),
        member as *const (),
        put as *const (),
        insert as *const (),
        insert_text as *const (),
        column_name as *const (),
        new_constant as *const (),
        new_vector as *const (),
        new_table as *const (),
        new_dictionary as *const (),
        function as *const (),
        call as *const (),
        error as *const (),
        missing as *const (),
        watch as *const (),
        unwatch as *const (),
        result as *const (),
        failed as *const (),
    ]
}
