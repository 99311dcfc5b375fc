//! What people want of a run that goes on: a mark beside its journal, which every session of the node
//! can make and which outlives a restart.
use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use super::folder::{Runs, failed};
use crate::error::Result;

/// What a run is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Begin nothing until the order is taken back.
    Pause,
    /// Come to an end.
    Cancel,
}

impl Order {
    fn extension(self) -> &'static str {
        match self {
            Order::Pause => "pause",
            Order::Cancel => "cancel",
        }
    }
}

impl Runs {
    /// Gives `run` an order.
    ///
    /// # Errors
    /// `State` when the mark cannot be made.
    pub fn give(&self, run: &str, order: Order) -> Result<()> {
        let path = self.mark(run, order);
        let made = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path);
        made.map(drop).map_err(|error| failed(&path, error))
    }

    /// Takes an order back; nothing happens when it was not given.
    ///
    /// # Errors
    /// `State` when the mark cannot be removed.
    pub fn take_back(&self, run: &str, order: Order) -> Result<()> {
        let path = self.mark(run, order);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(&path, error)),
            _ => Ok(()),
        }
    }

    /// Whether `run` has the order.
    pub fn has(&self, run: &str, order: Order) -> bool {
        self.mark(run, order).exists()
    }

    /// Removes the orders to runs that are over: they died before they took notice, or were told too
    /// late.
    pub(super) fn drop_stale_orders(&self) -> Result<()> {
        for order in [Order::Pause, Order::Cancel] {
            for path in self.files(order.extension())? {
                let run = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
                let run = run.filter(|run| !self.is_live(run));
                run.map_or(Ok(()), |run| self.take_back(&run, order))?;
            }
        }
        Ok(())
    }

    fn mark(&self, run: &str, order: Order) -> PathBuf {
        self.folder.join(run).with_extension(order.extension())
    }
}
