//! Removing what the source no longer has: which partitions, and how many may go.
use std::collections::HashSet;

use super::naming::named_here;
use super::{Decision, Draft, Plan, window};
use crate::cluster::{Cluster, count, describe};
use crate::error::Result;
use crate::journal::State;
use crate::model::{Action, Unit};

/// How much a mirror may remove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mirror {
    /// Of a hundred partitions that hold rows at the target, how many may be removed.
    pub max_delete: u32,
}

/// The partitions of the target that the source's scheme does not have and that hold rows of the
/// draft's window, and how many.
///
/// # Errors
/// What the target answers.
pub fn surplus(target: &mut dyn Cluster, draft: &Draft) -> Result<Vec<(Unit, u64)>> {
    let schema = named_here(describe(target, &draft.counterpart.table)?, &draft.counterpart.naming);
    let theirs = window::units(&schema, draft.window.as_ref())?;
    let ours: std::collections::HashSet<String> = draft.units.iter().map(Unit::path).collect();
    let mut found = Vec::new();
    for unit in theirs.into_iter().filter(|unit| !ours.contains(&unit.to_string())) {
        let held = count(target, draft.there(&unit))?;
        found.extend((held > 0).then_some((unit, held)));
    }
    Ok(found)
}

impl Plan {
    /// The same plan, in which what the source does not have stays and is in nobody's way.
    pub fn keeping(mut self) -> Plan {
        for decision in self.unmatched() {
            let reason = format!("the source has no rows of it, and its {} are kept", decision.held);
            (decision.action, decision.reason, decision.state) = (Action::Skip, reason, State::Skipped);
        }
        self.strangers = 0;
        self
    }

    /// The same plan, in which everything goes that the source does not have: partitions that are
    /// empty there, and `surplus` ones.
    pub fn mirrored(mut self, mirror: Mirror, surplus: Vec<(Unit, u64)>) -> Plan {
        let gone = |held: u64| Decision {
            action: Action::Delete,
            reason: format!("the source has no rows of it, so its {held} go"),
            rows: 0,
            held,
            state: State::Waiting,
        };
        for decision in self.unmatched() {
            *decision = gone(decision.held);
        }
        self.surplus = surplus.len();
        for (unit, held) in surplus {
            self.strangers = self.strangers.saturating_sub(held);
            self.draft.units.push(unit);
            self.decisions.push(gone(held));
        }
        self.mirror = Some(mirror);
        self
    }

    /// The partitions that only the target has rows of; of one that is sliced the source has some.
    fn unmatched(&mut self) -> impl Iterator<Item = &mut Decision> {
        let all = self.draft.units.iter().zip(&mut self.decisions);
        all.filter(|(unit, decision)| {
            unit.slice.is_none() && !decision.action.clears() && decision.rows == 0 && decision.held > 0
        })
        .map(|(_, decision)| decision)
    }

    /// The units that are removed, by their numbers, and whether the source's scheme has them.
    pub fn removed(&self) -> impl Iterator<Item = (usize, &Unit, bool)> {
        let own = self.draft.units.len() - self.surplus;
        let all = self.draft.units.iter().zip(&self.decisions).enumerate();
        all.filter(|(_, (_, decision))| decision.action == Action::Delete)
            .map(move |(number, (unit, _))| (number, unit, number < own))
    }

    /// Why so much must not be removed, if it must not.
    pub(super) fn too_much(&self) -> Option<String> {
        let limit = self.mirror?.max_delete;
        let units = self.draft.units.iter().zip(&self.decisions);
        let full = units.filter(|(_, decision)| decision.held > 0).map(|(unit, _)| unit.path());
        // A partition that is taken in slices is one.
        let full = full.collect::<HashSet<_>>().len();
        let gone = self.sum(Action::Delete).0;
        (gone * 100 > full * limit as usize).then(|| {
            format!(
                "{gone} of its {full} partitions would be removed, more than {limit} percent (`maxDelete`)"
            )
        })
    }
}
