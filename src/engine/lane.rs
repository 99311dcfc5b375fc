//! A lane: a thread of ours that sends units over its own connection and verifies them.
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender};

use super::Connect;
use crate::cluster::Cluster;
use crate::data::Batch;
use crate::error::{Error, Kind, Result, panic_text};
use crate::model::Unit;
use crate::online;
use crate::plan::Plan;

/// A unit that was read and waits to be sent.
pub(super) struct Work<'a> {
    /// Which one.
    pub(super) unit: &'a Unit,
    /// Its rows.
    pub(super) rows: Batch,
}

/// What became of a unit. The rows come back because only the calling thread may drop them.
pub(super) struct Report<'a> {
    /// The unit and its rows.
    pub(super) work: Work<'a>,
    /// `Ok(true)` when it was copied and verified, `Ok(false)` when it was left because the run
    /// stops.
    pub(super) copied: Result<bool>,
}

/// What all lanes of a run share.
#[derive(Clone, Copy)]
pub(super) struct Shared<'a> {
    /// What is copied.
    pub(super) plan: &'a Plan,
    /// Makes connections to the target.
    pub(super) connect: Connect<'a>,
    /// Set by whoever sees the first failure: no further unit is begun.
    pub(super) stop: &'a AtomicBool,
}

/// Works until there is no more work.
pub(super) fn work<'a>(shared: Shared<'a>, todo: Receiver<Work<'a>>, done: Sender<Report<'a>>) {
    let mut target = None;
    for work in todo {
        let copied = match shared.stop.load(Ordering::Acquire) {
            true => Ok(false),
            false => guarded(shared, &mut target, &work).map(|()| true),
        };
        if copied.is_err() {
            shared.stop.store(true, Ordering::Release);
        }
        if done.send(Report { work, copied }).is_err() {
            return;
        }
    }
}

/// Copies one unit; a panic becomes an error that names it.
fn guarded(shared: Shared, target: &mut Option<Box<dyn Cluster + Send>>, work: &Work) -> Result<()> {
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let target = match target {
            Some(target) => target,
            None => target.insert((shared.connect)().map_err(|error| error.context(named(shared, work)))?),
        };
        let Plan { table, columns, .. } = shared.plan;
        online::copy_unit(&mut **target, table, columns, work.unit, &work.rows)
    }));
    outcome.unwrap_or_else(|panic| {
        let text = panic_text(&*panic);
        Err(Error::new(Kind::Bug, format!("{}: the lane panicked: {text}", named(shared, work)))
            .advise("report this; look at that partition at the target before the next run"))
    })
}

fn named(shared: Shared, work: &Work) -> String {
    format!("partition {} of {}", work.unit, shared.plan.table)
}
