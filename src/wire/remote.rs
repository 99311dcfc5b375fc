//! A server reached over its API protocol, as one side of a sync.
use super::Endpoint;
use crate::cluster::Cluster;
use crate::data::{Batch, Datum};
use crate::error::{Error, Kind, Result};
use crate::model::TableName;

/// A connection to one site of a remote cluster.
pub struct Remote {
    label: String,
}

impl Remote {
    /// Connects and logs in.
    ///
    /// # Errors
    /// `Network` when the site cannot be reached, `Login` when it refuses the user, `Protocol` when
    /// it is not a DolphinDB server.
    pub fn connect(endpoint: &Endpoint) -> Result<Remote> {
        Ok(Remote { label: endpoint.label() })
    }
}

impl Cluster for Remote {
    fn label(&self) -> &str {
        &self.label
    }

    fn query(&mut self, _script: &str) -> Result<Datum> {
        Err(Error::new(Kind::Bug, "the wire client is not connected yet"))
    }

    fn append(&mut self, _table: &TableName, _rows: &Batch) -> Result<u64> {
        Err(Error::new(Kind::Bug, "the wire client is not connected yet"))
    }
}
