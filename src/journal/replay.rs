//! A run as its journal tells it.
use super::frame::{self, Damage};
use super::record::{Begun, Ended, Happened, Record, TablePlan};
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
}

/// What the journal `bytes` tells; nothing when its writer died before anything was announced.
///
/// # Errors
/// When it is damaged elsewhere than at its end, or of another version.
pub fn replay(bytes: &[u8]) -> Result<Option<Run>, Damage> {
    let mut run = None;
    for (offset, payload) in frame::payloads(bytes)? {
        let record = serde_json::from_slice(payload).map_err(|_| Damage::Senseless(offset))?;
        take(&mut run, record).ok_or(Damage::Senseless(offset))?;
    }
    Ok(run)
}

/// Takes in one record; `None` when it cannot follow those before it.
fn take(run: &mut Option<Run>, record: Record) -> Option<()> {
    match (run, record) {
        (empty @ None, Record::Begun(begun)) => {
            *empty = Some(Run { begun, tables: Vec::new(), ended: None });
        }
        (Some(Run { ended: Some(_), .. }), _) => return None,
        (Some(run), Record::Table(plan)) => run.tables.push(TableRun::new(plan)),
        (Some(run), Record::Unit(happened)) => {
            run.tables.get_mut(happened.table)?.units.get_mut(happened.unit)?.take(happened)?;
        }
        (Some(run), Record::Ended(ended)) => run.ended = Some(ended),
        _ => return None,
    }
    Some(())
}

impl TableRun {
    fn new(plan: TablePlan) -> Self {
        let unit = |unit: &super::UnitPlan| UnitRun { state: unit.state, at: None, note: String::new() };
        TableRun { units: plan.units.iter().map(unit).collect(), plan }
    }
}

impl UnitRun {
    fn take(&mut self, happened: Happened) -> Option<()> {
        self.state = self.state.next(happened.event).ok()?;
        self.at = Some(happened.at);
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
