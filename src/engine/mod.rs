//! Looks at both sides and runs a plan: the calling thread reads partitions, lanes work on them.
//!
//! The server's objects may only be touched by the thread that called us, so that thread reads
//! every unit from the source, shows progress, and drops what it read. Lanes are threads of ours,
//! each with a connection of its own to the target; they borrow the rows' memory and hand it back.
//! Rows that were read but not yet handed back stay within a memory budget.
//!
//! The first failure stops the hand-out; units that are already being sent finish, so that the
//! target is left with whole partitions only, and the error names the run, the partition and the
//! reason.
mod agenda;
mod copy;
mod counts;
mod drill;
mod feed;
mod lane;
mod look;
mod merge;
mod moments;
mod patience;
mod progress;
mod remove;
mod round;
mod run_id;
mod sight;
mod slices;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

pub use counts::count_units;
pub use drill::{OddRow, Side, Wanted, drill};
pub use look::{Looks, look};
pub use patience::Retries;
pub use run_id::RunId;
pub use slices::Slicing;

use crate::cluster::{Cluster, Host, count};
use crate::error::{Error, Kind, Result};
use crate::journal::{Journal, Method};
use crate::model::{Action, Check};
use crate::plan::{Decision, Look, Plan};
use copy::Copy;
use patience::Stop;
use round::{Moved, Round};
use sight::Sight;

/// Makes a connection to the target; every lane calls it once, and again after a broken line.
pub type Connect<'a> = &'a (dyn Fn() -> Result<Box<dyn Cluster + Send>> + Sync);

/// Asked before every write whether it may be made; an error ends the run.
pub type Guard<'a> = &'a (dyn Fn() -> Result<()> + Sync);

/// How much a run may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Threads that send, each over its own connection; at least one.
    pub lanes: usize,
    /// Bytes of rows that may be held at once, the read-back included. Units that would hold more are
    /// divided; one that cannot be is always allowed.
    pub memory: usize,
    /// How often a unit is tried again.
    pub retries: Retries,
}

/// What a run moved, left and verified.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Partitions that were sent.
    pub copied: u64,
    /// Partitions with rows that needed nothing.
    pub skipped: u64,
    /// Partitions that were removed.
    pub removed: u64,
    /// Rows sent.
    pub rows: u64,
    /// Bytes of their cells.
    pub bytes: u64,
    /// From start to end.
    pub took: Duration,
    /// What had to agree.
    pub check: Check,
    /// How that is known of what was sent or removed.
    pub methods: BTreeSet<Method>,
}

/// Copies every partition that `plan` sends from `host` to the target and verifies each. `table` is
/// the number of the plan in `journal`; nothing is written that `guard` does not permit.
///
/// # Errors
/// The first failure, with the partition and the reason; `Cancelled` when the user asked to stop;
/// `Mismatch` when the partitions together held other rows than the table. Partitions that were
/// verified before stay at the target.
pub fn run(
    host: &mut dyn Host,
    plan: &Plan,
    (journal, table): (&Mutex<Journal>, usize),
    connect: Connect,
    limits: Limits,
    guard: Guard,
) -> Result<Summary> {
    let started = Instant::now();
    let stop = Stop::default();
    let units: Vec<usize> = plan.handled().collect();
    let known = |decision: &Decision| Look { rows: decision.rows, held: decision.held, ..Look::default() };
    let looks: Vec<Look> = plan.decisions.iter().map(known).collect();
    let (retries, sight) = (limits.retries, Sight::default());
    let copy = Copy { plan, journal, table, retries, stop: &stop, guard, sight };
    let round = Round { draft: &plan.draft, units: &units, looks: &looks, job: &copy };
    let moved = feed::feed_until(host, &round, connect, limits, &stop)?;
    let sent: Vec<u64> = journal.lock().told().tables[table].units.iter().map(|unit| unit.sent).collect();
    moments::require_one(host, plan, &sent, connect, limits)?;
    require_complete(host, plan, &moved)?;
    let removed = remove::remove(host, &copy, connect)?;
    // Whoever remembers what was verified relies on it from here on.
    journal.lock().settle()?;
    Ok(Summary {
        copied: moved.partitions,
        skipped: plan.skipped(),
        removed,
        rows: moved.rows,
        bytes: moved.bytes,
        took: started.elapsed(),
        check: plan.check,
        methods: journal.lock().told().tables[table].methods(),
    })
}

/// A table that nobody changed meanwhile must have given as many rows as it holds.
fn require_complete(host: &mut dyn Host, plan: &Plan, moved: &Moved) -> Result<()> {
    let table = &plan.draft.table;
    let rows = count(host, plan.draft.all())?;
    if rows != plan.rows {
        let before = plan.rows;
        host.print(&format!("{table} changed while it was copied, from {before} to {rows} rows"));
        return Ok(());
    }
    let given = moved.rows + plan.sum(Action::Skip).1;
    match given == rows {
        true => Ok(()),
        false => Err(Error::new(
            Kind::Mismatch,
            format!("{table} holds {rows} rows but its partitions gave {given}"),
        )
        .advise("run again if somebody writes to it, otherwise report this with the table's schema")),
    }
}
