//! The API protocol, server side (wire-protocol §1-§7), little endian only.
//!
//! [`objects`] is the codec of values, [`request`] of what clients ask; [`server`] accepts
//! connections, [`connection`] serves one of them, [`clients`] knows them all.
mod clients;
mod connection;
mod objects;
mod request;
mod server;

pub use server::{Limits, Server};
