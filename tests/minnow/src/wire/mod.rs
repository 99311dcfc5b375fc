//! The API protocol, server side (wire-protocol §1-§7), little endian only.
//!
//! [`objects`] is the codec of values, [`request`] of what clients ask; [`server`] accepts
//! connections, [`connection`] serves one of them, [`clients`] knows them all. [`peer`] is the
//! other end: this node as the client of another one.
mod clients;
mod connection;
mod objects;
mod peer;
mod request;
mod server;

pub use objects::{read_object, write_object};
pub use peer::{Address, Peer};
pub use server::{Limits, Server};
