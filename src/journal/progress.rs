//! How far a run is, how fast, and when it will end: a pure function of its journal and a clock.
//!
//! A unit costs a lane some time for itself and some for each of its rows; both are learnt from the
//! units that are verified, late ones more. What is left costs so many seconds of lanes, and as many
//! lanes as worked at a time so far will work on it.
use std::fmt;

use super::record::{Ended, Sum};
use super::replay::{Run, TableRun, UnitRun};
use super::state::State;

/// Before the run has ended it is never whole.
const NEARLY: f64 = 0.99;
const MILLION: f64 = 1e6;
/// So long lanes may have nothing to do, in milliseconds and in units' times, before it was a pause.
const IDLE: (f64, f64) = (10_000.0, 10.0);

/// What a run, or one of its tables, is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Both sides are looked at; nothing is written.
    Planning,
    /// Partitions are sent, each verified as it arrives.
    Copying,
    /// Every partition has arrived; the table as a whole is looked at once more.
    Verifying,
    /// Everything is verified.
    Done,
    /// Other tables come first.
    Waiting,
    /// It came to an early end.
    Stopped,
}

impl Phase {
    /// As tables show it.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Planning => "planning",
            Phase::Copying => "copying",
            Phase::Verifying => "verifying",
            Phase::Done => "done",
            Phase::Waiting => "waiting",
            Phase::Stopped => "stopped",
        }
    }
}

/// How far a run, or one of its tables, is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// What it is at.
    pub phase: Phase,
    /// Partitions to be sent or removed.
    pub units: u64,
    /// How many of them are verified.
    pub verified: u64,
    /// Rows of those.
    pub rows: u64,
    /// Bytes of those, where the run has noted them.
    pub bytes: u64,
    /// Bytes per second, lately while it goes on, on average once it has ended; nothing before the
    /// first partition is verified.
    pub rate: Option<f64>,
    /// Seconds until the end; nothing where nobody can tell.
    pub eta: Option<f64>,
    /// How much is done, from 0 to 1; 1 only when everything is verified.
    pub share: f64,
}

impl Progress {
    /// Of all tables, at `now`, in milliseconds since 1970.
    pub fn of(run: &Run, now: i64) -> Progress {
        Progress::among(run, run.ended.as_ref(), now, &run.tables)
    }

    /// Of all tables of a run that ends so.
    pub fn at_end(run: &Run, ended: &Ended) -> Progress {
        Progress::among(run, Some(ended), ended.at, &run.tables)
    }

    /// The same of a run that goes on, or of one that nobody carries on, so that it will not end.
    pub fn alive(self, is_live: bool) -> Progress {
        match self.phase {
            Phase::Done | Phase::Stopped => self,
            _ if is_live => self,
            _ => Progress { phase: Phase::Stopped, eta: None, ..self },
        }
    }

    /// As the last record of a run keeps it.
    pub fn sum(&self) -> Sum {
        let Progress { units, verified, rows, bytes, rate, share, .. } = *self;
        Sum {
            units,
            verified,
            rows,
            bytes,
            rate: rate.map(|rate| rate as u64),
            share: (share * MILLION) as u32,
        }
    }

    /// As the last record of a run has kept it, if it did.
    pub fn kept(ended: &Ended) -> Option<Progress> {
        let Sum { units, verified, rows, bytes, rate, share } = ended.sum?;
        let (rate, share) = (rate.map(|rate| rate as f64), f64::from(share) / MILLION);
        let (phase, eta) = match ended.failure {
            None => (Phase::Done, Some(0.0)),
            Some(_) => (Phase::Stopped, None),
        };
        Some(Progress { phase, units, verified, rows, bytes, rate, eta, share })
    }

    /// Of the table with this number.
    pub fn of_table(run: &Run, number: usize, now: i64) -> Progress {
        let table = &run.tables[number..=number];
        let later = &run.tables[number + 1..];
        let is_left = later.iter().flat_map(todo).any(|(_, unit)| unit.began.is_some());
        let has_ended = is_left && table.iter().flat_map(todo).all(|(_, unit)| unit.state == State::Verified);
        let progress = Progress::among(run, run.ended.as_ref(), now, table);
        match progress.phase {
            _ if has_ended => Progress { phase: Phase::Done, eta: Some(0.0), share: 1.0, ..progress },
            Phase::Copying if !table.iter().flat_map(todo).any(|(_, unit)| unit.began.is_some()) => {
                Progress { phase: Phase::Waiting, ..progress }
            }
            _ => progress,
        }
    }

    fn among(run: &Run, ended: Option<&Ended>, now: i64, tables: &[TableRun]) -> Progress {
        let units: Vec<(u64, &UnitRun)> = tables.iter().flat_map(todo).collect();
        let done: Vec<&UnitRun> =
            units.iter().map(|(_, unit)| *unit).filter(|unit| unit.state == State::Verified).collect();
        let phase = match ended {
            Some(ended) if ended.failure.is_none() => Phase::Done,
            Some(_) => Phase::Stopped,
            None if run.tables.is_empty() => Phase::Planning,
            None if done.len() == units.len() => Phase::Verifying,
            None => Phase::Copying,
        };
        let bytes = done.iter().filter_map(|unit| unit.effort).map(|effort| effort.bytes).sum();
        let pace = Pace::of(run, ended.map_or(now, |ended| ended.at));
        let (eta, share) = match (phase, &pace) {
            (Phase::Done, _) => (Some(0.0), 1.0),
            (Phase::Verifying, _) => (Some(0.0), NEARLY),
            (_, Some(pace)) => pace.left(&units, now),
            (_, None) => (None, 0.0),
        };
        Progress {
            phase,
            units: units.len() as u64,
            verified: done.len() as u64,
            rows: done.iter().map(|unit| unit.sent).sum(),
            bytes,
            rate: pace
                .as_ref()
                .map(|pace| if ended.is_some() { pace.average } else { pace.rate })
                .filter(|_| bytes > 0),
            eta: eta.filter(|_| phase != Phase::Stopped),
            share,
        }
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Progress { phase, units, verified, rows, bytes, rate, eta, share } = self;
        write!(f, "{}, {verified} of {units} partitions, {rows} rows", phase.name())?;
        if let Some(rate) = rate {
            write!(f, ", {:.1} MB, {:.1} MB/s", *bytes as f64 / 1e6, rate / 1e6)?;
        }
        match phase {
            Phase::Copying => write!(f, ", {:.0} %, {}", (share * 100.0).floor(), left(*eta)),
            _ => Ok(()),
        }
    }
}

/// How people say that there are so many seconds left.
pub fn left(eta: Option<f64>) -> String {
    let Some(seconds) = eta.map(|eta| eta.ceil() as u64) else { return "unknown time left".to_owned() };
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s left"),
        (0, _) => format!("{minutes} min {:02} s left", seconds % 60),
        _ => format!("{hours} h {:02} min left", minutes % 60),
    }
}

/// The units that the plan of `table` changes, with their rows.
fn todo(table: &TableRun) -> impl Iterator<Item = (u64, &UnitRun)> {
    let units = table.plan.units.iter().zip(&table.units);
    units.filter(|(plan, _)| plan.state == State::Waiting).map(|(plan, unit)| (plan.rows, unit))
}

/// What verified units tell about those that are left.
struct Pace {
    /// Milliseconds of a lane that a unit costs for itself, and for each of its rows.
    each: f64,
    row: f64,
    /// How many lanes worked at a time.
    lanes: f64,
    /// Bytes per second: lately, and on average.
    rate: f64,
    average: f64,
}

impl Pace {
    /// Nothing before the first unit is verified.
    fn of(run: &Run, now: i64) -> Option<Pace> {
        let mut begun: Vec<&UnitRun> = run.tables.iter().flat_map(todo).map(|(_, unit)| unit).collect();
        begun.retain(|unit| unit.began.is_some());
        let mut done: Vec<&UnitRun> =
            begun.iter().copied().filter(|unit| unit.state == State::Verified).collect();
        done.sort_by_key(|unit| unit.at);
        let mean = done.iter().map(|unit| took(unit, now)).sum::<f64>() / done.len() as f64;
        let elapsed = elapsed(&mut begun, now, IDLE.0 + IDLE.1 * mean);
        let busy: f64 = begun.iter().map(|unit| took(unit, now)).sum();
        let bytes = |unit: &UnitRun| unit.effort.map_or(0.0, |effort| effort.bytes as f64);
        let (each, row, speed) = costs(&done, now, bytes)?;
        let lanes = (busy / elapsed).max(0.01);
        let average = 1000.0 * done.iter().map(|unit| bytes(unit)).sum::<f64>() / elapsed;
        Some(Pace { each, row, lanes, rate: 1000.0 * speed * lanes, average })
    }

    /// Seconds until `units` are done, and how much of them is.
    fn left(&self, units: &[(u64, &UnitRun)], now: i64) -> (Option<f64>, f64) {
        let (mut all, mut left, mut longest) = (0.0, 0.0, 0.0_f64);
        for (rows, unit) in units {
            let cost = self.each + self.row * *rows as f64;
            all += cost;
            if unit.state != State::Verified {
                // Whoever takes longer than expected is nearly done, as far as anybody knows.
                let rest = (cost - took(unit, now)).max(cost / 20.0);
                left += rest;
                longest = longest.max(rest);
            }
        }
        let share = if all > 0.0 { (1.0 - left / all).clamp(0.0, NEARLY) } else { 0.0 };
        (Some((left / self.lanes).max(longest) / 1000.0), share)
    }
}

/// Milliseconds that a unit took, or has taken so far.
fn took(unit: &UnitRun, now: i64) -> f64 {
    let end = if unit.state == State::Verified { unit.at.unwrap_or(now) } else { now };
    unit.began.map_or(0.0, |began| (end - began).max(0) as f64)
}

/// Milliseconds since the first unit was taken up, pauses left out.
fn elapsed(begun: &mut [&UnitRun], now: i64, longest: f64) -> f64 {
    begun.sort_by_key(|unit| unit.began);
    let Some(first) = begun.first().and_then(|unit| unit.began) else { return 1.0 };
    let (mut end, mut paused) = (first, 0.0);
    let ends = begun.iter().map(|unit| (unit.began.unwrap_or(now), took(unit, now)));
    for (began, took) in ends.chain([(now, 0.0)]) {
        let idle = (began - end) as f64;
        paused += if idle > longest { idle } else { 0.0 };
        end = end.max(began + took as i64);
    }
    ((now - first) as f64 - paused).max(1.0)
}

/// The milliseconds that fit the units' times best, for each and for a row of it, and bytes per
/// millisecond of a lane. Of `n` units the last `16 + n / 2` or so count.
fn costs(done: &[&UnitRun], now: i64, bytes: impl Fn(&UnitRun) -> f64) -> Option<(f64, f64, f64)> {
    let memory = 16.0 + done.len() as f64 / 2.0;
    let (mut n, mut x, mut y, mut xx, mut xy, mut sum) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (age, unit) in done.iter().rev().enumerate() {
        let weight = (-(age as f64) / memory).exp();
        let (rows, time) = (unit.sent as f64, took(unit, now));
        n += weight;
        x += weight * rows;
        y += weight * time;
        xx += weight * rows * rows;
        xy += weight * rows * time;
        sum += weight * bytes(unit);
    }
    if n == 0.0 {
        return None;
    }
    let spread = n * xx - x * x;
    // Units that are all alike say nothing about the cost of a row: then it is all of the cost.
    let row = if spread > 1e-6 * n * xx { (n * xy - x * y) / spread } else { y / x.max(1.0) };
    let row = row.max(0.0);
    let each = (y - row * x) / n;
    let (each, row) = if each < 0.0 { (0.0, y / x.max(1.0)) } else { (each, row) };
    // A clock of milliseconds does not see a quick unit at all.
    let each = if each + row == 0.0 { 0.1 } else { each };
    Some((each, row, sum / y.max(1.0)))
}
