//! Databases and partitioned tables on disk.
mod level;
mod selection;
mod table;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use level::{Level, Scheme};
pub use selection::{Comparison, Selection};
pub use table::PartitionedTable;

use crate::error::{Error, Result};
use crate::value::{Type, Vector};

/// What happens to rows whose VALUE key is not in the scheme (dolphindb-semantics §3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewValuePolicy {
    /// They are dropped without a word.
    #[default]
    Skip,
    /// The scheme grows.
    Add,
    /// S01016.
    Fail,
}

/// A database's description as a handle sees it.
#[derive(Clone, Debug)]
pub struct Database {
    /// `dfs://name`; empty for a handle that only serves as a level of a COMPO database.
    pub url: String,
    pub levels: Vec<Level>,
    pub engine: String,
    /// `TRANS` or `CHUNK`.
    pub atomic: String,
    pub owner: String,
}

/// What a new table looks like.
#[derive(Clone, Debug)]
pub struct TableShape {
    pub name: String,
    pub columns: Vec<(String, Type)>,
    /// The position of each level's column; empty for a dimension table.
    pub partition_columns: Vec<usize>,
    pub owner: String,
}

/// Every database below one directory.
#[derive(Debug)]
pub struct Store {
    pub root: PathBuf,
}

impl Store {
    /// Opens the store below `root`, dropping what a crash left half written.
    pub fn open(root: &Path) -> Result<Store> {
        Ok(Store { root: root.to_owned() })
    }

    pub fn databases(&self) -> Vec<String> {
        Vec::new()
    }

    pub fn database(&self, url: &str) -> Result<Arc<Database>> {
        Err(Error::runtime(format!("not yet: {url}")))
    }

    pub fn create_database(&self, database: Database) -> Result<Arc<Database>> {
        Err(Error::runtime(format!("not yet: {}", database.url)))
    }

    pub fn drop_database(&self, url: &str) -> Result<()> {
        Err(Error::runtime(format!("not yet: {url}")))
    }

    /// Adds elements to a VALUE level or boundaries to a RANGE level; returns how many partitions
    /// are new.
    pub fn add_partitions(&self, url: &str, _level: usize, _more: &Vector) -> Result<usize> {
        Err(Error::runtime(format!("not yet: {url}")))
    }

    pub fn tables(&self, url: &str) -> Result<Vec<String>> {
        Err(Error::runtime(format!("not yet: {url}")))
    }

    pub fn table(&self, url: &str, name: &str) -> Result<Arc<PartitionedTable>> {
        Err(Error::runtime(format!("not yet: {url} {name}")))
    }

    pub fn create_table(&self, url: &str, shape: TableShape) -> Result<Arc<PartitionedTable>> {
        Err(Error::runtime(format!("not yet: {url} {}", shape.name)))
    }

    pub fn drop_table(&self, url: &str, name: &str) -> Result<()> {
        Err(Error::runtime(format!("not yet: {url} {name}")))
    }
}
