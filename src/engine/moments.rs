//! Whether partitions that were read in slices stayed what they were meanwhile: each slice is a snapshot
//! of its own, so that a row which moved from one to another could have been in none.
use std::collections::{HashMap, HashSet};

use super::look::{Looks, compare};
use super::{Connect, Limits};
use crate::cluster::{Host, count, marks};
use crate::error::{Error, Kind, Result};
use crate::model::{ChunkMark, Mode, Unit};
use crate::plan::{Decision, Look, Plan};

/// Looks again at the partitions of which slices were sent. Where the source has changed meanwhile its
/// slices are read once more and compared with the target's.
///
/// # Errors
/// `Mismatch` when the target then holds another partition than the source ever did.
pub(super) fn require_one(host: &mut dyn Host, plan: &Plan, connect: Connect, limits: Limits) -> Result<()> {
    let changed = changed(host, plan)?;
    if changed.is_empty() {
        return Ok(());
    }
    let draft = &plan.draft;
    let (names, table) = (listed(&changed), &draft.table);
    if matches!(plan.mode, Mode::Append | Mode::Upsert) {
        let what = "changed while its slices were read, so that these are of different moments";
        host.print(&format!("partition {names} of {table} {what}"));
        return Ok(());
    }
    host.print(&format!("partition {names} of {table} changed while its slices were read, and is compared"));
    let known = |decision: &Decision| Look { rows: decision.rows, held: decision.rows, ..Look::default() };
    let units: Vec<usize> = (0..draft.units.len())
        .filter(|number| {
            draft.units[*number].slice.is_some() && changed.contains(&draft.units[*number].path())
        })
        .collect();
    let mut looks = Looks {
        units: plan.decisions.iter().map(known).collect(),
        rows: plan.rows,
        strangers: 0,
        marks: Vec::new(),
        native: HashSet::new(),
    };
    compare(host, draft, &mut looks, &units, connect, limits)?;
    let differ = units.iter().filter(|number| !looks.units[**number].is_equal()).count();
    match differ {
        0 => Ok(()),
        _ => Err(Error::new(
            Kind::Mismatch,
            format!(
                "partition {names} of {table} changed while its slices were read, and {differ} of {} slices \
                 at the target are older than the others",
                units.len()
            ),
        )
        .advise(
            "run again with the mode `replace` when nobody writes to it, or with a `memoryBudget` that it \
             fits in, so that it is read at one moment",
        )),
    }
}

/// The paths of the partitions that have changed since they were planned, by their versions, or by
/// their row counts where the source does not tell those.
fn changed(host: &mut dyn Host, plan: &Plan) -> Result<Vec<String>> {
    let draft = &plan.draft;
    let mut seen = HashSet::new();
    let sent = plan.sent().filter(|(_, unit)| unit.slice.is_some());
    let first: Vec<usize> =
        sent.filter(|(_, unit)| seen.insert(unit.path())).map(|(number, _)| number).collect();
    if first.is_empty() {
        return Ok(Vec::new());
    }
    let whole = |number: &usize| Unit { slice: None, ..draft.units[*number].clone() };
    let wholes: Vec<Unit> = first.iter().map(whole).collect();
    let told = marks(host, &draft.table, &wholes)?.unwrap_or_default();
    let mut planned: HashMap<String, u64> = HashMap::new();
    for (unit, decision) in draft.units.iter().zip(&plan.decisions) {
        *planned.entry(unit.path()).or_default() += decision.rows;
    }
    let mut changed = Vec::new();
    for (at, (number, unit)) in first.iter().zip(&wholes).enumerate() {
        let before: Option<&ChunkMark> = draft.marks.get(*number).and_then(Option::as_ref);
        let is_other = match (before, told.get(at).and_then(|(_, mark)| mark.as_ref())) {
            (Some(before), Some(now)) => before != now,
            _ => planned.get(&unit.path()) != Some(&count(host, draft.rows(unit))?),
        };
        changed.extend(is_other.then(|| unit.path()));
    }
    Ok(changed)
}

fn listed(paths: &[String]) -> String {
    const SHOWN: usize = 5;
    match paths.len() {
        0..=SHOWN => paths.join(", "),
        all => format!("{} and {} more", paths[..SHOWN].join(", "), all - SHOWN),
    }
}
