//! The calling thread's part of a run: read, hand out, collect, drop.
use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};

use super::agenda::Agenda;
use super::lane::{self, Report, Shared, Work};
use super::patience::Stop;
use super::progress::Progress;
use super::round::{Moved, Round};
use super::{Connect, Limits};
use crate::cluster::Host;
use crate::data::Batch;
use crate::error::{Error, Kind, Result};

/// How long the calling thread waits for lanes before it looks at progress and cancellation.
const TICK: Duration = Duration::from_millis(100);

/// Starts the lanes, feeds them every unit of `round`, and waits for all of them.
pub(super) fn feed(host: &mut dyn Host, round: &Round, connect: Connect, limits: Limits) -> Result<Moved> {
    feed_until(host, round, connect, limits, &Stop::default())
}

/// As [`feed`]; `stop` is told when the round comes to an early end.
pub(super) fn feed_until(
    host: &mut dyn Host,
    round: &Round,
    connect: Connect,
    limits: Limits,
    stop: &Stop,
) -> Result<Moved> {
    let shared = Shared { table: &round.draft.table, job: round.job, connect, stop };
    thread::scope(|scope| {
        let (todo, undone) = bounded(queue_length(limits));
        let (reported, done) = unbounded();
        for number in 0..limits.lanes {
            let (undone, reported) = (undone.clone(), reported.clone());
            let lane = thread::Builder::new().name(format!("clusterSync{number}"));
            let started = lane.spawn_scoped(scope, move || lane::work(shared, number, undone, reported));
            started.map_err(|error| {
                Error::new(Kind::Server, "no thread can be started for a lane").caused_by(error)
            })?;
        }
        drop((undone, reported));
        let mut feeder = Feeder::new(host, round, stop, limits, todo, done);
        feeder.hand_out();
        feeder.close()
    })
}

/// The state of the calling thread while lanes work.
struct Feeder<'h, 'a> {
    host: &'h mut dyn Host,
    round: &'a Round<'a>,
    agenda: Agenda<'a>,
    stop: &'a Stop,
    limits: Limits,
    todo: Sender<Work<'a>>,
    done: Receiver<Report<'a>>,
    progress: Progress<'a>,
    moved: Moved,
    in_flight: usize,
    held: usize,
    /// Whether the last one is read back.
    reads_back: bool,
    /// Bytes of a row, where they were most.
    row: usize,
    /// The partitions that lanes write to.
    taken: HashSet<String>,
    /// The partitions of slices of which something is done.
    begun: HashSet<String>,
    failures: Failures,
}

impl<'h, 'a> Feeder<'h, 'a> {
    fn new(
        host: &'h mut dyn Host,
        round: &'a Round<'a>,
        stop: &'a Stop,
        limits: Limits,
        todo: Sender<Work<'a>>,
        done: Receiver<Report<'a>>,
    ) -> Self {
        Feeder {
            agenda: Agenda::new(host, round),
            host,
            round,
            stop,
            limits,
            todo,
            done,
            progress: Progress::new(round),
            moved: Moved::default(),
            in_flight: 0,
            held: 0,
            reads_back: true,
            row: 0,
            taken: HashSet::new(),
            begun: HashSet::new(),
            failures: Failures::default(),
        }
    }

    /// Reads and hands out units until all are out or the run stops.
    fn hand_out(&mut self) {
        while let Some(place) = self.agenda.next(&self.taken) {
            let number = self.agenda.number(place);
            self.await_room(self.expected(number));
            if self.must_stop() {
                return;
            }
            // While it waited for room for one, another may have become the one to read.
            if self.agenda.next(&self.taken) != Some(place) {
                continue;
            }
            self.agenda.take(place);
            let unit = &self.round.draft.units[number];
            match self.agenda.read(self.host, number) {
                Err(error) => return self.fail(error),
                Ok(rows) if rows.rows == 0 && self.round.job.reads(number) => self.moved.empty += 1,
                Ok(rows) => {
                    let weight = self.weight(number, &rows);
                    self.send(Work { number, unit, weight, rows });
                }
            }
        }
    }

    /// What a unit is going to hold, as far as those before tell, and weighed as the last one was: only
    /// the reading shows.
    fn expected(&self, number: usize) -> usize {
        let look = &self.round.looks[number];
        let back = if self.reads_back { look.rows + look.held } else { 0 };
        let load = u128::from(look.rows) + u128::from(back);
        usize::try_from(load * self.row as u128).unwrap_or(usize::MAX)
    }

    /// Bytes that a unit holds while it is under way: its rows, and what is read back of the target's.
    fn weight(&mut self, number: usize, rows: &Batch) -> usize {
        self.reads_back = self.round.job.reads_back(number);
        if !self.reads_back {
            return rows.byte_len();
        }
        let look = &self.round.looks[number];
        let bytes = rows.byte_len() as u128;
        let back = bytes * u128::from(look.held + rows.rows as u64) / rows.rows.max(1) as u128;
        usize::try_from(bytes + back).unwrap_or(usize::MAX)
    }

    /// Hands `work` to the lanes once there is room for it.
    fn send(&mut self, work: Work<'a>) {
        let weight = work.weight;
        self.row = self.row.max(work.rows.byte_len().div_ceil(work.rows.rows.max(1)));
        self.await_room(weight);
        while self.taken.contains(&work.unit.path()) && !self.must_stop() {
            self.await_report();
        }
        if self.failures.any() {
            return;
        }
        if self.round.job.writes() {
            self.taken.insert(work.unit.path());
        }
        self.in_flight += 1;
        self.held += weight;
        // The queue is as long as what may be in flight, and lanes end only after it is closed.
        self.todo.send(work).unwrap_or_else(|_| unreachable!("a lane outlives the queue"));
    }

    /// Waits until `weight` more bytes fit the memory budget and the queue is not full, or nothing
    /// is in flight, or the run stops.
    fn await_room(&mut self, weight: usize) {
        self.settle_waiting();
        let full = |this: &Self| {
            this.in_flight == queue_length(this.limits) || this.held + weight > this.limits.memory
        };
        while self.in_flight > 0 && full(self) && !self.must_stop() {
            self.await_report();
        }
    }

    /// Stops the hand-out and waits for the lanes; whatever they still hold comes back here.
    fn close(mut self) -> Result<Moved> {
        while self.in_flight > 0 {
            self.await_report();
            self.must_stop();
        }
        self.progress.finish(self.host, &self.moved);
        self.failures.into_result(self.round, self.moved)
    }

    fn settle_waiting(&mut self) {
        while let Ok(report) = self.done.try_recv() {
            self.settle(report);
        }
        self.progress.update(self.host, &self.moved);
    }

    fn await_report(&mut self) {
        match self.done.recv_timeout(TICK) {
            Ok(report) => self.settle(report),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => unreachable!("a lane reports every unit it took"),
        }
        self.progress.update(self.host, &self.moved);
    }

    fn settle(&mut self, Report { work, outcome }: Report) {
        self.in_flight -= 1;
        self.held -= work.weight;
        self.taken.remove(&work.unit.path());
        match outcome {
            Ok(true) => {
                self.moved.units += 1;
                let is_first = work.unit.slice.is_none() || self.begun.insert(work.unit.path());
                self.moved.partitions += u64::from(is_first && self.round.job.reads(work.number));
                self.moved.rows += work.rows.rows as u64;
                self.moved.bytes += work.rows.byte_len() as u64;
            }
            Ok(false) => {}
            Err(error) => self.fail(error),
        }
    }

    fn fail(&mut self, error: Error) {
        // Who hears of a cancel first may be a line that gives up for it.
        self.must_stop();
        self.end(error);
    }

    fn end(&mut self, error: Error) {
        self.stop.tell();
        self.failures.add(error);
    }

    /// Whether no further unit may be handed out. Asks the user's session, after a failure too: a server
    /// that cancels fails the read under way first, and whoever hears the user releases lanes that wait
    /// for a silent peer.
    fn must_stop(&mut self) -> bool {
        if self.host.is_cancelled() && !self.failures.any() {
            let advice = "partitions copied so far stay at the target, verified";
            self.end(Error::new(Kind::Cancelled, "the user cancelled").advise(advice));
        }
        self.failures.any()
    }
}

/// Units in flight: one that each lane sends and one that waits for it.
fn queue_length(limits: Limits) -> usize {
    2 * limits.lanes
}

/// The first failure of a run and how many followed.
#[derive(Default)]
struct Failures {
    first: Option<Error>,
    more: usize,
}

impl Failures {
    fn any(&self) -> bool {
        self.first.is_some()
    }

    fn add(&mut self, error: Error) {
        match &self.first {
            None => self.first = Some(error),
            // What breaks then breaks for that.
            Some(first) if first.kind() == Kind::Cancelled => {}
            Some(_) => self.more += 1,
        }
    }

    fn into_result(self, round: &Round, moved: Moved) -> Result<Moved> {
        let Some(first) = self.first else { return Ok(moved) };
        let (done, all) = (moved.settled(), round.units.len());
        let others = match self.more {
            0 => String::new(),
            1 => " and 1 more failure".to_owned(),
            more => format!(" and {more} more failures"),
        };
        Err(first
            .context(format!("stopped after {done} of {all} partitions of {}{others}", round.draft.table)))
    }
}
