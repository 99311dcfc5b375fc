//! The server we talk to: any DolphinDB, over the API protocol that every client speaks.
mod endpoint;
mod remote;

pub use endpoint::Endpoint;
pub use remote::Remote;
