//! A lane: a thread of ours that works on units over its own connection.
use std::panic::{AssertUnwindSafe, catch_unwind};

use crossbeam_channel::{Receiver, Sender};

use super::Connect;
use super::patience::Stop;
use super::sight::Sight;
use crate::cluster::{Cluster, count, read, sql::Rows};
use crate::data::{Batch, Fingerprint};
use crate::error::{Error, Kind, Result, panic_text};
use crate::journal::{Method, Progress};
use crate::model::{TableName, Unit};
use crate::online;

/// A unit that was read and waits for a lane.
pub(super) struct Work<'a> {
    /// Its number in the draft.
    pub(super) number: usize,
    /// Which one.
    pub(super) unit: &'a Unit,
    /// Its rows.
    pub(super) rows: Batch,
    /// Bytes that it holds while it is under way.
    pub(super) weight: usize,
}

/// What became of a unit. The rows come back because only the calling thread may drop them.
pub(super) struct Report<'a> {
    /// The unit and its rows.
    pub(super) work: Work<'a>,
    /// `Ok(true)` when the job is done, `Ok(false)` when it was left because the run stops.
    pub(super) outcome: Result<bool>,
}

/// What is to be done with every unit.
pub(super) trait Job: Sync {
    /// Does it to one unit; a failure names the unit and ends the run.
    fn work(&self, link: &mut Link, work: &Work) -> Result<()>;

    /// Whether what the target holds of unit `number` may be read back, and so needs room.
    fn reads_back(&self, number: usize) -> bool;

    /// Whether it writes to the target, where no two writers may be at one chunk
    /// (dolphindb-semantics §4.2).
    fn writes(&self) -> bool {
        false
    }

    /// Whether it needs the rows of the unit with this number.
    fn reads(&self, number: usize) -> bool {
        let _ = number;
        true
    }

    /// How far its run has come, where that is written down.
    fn progress(&self) -> Option<Progress> {
        None
    }
}

/// A lane's connection to the target, made when it is needed.
pub(super) struct Link<'a> {
    /// The lane's number.
    pub(super) lane: u32,
    connect: Connect<'a>,
    target: Option<Box<dyn Cluster + Send>>,
    /// Whether the target's own plugin is asked, which it is until it cannot answer.
    is_native: bool,
}

impl<'a> Link<'a> {
    /// Not yet made.
    pub(super) fn new(connect: Connect<'a>) -> Self {
        Link { lane: 0, connect, target: None, is_native: true }
    }

    /// That of the lane with this number.
    fn of(lane: usize, connect: Connect<'a>) -> Self {
        Link { lane: lane as u32, ..Link::new(connect) }
    }

    /// The connection.
    pub(super) fn open(&mut self) -> Result<&mut (dyn Cluster + 'static)> {
        let target = match self.target.take() {
            Some(target) => target,
            None => (self.connect)()?,
        };
        Ok(&mut **self.target.insert(target))
    }

    /// As [`Link::look`], of what is likely nothing, which a count tells.
    pub(super) fn glance(
        &mut self,
        there: Rows,
        columns: &[String],
        sight: &Sight,
    ) -> Result<(Fingerprint, Method)> {
        match count(self.open()?, there)? {
            0 => Ok((Fingerprint::default(), Method::Count)),
            _ => self.look(there, columns, sight),
        }
    }

    /// The fingerprint of what the target holds of `there`, and how it is known.
    pub(super) fn look(
        &mut self,
        there: Rows,
        columns: &[String],
        sight: &Sight,
    ) -> Result<(Fingerprint, Method)> {
        let is_here = self.open()?.is_here();
        if is_here || !online::can_ask(there) {
            // What this node lends is hashed where it lies.
            let method = if is_here { Method::Native } else { Method::ReadBack };
            return Ok((self.read_back(there, columns)?, method));
        }
        if self.is_native {
            match online::native(self.open()?, there, columns)? {
                Some(print) => {
                    sight.answered();
                    return Ok((print, Method::Native));
                }
                None => self.is_native = false,
            }
        }
        let _alone = sight.fell_silent();
        Ok((self.read_back(there, columns)?, Method::ReadBack))
    }

    fn read_back(&mut self, there: Rows, columns: &[String]) -> Result<Fingerprint> {
        read(self.open()?, there, columns).map(|rows| online::fingerprint(&rows))
    }

    /// Forgets the connection; the next use makes a new one.
    pub(super) fn close(&mut self) {
        (self.target, self.is_native) = (None, true);
    }
}

/// What all lanes of a run share.
#[derive(Clone, Copy)]
pub(super) struct Shared<'a> {
    /// The table that the units belong to.
    pub(super) table: &'a TableName,
    /// What is done with them.
    pub(super) job: &'a dyn Job,
    /// Makes connections to the target.
    pub(super) connect: Connect<'a>,
    /// Told by whoever sees the first failure: no further unit is begun.
    pub(super) stop: &'a Stop,
}

/// Works as lane `number` until there is no more work.
pub(super) fn work<'a>(
    shared: Shared<'a>,
    number: usize,
    todo: Receiver<Work<'a>>,
    done: Sender<Report<'a>>,
) {
    let mut link = Link::of(number, shared.connect);
    for work in todo {
        let outcome = match shared.stop.is_told() {
            true => Ok(false),
            false => guarded(shared, &mut link, &work).map(|()| true),
        };
        if outcome.is_err() {
            shared.stop.tell();
        }
        if done.send(Report { work, outcome }).is_err() {
            return;
        }
    }
}

/// Works on one unit; a panic becomes an error that names it.
fn guarded(shared: Shared, link: &mut Link, work: &Work) -> Result<()> {
    let outcome = catch_unwind(AssertUnwindSafe(|| shared.job.work(link, work)));
    outcome.unwrap_or_else(|panic| {
        let (unit, table, text) = (work.unit, shared.table, panic_text(&*panic));
        Err(Error::new(Kind::Bug, format!("partition {unit} of {table}: the lane panicked: {text}"))
            .advise("report this; the next run looks at that partition before it sends anything"))
    })
}
