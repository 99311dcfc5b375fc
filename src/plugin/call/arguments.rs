//! Positional arguments of a call.
use crate::data::Datum;
use crate::error::{Error, Kind, Result};

/// The argument at `index`, [`Datum::Void`] when it was left out.
pub(in crate::plugin) fn argument(args: &[Datum], index: usize) -> &Datum {
    args.get(index).unwrap_or(&Datum::Void)
}

/// The text argument `name`, which must be there.
pub(in crate::plugin) fn text<'a>(
    args: &'a [Datum],
    index: usize,
    name: &str,
    syntax: &str,
) -> Result<&'a str> {
    match optional_text(args, index, name, syntax)? {
        Some(text) => Ok(text),
        None => Err(usage(format!("{name} must not be empty"), syntax)),
    }
}

/// The text argument `name`; `None` when it was left out or is empty.
pub(in crate::plugin) fn optional_text<'a>(
    args: &'a [Datum],
    index: usize,
    name: &str,
    syntax: &str,
) -> Result<Option<&'a str>> {
    match argument(args, index) {
        Datum::Void => Ok(None),
        given => match given.as_str() {
            Some(text) if text.trim().is_empty() => Ok(None),
            Some(text) => Ok(Some(text)),
            None => Err(usage(format!("{name} must be a string"), syntax)),
        },
    }
}

/// A wrong argument: what is wrong, and how the function is called.
pub(in crate::plugin) fn usage(what: impl Into<String>, syntax: &str) -> Error {
    Error::new(Kind::Argument, what).advise(format!("Usage: {syntax}"))
}
