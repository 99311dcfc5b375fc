//! Removes at the target what the source no longer has, after everything else has arrived.
use super::restore::Delivery;
use super::stages::Run;
use crate::cluster::{Cluster, count, describe, units};
use crate::data::Fingerprint;
use crate::error::{Error, Kind, Result};
use crate::journal::{Effort, now};

impl Run<'_> {
    /// Removes every unit that the plan removes, each announced and proven as those that are restored.
    /// Returns how many.
    pub(super) fn remove_surplus(&self, source: &mut dyn Cluster, target: &mut dyn Cluster) -> Result<u64> {
        let (draft, mut removed) = (&self.plan.draft, 0);
        let mut scheme: Option<Vec<String>> = None;
        for (number, unit, is_ours) in self.plan.removed() {
            let has_come = match (is_ours, &mut scheme) {
                (true, _) => count(source, draft.rows(unit))? > 0,
                (false, Some(paths)) => paths.contains(&unit.to_string()),
                (false, none) => {
                    let theirs = units(&describe(source, &draft.table)?)?;
                    none.insert(theirs.iter().map(ToString::to_string).collect()).contains(&unit.to_string())
                }
            };
            if has_come {
                let what = format!("partition {unit} of {} has rows at the source by now", draft.table);
                return Err(Error::new(Kind::Refused, what).advise("run again, so that they are sent"));
            }
            let mut delivery = Delivery {
                plan: self.plan,
                journal: self.journal,
                at: (self.table, number),
                unit,
                sent: Fingerprint::default(),
                restore: None,
                overwrites: false,
                by_count: false,
                permit: self.permit,
                doubt: None,
            };
            let effort = Effort { lane: 0, began: now(), tried: 1, bytes: 0 };
            delivery
                .attempt(target, effort)
                .map_err(|error| error.context(format!("removing partition {unit} of {}", draft.table)))?;
            removed += 1;
        }
        Ok(removed)
    }
}
