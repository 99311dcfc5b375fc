//! One level of a database's partitioning.
use crate::error::{Error, Result};
use crate::value::{Type, Vector};

/// How a level splits rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Scheme {
    /// One partition per element.
    Value(Vector),
    /// Partition i holds `[boundary i, boundary i+1)`.
    Range(Vector),
    Hash {
        ty: Type,
        buckets: u32,
    },
}

/// A level; partitions are numbered from 0 in the order of the scheme.
#[derive(Clone, Debug)]
pub struct Level {
    scheme: Scheme,
}

impl Level {
    pub fn new(scheme: Scheme) -> Result<Level> {
        Ok(Level { scheme })
    }

    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// The type of the scheme's elements; a table's column may be of a finer temporal type.
    pub fn ty(&self) -> Type {
        match &self.scheme {
            Scheme::Value(cells) | Scheme::Range(cells) => cells.ty,
            Scheme::Hash { ty, .. } => *ty,
        }
    }

    /// How many partitions there are.
    pub fn count(&self) -> usize {
        match &self.scheme {
            Scheme::Value(elements) => elements.len(),
            Scheme::Range(boundaries) => boundaries.len() - 1,
            Scheme::Hash { buckets, .. } => *buckets as usize,
        }
    }

    /// The partitions that `partition(column, keys)` names: VALUE by element, RANGE by index,
    /// HASH by bucket; a key outside the scheme raises "out of range" (dolphindb-semantics §5.3).
    pub fn named(&self, _keys: &Vector) -> Result<Vec<u32>> {
        Err(Error::runtime("not yet"))
    }
}
