//! What every function does with a call: whose it is, what was given, how an answer is built.
pub(super) mod arguments;
pub(super) mod caller;
pub(super) mod listening;
pub(super) mod options;
pub(super) mod request;
pub(super) mod table;
pub(super) mod values;
