//! The caller's session as a call hears it: with an ear of the call's own for the wish to stop.
use std::sync::Arc;

use crate::cluster::{Cluster, Host, Seat};
use crate::data::{Batch, Datum};
use crate::error::Result;
use crate::model::TableName;

/// A host of which `hear` tells whether its user has cancelled.
pub(in crate::plugin) struct Listening<'h, F> {
    host: &'h mut dyn Host,
    hear: F,
    is_quiet: bool,
}

impl<'h, F: FnMut(&mut dyn Host) -> bool> Listening<'h, F> {
    pub(in crate::plugin) fn new(host: &'h mut dyn Host, hear: F) -> Self {
        Listening { host, hear, is_quiet: false }
    }
}

impl<'h> Listening<'h, fn(&mut dyn Host) -> bool> {
    /// The same host without its voice: a job's messages are kept in a file, and rounds have no end.
    pub(in crate::plugin) fn quiet(host: &'h mut dyn Host) -> Self {
        Listening { host, hear: |host| host.is_cancelled(), is_quiet: true }
    }
}

impl<F: FnMut(&mut dyn Host) -> bool> Cluster for Listening<'_, F> {
    fn label(&self) -> &str {
        self.host.label()
    }

    fn is_here(&self) -> bool {
        self.host.is_here()
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

impl<F: FnMut(&mut dyn Host) -> bool> Host for Listening<'_, F> {
    fn print(&mut self, line: &str) {
        if !self.is_quiet {
            self.host.print(line);
        }
    }

    fn is_cancelled(&mut self) -> bool {
        (self.hear)(self.host)
    }

    fn node(&mut self) -> &mut dyn Cluster {
        self.host.node()
    }

    fn ear(&self) -> fn() -> bool {
        self.host.ear()
    }

    fn seat(&self) -> Option<Arc<Seat>> {
        self.host.seat()
    }
}
