//! Databases and partitioned tables on disk.
use std::path::{Path, PathBuf};

use crate::error::Result;

/// Every database below one directory.
#[derive(Debug)]
pub struct Store {
    pub root: PathBuf,
}

#[derive(Debug)]
pub struct Database;

#[derive(Debug)]
pub struct PartitionedTable;

impl Store {
    /// Opens the store below `root`, dropping what a crash left half written.
    pub fn open(root: &Path) -> Result<Store> {
        Ok(Store { root: root.to_owned() })
    }
}
