//! What the shim answers becomes a `Result`.
use std::ffi::c_char;

use super::sys::{cs_failure, cs_text, cs_text_copy, cs_text_free};
use crate::cluster::tags::server_error;
use crate::error::{Error, Result};

/// Runs one call of the contract: `call` gets the places for the failure and the answer, which is
/// `out` until it succeeds.
pub(super) fn ask<T>(mut out: T, call: impl FnOnce(*mut cs_failure, *mut T) -> bool) -> Result<T> {
    let mut failure = cs_failure::default();
    if call(&mut failure, &mut out) { Ok(out) } else { Err(error(failure)) }
}

/// As [`ask`], for a call that has no answer.
pub(super) fn tell(call: impl FnOnce(*mut cs_failure) -> bool) -> Result<()> {
    ask((), |failure, _| call(failure))
}

fn error(failure: cs_failure) -> Error {
    let class = take(failure.origin);
    let message = take(failure.message);
    // The class is worth showing only when the text alone says nothing.
    let message = if message.is_empty() { format!("the server threw {class}") } else { message };
    server_error(&message, message.trim_end_matches('.'))
}

/// The text as a `String`; its memory goes back to the shim.
pub(super) fn take(text: cs_text) -> String {
    String::from_utf8_lossy(&take_bytes(text)).into_owned()
}

/// The bytes of the text; its memory goes back to the shim.
pub(super) fn take_bytes(text: cs_text) -> Vec<u8> {
    if text.data.is_null() {
        return Vec::new();
    }
    // SAFETY: the contract gives `size` bytes at `data`, which are ours until freed just below.
    let own = unsafe { std::slice::from_raw_parts(text.data.cast::<u8>(), text.size) }.to_vec();
    // SAFETY: the text belongs to us, and nothing refers to it any more.
    unsafe { cs_text_free(text) };
    own
}

/// A copy of `text` that the shim will free.
pub(super) fn give(text: &str) -> cs_text {
    // SAFETY: the bytes are read during the call only.
    unsafe { cs_text_copy(text.as_ptr().cast::<c_char>(), text.len()) }
}

/// `text` for the duration of a call; the shim only reads it.
pub(super) fn lend<T: AsRef<[u8]> + ?Sized>(text: &T) -> cs_text {
    let text = text.as_ref();
    cs_text { data: text.as_ptr().cast::<c_char>().cast_mut(), size: text.len() }
}
