//! The journal of the run that goes on.
use std::time::{SystemTime, UNIX_EPOCH};

use super::frame;
use super::progress::Progress;
use super::record::{Begun, Effort, Ended, Happened, Method, Record, TablePlan};
use super::replay::{Run, take};
use super::state::{Event, Intent};
use super::storage::Storage;
use crate::error::{Error, Kind, Result};
use crate::failpoint::reach;

/// A run's file while the run goes on. Every record is durable before the next is written, and
/// before the method that wrote it returns.
pub struct Journal {
    /// What was written so far.
    told: Run,
    storage: Box<dyn Storage>,
    is_broken: bool,
}

impl Journal {
    /// Begins the journal of a run in an empty `storage`.
    ///
    /// # Errors
    /// `State` when it cannot be written.
    pub fn begin(storage: Box<dyn Storage>, begun: Begun) -> Result<Journal> {
        let told = Run { begun: begun.clone(), tables: Vec::new(), ended: None };
        let mut journal = Journal { told, storage, is_broken: false };
        journal.write(&frame::head())?;
        journal.persist(&Record::Begun(begun))?;
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
        self.add(Record::Table(plan))?;
        Ok(self.told.tables.len() - 1)
    }

    /// Notes that `intent` is about to be carried out, and by whom.
    ///
    /// # Errors
    /// As [`Journal::note`].
    pub fn intend(&mut self, at: (usize, usize), intent: Intent, effort: Effort) -> Result<()> {
        self.happen(Happened { effort: Some(effort), ..Happened::now(at, Event::Intended(intent)) })
    }

    /// Notes that `event` happened to a unit, and why.
    ///
    /// # Errors
    /// `State` when it cannot be written, `Bug` when it cannot have happened.
    pub fn note(&mut self, at: (usize, usize), event: Event, why: &str) -> Result<()> {
        self.happen(Happened { note: why.to_owned(), ..Happened::now(at, event) })
    }

    /// Notes that `event` is what a look at the target showed of a unit, and how it was looked at.
    ///
    /// # Errors
    /// As [`Journal::note`].
    pub fn saw(&mut self, at: (usize, usize), event: Event, method: Method) -> Result<()> {
        self.happen(Happened { method: Some(method), ..Happened::now(at, event) })
    }

    fn happen(&mut self, happened: Happened) -> Result<()> {
        let Happened { table, unit, event, .. } = happened;
        let state = self.told.tables[table].units[unit].state;
        state.next(event).map_err(|illegal| {
            let run = self.run();
            Error::new(Kind::Bug, format!("unit {unit} of table {table} of run {run}: {illegal}"))
                .advise("report this, with the run's journal")
        })?;
        self.add(Record::Unit(happened))
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
        self.add(Record::Ended(Ended { sum, ..ended }))
    }

    fn add(&mut self, record: Record) -> Result<()> {
        self.persist(&record)?;
        take(&mut self.told, record).ok_or_else(|| {
            let what = format!("run {} was told something that cannot follow", self.run());
            Error::new(Kind::Bug, what).advise("report this, with the run's journal")
        })
    }

    fn persist(&mut self, record: &Record) -> Result<()> {
        let payload = serde_json::to_vec(record).map_err(|error| {
            Error::new(Kind::Bug, "a record of the journal cannot be written as text").caused_by(error)
        })?;
        self.write(&frame::frame(&payload))
    }

    /// Writes and syncs. After a failure nothing more is written: what follows a torn frame would
    /// make it damage.
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let failed = |why: String| {
            Error::new(
                Kind::State,
                format!("the journal of run {} cannot be written: {why}", self.told.begun.run),
            )
            .advise("check the disk of this node's home directory, then repeat the call")
        };
        if self.is_broken {
            return Err(failed("an earlier record failed".into()));
        }
        let written = self.storage.append(bytes).and_then(|()| {
            reach("unsynced");
            self.storage.sync()
        });
        self.is_broken = written.is_err();
        written.map_err(|error| failed(error.to_string()).caused_by(error))
    }
}

/// Milliseconds since 1970, UTC.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
