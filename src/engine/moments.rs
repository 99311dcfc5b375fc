//! Whether partitions that were sent in slices are whole at the target, and stayed what they were
//! meanwhile: each slice is proven alone and is a snapshot of its own, so that one could undo another,
//! and a row which moved from one to another could have been in none.
use std::collections::HashSet;

use super::counts::TOGETHER;
use super::look::{Looks, compare};
use super::{Connect, Limits};
use crate::cluster::{Host, count, counts, marks, sql::Rows};
use crate::error::{Error, Kind, Result};
use crate::model::{Mode, Unit};
use crate::plan::{Decision, Look, Plan};

/// A partition of which slices were sent.
struct Parted {
    whole: Unit,
    /// The numbers of all its slices.
    slices: Vec<usize>,
}

/// Looks again at the partitions of which slices were sent, of which `sent` says how many rows of each
/// unit were. At the target they must hold what their slices gave. Where the source has changed meanwhile
/// its slices are read once more and compared with the target's.
///
/// # Errors
/// `Mismatch` when the target then holds another partition than the source ever did.
pub(super) fn require_one(
    host: &mut dyn Host,
    plan: &Plan,
    sent: &[u64],
    connect: Connect,
    limits: Limits,
) -> Result<()> {
    let parted = parted(plan);
    if parted.is_empty() {
        return Ok(());
    }
    let adds = matches!(plan.mode, Mode::Append | Mode::Upsert);
    if !adds {
        require_sums(plan, &parted, sent, connect)?;
    }
    let changed = changed(host, plan, &parted, sent)?;
    if changed.is_empty() {
        return Ok(());
    }
    let paths: Vec<String> = changed.iter().map(|parted| parted.whole.path()).collect();
    let (names, table) = (listed(&paths), &plan.draft.table);
    if adds {
        let what = "changed while its slices were read, so that these are of different moments";
        host.print(&format!("partition {names} of {table} {what}"));
        return Ok(());
    }
    host.print(&format!("partition {names} of {table} changed while its slices were read, and is compared"));
    let known = |decision: &Decision| Look { rows: decision.rows, held: decision.rows, ..Look::default() };
    let units: Vec<usize> = changed.iter().flat_map(|parted| parted.slices.iter().copied()).collect();
    let mut looks = Looks {
        units: plan.decisions.iter().map(known).collect(),
        rows: plan.rows,
        strangers: 0,
        marks: Vec::new(),
        native: HashSet::new(),
    };
    // The columns that were to be added are there by now.
    let mut draft = plan.draft.clone();
    draft.creation.addition = None;
    compare(host, &draft, &mut looks, &units, connect, limits)?;
    let is_same = |number: usize| match looks.units[number] {
        // What has no rows by now was not looked at.
        Look { ours: None, .. } => given(plan, sent, number) == 0,
        look => look.is_equal(),
    };
    let differ = units.iter().filter(|number| !is_same(**number)).count();
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

/// The slices of a partition follow each other.
fn parted(plan: &Plan) -> Vec<Parted> {
    let is_slice = |unit: &Unit| unit.slice.is_some();
    let sent: HashSet<String> =
        plan.sent().filter(|(_, unit)| is_slice(unit)).map(|(_, unit)| unit.path()).collect();
    let mut found: Vec<Parted> = Vec::new();
    let slices = plan.draft.units.iter().enumerate().filter(|(_, unit)| is_slice(unit));
    for (number, unit) in slices.filter(|(_, unit)| sent.contains(&unit.path())) {
        match found.last_mut().filter(|last| last.whole.path() == unit.path()) {
            Some(last) => last.slices.push(number),
            None => {
                let whole = Unit { slice: None, ..unit.clone() };
                found.push(Parted { whole, slices: vec![number] });
            }
        }
    }
    found
}

/// How many rows the source gave of a unit: those that were sent, or those of what was left alone.
fn given(plan: &Plan, sent: &[u64], number: usize) -> u64 {
    let decision = &plan.decisions[number];
    if decision.action.sends() { sent[number] } else { decision.rows }
}

/// A row that replaces one of another slice, by a key that is not the slices', is proven, and the other
/// gone.
fn require_sums(plan: &Plan, parted: &[Parted], sent: &[u64], connect: Connect) -> Result<()> {
    let (draft, mut target) = (&plan.draft, connect()?);
    let sum = |number: &usize| match &plan.decisions[*number] {
        decision if decision.action.sends() => sent[*number],
        decision => decision.held,
    };
    for Parted { whole, slices } in parted {
        let (held, sum) = (count(&mut *target, draft.there(whole))?, slices.iter().map(sum).sum::<u64>());
        if held != sum {
            let (path, table) = (whole.path(), &draft.counterpart.table);
            return Err(Error::new(
                Kind::Mismatch,
                format!(
                    "partition {path} of {table} at the target holds {held} rows, and its slices had {sum}"
                ),
            )
            .advise(
                "look whether the target keeps one row for each value of a key that is coarser than the \
                 source's, and who else writes to it",
            ));
        }
    }
    Ok(())
}

/// The partitions that have changed since they were planned, by their versions, or where the source
/// does not tell those by the row counts of their slices.
fn changed<'p>(
    host: &mut dyn Host,
    plan: &Plan,
    parted: &'p [Parted],
    sent: &[u64],
) -> Result<Vec<&'p Parted>> {
    let draft = &plan.draft;
    let wholes: Vec<Unit> = parted.iter().map(|parted| parted.whole.clone()).collect();
    let told = marks(host, &draft.table, &wholes)?.unwrap_or_default();
    let mut changed = Vec::new();
    for (at, parted) in parted.iter().enumerate() {
        let before = draft.marks.get(parted.slices[0]).and_then(Option::as_ref);
        let is_other = match (before, told.get(at).and_then(|(_, mark)| mark.as_ref())) {
            (Some(before), Some(now)) => before != now,
            _ => has_moved(host, plan, &parted.slices, sent)?,
        };
        changed.extend(is_other.then_some(parted));
    }
    Ok(changed)
}

/// Whether a slice has another number of rows than it gave: their sum would not tell of a row that went
/// from one to another.
fn has_moved(host: &mut dyn Host, plan: &Plan, slices: &[usize], sent: &[u64]) -> Result<bool> {
    for some in slices.chunks(TOGETHER) {
        let rows: Vec<Rows> = some.iter().map(|number| plan.draft.rows(&plan.draft.units[*number])).collect();
        let gave = some.iter().map(|number| given(plan, sent, *number));
        if !counts(host, &rows)?.into_iter().eq(gave) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn listed(paths: &[String]) -> String {
    const SHOWN: usize = 5;
    match paths.len() {
        0..=SHOWN => paths.join(", "),
        all => format!("{} and {} more", paths[..SHOWN].join(", "), all - SHOWN),
    }
}
