//! Reading a built-in's arguments, with the sentence that a wrong one gets.
use crate::error::{Error, Result};
use crate::value::Value;

/// The argument at `index`, `None` when it is absent, omitted or NULL.
pub fn given(args: &[Value], index: usize) -> Option<&Value> {
    args.get(index).filter(|value| !matches!(value, Value::Void))
}

/// The argument at `index`, which must be there.
pub fn required<'a>(function: &str, args: &'a [Value], index: usize, name: &str) -> Result<&'a Value> {
    given(args, index).ok_or_else(|| bad(function, name, "is missing"))
}

/// A STRING or SYMBOL scalar.
pub fn text<'a>(function: &str, args: &'a [Value], index: usize, name: &str) -> Result<&'a str> {
    required(function, args, index, name)?.as_str().ok_or_else(|| bad(function, name, "must be a string"))
}

/// A STRING or SYMBOL scalar that may be left out.
pub fn optional_text<'a>(
    function: &str,
    args: &'a [Value],
    index: usize,
    name: &str,
) -> Result<Option<&'a str>> {
    given(args, index).map(|_| text(function, args, index, name)).transpose()
}

/// A scalar or vector of texts.
pub fn texts(function: &str, args: &[Value], index: usize, name: &str) -> Result<Vec<String>> {
    let wrong = || bad(function, name, "must be a string scalar or vector");
    let cells = required(function, args, index, name)?.cells().ok_or_else(wrong)?;
    (0..cells.len()).map(|row| cells.text(row).map(str::to_owned).ok_or_else(wrong)).collect()
}

/// An integral scalar.
pub fn integer(function: &str, args: &[Value], index: usize, name: &str) -> Result<i64> {
    required(function, args, index, name)?.as_i64().ok_or_else(|| bad(function, name, "must be an integer"))
}

/// A BOOL (or integral) scalar that may be left out.
pub fn optional_bool(
    function: &str,
    args: &[Value],
    index: usize,
    name: &str,
    default: bool,
) -> Result<bool> {
    given(args, index).map_or(Ok(default), |_| integer(function, args, index, name).map(|number| number != 0))
}

/// The error of a wrong argument. Real servers word these one by one; this form is ours `[U]`.
pub fn bad(function: &str, name: &str, what: &str) -> Error {
    Error::argument(function, format!("Usage: {function}(). The argument '{name}' {what}."))
}
