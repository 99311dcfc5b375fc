//! Which rows differ in units that differ: those that one side holds more often than the other.
use std::collections::{BTreeMap, HashMap, HashSet};

use parking_lot::Mutex;

use super::feed::feed;
use super::lane::{Job, Link, Work};
use super::look::Looks;
use super::round::Round;
use super::{Connect, Limits};
use crate::cluster::{Cluster, Host, count, read, sql::Rows};
use crate::data::{Batch, row_hashes};
use crate::error::{Error, Kind, Result};
use crate::model::Unit;
use crate::online;
use crate::plan::{Draft, Look};

/// Which cluster holds a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The one that rows come from.
    Source,
    /// The one that they go to.
    Target,
}

/// A row that one side holds more often than the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OddRow {
    /// The number of its unit in the draft.
    pub unit: usize,
    /// The side that holds it.
    pub side: Side,
    /// Whether the other side has an odd row with the same keys.
    pub is_paired: bool,
    /// Its cells in the order of the draft's columns, as [`crate::data::Column::of`] takes them.
    pub cells: Vec<Vec<u8>>,
}

/// What of the odd rows is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The columns that identify a row; without any, no rows are paired.
    pub keys: &'a [String],
    /// How many rows are enough.
    pub most: usize,
}

/// The first odd rows of the units of `draft` that `looks` found to differ, in the units' order. A
/// unit's rows are held while it is compared; of all rows only their hashes are, and the cells of
/// those that are wanted.
///
/// # Errors
/// `Argument` when a key is no column, `Cancelled`, or what a side answers.
pub fn drill(
    host: &mut dyn Host,
    draft: &Draft,
    looks: &Looks,
    wanted: Wanted,
    connect: Connect,
    limits: Limits,
) -> Result<Vec<OddRow>> {
    if let Some(key) = wanted.keys.iter().find(|key| !draft.columns.contains(key)) {
        let what = format!("{} has no column `{key}` to be a key", draft.table);
        return Err(Error::new(Kind::Argument, what).advise("name columns of the table in `keyColumns`"));
    }
    let differ = |number: &usize| !looks.units[*number].is_equal();
    let units: Vec<usize> = (0..looks.units.len()).filter(differ).collect();
    let mut found = Vec::new();
    // Some units at a time, so that nothing is read once there are enough rows.
    for some in units.chunks(limits.lanes) {
        if found.len() >= wanted.most {
            break;
        }
        let drill = Drill { draft, looks: &looks.units, wanted, found: Mutex::default() };
        let (read, unread): (Vec<usize>, Vec<usize>) =
            some.iter().partition(|number| looks.units[**number].rows > 0);
        let round = Round { draft, units: &read, looks: &looks.units, job: &drill };
        feed(host, &round, connect, limits)?;
        // The source has nothing of these, so that they are given to no lane.
        let mut link = Link::new(connect);
        for number in unread {
            drill.one(&mut link, number, &Batch::default())?;
        }
        found.extend(drill.found.into_inner().into_values().flatten());
    }
    found.truncate(wanted.most);
    Ok(found)
}

/// Reads units on both sides and keeps the rows that are odd.
struct Drill<'a> {
    draft: &'a Draft,
    looks: &'a [Look],
    wanted: Wanted<'a>,
    found: Mutex<BTreeMap<usize, Vec<OddRow>>>,
}

impl Job for Drill<'_> {
    fn work(&self, link: &mut Link, work: &Work) -> Result<()> {
        let rows = online::fitted(&work.rows, &self.draft.columns, &self.draft.counterpart.widened)?;
        self.one(link, work.number, &rows)
    }

    fn reads_back(&self, _: usize) -> bool {
        true
    }
}

impl Drill<'_> {
    fn one(&self, link: &mut Link, number: usize, ours: &Batch) -> Result<()> {
        let unit = &self.draft.units[number];
        // The target's scheme may not even have the partition.
        let theirs = match self.looks[number].held {
            0 => Batch::default(),
            _ => link.open().and_then(|target| self.held(target, unit)).map_err(|error| {
                error.context(format!("partition {unit} of {} at the target", self.draft.counterpart.table))
            })?,
        };
        let rows = odd_rows(number, ours, &theirs, self.wanted);
        self.found.lock().insert(number, rows);
        Ok(())
    }

    fn held(&self, target: &mut dyn Cluster, unit: &Unit) -> Result<Batch> {
        let there: Rows = self.draft.there(unit);
        match count(target, there)? {
            0 => Ok(Batch::default()),
            _ => read(target, there, &self.draft.columns),
        }
    }
}

/// The rows that one of two batches with the same columns has more often than the other; those with
/// the same keys beside each other, and what only `theirs` has last.
fn odd_rows(unit: usize, ours: &Batch, theirs: &Batch, wanted: Wanted) -> Vec<OddRow> {
    let (own, other) = (hashes(ours, None), hashes(theirs, None));
    let (missing, extra) = (surplus(&own, &other), surplus(&other, &own));
    let (own, other) = (hashes(ours, Some(wanted.keys)), hashes(theirs, Some(wanted.keys)));
    let mut first = HashMap::new();
    let mut order: Vec<(usize, Side, usize, bool)> = Vec::with_capacity(missing.len() + extra.len());
    let there: HashSet<u128> = extra.iter().filter_map(|row| other.get(*row)).copied().collect();
    for row in missing {
        let key = own.get(row).filter(|key| there.contains(key));
        let rank = key.map_or(row, |key| *first.entry(*key).or_insert(row));
        order.push((rank, Side::Source, row, key.is_some()));
    }
    for row in extra {
        let rank = other.get(row).and_then(|key| first.get(key));
        order.push((rank.copied().unwrap_or(usize::MAX), Side::Target, row, rank.is_some()));
    }
    order.sort_unstable();
    order.truncate(wanted.most);
    let mut cells: [_; 2] = [(ours, Side::Source), (theirs, Side::Target)].map(|(batch, side)| {
        let rows = order.iter().filter(|(_, own, ..)| *own == side).map(|(_, _, row, _)| *row);
        cells_of(batch, rows.collect())
    });
    let rows = order.into_iter().map(|(_, side, row, is_paired)| {
        let cells = cells[side as usize].remove(&row).unwrap_or_default();
        OddRow { unit, side, is_paired, cells }
    });
    rows.collect()
}

/// The hash of each row, of the columns `keys` alone if they are given; none when no key is.
fn hashes(batch: &Batch, keys: Option<&[String]>) -> Vec<u128> {
    match keys {
        None => row_hashes(batch.rows, batch.columns.iter().map(|(_, column)| column)),
        Some([]) => Vec::new(),
        Some(keys) => row_hashes(batch.rows, keys.iter().filter_map(|key| batch.column(key))),
    }
}

/// The numbers of the rows in `own` that `other` does not have as often.
fn surplus(own: &[u128], other: &[u128]) -> Vec<usize> {
    let mut left: HashMap<u128, usize> = HashMap::with_capacity(other.len());
    other.iter().for_each(|hash| *left.entry(*hash).or_default() += 1);
    let is_odd = |hash: &u128| match left.get_mut(hash) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    let odd: Vec<bool> = own.iter().map(is_odd).collect();
    (0..own.len()).filter(|row| odd[*row]).collect()
}

/// The cells of some rows, by the rows' numbers.
fn cells_of(batch: &Batch, rows: HashSet<usize>) -> HashMap<usize, Vec<Vec<u8>>> {
    let mut cells: HashMap<usize, Vec<Vec<u8>>> = rows.into_iter().map(|row| (row, Vec::new())).collect();
    for (_, column) in &batch.columns {
        for (row, cell) in column.each().enumerate() {
            if let Some(own) = cells.get_mut(&row) {
                own.push(cell.into_owned());
            }
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Type;
    use crate::testing::ints;

    fn rows(cells: &[(i32, i32)]) -> Batch {
        let keys = ints(Type::Int, cells.iter().map(|(key, _)| *key));
        let values = ints(Type::Int, cells.iter().map(|(_, value)| *value));
        Batch { rows: cells.len(), columns: vec![("k".into(), keys), ("v".into(), values)] }
    }

    /// Side, whether paired, key and value of each odd row.
    fn odd(
        ours: &[(i32, i32)],
        theirs: &[(i32, i32)],
        keys: &[&str],
        most: usize,
    ) -> Vec<(Side, bool, i32, i32)> {
        let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
        let found = odd_rows(0, &rows(ours), &rows(theirs), Wanted { keys: &keys, most });
        let int = |cell: &Vec<u8>| i32::from_le_bytes(cell[..].try_into().unwrap());
        found.iter().map(|row| (row.side, row.is_paired, int(&row.cells[0]), int(&row.cells[1]))).collect()
    }

    #[test]
    fn a_changed_cell_is_a_pair_only_by_its_key() {
        let (ours, theirs) = ([(1, 5), (2, 6), (3, 7)], [(3, 8), (2, 6), (1, 5)]);
        let both = |paired| vec![(Side::Source, paired, 3, 7), (Side::Target, paired, 3, 8)];
        assert_eq!(odd(&ours, &theirs, &["k"], 9), both(true));
        assert_eq!(odd(&ours, &theirs, &[], 9), both(false));
    }

    #[test]
    fn a_doubled_row_is_odd_once_and_pairs_with_nothing() {
        let doubled = [(1, 5), (1, 5), (1, 5)];
        assert_eq!(odd(&[(1, 5)], &doubled, &["k"], 9), [(Side::Target, false, 1, 5); 2]);
        assert_eq!(odd(&doubled, &[(1, 5)], &["k"], 9), [(Side::Source, false, 1, 5); 2]);
        assert_eq!(odd(&doubled, &doubled, &["k"], 9), []);
    }

    #[test]
    fn pairs_stand_together_and_what_is_too_much_is_left_out() {
        let (ours, theirs) = ([(1, 1), (2, 1), (3, 1)], [(9, 9), (3, 2), (1, 2)]);
        let all = [
            (Side::Source, true, 1, 1),
            (Side::Target, true, 1, 2),
            (Side::Source, false, 2, 1),
            (Side::Source, true, 3, 1),
            (Side::Target, true, 3, 2),
            (Side::Target, false, 9, 9),
        ];
        assert_eq!(odd(&ours, &theirs, &["k"], 9), all);
        assert_eq!(odd(&ours, &theirs, &["k"], 4), all[..4]);
        assert_eq!(odd(&[], &theirs, &["k"], 9).len(), 3);
        assert_eq!(odd(&ours, &[], &["k"], 9).len(), 3);
    }
}
