//! A run as its journal tells it.
use std::collections::BTreeSet;

use super::frame::{self, Damage};
use super::record::{Begun, Effort, Ended, Happened, Method, Record, TablePlan};
use super::state::{Event, State};

/// Everything that a journal says about a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Who asked for what.
    pub begun: Begun,
    /// The tables that were planned.
    pub tables: Vec<TableRun>,
    /// How it ended, if it did.
    pub ended: Option<Ended>,
}

/// One table of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableRun {
    /// What was planned.
    pub plan: TablePlan,
    /// How far each unit came, in the order of the plan.
    pub units: Vec<UnitRun>,
}

/// How far a unit came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitRun {
    /// What its events amount to.
    pub state: State,
    /// When the last one happened, in milliseconds since 1970, UTC; nothing when none did.
    pub at: Option<i64>,
    /// The last reason that was given.
    pub note: String,
    /// When the run took it up; nothing when it did not come to it.
    pub began: Option<i64>,
    /// How often it was announced, or tried before.
    pub tries: u32,
    /// Rows that were sent last.
    pub sent: u64,
    /// What the last announcement said of the work, where it said so.
    pub effort: Option<Effort>,
    /// How the target was looked at last, where that was said.
    pub method: Option<Method>,
}

/// What the journal `bytes` tells; nothing when its writer died before anything was announced.
///
/// # Errors
/// When it is damaged elsewhere than at its end, or of another version.
pub fn replay(bytes: &[u8]) -> Result<Option<Run>, Damage> {
    let mut run = None;
    for (offset, payload) in frame::payloads(bytes)? {
        let record = serde_json::from_slice(payload).map_err(|_| Damage::Senseless(offset))?;
        begin_or_take(&mut run, record).ok_or(Damage::Senseless(offset))?;
    }
    Ok(run)
}

fn begin_or_take(run: &mut Option<Run>, record: Record) -> Option<()> {
    match (run, record) {
        (empty @ None, Record::Begun(begun)) => {
            *empty = Some(Run { begun, tables: Vec::new(), ended: None });
            Some(())
        }
        (Some(run), record) => take(run, record),
        _ => None,
    }
}

/// Takes in one record; `None` when it cannot follow those before it.
pub(super) fn take(run: &mut Run, record: Record) -> Option<()> {
    match record {
        _ if run.ended.is_some() => return None,
        Record::Begun(_) => return None,
        Record::Table(plan) => run.tables.push(TableRun::new(plan)),
        Record::Unit(happened) => {
            run.tables.get_mut(happened.table)?.units.get_mut(happened.unit)?.take(happened)?;
        }
        Record::Ended(ended) => run.ended = Some(ended),
    }
    Some(())
}

impl TableRun {
    /// How it is known of its units what the target holds, where that was said.
    pub fn methods(&self) -> BTreeSet<Method> {
        self.units.iter().filter_map(|unit| unit.method).collect()
    }

    fn new(plan: TablePlan) -> Self {
        TableRun { units: plan.units.iter().map(|unit| UnitRun::new(unit.state)).collect(), plan }
    }
}

impl UnitRun {
    fn new(state: State) -> Self {
        UnitRun {
            state,
            at: None,
            note: String::new(),
            began: None,
            tries: 0,
            sent: 0,
            effort: None,
            method: None,
        }
    }

    fn take(&mut self, happened: Happened) -> Option<()> {
        self.state = self.state.next(happened.event).ok()?;
        self.at = Some(happened.at);
        if let Event::Intended(intent) = happened.event {
            let effort = happened.effort;
            self.began = self.began.or(Some(effort.map_or(happened.at, |effort| effort.began)));
            self.tries = effort.map_or(self.tries + 1, |effort| effort.tried);
            (self.sent, self.effort) = (intent.sent.rows, effort);
        }
        self.method = happened.method.or(self.method);
        if !happened.note.is_empty() {
            self.note = happened.note;
        }
        Some(())
    }

    /// What the unit is for whoever comes after the run.
    pub fn left(&self) -> State {
        self.state.next(Event::Restarted).expect("a restart may follow every state")
    }
}
