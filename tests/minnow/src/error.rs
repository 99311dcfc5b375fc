//! Errors as the server words them: one text, sometimes with a leading `<Tag>` or a `RefId`.
use std::fmt;

pub type Result<T> = std::result::Result<T, Error>;

/// Which of the server's exception classes carries the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Syntax,
    IllegalArgument,
    Runtime,
    TableRuntime,
    IncompatibleType,
    NoPrivilege,
    Io,
    /// Thrown by a script's own `throw`.
    User,
}

#[derive(Clone, Debug)]
pub struct Error {
    pub class: Class,
    /// The function an IllegalArgument concerns, else empty.
    pub function: String,
    pub text: String,
}

impl Error {
    pub fn runtime(text: impl Into<String>) -> Self {
        Error { class: Class::Runtime, function: String::new(), text: text.into() }
    }

    pub fn syntax(text: impl Into<String>) -> Self {
        Error { class: Class::Syntax, function: String::new(), text: text.into() }
    }

    pub fn argument(function: impl Into<String>, text: impl Into<String>) -> Self {
        Error { class: Class::IllegalArgument, function: function.into(), text: text.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Error { class: Class::Io, function: String::new(), text: error.to_string() }
    }
}
