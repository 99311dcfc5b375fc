//! Which partition of a level each row belongs to.
use std::borrow::Cow;
use std::collections::HashMap;

use super::{Level, Scheme};
use crate::error::{Error, Result};
use crate::value::{Data, Vector};

/// The number of a row that belongs to no partition.
pub const OUTSIDE: u32 = u32::MAX;
/// The number of a row whose VALUE key is NULL.
pub const NULL_KEY: u32 = u32::MAX - 1;

/// Partition numbers by VALUE element.
#[derive(Clone, Debug)]
pub(super) enum Index {
    Numbers(HashMap<i64, u32>),
    Texts(HashMap<Vec<u8>, u32>),
}

impl Index {
    /// Each vector of elements with the numbers of their partitions.
    fn of<'a>(elements: impl Iterator<Item = (&'a Vector, Vec<u32>)>) -> Index {
        let (mut by_number, mut by_text) = (HashMap::new(), HashMap::new());
        for (cells, partitions) in elements {
            match &cells.data {
                Data::Text(texts) => {
                    let texts = (0..texts.len()).map(|row| texts.get(row).to_vec());
                    by_text.extend(texts.zip(partitions));
                }
                _ => by_number.extend(numbers(cells).zip(partitions)),
            }
        }
        if by_text.is_empty() { Index::Numbers(by_number) } else { Index::Texts(by_text) }
    }

    fn len(&self) -> usize {
        match self {
            Index::Numbers(map) => map.len(),
            Index::Texts(map) => map.len(),
        }
    }
}

impl Level {
    /// The partition number of every row, or [`OUTSIDE`], or [`NULL_KEY`]. RANGE and HASH put
    /// NULL outside (dolphindb-semantics §3.2). The column must be one that the level accepts.
    pub fn assign(&self, column: &Vector) -> Result<Vec<u32>> {
        let column = self.coarsened(column)?;
        Ok(match &self.scheme {
            Scheme::Value(_) => self.find(&column),
            // That NULL is in no list is a guess `[U]`.
            Scheme::List(_) => {
                let mut numbers = self.find(&column);
                numbers.iter_mut().filter(|number| **number == NULL_KEY).for_each(|own| *own = OUTSIDE);
                numbers
            }
            Scheme::Range(boundaries) => {
                (0..column.len()).map(|row| range_of(boundaries, &column, row)).collect()
            }
            Scheme::Hash { buckets, .. } => (0..column.len())
                .map(|row| if column.is_null(row) { OUTSIDE } else { bucket(&column, row, *buckets) })
                .collect(),
        })
    }

    /// The partitions that `partition(column, keys)` names: VALUE by element, RANGE by index,
    /// HASH by bucket; a key outside the scheme raises "out of range" (dolphindb-semantics §5.3).
    pub fn named(&self, keys: &Vector) -> Result<Vec<u32>> {
        let count = self.count() as u32;
        let numbers = match &self.scheme {
            Scheme::Value(_) => self.assign(keys)?,
            _ => (0..keys.len())
                .map(|row| keys.integer(row).and_then(|key| u32::try_from(key).ok()).unwrap_or(OUTSIDE))
                .collect(),
        };
        if numbers.iter().any(|number| *number >= count) {
            return Err(Error::runtime("The partition key of partition() is out of range."));
        }
        Ok(numbers)
    }

    /// The cells of `keys` that are no elements yet, each once. NULL is refused.
    pub(super) fn unknown(&self, keys: &Vector) -> Result<Vector> {
        let numbers = self.assign(keys)?;
        if numbers.contains(&NULL_KEY) {
            return Err(null_key());
        }
        let mut rows: Vec<u32> =
            (0..keys.len() as u32).filter(|row| numbers[*row as usize] == OUTSIDE).collect();
        rows.sort_by(|a, b| keys.compare(*a as usize, keys, *b as usize));
        rows.dedup_by(|a, b| keys.compare(*a as usize, keys, *b as usize).is_eq());
        rows.sort_unstable();
        Ok(keys.gather(&rows))
    }

    pub(super) fn unrepeated(&self, elements: &Vector) -> bool {
        let none_null = (0..elements.len()).all(|row| !elements.is_null(row));
        none_null && self.index().len() == elements.len() - self.gone.len()
    }

    /// The column in the scheme's type: temporal cells by the coarser cell that holds them.
    pub(super) fn coarsened<'a>(&self, column: &'a Vector) -> Result<Cow<'a, Vector>> {
        if column.ty.is_temporal() && column.ty != self.ty() {
            return column.cast(self.ty()).map(Cow::Owned);
        }
        let both_text = column.ty.is_text() && self.ty().is_text();
        let both_numbers = column.ty.is_integral() && self.ty().is_integral();
        if column.ty == self.ty() || both_text || both_numbers {
            return Ok(Cow::Borrowed(column));
        }
        Err(Error::runtime(format!(
            "A partition column of type {} cannot hold a key of type {}.",
            self.ty().name(),
            column.ty.name()
        )))
    }

    /// Whether keys outside the scheme may become partitions.
    pub fn can_take_new_values(&self) -> bool {
        matches!(self.scheme, Scheme::Value(_))
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| match &self.scheme {
            Scheme::Value(elements) => {
                let present = self.present();
                Index::of(std::iter::once((&elements.gather(&present), present)))
            }
            Scheme::List(lists) => {
                Index::of(lists.iter().zip(0..).map(|(list, number)| (list, vec![number; list.len()])))
            }
            Scheme::Range(_) | Scheme::Hash { .. } => Index::Numbers(HashMap::new()),
        })
    }

    fn find(&self, column: &Vector) -> Vec<u32> {
        let found = |row: usize, number: Option<&u32>| {
            if column.is_null(row) { NULL_KEY } else { number.copied().unwrap_or(OUTSIDE) }
        };
        match (self.index(), &column.data) {
            (Index::Texts(map), Data::Text(texts)) => {
                (0..texts.len()).map(|row| found(row, map.get(texts.get(row)))).collect()
            }
            (Index::Numbers(map), _) => {
                numbers(column).enumerate().map(|(row, cell)| found(row, map.get(&cell))).collect()
            }
            (Index::Texts(_), _) => vec![OUTSIDE; column.len()],
        }
    }
}

/// A NULL cannot choose a VALUE partition (dolphindb-semantics §3.2); the number is documented, the
/// sentence is not.
pub fn null_key() -> Error {
    Error::runtime("A value-partition column must not contain null values. RefId:S01001")
}

/// The node is set to refuse new VALUE keys (dolphindb-semantics §3.2); only the number is documented.
pub fn new_value_refused() -> Error {
    Error::runtime("A value of the partition column is not in the partition scheme. RefId:S01016")
}

/// The cells as numbers; NULL is not a cell of any scheme, so it may stand for anything.
fn numbers(column: &Vector) -> impl Iterator<Item = i64> + '_ {
    (0..column.len()).map(|row| column.integer(row).unwrap_or(i64::MIN))
}

/// NULL lies below every boundary.
fn range_of(boundaries: &Vector, column: &Vector, row: usize) -> u32 {
    let not_above = |boundary: &usize| match (&boundaries.data, &column.data) {
        (Data::Text(own), Data::Text(texts)) => own.get(*boundary) <= texts.get(row),
        _ => boundaries.integer(*boundary) <= column.integer(row),
    };
    let (mut low, mut high) = (0, boundaries.len());
    while low < high {
        let middle = (low + high) / 2;
        if not_above(&middle) { low = middle + 1 } else { high = middle }
    }
    if low == 0 || low == boundaries.len() { OUTSIDE } else { low as u32 - 1 }
}

/// The server's hash functions are not documented. Ours: numbers modulo the bucket count, all
/// else by FNV-1a of the bytes.
pub fn bucket(column: &Vector, row: usize, buckets: u32) -> u32 {
    match (&column.data, column.integer(row)) {
        (Data::Text(texts), _) => (fnv1a(texts.get(row)) % u64::from(buckets)) as u32,
        (Data::B16(cells), _) => (fnv1a(&cells[row]) % u64::from(buckets)) as u32,
        (_, Some(cell)) => cell.rem_euclid(i64::from(buckets)) as u32,
        (_, None) => OUTSIDE,
    }
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
