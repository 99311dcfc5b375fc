//! Scheduled jobs: calls that the node starts at certain minutes of certain days. They are kept in
//! `sysmgmt/jobEditlog.meta` below its home, as the calls were when they were scheduled
//! (dolphindb-semantics §7.1, §7.2). The clock is the node's, in UTC.
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::script::{Session, Shipment};
use crate::store::{Disk, read_whole};
use crate::value::{Type, Value, Vector, calendar};
use crate::wire::{read_object, write_object};

const MINUTES_PER_DAY: i64 = 1440;
const MILLISECONDS_PER_MINUTE: i64 = 60_000;

#[derive(Clone, Debug)]
pub struct Scheduled {
    pub id: String,
    pub description: String,
    pub user: String,
    pub shipment: Shipment,
    /// Minutes of the day.
    pub times: Vec<i64>,
    /// The first and the last day, counted from 1970.
    pub start: i64,
    pub end: i64,
    /// `D`, `W` or `M`.
    pub frequency: String,
    /// Days of the week (0 is Sunday) or of the month.
    pub days: Vec<i64>,
    /// What is called after each run; its last four data stand for the arguments.
    pub on_complete: Option<Shipment>,
}

impl Scheduled {
    /// Whether the job starts in this minute, counted from 1970.
    pub fn is_due(&self, minute: i64) -> bool {
        let (day, clock) = (minute.div_euclid(MINUTES_PER_DAY), minute.rem_euclid(MINUTES_PER_DAY));
        let day_fits = match self.frequency.as_str() {
            "W" => self.days.contains(&(day + 4).rem_euclid(7)),
            "M" => self.days.contains(&calendar::civil(day).2),
            _ => true,
        };
        (self.start..=self.end).contains(&day) && self.times.contains(&clock) && day_fits
    }

    fn to_value(&self) -> Value {
        let numbers =
            |ty, cells: &[i64]| Value::Vector(Vector::integers(ty, cells.iter().copied().map(Some)).into());
        Value::tuple(vec![
            Value::string(&self.id),
            Value::string(&self.description),
            Value::string(&self.user),
            Value::string(&self.shipment.source),
            Value::tuple(self.shipment.arguments()),
            numbers(Type::Long, &self.times),
            numbers(Type::Long, &[self.start, self.end]),
            Value::string(&self.frequency),
            numbers(Type::Long, &self.days),
            self.on_complete.as_ref().map_or(Value::Void, |callback| Value::string(&callback.source)),
            self.on_complete.as_ref().map_or(Value::Void, |callback| Value::tuple(callback.arguments())),
        ])
    }

    fn of_value(value: &Value) -> Option<Scheduled> {
        let Value::Tuple(parts) = value else { return None };
        let text = |index: usize| parts.get(index).and_then(Value::as_str).map(str::to_owned);
        let numbers = |index: usize| {
            let cells = parts.get(index)?.cells()?;
            (0..cells.len()).map(|row| cells.integer(row)).collect::<Option<Vec<i64>>>()
        };
        let Some(Value::Tuple(arguments)) = parts.get(4) else { return None };
        let span = numbers(6)?;
        Some(Scheduled {
            id: text(0)?,
            description: text(1)?,
            user: text(2)?,
            shipment: Shipment::of(text(3)?, arguments.to_vec()).ok()?,
            times: numbers(5)?,
            start: *span.first()?,
            end: *span.get(1)?,
            frequency: text(7)?,
            days: numbers(8)?,
            on_complete: match (text(9), parts.get(10)) {
                (Some(source), Some(Value::Tuple(arguments))) => {
                    Some(Shipment::of(source, arguments.to_vec()).ok()?)
                }
                _ => None,
            },
        })
    }
}

#[derive(Debug)]
pub struct Schedule {
    file: PathBuf,
    disk: Arc<Disk>,
    jobs: Mutex<Vec<Scheduled>>,
    /// The minute up to which jobs were started.
    seen: Mutex<i64>,
}

impl Schedule {
    /// Reads the jobs of the node whose home this is.
    pub fn open(home: &Path, clock: &Clock, disk: Arc<Disk>) -> Result<Schedule> {
        let directory = home.join("sysmgmt");
        std::fs::create_dir_all(&directory)?;
        let file = directory.join("jobEditlog.meta");
        let mut jobs = Vec::new();
        if file.exists() {
            let damaged = || Error::runtime(format!("{} is damaged.", file.display()));
            let Value::Tuple(stored) = read_object(&mut read_whole(&file)?.as_slice())? else {
                return Err(damaged());
            };
            jobs = stored.iter().map(Scheduled::of_value).collect::<Option<_>>().ok_or_else(damaged)?;
        }
        let seen = Mutex::new(clock.now(Type::Timestamp) / MILLISECONDS_PER_MINUTE);
        Ok(Schedule { file, disk, jobs: Mutex::new(jobs), seen })
    }

    /// Refuses the start of a node that lacks a compiled function of a job: plugins must be loaded
    /// before (dolphindb-semantics §7.2).
    pub fn check(&self, session: &Session) -> Result<()> {
        for job in self.all() {
            session.knows_all(&job.shipment).map_err(|name| {
                let (id, why) = (&job.id, "Invalid message format");
                Error::runtime(format!(
                    "Failed to unmarshall the job [{id}]. Can't recognize function: {name}. {why}"
                ))
            })?;
        }
        Ok(())
    }

    pub fn all(&self) -> Vec<Scheduled> {
        self.jobs.lock().clone()
    }

    /// The minutes that have begun since this was last asked. Those that a moved clock jumps over
    /// do not happen; the one where it arrives does.
    pub fn passed(&self, current: i64) -> RangeInclusive<i64> {
        /// A busy machine may be late by so many minutes.
        const LATE: i64 = 5;
        let before = std::mem::replace(&mut *self.seen.lock(), current);
        let is_late = (before..=before + LATE).contains(&current);
        if is_late { before + 1..=current } else { current..=current }
    }

    /// Adds a job, under another id if its own is taken; returns the id.
    pub fn add(
        &self,
        mut job: Scheduled,
        free: impl FnOnce(&dyn Fn(&str) -> bool) -> String,
    ) -> Result<String> {
        let mut jobs = self.jobs.lock();
        job.id = free(&|id| jobs.iter().any(|own| own.id == id));
        let id = job.id.clone();
        let mut changed = jobs.clone();
        changed.push(job);
        self.save(&changed)?;
        *jobs = changed;
        Ok(id)
    }

    pub fn remove(&self, id: &str) -> Result<()> {
        let mut jobs = self.jobs.lock();
        let changed: Vec<Scheduled> = jobs.iter().filter(|job| job.id != id).cloned().collect();
        self.save(&changed)?;
        *jobs = changed;
        Ok(())
    }

    fn save(&self, jobs: &[Scheduled]) -> Result<()> {
        let mut bytes = Vec::new();
        write_object(&mut bytes, &Value::Tuple(Arc::new(jobs.iter().map(Scheduled::to_value).collect())))?;
        self.disk.write_whole(&self.file, &bytes)
    }
}
