//! Finds the slices of partitions that would hold more than their share of the memory budget.
use std::collections::HashMap;

use super::Limits;
use super::counts::TOGETHER;
use super::look::Looks;
use crate::cluster::sql::{Extreme, Rows};
use crate::cluster::{Cluster, Host, count, counts, describe, marks, sample};
use crate::error::{Error, Kind, Result};
use crate::journal::{Left, State};
use crate::model::{ChunkMark, ColumnDef, Mode, Slice, Unit};
use crate::plan::{Draft, Look, Range, candidates, cut, is_compared, slices, width};

/// So many slices fit the budget: while one is sent the next is read.
const SHARES: usize = 2;
/// Rows that tell how long texts and arrays are.
const SAMPLE: usize = 64;
/// What a cell of no fixed width hardly exceeds, and what it usually takes.
const LONG: usize = 1_024;
const USUAL: usize = 16;
/// So many columns are tried.
const TRIED: usize = 4;

/// What a call is about, as far as it tells how partitions may be divided.
#[derive(Clone, Copy, Debug)]
pub struct Slicing<'a> {
    /// What it may do.
    pub mode: Mode,
    /// The columns that identify a row, for an upsert.
    pub keys: &'a [String],
    /// What the last run of the same plan left, which is divided as it was.
    pub left: &'a Left,
}

/// The draft and its looks with slices in the place of partitions that are too large.
pub(super) fn slice(
    host: &mut dyn Host,
    target: &mut dyn Cluster,
    (mut draft, mut looks): (Draft, Looks),
    limits: Limits,
    slicing: Slicing,
) -> Result<(Draft, Looks)> {
    let row = row_bytes(host, &draft, &looks, limits)?;
    let mut slicer = Slicer { host, target, draft: &draft, slicing, limits, row, notes: Vec::new() };
    let mut found: HashMap<usize, Vec<(Unit, Look)>> = HashMap::new();
    for (number, look) in looks.units.iter().enumerate().filter(|(_, look)| !look.unchanged) {
        found.extend(slicer.slices(&draft.units[number], look)?.map(|slices| (number, slices)));
    }
    let notes = slicer.notes;
    if !found.is_empty() {
        let fresh = sliced_marks(host, &draft, &looks, &found)?;
        let number = found.values().map(Vec::len).sum::<usize>();
        draft.notes.push(format!(
            "{} partitions are read in {number} slices, so that `memoryBudget` suffices",
            found.len()
        ));
        let (units, held) = (std::mem::take(&mut draft.units), std::mem::take(&mut looks.units));
        let marks = std::mem::take(&mut looks.marks);
        for (number, ((unit, look), mark)) in units.into_iter().zip(held).zip(marks).enumerate() {
            let (mark, parts) = match found.remove(&number) {
                None => (mark, vec![(unit, look)]),
                Some(parts) => (mark.or_else(|| fresh.get(&number).cloned()), parts),
            };
            for (unit, look) in parts {
                draft.units.push(unit);
                looks.units.push(look);
                looks.marks.push(mark.clone());
            }
        }
        looks.rows = looks.units.iter().map(|look| look.rows).sum();
    }
    draft.notes.extend(notes);
    Ok((draft, looks))
}

/// The versions of the chunks that are read in slices, before any of them is.
fn sliced_marks(
    host: &mut dyn Host,
    draft: &Draft,
    looks: &Looks,
    found: &HashMap<usize, Vec<(Unit, Look)>>,
) -> Result<HashMap<usize, ChunkMark>> {
    let numbers: Vec<usize> = found.keys().copied().filter(|number| looks.marks[*number].is_none()).collect();
    let units: Vec<Unit> = numbers.iter().map(|number| draft.units[*number].clone()).collect();
    let told = if units.is_empty() { None } else { marks(host, &draft.table, &units)? };
    let pairs = numbers.into_iter().zip(told.unwrap_or_default());
    Ok(pairs.filter_map(|(number, (_, mark))| Some((number, mark?))).collect())
}

/// What a row takes, by the types of its columns, and by some rows where these do not tell.
fn row_bytes(host: &mut dyn Host, draft: &Draft, looks: &Looks, limits: Limits) -> Result<usize> {
    let Some((number, largest)) = looks.units.iter().enumerate().max_by_key(|(_, look)| look.rows) else {
        return Ok(0);
    };
    if largest.rows == 0 {
        return Ok(0);
    }
    let (fixed, varying) = width(&describe(host, &draft.table)?, &draft.columns);
    // A table that fits with long texts, too, needs no closer look.
    let most = load(largest).saturating_mul((fixed + varying * LONG) as u64);
    if varying == 0 || most <= limits.memory as u64 {
        return Ok(fixed + varying * USUAL);
    }
    let rows = sample(host, draft.rows(&draft.units[number]), &draft.columns, SAMPLE)?;
    Ok(rows.byte_len().div_ceil(rows.rows.max(1)).max(1))
}

struct Slicer<'a> {
    host: &'a mut dyn Host,
    target: &'a mut dyn Cluster,
    draft: &'a Draft,
    slicing: Slicing<'a>,
    limits: Limits,
    /// Bytes of a row.
    row: usize,
    notes: Vec<String>,
}

/// A partition's slices, with what both sides hold of each.
struct Divided {
    slices: Vec<(Unit, Look)>,
    /// The load of the heaviest.
    heaviest: u64,
}

impl Slicer<'_> {
    /// The slices of `unit`, with what both sides hold of each; nothing if it is not divided.
    fn slices(&mut self, unit: &Unit, look: &Look) -> Result<Option<Vec<(Unit, Look)>>> {
        let Slicing { mode, left, .. } = self.slicing;
        // Of nothing there are no slices; only an append must know which of them it has added.
        if look.rows == 0 && mode != Mode::Append {
            return Ok(None);
        }
        if let Some(slices) = left.slices.get(&unit.path()) {
            let counted = self.counted(unit, slices, look)?;
            return match counted.iter().map(|(_, look)| look.rows).sum::<u64>() {
                sum if sum == look.rows || count(self.host, self.draft.rows(unit))? != look.rows => {
                    Ok(Some(counted))
                }
                sum => Err(Error::new(
                    Kind::Mismatch,
                    format!(
                        "partition {unit} of {} holds {} rows but its slices gave {sum}",
                        self.draft.table, look.rows
                    ),
                )
                .advise("report this with the table's schema")),
            };
        }
        let state = left.state(unit);
        let is_read = match mode {
            Mode::Auto => look.held == 0 || is_compared(mode, look, state),
            Mode::VerifyOnly => is_compared(mode, look, state),
            _ => true,
        };
        if look.rows == 0 || !is_read || self.bytes(load(look)) <= self.limits.memory {
            return Ok(None);
        }
        // What was begun whole is looked at whole.
        let is_begun = matches!(state, Some(State::Verified | State::Doubtful(_)));
        let found = if is_begun { None } else { self.divided(unit, look)? };
        let heaviest = found.as_ref().map_or(load(look), |found| found.heaviest);
        if self.bytes(heaviest) > self.limits.memory {
            let (path, megabytes) = (unit.path(), self.bytes(heaviest).div_ceil(1 << 20));
            let why = match is_begun {
                true => "it was begun whole",
                false => "no column of whole numbers or times divides it",
            };
            self.notes.push(format!(
                "partition {path} takes about {megabytes} MB at once, more than `memoryBudget`: {why}"
            ));
        }
        Ok(found.map(|found| found.slices))
    }

    /// The slices by the column that divides it best.
    fn divided(&mut self, unit: &Unit, look: &Look) -> Result<Option<Divided>> {
        let schema = describe(self.host, &self.draft.table)?;
        let mut keys = self.slicing.keys.to_vec();
        keys.extend(unit.keys.iter().map(|key| key.column.clone()));
        let keys = (self.slicing.mode == Mode::Upsert).then_some(&*keys);
        // What the target does not have yet cannot be asked for there.
        let added = self.draft.added();
        let is_there = |name: &&String| added.iter().all(|(own, _)| own != *name);
        let columns: Vec<String> = self.draft.columns.iter().filter(is_there).cloned().collect();
        let most = (self.share() / self.row.max(1)) as u64;
        let mut best: Option<Divided> = None;
        for column in candidates(&schema, &columns, keys).into_iter().take(TRIED) {
            let Some(found) = self.by(&column, unit, look, most)? else { continue };
            let is_enough = found.heaviest <= most;
            if best.as_ref().is_none_or(|best| found.heaviest < best.heaviest) {
                best = Some(found);
            }
            if is_enough {
                break;
            }
        }
        Ok(best)
    }

    /// The slices by the values of `column`; nothing if it has but one, or if they miss rows.
    fn by(&mut self, column: &ColumnDef, unit: &Unit, look: &Look, most: u64) -> Result<Option<Divided>> {
        let rows = self.draft.rows(unit);
        let mut end = |which| self.host.query(&rows.extreme(which, &column.name)).map(|end| end.as_i64());
        let (Some(first), Some(last)) = (end(Extreme::Least)?, end(Extreme::Greatest)?) else {
            return Ok(None);
        };
        let found =
            cut((first, last), load(look), most, &mut |ranges| self.weigh(column, unit, look, ranges))?;
        let Some(slices) = slices(column, &found.bounds).filter(|_| !found.bounds.is_empty()) else {
            return Ok(None);
        };
        let slices = self.counted(unit, &slices, look)?;
        let sum: u64 = slices.iter().map(|(_, look)| look.rows).sum();
        // Somebody may be writing; otherwise the server compares values in another way than we do.
        let is_whole = sum == look.rows || count(self.host, self.draft.rows(unit))? != look.rows;
        let heaviest = slices.iter().map(|(_, look)| load(look)).max().unwrap_or_default();
        Ok(is_whole.then_some(Divided { slices, heaviest }))
    }

    fn weigh(&mut self, column: &ColumnDef, unit: &Unit, look: &Look, ranges: &[Range]) -> Result<Vec<u64>> {
        let written = |(from, to): &Range| {
            let bounds: Vec<i64> = [*from, *to].into_iter().flatten().collect();
            // The first one is what lies before the first bound.
            slices(column, &bounds)?.into_iter().nth(usize::from(from.is_some()))
        };
        let all: Vec<Slice> = ranges.iter().filter_map(written).collect();
        Ok(self.counted(unit, &all, look)?.iter().map(|(_, look)| load(look)).collect())
    }

    /// What both sides hold of each slice of `unit`, of which they hold `look`.
    fn counted(&mut self, unit: &Unit, slices: &[Slice], look: &Look) -> Result<Vec<(Unit, Look)>> {
        let units: Vec<Unit> =
            slices.iter().map(|slice| Unit { slice: Some(slice.clone()), ..unit.clone() }).collect();
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for some in units.chunks(TOGETHER) {
            let rows: Vec<Rows> = some.iter().map(|unit| self.draft.rows(unit)).collect();
            ours.extend(counts(self.host, &rows)?);
            let there: Vec<Rows> = some.iter().map(|unit| self.draft.there(unit)).collect();
            match look.held {
                0 => theirs.resize(ours.len(), 0),
                _ => theirs.extend(counts(self.target, &there)?),
            }
        }
        let look = |(rows, held)| Look { rows, held, ..Look::default() };
        Ok(units.into_iter().zip(ours.into_iter().zip(theirs).map(look)).collect())
    }

    fn share(&self) -> usize {
        self.limits.memory / SHARES
    }

    fn bytes(&self, load: u64) -> usize {
        usize::try_from(load).map_or(usize::MAX, |load| load.saturating_mul(self.row))
    }
}

/// Rows that are held at once while a unit is under way: read, and read back with what was there.
fn load(look: &Look) -> u64 {
    look.rows.saturating_mul(2).saturating_add(look.held)
}
