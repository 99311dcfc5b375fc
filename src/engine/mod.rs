//! Runs a plan: the calling thread reads partitions, lanes send and verify them.
//!
//! The server's objects may only be touched by the thread that called us, so that thread reads
//! every unit from the source, shows progress, and drops what it read. Lanes are threads of ours,
//! each with a connection of its own to the target; they borrow the rows' memory and hand it back.
//! Rows that were read but not yet handed back stay within a memory budget.
//!
//! The first failure stops the hand-out; units that are already being sent finish, so that the
//! target is left with whole partitions only, and the error names the run, the partition and the
//! reason.
mod feed;
mod lane;
mod progress;
mod run_id;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

pub use run_id::RunId;

use crate::cluster::{Cluster, Host, count, sql::Rows};
use crate::error::{Error, Kind, Result};
use crate::plan::Plan;
use feed::Moved;

/// Makes a connection to the target; every lane calls it once.
pub type Connect<'a> = &'a (dyn Fn() -> Result<Box<dyn Cluster + Send>> + Sync);

/// How much a run may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Threads that send, each over its own connection; at least one.
    pub lanes: usize,
    /// Bytes of rows that may be held at once, the read-back included. One unit is always allowed.
    pub memory: usize,
}

/// What a run moved and verified.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Partitions that had rows.
    pub partitions: u64,
    /// Rows in them.
    pub rows: u64,
    /// Bytes of their cells.
    pub bytes: u64,
    /// From start to end.
    pub took: Duration,
}

/// Copies every partition of `plan` from `host` to the target and verifies each.
///
/// # Errors
/// The first failure, with the run, the partition and the reason; `Cancelled` when the user asked to
/// stop; `Mismatch` when the partitions together held other rows than the table. Partitions that
/// were verified before stay at the target.
pub fn run(
    host: &mut dyn Host,
    plan: &Plan,
    connect: Connect,
    limits: Limits,
    run: &RunId,
) -> Result<Summary> {
    let started = Instant::now();
    let outcome = feed::feed(host, plan, connect, limits)
        .and_then(|moved| require_complete(host, plan, &moved).map(|()| moved));
    let moved = outcome.map_err(|error| error.context(format!("run {run}")))?;
    Ok(Summary {
        partitions: moved.partitions,
        rows: moved.rows,
        bytes: moved.bytes,
        took: started.elapsed(),
    })
}

/// A table that nobody changed meanwhile must have given as many rows as it holds: a row outside
/// every unit would otherwise be lost without a word.
fn require_complete(host: &mut dyn Host, plan: &Plan, moved: &Moved) -> Result<()> {
    let rows = count(host, Rows::of(&plan.table).passing(plan.filter.as_deref()))?;
    if rows != plan.rows {
        let (table, before) = (&plan.table, plan.rows);
        host.print(&format!("{table} changed while it was copied, from {before} to {rows} rows"));
        return Ok(());
    }
    match moved.rows == rows {
        true => Ok(()),
        false => Err(Error::new(
            Kind::Mismatch,
            format!("{} holds {rows} rows but its partitions gave {}", plan.table, moved.rows),
        )
        .advise("report this with the table's schema; what was copied is verified but not complete")),
    }
}
