//! A call that other sessions can pause and cancel.
use std::thread;
use std::time::{Duration, Instant};

use crate::cluster::{Cluster, Host};
use crate::data::{Batch, Datum};
use crate::error::Result;
use crate::journal::{Order, Runs};
use crate::model::TableName;

/// How often orders are looked for.
const GLANCE: Duration = Duration::from_millis(100);

/// The server call of a run that listens to orders. Whoever asks whether it is cancelled waits
/// while it is paused: the calling thread then reads nothing, and lanes run out of work.
pub(super) struct Steered<'a> {
    host: &'a mut dyn Host,
    runs: &'a Runs,
    run: &'a str,
    next: Instant,
    is_cancelled: bool,
}

impl<'a> Steered<'a> {
    /// The call of `run`.
    pub(super) fn new(host: &'a mut dyn Host, runs: &'a Runs, run: &'a str) -> Self {
        Steered { host, runs, run, next: Instant::now(), is_cancelled: false }
    }

    fn look(&mut self) {
        self.next = Instant::now() + GLANCE;
        self.is_cancelled = self.host.is_cancelled() || self.runs.has(self.run, Order::Cancel);
    }

    fn wait_while_paused(&mut self) {
        let mut was_paused = false;
        while !self.is_cancelled && self.runs.has(self.run, Order::Pause) {
            if !was_paused {
                self.host.print(&format!("run {} is paused", self.run));
            }
            was_paused = true;
            thread::sleep(GLANCE);
            self.look();
        }
        if was_paused && !self.is_cancelled {
            self.host.print(&format!("run {} goes on", self.run));
        }
    }
}

impl Cluster for Steered<'_> {
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

impl Host for Steered<'_> {
    fn print(&mut self, line: &str) {
        self.host.print(line);
    }

    fn is_cancelled(&mut self) -> bool {
        if !self.is_cancelled && Instant::now() >= self.next {
            self.look();
            self.wait_while_paused();
        }
        self.is_cancelled || self.host.is_cancelled()
    }
}
