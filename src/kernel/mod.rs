//! The server that loaded the plugin: the one place with `unsafe`, and the one with C++.
//!
//! A script's call arrives at `entry`, which makes sure that the server is one we know (`check`,
//! against the `row` of its release), turns the arguments into the engine's values (`convert`) and
//! runs the plugin's function with [`Local`], this server as one side of a sync.
//!
//! What the `unsafe` blocks rely on:
//! - The server keeps heap, session and arguments of a call alive until the call returns.
//! - A reference keeps its object, and an object's shown memory does not move or change while the
//!   reference exists.
//! - Objects are touched on threads that the server called in on, never elsewhere: `Value` cannot
//!   leave its thread, and lent memory is only read elsewhere (`thread`).
//! - Slots and offsets are those of the running release: nothing is called before `check` agrees,
//!   except by `check` itself, in the order that its text gives.
mod answer;
mod array;
mod cell;
mod check;
mod column;
mod convert;
mod entry;
mod local;
mod row;
mod session;
mod symbols;
mod sys;
mod table;
mod thread;
mod value;

pub use local::Local;
