//! How many rows both sides hold of every unit, with as few questions as can be trusted: the
//! metadata's row counts where they add up to what the server counts, else a count of every unit.
use std::collections::HashSet;

use super::look::Looks;
use crate::cluster::{Cluster, Host, count, counts, marks, row_counts, sql::Rows};
use crate::error::{Error, Kind, Result};
use crate::model::{ChunkMark, Unit};
use crate::plan::{Draft, Look};

/// Units that are asked for in one query; the text of a query is limited (dolphindb-semantics §6).
pub(super) const TOGETHER: usize = 200;
/// So few units are counted rather than looked up.
const FEW: usize = 16;

/// Counts every unit of `draft` on both sides, of which the source is `host`; `go_on` says now and then
/// whether to.
///
/// # Errors
/// As [`super::look()`].
pub fn count_units<S: Cluster + ?Sized>(
    host: &mut S,
    draft: &Draft,
    target: &mut dyn Cluster,
    go_on: &dyn Fn(&mut S) -> Result<()>,
) -> Result<Looks> {
    let all = draft.all();
    let is_there = draft.creation.table.is_none();
    let total = if is_there { count(target, draft.all_there())? } else { 0 };
    let before = count(host, all)?;
    let (hints, marks) = source_hints(host, draft)?;
    let ours = settled(draft, before, hints, &|_| true, &mut |units| {
        go_on(host)?;
        let rows: Vec<Rows> = units.iter().map(|unit| draft.rows(unit)).collect();
        counts(host, &rows)
    })?;
    let hints = match is_there && is_looked_up(draft) {
        true => row_counts(target, &draft.counterpart.table, &draft.units)?,
        false => None,
    };
    // What the target's scheme lacks cannot be asked for.
    let theirs = settled(draft, total, hints, &|unit| !unit.is_new, &mut |units| {
        go_on(host)?;
        let rows: Vec<Rows> = units.iter().map(|unit| draft.there(unit)).collect();
        counts(target, &rows)
    })?;
    let (rows, held) = (ours.iter().sum(), theirs.iter().sum::<u64>());
    require_complete(all, [before, count(host, all)?], rows)?;
    let look = |((rows, held), (unit, mark)): ((u64, u64), (&Unit, &Option<ChunkMark>))| {
        let look = Look { rows, held, ..Look::default() };
        Look { unchanged: draft.is_unchanged(unit, &look, mark.as_ref()), ..look }
    };
    let units = ours.into_iter().zip(theirs).zip(draft.units.iter().zip(&marks)).map(look).collect();
    Ok(Looks { units, rows, strangers: total.saturating_sub(held), marks, native: HashSet::new() })
}

/// Metadata knows nothing of conditions.
fn is_looked_up(draft: &Draft) -> bool {
    let whole = draft.units.iter().filter(|unit| unit.is_whole()).count();
    draft.filter.is_none() && (whole > FEW || draft.remembered.is_some())
}

type Hints = (Option<Vec<u64>>, Vec<Option<ChunkMark>>);

/// What the source's metadata says, with versions where they are compared with remembered ones.
fn source_hints<S: Cluster + ?Sized>(host: &mut S, draft: &Draft) -> Result<Hints> {
    let unmarked = || vec![None; draft.units.len()];
    match is_looked_up(draft) {
        false => Ok((None, unmarked())),
        true if draft.remembered.is_none() => Ok((row_counts(host, &draft.table, &draft.units)?, unmarked())),
        true => Ok(match marks(host, &draft.table, &draft.units)? {
            None => (None, unmarked()),
            Some(found) => {
                let (rows, marks): (Vec<u64>, Vec<_>) = found.into_iter().unzip();
                (Some(rows), marks)
            }
        }),
    }
}

/// The hints, completed by counts of units that are no whole partitions, if all that adds up to
/// `total`; otherwise the count of every unit.
fn settled(
    draft: &Draft,
    total: u64,
    hints: Option<Vec<u64>>,
    is_there: &dyn Fn(&Unit) -> bool,
    ask: &mut dyn FnMut(&[&Unit]) -> Result<Vec<u64>>,
) -> Result<Vec<u64>> {
    // What an empty table holds of a unit needs no question.
    if total == 0 {
        return Ok(vec![0; draft.units.len()]);
    }
    if let Some(mut rows) = hints {
        fill(draft, &mut rows, &|unit| unit.is_cut && is_there(unit), ask)?;
        if rows.iter().sum::<u64>() == total {
            return Ok(rows);
        }
    }
    let mut rows = vec![0; draft.units.len()];
    fill(draft, &mut rows, is_there, ask)?;
    Ok(rows)
}

/// Counts the units that `is_asked` picks.
fn fill(
    draft: &Draft,
    rows: &mut [u64],
    is_asked: &dyn Fn(&Unit) -> bool,
    ask: &mut dyn FnMut(&[&Unit]) -> Result<Vec<u64>>,
) -> Result<()> {
    let asked: Vec<usize> = (0..rows.len()).filter(|number| is_asked(&draft.units[*number])).collect();
    for numbers in asked.chunks(TOGETHER) {
        let all: Vec<&Unit> = numbers.iter().map(|number| &draft.units[*number]).collect();
        numbers.iter().zip(ask(&all)?).for_each(|(number, count)| rows[*number] = count);
    }
    Ok(())
}

pub(super) fn refuse_cancelled(host: &mut dyn Host) -> Result<()> {
    match host.is_cancelled() {
        false => Ok(()),
        true => Err(Error::new(Kind::Cancelled, "the user cancelled").advise("nothing was written")),
    }
}

/// A row outside of every unit would be lost without a word. While somebody writes, nobody can tell.
fn require_complete(all: Rows, [before, after]: [u64; 2], sum: u64) -> Result<()> {
    if before != after || after == sum {
        return Ok(());
    }
    Err(Error::new(Kind::Mismatch, format!("{} holds {after} rows but its partitions gave {sum}", all.table))
        .advise("run again if somebody writes to it, otherwise report this with the table's schema"))
}
