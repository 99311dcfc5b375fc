//! The API protocol, server side.
