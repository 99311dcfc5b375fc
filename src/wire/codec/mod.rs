//! The bytes of the protocol, without sockets: whatever reads and writes will do.
//!
//! A request is a header line, a body of the length it names, and then the argument objects; a reply
//! is any number of printed messages, two lines, and at most one object (wire-protocol §2, §3).
//! Nothing states the length of an object, so both ends parse to find its end, and whatever cannot
//! be parsed ends the connection.
//!
//! Only little-endian peers are understood: every server that runs on x86 or ARM is one.
mod arrays;
mod decode;
mod delta;
mod encode;
mod form;
mod gather;
mod packing;
mod reader;
mod request;
mod response;
mod symbols;

pub use decode::decode;
pub use encode::{encode, encode_packed, encode_table};
pub use gather::Gather;
pub use packing::{Method, blocks, pack, pack_block};
pub use reader::{Reader, lost};
pub use request::{Body, CALL, CALL_PACKED, CONNECT, CONNECT_PACKED, Dialect, Login, Request};
pub use response::{Reply, read_reply};
