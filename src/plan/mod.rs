//! What a sync of one table is going to do, decided before anything is written.
//!
//! [`compare()`] is pure: two structures in, everything that does not fit out. [`prepare()`] reads
//! both structures, asks it, and returns a [`Draft`] or one error with all findings at once. What
//! both sides hold of each partition is a [`Look`]; [`decide()`] makes a [`Plan`] of draft, looks
//! and what earlier runs left, and is pure again. A plan prints itself; a dry run stops here.
mod axis;
mod compare;
mod create;
mod decide;
mod drift;
mod mirror;
mod naming;
mod partitions;
mod prepare;
mod rights;
mod show;
mod slices;
mod storage;
#[cfg(test)]
mod tests;
mod window;

pub use compare::{Finding, compare};
pub use create::Creation;
pub use decide::{Look, decide, is_compared};
pub use drift::{Addition, Drift};
pub use mirror::{Mirror, surplus};
pub use naming::Counterpart;
pub use prepare::{Wanted, prepare};
pub use rights::Deed;
pub use slices::{Cut, Range, candidates, cut, slices, width};
pub use window::{Asked, End, LookBack, Point, fold};

use std::collections::HashSet;

use crate::cluster::sql::Rows;
use crate::data::Type;
use crate::journal::{Bounds, Cost, Identity, Part, State, TablePlan, UnitPlan};
use crate::model::{Action, Check, ChunkMark, Mode, Remembered, TableName, Unit, Window};

/// A sync whose tables fit each other.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The table at the source.
    pub table: TableName,
    /// The table at the target.
    pub counterpart: Counterpart,
    /// How messages name the target.
    pub target: String,
    /// The target and all that is called otherwise there, so that no two destinations are alike.
    pub destination: String,
    /// Every column that is synced, under its name at the source, in the target's order.
    pub columns: Vec<String>,
    /// The condition that rows must pass on both sides, if any, in the source's names.
    pub filter: Option<String>,
    /// The window that rows must be in on both sides, if any.
    pub window: Option<Window>,
    /// The partitions to look at, those without rows included.
    pub units: Vec<Unit>,
    /// The database, the table and comments that are made at the target before anything else.
    pub creation: Creation,
    /// Calls that make the partitions at the target that it lacks.
    pub makes: Vec<String>,
    /// What was remembered of the source's chunks, if only what has changed is to be read.
    pub remembered: Option<Remembered>,
    /// The source's chunks as they were before any was read, one per unit where the source tells.
    pub marks: Vec<Option<ChunkMark>>,
    /// What the user should know before anything is written, as sentences.
    pub notes: Vec<String>,
}

impl Draft {
    /// What makes a plan for it the same plan as another.
    pub fn identity(&self, mode: Mode) -> Identity {
        let window = self.window.as_ref().map(Bounds::of);
        let TableName { db, table } = self.table.clone();
        let (target, columns, filter) = (self.destination.clone(), self.columns.clone(), self.filter.clone());
        Identity { db, table, target, columns, filter, window, mode: mode.name().into() }
    }

    /// All rows that are synced, at the source.
    pub fn all(&self) -> Rows<'_> {
        Rows::of(&self.table).inside(self.window.as_ref()).passing(self.filter.as_deref())
    }

    /// All rows that are synced, at the target.
    pub fn all_there(&self) -> Rows<'_> {
        let Counterpart { table, naming, filter, .. } = &self.counterpart;
        Rows::of(table).called(naming).inside(self.window.as_ref()).passing(filter.as_deref())
    }

    /// The columns that the target is going to have, under their names at the source.
    pub fn added(&self) -> Vec<(String, Type)> {
        let columns = self.creation.addition.iter().flat_map(|addition| &addition.columns);
        columns.map(|column| (self.counterpart.naming.here(&column.name).to_owned(), column.ty)).collect()
    }

    /// Whether the source's partition is as it was when it was last verified, and the target has as
    /// many rows as then. What metadata cannot tell counts as changed.
    pub fn is_unchanged(&self, unit: &Unit, look: &Look, mark: Option<&ChunkMark>) -> bool {
        let known = || self.remembered.as_ref()?.get(&unit.to_string());
        let same =
            |(rows, was): &(u64, ChunkMark)| (look.rows, look.held) == (*rows, *rows) && mark == Some(was);
        unit.is_whole() && self.filter.is_none() && known().is_some_and(same)
    }

    /// What is to be remembered once every unit is verified, those outside of the window as before.
    pub fn verified(&self, looks: impl IntoIterator<Item = u64>) -> Remembered {
        let mut known = self.remembered.clone().unwrap_or_default();
        let mut seen = Remembered::new();
        for ((unit, mark), rows) in self.units.iter().zip(&self.marks).zip(looks) {
            known.remove(&unit.path());
            if let Some(mark) = mark.as_ref().filter(|_| !unit.is_cut) {
                // The slices of a partition follow each other and add up to it.
                seen.entry(unit.path()).or_insert((0, mark.clone())).0 += rows;
            }
        }
        known.extend(seen);
        known
    }

    /// The rows of one unit at the source; the window counts only where it cuts.
    pub fn rows<'a>(&'a self, unit: &'a Unit) -> Rows<'a> {
        self.all().inside(self.cut(unit)).within(unit)
    }

    /// The rows of one unit at the target.
    pub fn there<'a>(&'a self, unit: &'a Unit) -> Rows<'a> {
        self.all_there().inside(self.cut(unit)).within(unit)
    }

    fn cut(&self, unit: &Unit) -> Option<&Window> {
        self.window.as_ref().filter(|_| unit.is_cut)
    }
}

/// The sync of one table, partition by partition.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is synced; its units are those of `decisions`.
    pub draft: Draft,
    /// What the sync may do.
    pub mode: Mode,
    /// What has to agree before a unit is done.
    pub check: Check,
    /// The columns that identify a row, for an upsert.
    pub keys: Vec<String>,
    /// What happens to each unit of the draft, in its order.
    pub decisions: Vec<Decision>,
    /// How many rows of the source passed the filter when the plan was made.
    pub rows: u64,
    /// How many rows the target holds in partitions that the source does not have.
    pub strangers: u64,
    /// How much of what the source does not have may be removed; nothing without it.
    pub mirror: Option<Mirror>,
    /// How many of the last units the source's scheme does not have.
    pub surplus: usize,
    /// How large rows are and how fast they go, if the table was synced before.
    pub cost: Option<Cost>,
}

/// What is going to happen to one unit, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What.
    pub action: Action,
    /// Why, as a clause.
    pub reason: String,
    /// Rows at the source.
    pub rows: u64,
    /// Rows at the target.
    pub held: u64,
    /// Where the unit begins.
    pub state: State,
}

impl Plan {
    /// The units that lanes work on, by their numbers: those that are sent, and those that are cleared
    /// before.
    pub fn handled(&self) -> impl Iterator<Item = usize> {
        let all = self.decisions.iter().enumerate();
        all.filter(|(_, decision)| decision.action.sends() || decision.action.clears())
            .map(|(number, _)| number)
    }

    /// The units that are sent, by their numbers.
    pub fn sent(&self) -> impl Iterator<Item = (usize, &Unit)> {
        let all = self.draft.units.iter().zip(&self.decisions).enumerate();
        all.filter(|(_, (_, decision))| decision.action.sends()).map(|(number, (unit, _))| (number, unit))
    }

    /// The columns that identify a row of `unit`: those that were named and those that it is
    /// partitioned by (dolphindb-semantics §4.1).
    pub fn keys_of(&self, unit: &Unit) -> Vec<String> {
        let mut keys = self.keys.clone();
        let parted = unit.keys.iter().map(|key| key.column.clone());
        parted.for_each(|column| keys.extend((!keys.contains(&column)).then_some(column)));
        keys
    }

    /// Whether nothing is to be sent, removed or made.
    pub fn is_idle(&self) -> bool {
        let rests = |decision: &Decision| matches!(decision.action, Action::Skip);
        self.draft.makes.is_empty() && self.decisions.iter().all(rests)
    }

    /// Rows that are going to be sent.
    pub fn to_send(&self) -> u64 {
        let sent = self.decisions.iter().filter(|decision| decision.action.sends());
        sent.map(|decision| decision.rows).sum()
    }

    /// How many partitions with rows need nothing.
    pub fn skipped(&self) -> u64 {
        let units = || self.draft.units.iter().zip(&self.decisions);
        let handled: HashSet<String> = units()
            .filter(|(unit, decision)| unit.slice.is_some() && decision.action != Action::Skip)
            .map(|(unit, _)| unit.path())
            .collect();
        let is_skipped = |decision: &Decision| decision.action == Action::Skip && decision.rows > 0;
        let mut skipped: Vec<String> = units()
            .filter(|(_, decision)| is_skipped(decision))
            .map(|(unit, _)| unit.path())
            .filter(|path| !handled.contains(path))
            .collect();
        skipped.dedup();
        skipped.len() as u64
    }

    /// The plan as the journal keeps it.
    pub fn record(&self) -> TablePlan {
        let unit = |(unit, decision): (&Unit, &Decision)| UnitPlan {
            partition: unit.to_string(),
            slice: unit.slice.as_ref().map(|slice| Part::of(unit, slice)),
            action: decision.action.name().into(),
            reason: decision.reason.clone(),
            rows: decision.rows,
            held: decision.held,
            state: decision.state,
        };
        TablePlan {
            identity: self.draft.identity(self.mode),
            units: self.draft.units.iter().zip(&self.decisions).map(unit).collect(),
        }
    }
}

/// The first five of `names`, and how many more there are.
fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 5;
    match names.len() {
        0..=SHOWN => names.join(", "),
        all => format!("{} and {} more", names[..SHOWN].join(", "), all - SHOWN),
    }
}
