//! The server we talk to: any DolphinDB, over the API protocol that every client speaks.
//!
//! [`Remote`] is a [`crate::cluster::Cluster`]; [`codec`] knows the bytes and does no I/O of its
//! own. A connection carries one request at a time, which is all that the protocol allows.
pub mod codec;
mod connection;
mod dial;
mod endpoint;
mod login;
mod packer;
mod remote;
mod stream;
mod terms;
mod tls;

pub use endpoint::Endpoint;
pub use remote::Remote;
pub use terms::{Compress, Control, Terms};
pub use tls::Tls;
