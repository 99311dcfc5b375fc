//! A call that shows nothing: a job's messages are kept in a file, and rounds have no end.
use crate::cluster::{Cluster, Host};
use crate::data::{Batch, Datum};
use crate::error::Result;
use crate::model::TableName;

/// The same host without its voice.
pub(super) struct Quiet<'h>(pub(super) &'h mut dyn Host);

impl Cluster for Quiet<'_> {
    fn label(&self) -> &str {
        self.0.label()
    }

    fn query(&mut self, script: &str) -> Result<Datum> {
        self.0.query(script)
    }

    fn append(&mut self, table: &TableName, rows: &Batch) -> Result<u64> {
        self.0.append(table, rows)
    }

    fn upsert(&mut self, table: &TableName, rows: &Batch, keys: &[String]) -> Result<()> {
        self.0.upsert(table, rows, keys)
    }
}

impl Host for Quiet<'_> {
    fn print(&mut self, _: &str) {}

    fn is_cancelled(&mut self) -> bool {
        self.0.is_cancelled()
    }

    fn node(&mut self) -> &mut dyn Cluster {
        self.0.node()
    }

    fn ear(&self) -> fn() -> bool {
        self.0.ear()
    }
}
