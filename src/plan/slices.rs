//! How a partition that is too large to be read at once is divided: by which column, and where. Pure;
//! whoever asks counts.
use super::axis::{Line, line};
use super::{Decision, Draft};
use crate::cluster::literal;
use crate::data::Type;
use crate::error::Result;
use crate::journal::State;
use crate::model::{Action, ColumnDef, Scheme, Slice, TableSchema, Unit};

/// Values from one up to another, each without a limit if there is none.
pub type Range = (Option<i64>, Option<i64>);

/// A range is divided into so many parts at most, each of which is counted.
const PARTS: u64 = 64;

/// Where a partition is divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The first value of each slice but the first one, ascending.
    pub bounds: Vec<i64>,
    /// The load of the heaviest slice.
    pub heaviest: u64,
}

/// Values between two bounds, and what they weigh.
struct Piece {
    range: Range,
    load: u64,
}

/// Divides the values from `first` to `last`, which weigh `load`, so that no slice weighs more than
/// `most` unless all of it is one value. `weigh` says what each range weighs.
///
/// # Errors
/// Those of `weigh`.
pub fn cut(
    (first, last): (i64, i64),
    load: u64,
    most: u64,
    weigh: &mut dyn FnMut(&[Range]) -> Result<Vec<u64>>,
) -> Result<Cut> {
    let span = |(from, to): Range| {
        (from.map_or(i128::from(first), i128::from), to.map_or(i128::from(last) + 1, i128::from))
    };
    let is_done = |piece: &Piece| {
        let (from, to) = span(piece.range);
        piece.load <= most || to - from <= 1
    };
    let mut pieces = vec![Piece { range: (None, None), load }];
    while !pieces.iter().all(is_done) {
        let parts = |piece: &Piece| match is_done(piece) {
            true => vec![piece.range],
            false => divided(piece, span(piece.range), most),
        };
        let heavy: Vec<Range> = pieces.iter().filter(|piece| !is_done(piece)).flat_map(parts).collect();
        let mut loads = weigh(&heavy)?.into_iter();
        let mut next = Vec::with_capacity(pieces.len() + heavy.len());
        for piece in pieces {
            match is_done(&piece) {
                true => next.push(piece),
                false => next.extend(
                    parts(&piece)
                        .into_iter()
                        .map(|range| Piece { range, load: loads.next().unwrap_or_default() }),
                ),
            }
        }
        pieces = next;
    }
    Ok(joined(pieces, most))
}

/// Parts of equal length, more than would do if the values were spread evenly.
fn divided(piece: &Piece, (from, to): (i128, i128), most: u64) -> Vec<Range> {
    let wanted = (piece.load / most.max(1)).saturating_add(1).saturating_mul(4).clamp(2, PARTS);
    let parts = i128::from(wanted).min(to - from);
    let inner = (1..parts).map(|part| Some((from + (to - from) * part / parts) as i64));
    let bounds: Vec<Option<i64>> = [piece.range.0].into_iter().chain(inner).chain([piece.range.1]).collect();
    bounds.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

/// Neighbours put together as long as they weigh no more than `most`.
fn joined(pieces: Vec<Piece>, most: u64) -> Cut {
    let (mut bounds, mut heaviest, mut load) = (Vec::new(), 0, 0_u64);
    for piece in pieces {
        match load.saturating_add(piece.load) {
            together if together <= most || load == 0 => load = together,
            _ => {
                bounds.extend(piece.range.0);
                heaviest = load.max(heaviest);
                load = piece.load;
            }
        }
    }
    Cut { bounds, heaviest: load.max(heaviest) }
}

/// The slices of a column that begin at `bounds`, and the one of rows without a value; together every
/// row there can be. Nothing if a bound cannot be written.
pub fn slices(column: &ColumnDef, bounds: &[i64]) -> Option<Vec<Slice>> {
    let written: Option<Vec<String>> = bounds.iter().map(|bound| literal(column.ty, *bound)).collect();
    let written: Vec<Option<String>> = written?.into_iter().map(Some).collect();
    let ends: Vec<Option<String>> = [None].into_iter().chain(written).chain([None]).collect();
    let slice = |from: &Option<String>, to: &Option<String>| Slice {
        column: column.name.clone(),
        from: from.clone(),
        to: to.clone(),
    };
    let null = slice(&None, &None);
    Some(ends.windows(2).map(|pair| slice(&pair[0], &pair[1])).chain([null]).collect())
}

/// The columns that partitions may be divided by, the likeliest first: those that a server keeps in
/// order, then times, then numbers. With `keys` only these: rows with the same keys must stay together.
pub fn candidates(schema: &TableSchema, columns: &[String], keys: Option<&[String]>) -> Vec<ColumnDef> {
    // All rows of such a partition have one value.
    let is_one_value = |column: &ColumnDef| {
        let fixes = |scheme: &Scheme| matches!(scheme, Scheme::Value(_));
        schema
            .levels
            .iter()
            .any(|level| level.column == column.name && level.ty == column.ty && fixes(&level.scheme))
    };
    let is_usable = |column: &&ColumnDef| {
        let is_key = keys.is_none_or(|keys| keys.contains(&column.name));
        line(column.ty).is_some() && columns.contains(&column.name) && is_key && !is_one_value(column)
    };
    let mut found: Vec<ColumnDef> = schema.columns.iter().filter(is_usable).cloned().collect();
    let is_sorted = |column: &ColumnDef| {
        schema.storage.sort_columns.contains(&column.name)
            || schema.levels.iter().any(|level| level.column == column.name)
    };
    found.sort_by_key(|column| (line(column.ty) == Some(Line::Numbers), !is_sorted(column)));
    found
}

/// In the mode `replace`: a partition of which a slice differs is cleared, and then all its slices are
/// sent; of one whose slices are equal or empty only those are sent that are empty.
pub(super) fn clear_first(draft: &mut Draft, decisions: &mut Vec<Decision>) {
    let marks = std::mem::take(&mut draft.marks);
    let mut old =
        std::mem::take(&mut draft.units).into_iter().zip(std::mem::take(decisions)).enumerate().peekable();
    while let Some((number, (unit, decision))) = old.next() {
        let path = unit.path();
        let mut group = vec![(unit, decision)];
        while group[0].0.slice.is_some() {
            let Some((_, next)) = old.next_if(|(_, (unit, _))| unit.slice.is_some() && unit.path() == path)
            else {
                break;
            };
            group.push(next);
        }
        let all = group.len();
        settle(&mut group);
        let mark = marks.get(number).cloned().flatten();
        if !marks.is_empty() {
            let slices = marks[number..number + all].iter().cloned();
            draft.marks.extend((group.len() > all).then_some(mark).into_iter().chain(slices));
        }
        for (unit, decision) in group {
            draft.units.push(unit);
            decisions.push(decision);
        }
    }
}

/// Decides about the slices of one partition together; whole units are left as they are.
fn settle(group: &mut Vec<(Unit, Decision)>) {
    let differs = |(unit, decision): &(Unit, Decision)| {
        unit.slice.is_some() && matches!(decision.action, Action::Replace | Action::Refuse)
    };
    let held: u64 = group.iter().map(|(_, decision)| decision.held).sum();
    let rows: u64 = group.iter().map(|(_, decision)| decision.rows).sum();
    // Nothing gives way to nothing: what a mirror may remove is not decided here.
    if rows == 0 || !group.iter().any(differs) {
        return;
    }
    for (_, decision) in group.iter_mut() {
        let (action, reason, state) = match decision.rows {
            0 => (Action::Skip, "the source has no rows", State::Skipped),
            _ => (Action::Copy, "sent once its partition is cleared", State::Waiting),
        };
        *decision = Decision { action, reason: reason.into(), rows: decision.rows, held: 0, state };
    }
    let whole = Unit { slice: None, ..group[0].0.clone() };
    let clear = Decision {
        action: Action::Clear,
        reason: format!(
            "{held} rows give way to the source's {rows}, which come in slices; readers see it empty and growing"
        ),
        rows: 0,
        held,
        state: State::Waiting,
    };
    group.insert(0, (whole, clear));
}

/// Bytes of a row's cells of fixed width, and how many cells have none.
pub fn width(schema: &TableSchema, columns: &[String]) -> (usize, usize) {
    let types = schema.columns.iter().filter(|column| columns.contains(&column.name)).map(|column| column.ty);
    let (fixed, varying): (Vec<Type>, Vec<Type>) = types.partition(|ty| ty.width().is_some());
    (fixed.into_iter().filter_map(Type::width).sum(), varying.len())
}

#[cfg(test)]
#[path = "slices/tests.rs"]
mod tests;
