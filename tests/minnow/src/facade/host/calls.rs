//! What C++ asks around calls: functions, the session, errors and how a plugin's function ended.
use std::ffi::{c_int, c_void};

use super::{FAILURE, KINDS, Outcome, answer, keep, lent, session};
use crate::error::{Class, Error};
use crate::facade::bridge::{Failure, Made, Text, made};
use crate::facade::{cancel, describe_missing};
use crate::value::Value;

pub unsafe extern "C" fn function(owner: *mut c_void, name: Text, out: &mut Made) -> bool {
    answer(|| {
        // SAFETY: see `session`; the name is a string of the caller.
        let (session, name) = unsafe { (session(owner), name.to_string()) };
        let found = session.function(&name);
        *out = made(Value::Function(
            found.ok_or_else(|| Error::runtime(format!("Can't recognize function name {name}")))?,
        ));
        Ok(())
    })
}

pub unsafe extern "C" fn call(
    owner: *mut c_void,
    function: *const c_void,
    args: *const *const c_void,
    count: c_int,
    out: &mut Made,
) -> bool {
    answer(|| {
        // SAFETY: see `session` and `lent`; `args` are `count` values.
        let (session, function) = unsafe { (session(owner), lent(function)) };
        let args = (0..count.max(0) as usize)
            // SAFETY: as above.
            .map(|index| unsafe { lent(*args.add(index)) }.value.clone())
            .collect();
        let Value::Function(function) = &function.value else {
            return Err(Error::runtime("The value is no function."));
        };
        *out = made(session.apply(function, args)?);
        Ok(())
    })
}

pub extern "C" fn error(out: &mut Failure) {
    FAILURE.with_borrow(|error| {
        let kind = KINDS.iter().position(|class| *class == error.class).unwrap_or(2);
        *out = Failure {
            kind: kind as c_int,
            function: Text::of(error.function.as_bytes()),
            text: Text::of(error.text.as_bytes()),
        };
    });
}

pub extern "C" fn missing(class: c_int, slot: c_int, out: &mut Text) {
    keep(describe_missing(class as usize, slot as usize).into_bytes(), out);
}

pub unsafe extern "C" fn watch(owner: *mut c_void, flag: *mut c_int) {
    // SAFETY: see `session`.
    cancel::begin(unsafe { session(owner) }.cancelled.clone(), flag as usize);
}

pub extern "C" fn unwatch(flag: *mut c_int) {
    cancel::end(flag as usize);
}

pub unsafe extern "C" fn result(outcome: *mut c_void, value: *const c_void) {
    // SAFETY: the outcome of the running call; see `lent`.
    unsafe { *outcome.cast::<Outcome>() = Some(Ok(lent(value).value.clone())) };
}

pub unsafe extern "C" fn failed(outcome: *mut c_void, kind: c_int, function: Text, text: Text) {
    // SAFETY: both are strings of the caller.
    let (function, text) = unsafe { (function.to_string(), text.to_string()) };
    let class = KINDS.get(kind as usize).copied().unwrap_or(Class::Runtime);
    // SAFETY: the outcome of the running call.
    unsafe { *outcome.cast::<Outcome>() = Some(Err(Error { class, function, text })) };
}
