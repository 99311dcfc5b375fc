//! The journal of the run that goes on.
use std::io;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::durable::Durable;
use super::frame;
use super::progress::Progress;
use super::record::{Begun, Effort, Ended, Happened, Method, Record, TablePlan};
use super::replay::{Run, take};
use super::state::{Event, Intent};
use super::storage::Storage;
use crate::error::{Error, Kind, Result};

/// A run's file while the run goes on. A record is durable before the method that wrote it returns,
/// but for what is announced, which has to be waited for, and for what a look at the target can find
/// out again: that is durable with the next one that must be.
pub struct Journal {
    /// What was written so far.
    told: Run,
    file: Arc<Durable>,
}

/// What was announced and may not be begun before it is durable.
#[must_use]
pub struct Announced {
    file: Arc<Durable>,
    length: u64,
    run: String,
}

impl Announced {
    /// Waits until it is durable. Several can wait at once, and then one sync does for all.
    ///
    /// # Errors
    /// `State` when it cannot be written.
    pub fn settle(self) -> Result<()> {
        self.file.sync(self.length).map_err(|error| unwritten(&self.run, error))
    }
}

fn unwritten(run: &str, error: io::Error) -> Error {
    Error::new(Kind::State, format!("the journal of run {run} cannot be written: {error}"))
        .advise("check the disk of this node's home directory, then repeat the call")
        .caused_by(error)
}

/// When a record has to be durable.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    Now,
    Later,
}

impl Journal {
    /// Begins the journal of a run in an empty `storage`.
    ///
    /// # Errors
    /// `State` when it cannot be written.
    pub fn begin(storage: Box<dyn Storage>, begun: Begun) -> Result<Journal> {
        let told = Run { begun: begun.clone(), tables: Vec::new(), ended: None };
        let mut journal = Journal { told, file: Arc::new(Durable::new(storage)) };
        journal.write(&frame::head(), Due::Now)?;
        journal.persist(&Record::Begun(begun), Due::Now)?;
        Ok(journal)
    }

    /// Which run it is.
    pub fn run(&self) -> &str {
        &self.told.begun.run
    }

    /// The run as its file tells it by now.
    pub fn told(&self) -> &Run {
        &self.told
    }

    /// Notes what is planned for a table and returns the table's number.
    ///
    /// # Errors
    /// As [`Journal::begin`].
    pub fn plan(&mut self, plan: TablePlan) -> Result<usize> {
        self.add(Record::Table(plan), Due::Now)?;
        Ok(self.told.tables.len() - 1)
    }

    /// Notes that `intent` is about to be carried out, and by whom. It may not be before what is
    /// returned has settled.
    ///
    /// # Errors
    /// As [`Journal::note`].
    pub fn intend(&mut self, at: (usize, usize), intent: Intent, effort: Effort) -> Result<Announced> {
        let intended = Happened { effort: Some(effort), ..Happened::now(at, Event::Intended(intent)) };
        let length = self.happen(intended, Due::Later)?;
        Ok(Announced { file: self.file.clone(), length, run: self.run().to_owned() })
    }

    /// Notes that `event` happened to a unit, and why.
    ///
    /// # Errors
    /// `State` when it cannot be written, `Bug` when it cannot have happened.
    pub fn note(&mut self, at: (usize, usize), event: Event, why: &str) -> Result<()> {
        self.happen(Happened { note: why.to_owned(), ..Happened::now(at, event) }, Due::Now).map(drop)
    }

    /// Notes that `event` is what a look at the target showed of a unit, and how it was looked at. Were
    /// it lost with the machine's power, the unit would be looked at again.
    ///
    /// # Errors
    /// As [`Journal::note`].
    pub fn saw(&mut self, at: (usize, usize), event: Event, method: Method) -> Result<()> {
        self.happen(Happened { method: Some(method), ..Happened::now(at, event) }, Due::Later).map(drop)
    }

    /// Makes everything durable that was noted so far.
    ///
    /// # Errors
    /// As [`Journal::begin`].
    pub fn settle(&mut self) -> Result<()> {
        self.write(&[], Due::Now).map(drop)
    }

    fn happen(&mut self, happened: Happened, due: Due) -> Result<u64> {
        let Happened { table, unit, event, .. } = happened;
        let state = self.told.tables[table].units[unit].state;
        state.next(event).map_err(|illegal| {
            let run = self.run();
            Error::new(Kind::Bug, format!("unit {unit} of table {table} of run {run}: {illegal}"))
                .advise("report this, with the run's journal")
        })?;
        self.add(Record::Unit(happened), due)
    }

    /// Notes that nobody works on a unit any more, and why, unless its state says so already.
    ///
    /// # Errors
    /// As [`Journal::begin`].
    pub fn give_up(&mut self, (table, unit): (usize, usize), why: &str) -> Result<()> {
        match self.told.tables[table].units[unit].state.next(Event::Failed) {
            Ok(_) => self.note((table, unit), Event::Failed, why),
            Err(_) => Ok(()),
        }
    }

    /// Notes that the run ended, and why if it failed.
    ///
    /// # Errors
    /// As [`Journal::begin`].
    pub fn end(&mut self, failure: Option<&str>) -> Result<()> {
        self.finish(failure, false)
    }

    /// Notes that the run did nothing, since another one was in its way.
    ///
    /// # Errors
    /// As [`Journal::begin`].
    pub fn skip(&mut self, why: &str) -> Result<()> {
        self.finish(Some(why), true)
    }

    fn finish(&mut self, failure: Option<&str>, is_skipped: bool) -> Result<()> {
        let ended = Ended { at: now(), failure: failure.map(str::to_owned), is_skipped, sum: None };
        let sum = Some(Progress::at_end(&self.told, &ended).sum());
        self.add(Record::Ended(Ended { sum, ..ended }), Due::Now).map(drop)
    }

    /// Returns how long the file is then.
    fn add(&mut self, record: Record, due: Due) -> Result<u64> {
        let length = self.persist(&record, due)?;
        take(&mut self.told, record).map(|()| length).ok_or_else(|| {
            let what = format!("run {} was told something that cannot follow", self.run());
            Error::new(Kind::Bug, what).advise("report this, with the run's journal")
        })
    }

    fn persist(&mut self, record: &Record, due: Due) -> Result<u64> {
        let payload = serde_json::to_vec(record).map_err(|error| {
            Error::new(Kind::Bug, "a record of the journal cannot be written as text").caused_by(error)
        })?;
        self.write(&frame::frame(&payload), due)
    }

    fn write(&mut self, bytes: &[u8], due: Due) -> Result<u64> {
        let written = self.file.append(bytes).and_then(|length| match due {
            Due::Later => Ok(length),
            Due::Now => self.file.sync(length).map(|()| length),
        });
        written.map_err(|error| unwritten(self.run(), error))
    }
}

/// Milliseconds since 1970, UTC.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
