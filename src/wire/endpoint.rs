//! Where a remote server is and how to get in.
use std::fmt;
use std::time::Duration;

use super::Terms;
use crate::model::Secret;

/// One site of a remote cluster, with the user to log in as and the patience to have.
#[derive(Clone)]
pub struct Endpoint {
    /// A host name or an IP address.
    pub host: String,
    /// The server's port, 8848 unless configured otherwise.
    pub port: u16,
    /// The user; empty for an anonymous connection.
    pub user: String,
    /// The user's password.
    pub password: Secret,
    /// How long connecting may take, and then how long the login may go without an answer.
    pub connect_timeout: Duration,
    /// How long a request may go without a single byte moving in either direction.
    pub io_timeout: Duration,
    /// Everything else about how to talk to it.
    pub terms: Terms,
}

impl Endpoint {
    /// The name that messages use: `host:port`.
    pub fn label(&self) -> String {
        match self.host.contains(':') {
            true => format!("[{}]:{}", self.host, self.port),
            false => format!("{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.user, self.label())
    }
}
