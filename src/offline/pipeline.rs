//! Runs a plan by backup, shipping and restore: which thread does what.
//!
//! The calling thread may ask this node's server and nobody else may, so it backs up when this node
//! is the source and restores when it is the target. Threads of ours ship, and talk to the other side
//! over connections of their own.
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use parking_lot::Mutex;

use super::stages::{Parcel, Run};
use crate::cluster::{Cluster, Host};
use crate::error::Result;
use crate::journal::Journal;
use crate::plan::Plan;
use crate::ship::{Shipper, Side};

/// Makes a connection to the other side.
pub type Connect<'a> = &'a (dyn Fn() -> Result<Box<dyn Cluster + Send>> + Sync);

/// Says whether the run may still write to the target: asked before a partition is looked at, with what
/// lies ahead, and again before it is restored.
pub type Permit<'a> = &'a (dyn Fn(Option<Ahead>) -> Result<()> + Sync);

/// What is about to be restored, during which its server may hear nobody.
pub struct Ahead<'a> {
    /// The server that restores.
    pub target: &'a mut dyn Cluster,
    /// Rows.
    pub rows: u64,
}

/// How long the calling thread waits before it looks at progress and cancellation.
const TICK: Duration = Duration::from_millis(100);

/// The way that pieces take.
#[derive(Clone, Copy)]
pub struct Route<'a> {
    /// What ships them.
    pub shipper: &'a dyn Shipper,
    /// The directory of pieces as the source's server calls it.
    pub source: &'a str,
    /// The directory of pieces as the target's server calls it.
    pub target: &'a str,
    /// Which side this node is.
    pub near: Side,
}

impl Route<'_> {
    /// This node's directory of pieces.
    pub(super) fn here(&self) -> PathBuf {
        PathBuf::from(match self.near {
            Side::Source => self.source,
            Side::Target => self.target,
        })
    }
}

/// How partitions are backed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// One query and one piece per partition.
    Rows,
    /// All partitions at one moment, as files.
    Snapshot,
}

/// How much a run may use, and what it leaves.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections that restore at the same time.
    pub lanes: usize,
    /// Bytes of pieces that may lie on each side's disk at once; one piece is always allowed.
    pub disk: u64,
    /// How often a step is tried again.
    pub retries: u32,
    /// The wait before the first of these tries; each later one waits twice as long.
    pub first: Duration,
    /// Whether pieces stay when they are restored and verified.
    pub keep: bool,
}

/// What a run moved and left.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Partitions that were restored and verified.
    pub copied: u64,
    /// Partitions with rows that needed nothing.
    pub skipped: u64,
    /// Partitions that were removed.
    pub removed: u64,
    /// Rows restored.
    pub rows: u64,
    /// Bytes of files that were shipped.
    pub bytes: u64,
    /// From start to end.
    pub took: Duration,
}

/// Backs up every partition that `plan` sends, ships and restores it, and verifies each. `table` is
/// the number of the plan in `journal`.
///
/// # Errors
/// The first failure, with the partition and the reason. Partitions that were verified before stay,
/// and so do pieces that are not, for the next run.
pub fn run(
    host: &mut dyn Host,
    plan: &Plan,
    (journal, table): (&Mutex<Journal>, usize),
    (route, style, permit): (Route, Style, Permit),
    limits: Limits,
    connect: Connect,
) -> Result<Summary> {
    let started = Instant::now();
    let mut run = Run::new(plan, journal, table, route, (style, permit), limits);
    if style == Style::Snapshot && plan.sent().next().is_some() {
        run.begin_snapshot(host, connect)?;
    }
    match route.near {
        Side::Source => push(&run, host, connect),
        Side::Target => pull(&run, host, connect),
    }
    let removed = match plan.removed().next().is_some() && !run.room.has_failed() {
        false => 0,
        true => match route.near {
            Side::Source => run.remove_surplus(host, &mut *connect()?)?,
            Side::Target => run.remove_surplus(&mut *connect()?, host)?,
        },
    };
    let moved = run.finish(host)?;
    Ok(Summary {
        copied: moved.partitions,
        skipped: plan.skipped(),
        removed,
        rows: moved.rows,
        bytes: moved.bytes,
        took: started.elapsed(),
    })
}

/// The queues between the stages. Each stage ends when the one before it has ended.
struct Queues {
    backed: (Sender<Parcel>, Receiver<Parcel>),
    shipped: (Sender<Parcel>, Receiver<Parcel>),
    done: (Sender<Parcel>, Receiver<Parcel>),
    /// Nothing is ever sent: it closes when the shipping thread ends, which is the last to do so.
    alive: (Sender<()>, Receiver<()>),
}

impl Queues {
    fn new() -> Queues {
        Queues { backed: unbounded(), shipped: unbounded(), done: unbounded(), alive: unbounded() }
    }
}

fn push(run: &Run, host: &mut dyn Host, connect: Connect) {
    let Queues { backed, shipped, done, alive } = Queues::new();
    thread::scope(|scope| {
        let ending = alive.0;
        scope.spawn(move || {
            run.ship_all(&backed.1, shipped.0, &done.1);
            drop(ending);
        });
        for lane in 0..run.limits.lanes {
            let (todo, done) = (shipped.1.clone(), done.0.clone());
            scope.spawn(move || {
                let mut target = Target::Lane { lane, connect, open: None };
                todo.into_iter().for_each(|parcel| run.take_in(&mut target, parcel, &done));
            });
        }
        drop((shipped.1, done.0));
        for (number, _) in run.plan.sent() {
            run.watch_over(host);
            let Some(guess) = run.enter(number, || run.watch_over(host)) else { break };
            run.back_up(host, number, guess, &backed.0);
        }
        drop(backed.0);
        while alive.1.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            run.watch_over(host);
        }
    });
}

fn pull(run: &Run, host: &mut dyn Host, connect: Connect) {
    let Queues { backed, shipped, done, alive } = Queues::new();
    thread::scope(|scope| {
        let ending = alive.0;
        scope.spawn(move || {
            run.ship_all(&backed.1, shipped.0, &done.1);
            drop(ending);
        });
        let to_ship = backed.0;
        scope.spawn(move || match connect() {
            Ok(mut source) => {
                for (number, _) in run.plan.sent() {
                    let Some(guess) = run.enter(number, || ()) else { return };
                    run.back_up(&mut *source, number, guess, &to_ship);
                }
            }
            Err(error) => run.room.fail(error),
        });
        loop {
            match shipped.1.recv_timeout(TICK) {
                Ok(parcel) => run.take_in(&mut Target::Host(host), parcel, &done.0),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            run.watch_over(host);
        }
        drop(done.0);
        while alive.1.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            run.watch_over(host);
        }
    });
}

/// The server that restores: the other side over a connection that is made when it is needed, or the
/// one that we run in.
pub(super) enum Target<'a> {
    Lane { lane: usize, connect: Connect<'a>, open: Option<Box<dyn Cluster + Send>> },
    Host(&'a mut dyn Host),
}

impl Target<'_> {
    /// Which of those that restore at the same time it is.
    pub(super) fn lane(&self) -> usize {
        match self {
            Target::Host(_) => 0,
            Target::Lane { lane, .. } => *lane,
        }
    }

    /// The server.
    pub(super) fn open(&mut self) -> Result<&mut dyn Cluster> {
        match self {
            Target::Host(host) => Ok(&mut **host),
            Target::Lane { connect, open, .. } => {
                let connection = match open.take() {
                    Some(connection) => connection,
                    None => connect()?,
                };
                Ok(&mut **open.insert(connection))
            }
        }
    }

    /// Forgets a connection; the next use makes a new one.
    pub(super) fn close(&mut self) {
        if let Target::Lane { open, .. } = self {
            *open = None;
        }
    }
}
