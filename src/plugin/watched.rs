//! The caller's session, watched: as soon as the user has cancelled, nobody waits for the network.
use std::sync::Arc;

use crate::cluster::{Cluster, Host};
use crate::data::{Batch, Datum};
use crate::error::Result;
use crate::model::TableName;
use crate::wire::Control;

/// A host that tells the connections of the call what it hears from the user.
pub(super) struct Watched<'h> {
    pub(super) host: &'h mut dyn Host,
    pub(super) control: Arc<Control>,
}

impl Cluster for Watched<'_> {
    fn label(&self) -> &str {
        self.host.label()
    }

    fn query(&mut self, script: &str) -> Result<Datum> {
        self.host.query(script)
    }

    fn append(&mut self, table: &TableName, rows: &Batch) -> Result<u64> {
        self.host.append(table, rows)
    }

    fn upsert(&mut self, table: &TableName, rows: &Batch, keys: &[String]) -> Result<()> {
        self.host.upsert(table, rows, keys)
    }
}

impl Host for Watched<'_> {
    fn print(&mut self, line: &str) {
        self.host.print(line);
    }

    fn is_cancelled(&mut self) -> bool {
        let cancelled = self.host.is_cancelled();
        if cancelled {
            self.control.cancel();
        }
        cancelled
    }
}
