//! The one error of the crate, and the rules for making it.
//!
//! 1. A message is one sentence that names the object concerned (table, partition, host, column)
//!    and the cause. It never holds a password, and never a line break.
//! 2. `advice` is one clause that says what the user can do; a script sees `message; advice`.
//! 3. The kind is chosen where the cause is known and is never changed on the way up; callers
//!    add context in front with [`Error::context`].
//! 4. Whoever handles an error logs it or returns it, never both.
//! 5. Whether a second try makes sense is decided by [`Kind::retry`] alone.
use std::any::Any;
use std::fmt;

/// What an operation of this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, as far as a caller may act on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The caller's arguments cannot be used.
    Argument,
    /// A database, table, column or partition does not exist.
    NotFound,
    /// Source and target tables do not fit each other.
    Schema,
    /// The plan forbids the run: the target holds data that is not ours.
    Refused,
    /// The peer cannot be reached, or the line broke.
    Network,
    /// The peer did not answer in time. What it still does with the request, nobody knows, so that
    /// another try could come to its side.
    Silent,
    /// The peer refused the user.
    Login,
    /// The peer's bytes break the protocol.
    Protocol,
    /// A server answered with an error of its own.
    Server,
    /// The peer is busy with the same chunk, or not ready yet.
    Busy,
    /// Another run is at work on the same table.
    Overlap,
    /// Counts or fingerprints of source and target differ.
    Mismatch,
    /// What the plugin keeps on this node's disk cannot be read, trusted or written.
    State,
    /// The user cancelled.
    Cancelled,
    /// This server's binary interface is not one that we know.
    Abi,
    /// A defect of this plugin.
    Bug,
}

/// Whether the same step may be tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Never: a person has to change something.
    Never,
    /// Later on the same connection.
    Wait,
    /// On a new connection, after looking at what the target holds.
    Reconnect,
}

impl Kind {
    /// The class of a second try.
    pub fn retry(self) -> Retry {
        match self {
            Kind::Busy => Retry::Wait,
            Kind::Network => Retry::Reconnect,
            _ => Retry::Never,
        }
    }
}

/// An error as a user sees it: what happened, to what, and what to do.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    advice: Option<String>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of `kind`; `message` is one sentence without a full stop.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error { kind, message: on_one_line(message), advice: None, source: None }
    }

    /// Adds what the user can do about it; the innermost advice wins.
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice.get_or_insert_with(|| on_one_line(advice));
        self
    }

    /// Keeps the underlying error for logs.
    pub fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Box::new(source));
        self
    }

    /// Puts what was being done in front of the message.
    pub fn context(mut self, doing: impl fmt::Display) -> Self {
        self.message = on_one_line(format!("{doing}: {}", self.message));
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The sentence without the advice.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the user can do; empty when nothing is known to help.
    pub fn advice(&self) -> &str {
        self.advice.as_deref().unwrap_or_default()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        self.advice.iter().try_for_each(|advice| write!(f, "; {advice}"))
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

fn on_one_line(text: impl Into<String>) -> String {
    text.into().replace(['\r', '\n'], " ")
}

/// What a caught panic said, for the message of a [`Kind::Bug`].
pub fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_whatever_it_names() {
        let error = Error::new(Kind::Server, "a\nb").context("table c\r\nd").advise("drop e\nf");
        assert_eq!(error.to_string(), "table c  d: a b; drop e f");
    }

    #[test]
    fn a_panic_says_what_it_was_given() {
        assert_eq!(panic_text(&"a literal"), "a literal");
        assert_eq!(panic_text(&format!("number {}", 1)), "number 1");
        assert_eq!(panic_text(&7), "no message");
    }
}
