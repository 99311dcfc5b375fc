//! The journal of the run that goes on.
use std::time::{SystemTime, UNIX_EPOCH};

use super::frame;
use super::record::{Begun, Ended, Happened, Record, TablePlan};
use super::state::{Event, State};
use super::storage::Storage;
use crate::error::{Error, Kind, Result};
use crate::failpoint::reach;

/// A run's file while the run goes on. Every record is durable before the next is written, and
/// before the method that wrote it returns.
pub struct Journal {
    run: String,
    storage: Box<dyn Storage>,
    states: Vec<Vec<State>>,
    is_broken: bool,
}

impl Journal {
    /// Begins the journal of a run in an empty `storage`.
    ///
    /// # Errors
    /// `State` when it cannot be written.
    pub fn begin(storage: Box<dyn Storage>, begun: Begun) -> Result<Journal> {
        let mut journal = Journal { run: begun.run.clone(), storage, states: Vec::new(), is_broken: false };
        journal.write(&frame::head())?;
        journal.add(&Record::Begun(begun))?;
        Ok(journal)
    }

    /// Which run it is.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Notes what is planned for a table and returns the table's number.
    ///
    /// # Errors
    /// As [`Journal::begin`].
    pub fn plan(&mut self, plan: TablePlan) -> Result<usize> {
        let states = plan.units.iter().map(|unit| unit.state).collect();
        self.add(&Record::Table(plan))?;
        self.states.push(states);
        Ok(self.states.len() - 1)
    }

    /// Notes that `event` happened to a unit, and why.
    ///
    /// # Errors
    /// `State` when it cannot be written, `Bug` when it cannot have happened.
    pub fn note(&mut self, (table, unit): (usize, usize), event: Event, why: &str) -> Result<()> {
        let state = self.states[table][unit];
        let next = state.next(event).map_err(|illegal| {
            Error::new(Kind::Bug, format!("unit {unit} of table {table} of run {}: {illegal}", self.run))
                .advise("report this, with the run's journal")
        })?;
        self.add(&Record::Unit(Happened { table, unit, at: now(), event, note: why.to_owned() }))?;
        self.states[table][unit] = next;
        Ok(())
    }

    /// Notes that nobody works on a unit any more, and why, unless its state says so already.
    ///
    /// # Errors
    /// As [`Journal::begin`].
    pub fn give_up(&mut self, (table, unit): (usize, usize), why: &str) -> Result<()> {
        match self.states[table][unit].next(Event::Failed) {
            Ok(_) => self.note((table, unit), Event::Failed, why),
            Err(_) => Ok(()),
        }
    }

    /// Notes that the run ended, and why if it failed.
    ///
    /// # Errors
    /// As [`Journal::begin`].
    pub fn end(&mut self, failure: Option<&str>) -> Result<()> {
        self.add(&Record::Ended(Ended { at: now(), failure: failure.map(str::to_owned) }))
    }

    fn add(&mut self, record: &Record) -> Result<()> {
        let payload = serde_json::to_vec(record).map_err(|error| {
            Error::new(Kind::Bug, "a record of the journal cannot be written as text").caused_by(error)
        })?;
        self.write(&frame::frame(&payload))
    }

    /// Writes and syncs. After a failure nothing more is written: what follows a torn frame would
    /// make it damage.
    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let failed = |why: String| {
            Error::new(Kind::State, format!("the journal of run {} cannot be written: {why}", self.run))
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
pub(super) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
