//! How a plan reads, and what forbids it.
use std::fmt;

use super::{Decision, Plan, some_of};
use crate::error::{Error, Kind, Result};
use crate::model::{Action, Check, Mode};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (table, target) = (&self.draft.table, &self.draft.target);
        write!(f, "{table} to {target}")?;
        let there = &self.draft.counterpart.table;
        if there != table {
            write!(f, " as {there}")?;
        }
        write!(f, ", mode {}", self.mode)?;
        if self.check == Check::Count {
            write!(f, ", only counted afterwards")?;
        }
        if let Some(filter) = &self.draft.filter {
            write!(f, ", where {filter}")?;
        }
        if let Some(window) = &self.draft.window {
            write!(f, ", {window}")?;
        }
        write!(f, ": {} partitions with {} rows at the source", self.decisions.len(), self.rows)?;
        let each = [
            (Action::Copy, "copy"),
            (Action::Replace, "replace"),
            (Action::Clear, "clear"),
            (Action::Upsert, "upsert"),
            (Action::Delete, "remove"),
            (Action::Refuse, "refuse"),
        ];
        for (action, word) in each {
            let (units, rows) = self.sum(action);
            if units > 0 {
                write!(f, ", {word} {units} ({rows} rows)")?;
            }
        }
        let empty = self.decisions.iter().filter(|decision| decision.rows == 0).count();
        write!(f, ", leave {}", self.sum(Action::Skip).0)?;
        write!(f, " ({empty} without rows)")?;
        if let (Some(cost), 1..) = (self.cost, self.to_send()) {
            write!(f, "; about {:.1} MB", cost.bytes(self.to_send()) / 1e6)?;
            let seconds = cost.seconds(self.to_send());
            seconds.iter().try_for_each(|seconds| write!(f, " and {seconds:.0} s"))?;
            write!(f, ", as the last run went")?;
        }
        let new = self.draft.units.iter().filter(|unit| unit.is_new).count();
        if new > 0 && self.draft.creation.table.is_none() {
            write!(f, "; {new} partitions are made at the target first")?;
        }
        self.draft.notes.iter().try_for_each(|note| write!(f, "; {note}"))
    }
}

impl Plan {
    /// How many units meet `action`, and the source's rows in them.
    pub fn sum(&self, action: Action) -> (usize, u64) {
        let met = self.decisions.iter().filter(|decision| decision.action == action);
        met.fold((0, 0), |(units, rows), decision| (units + 1, rows + decision.rows))
    }

    /// Why rows that are there must not give way, if they must not: their other values would be lost.
    fn emptied(&self) -> Option<String> {
        let blank = self.draft.counterpart.blank();
        let gives_way = |decision: &Decision| {
            matches!(decision.action, Action::Replace | Action::Clear | Action::Upsert) && decision.held > 0
        };
        let is_lost = !blank.is_empty() && self.decisions.iter().any(gives_way);
        is_lost.then(|| format!("the mode `{}` would empty the target's {}", self.mode, some_of(&blank)))
    }

    /// Everything that forbids the run, in one error.
    ///
    /// # Errors
    /// `Refused`, naming the partitions and the reasons.
    pub fn permit(&self) -> Result<()> {
        let units = self.draft.units.iter().zip(&self.decisions);
        let mut refused: Vec<String> = units
            .filter(|(_, decision)| decision.action == Action::Refuse)
            .map(|(unit, decision)| format!("partition {unit} is {}", decision.reason))
            .collect();
        // Equality of all partitions of the source says nothing about others; adding and upserting do not care.
        if self.strangers > 0 && !matches!(self.mode, Mode::Append | Mode::Upsert) {
            let what = "the target holds rows in partitions that the source does not have";
            refused.push(format!("{what} ({} rows)", self.strangers));
        }
        refused.extend(self.too_much());
        refused.extend(self.emptied());
        if refused.is_empty() {
            return Ok(());
        }
        let (table, target) = (&self.draft.table, &self.draft.target);
        let message = format!("{table} cannot be synced to {target}: {}", some_of(&refused));
        Err(Error::new(Kind::Refused, message).advise(match self.mode {
            Mode::Replace => {
                "delete those rows at the target first, or leave them out with partitions of their own"
            }
            _ => {
                "compare with clusterSync::verify, then use the mode replace, empty them with dropPartition, \
                  or leave their rows out with a filter"
            }
        }))
    }
}
