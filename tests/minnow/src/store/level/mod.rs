//! One level of a database's partitioning.
mod assign;
mod prune;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::error::{Error, Result};
use crate::value::{Type, Vector, calendar, text};
use assign::Index;
pub use assign::{NULL_KEY, OUTSIDE, bucket, new_value_refused, null_key};

/// How a level splits rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Scheme {
    /// One partition per element.
    Value(Vector),
    /// Partition i holds `[boundary i, boundary i+1)`.
    Range(Vector),
    /// Partition i holds the elements of list i.
    List(Vec<Vector>),
    Hash {
        ty: Type,
        buckets: u32,
    },
}

/// A level; partitions are numbered from 0 in the order of the scheme, and keep their number when
/// the scheme grows or loses others.
#[derive(Clone, Debug)]
pub struct Level {
    scheme: Scheme,
    /// The VALUE elements that were removed; a value that comes back is another element.
    gone: BTreeSet<u32>,
    /// Where each VALUE element is, made when first needed.
    index: OnceLock<Index>,
}

impl Level {
    /// A level, if the scheme is one that a server accepts (dolphindb-semantics §3.1).
    pub fn new(scheme: Scheme) -> Result<Level> {
        Level::with_gone(scheme, BTreeSet::new())
    }

    /// A level that has lost these elements.
    pub fn with_gone(scheme: Scheme, gone: BTreeSet<u32>) -> Result<Level> {
        let level = Level { scheme, gone, index: OnceLock::new() };
        match &level.scheme {
            Scheme::Value(elements) => level.check_elements(elements)?,
            Scheme::Range(boundaries) => check_boundaries(boundaries)?,
            Scheme::List(lists) => level.check_lists(lists)?,
            Scheme::Hash { buckets: 0, .. } => return Err(refused("HASH needs at least one bucket.")),
            Scheme::Hash { .. } => (),
        }
        let hash_only = matches!(level.ty(), Type::Long | Type::Uuid | Type::Ipaddr | Type::Int128);
        let allowed = match level.ty() {
            Type::Timestamp | Type::Nanotime | Type::Nanotimestamp => false,
            ty if ty.is_integral() || ty.is_temporal() || ty.is_text() => true,
            _ => hash_only,
        };
        if !allowed || hash_only && !matches!(level.scheme, Scheme::Hash { .. }) {
            return Err(refused(&format!("{} is no type for this kind of partition.", level.ty().name())));
        }
        Ok(level)
    }

    /// With the elements that are gone.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    pub fn gone(&self) -> &BTreeSet<u32> {
        &self.gone
    }

    /// Without them. Nobody may rely on the order of VALUE elements: after a removal it is another one,
    /// as the manual's example shows.
    pub fn shown(&self) -> Scheme {
        match &self.scheme {
            Scheme::Value(elements) if self.gone.is_empty() => Scheme::Value(elements.clone()),
            Scheme::Value(elements) => {
                let backwards: Vec<u32> = self.present().into_iter().rev().collect();
                Scheme::Value(elements.gather(&backwards))
            }
            other => other.clone(),
        }
    }

    /// The numbers of the partitions that are there.
    pub fn present(&self) -> Vec<u32> {
        (0..self.count() as u32).filter(|number| !self.gone.contains(number)).collect()
    }

    /// The level without some of its VALUE elements, of which one must stay.
    pub fn without(&self, numbers: &[u32]) -> Result<Level> {
        let gone = self.gone.iter().chain(numbers).copied().collect();
        Level::with_gone(self.scheme.clone(), gone)
    }

    /// The type of the scheme's elements; a table's column may be of a finer temporal type.
    pub fn ty(&self) -> Type {
        match &self.scheme {
            Scheme::Value(cells) | Scheme::Range(cells) => cells.ty,
            // A level has at least one list.
            Scheme::List(lists) => lists[0].ty,
            Scheme::Hash { ty, .. } => *ty,
        }
    }

    /// Whether what the other level holds fits in here: VALUE levels may have more elements.
    pub fn covers(&self, other: &Level) -> Result<bool> {
        match (&self.scheme, other.shown()) {
            (Scheme::Value(own), Scheme::Value(some)) => {
                let known = |number: &u32| (*number as usize) < self.count();
                Ok(own.ty == some.ty && self.assign(&some)?.iter().all(known))
            }
            (own, other) => Ok(*own == other),
        }
    }

    /// How many partitions there are, and were.
    pub fn count(&self) -> usize {
        match &self.scheme {
            Scheme::Value(elements) => elements.len(),
            Scheme::Range(boundaries) => boundaries.len() - 1,
            Scheme::List(lists) => lists.len(),
            Scheme::Hash { buckets, .. } => *buckets as usize,
        }
    }

    /// Whether a column of this type can be split by the level.
    pub fn accepts(&self, column: Type) -> bool {
        let scheme = self.ty();
        if scheme.is_text() {
            return column.is_text() && column != Type::Blob;
        }
        if scheme.is_integral() {
            return column.is_integral()
                && (column != Type::Long || matches!(self.scheme, Scheme::Hash { .. }));
        }
        column == scheme || refines(column, scheme)
    }

    /// The level with more elements (VALUE; those it has are skipped) or boundaries (RANGE, from
    /// its last one on), and how many partitions are new.
    pub fn grown(&self, more: &Vector) -> Result<(Level, usize)> {
        let scheme = match &self.scheme {
            Scheme::Value(elements) => {
                let new = self.unknown(&more.cast(elements.ty)?)?;
                let mut all = elements.clone();
                all.append(&new)?;
                Scheme::Value(all)
            }
            Scheme::Range(boundaries) => {
                let more = more.cast(boundaries.ty)?;
                let last = boundaries.len() - 1;
                if more.is_empty() || boundaries.compare(last, &more, 0).is_ne() {
                    return Err(refused("New ranges must start with the last boundary of the scheme."));
                }
                let mut all = boundaries.slice(0, last);
                all.append(&more)?;
                Scheme::Range(all)
            }
            Scheme::Hash { .. } => return Err(refused("A HASH level cannot grow.")),
            Scheme::List(_) => return Err(refused("A LIST level cannot grow.")),
        };
        let level = Level::with_gone(scheme, self.gone.clone())?;
        let new = level.count() - self.count();
        Ok((level, new))
    }

    /// How the partition is called in a path (dolphindb-semantics §2.3; the forms of temporal
    /// types other than DATE and MONTH, and of lists, are not documented).
    pub fn label(&self, number: u32) -> String {
        let row = number as usize;
        match &self.scheme {
            Scheme::Value(elements) => path_text(elements, row),
            Scheme::Range(bounds) => format!("{}_{}", path_text(bounds, row), path_text(bounds, row + 1)),
            Scheme::Hash { .. } => format!("Key{number}"),
            Scheme::List(_) => format!("List{number}"),
        }
    }

    /// All elements of all lists must be of one type and differ.
    fn check_lists(&self, lists: &[Vector]) -> Result<()> {
        let Some(first) = lists.first() else { return Err(refused("LIST needs at least one list.")) };
        let mut all = Vector::empty(first.ty, 0);
        for list in lists {
            if list.ty != first.ty {
                return Err(refused("The lists of a LIST level must be of one type."));
            }
            all.append(list)?;
        }
        self.check_elements(&all)
    }

    fn check_elements(&self, elements: &Vector) -> Result<()> {
        if elements.len() == self.gone.len() {
            return Err(refused("There must be at least one element."));
        }
        for row in 0..elements.len() {
            // dolphindb-semantics §3.2; only the number is documented.
            let invisible = |text: &str| text.bytes().any(|byte| byte <= 32 || byte == 127);
            if elements.text(row).is_some_and(invisible) {
                return Err(Error::runtime(
                    "A string partition value must not contain invisible characters. RefId:S01018",
                ));
            }
        }
        let distinct = self.unrepeated(elements);
        if distinct { Ok(()) } else { Err(refused("Elements must be distinct and not NULL.")) }
    }
}

fn check_boundaries(boundaries: &Vector) -> Result<()> {
    let ascending = (1..boundaries.len()).all(|row| boundaries.compare(row - 1, boundaries, row).is_lt());
    if boundaries.len() < 2 || !ascending || boundaries.is_null(0) {
        return Err(refused("RANGE needs at least two boundaries in ascending order, none of them NULL."));
    }
    Ok(())
}

/// Whether every cell of the temporal type `fine` lies within one cell of `coarse`.
fn refines(fine: Type, coarse: Type) -> bool {
    if !fine.is_temporal() || !coarse.is_temporal() || calendar::is_clock(fine) != calendar::is_clock(coarse)
    {
        return false;
    }
    match (calendar::tick(fine), calendar::tick(coarse)) {
        (Some(fine), Some(coarse)) => fine <= coarse,
        (_, coarse) => coarse.is_none(),
    }
}

fn path_text(cells: &Vector, row: usize) -> String {
    let text = text::cell(cells, row);
    if cells.ty.is_temporal() { text.replace(['.', ':'], "") } else { text }
}

/// The server's wordings for a bad scheme are not documented.
fn refused(why: &str) -> Error {
    Error::argument("database", format!("The partition scheme is invalid: {why}"))
}
