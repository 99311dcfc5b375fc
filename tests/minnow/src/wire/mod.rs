//! The API protocol, server side (wire-protocol §1-§7), little endian only.
//!
//! [`objects`] is the codec of values, [`request`] of what clients ask; [`server`] accepts
//! connections, [`connection`] serves one of them over a [`line`], [`clients`] knows them all.
//! [`peer`] is the other end: this node as the client of another one.
mod clients;
mod connection;
mod delta;
mod line;
mod objects;
mod packing;
mod peer;
mod request;
mod server;
mod tls;
mod websocket;

pub use objects::{read_object, write_object};
pub use peer::{Address, Peer};
pub use server::{Limits, Server};
