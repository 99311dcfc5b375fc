//! One database's directory: its description and its tables.
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::RwLock;

use super::bytes::{read_whole, sync_directory_of, write_whole};
use super::chunks::Chunks;
use super::describe::{decode_database, decode_table, encode_database, encode_table};
use super::directory::{NEW, file_name, remove, sweep};
use super::identity::Identity;
use super::{Database, TableShape};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::value::Vector;

/// A table on disk.
#[derive(Debug)]
pub struct Stored {
    pub shape: TableShape,
    /// Distinguishes the tables of a database in chunk paths.
    pub number: u32,
    pub id: Identity,
    pub chunks: Chunks,
}

#[derive(Debug)]
pub struct Domain {
    dir: PathBuf,
    clock: Arc<Clock>,
    database: RwLock<Arc<Database>>,
    tables: RwLock<BTreeMap<String, Arc<Stored>>>,
}

impl Domain {
    /// Makes the directory of a new database; it is there whole or not at all.
    pub fn create(root: &Path, database: Database, clock: Arc<Clock>) -> Result<Domain> {
        let dir = root.join(file_name(&database.url));
        let new = root.join(NEW);
        fs::create_dir(&new)?;
        write_whole(&new.join("domain"), &encode_database(&database))?;
        fs::rename(&new, &dir)?;
        sync_directory_of(&dir)?;
        Ok(Domain { dir, clock, database: RwLock::new(Arc::new(database)), tables: RwLock::default() })
    }

    pub fn open(dir: PathBuf, clock: Arc<Clock>) -> Result<Domain> {
        let database = decode_database(&read_whole(&dir.join("domain"))?)?;
        let mut tables = BTreeMap::new();
        for entry in sweep(&dir)? {
            let (shape, number, id) = decode_table(&read_whole(&entry.join("shape"))?)?;
            let chunks = Chunks::open(&entry, shape.columns.len(), clock.clone())?;
            tables.insert(shape.name.clone(), Arc::new(Stored { shape, number, id, chunks }));
        }
        Ok(Domain { dir, clock, database: RwLock::new(Arc::new(database)), tables: RwLock::new(tables) })
    }

    pub fn database(&self) -> Arc<Database> {
        self.database.read().clone()
    }

    pub fn tables(&self) -> Vec<String> {
        self.tables.read().keys().cloned().collect()
    }

    pub fn table(&self, name: &str) -> Option<Arc<Stored>> {
        self.tables.read().get(name).cloned()
    }

    /// The database with a larger scheme, and how many partitions are new.
    pub fn grow(&self, level: usize, more: &Vector) -> Result<(Arc<Database>, usize)> {
        let mut current = self.database.write();
        let own = current
            .levels
            .get(level)
            .ok_or_else(|| Error::runtime(format!("{} has no partition level {level}.", current.url)))?;
        let (grown, new) = own.grown(more)?;
        if new > 0 {
            let mut database = Database::clone(&current);
            database.levels[level] = grown;
            write_whole(&self.dir.join("domain"), &encode_database(&database))?;
            *current = Arc::new(database);
        }
        Ok((current.clone(), new))
    }

    pub fn create_table(&self, shape: TableShape) -> Result<Arc<Stored>> {
        let mut tables = self.tables.write();
        if tables.contains_key(&shape.name) {
            let url = &self.database().url;
            return Err(Error::runtime(format!("The table {} already exists in {url}.", shape.name)));
        }
        let number = tables.values().map(|table| table.number + 1).max().unwrap_or(1);
        let id = Identity::random();
        let new = self.dir.join(NEW);
        fs::create_dir(&new)?;
        write_whole(&new.join("shape"), &encode_table(&shape, number, id))?;
        Chunks::open(&new, shape.columns.len(), self.clock.clone())?;
        sync_directory_of(&new.join("log"))?;
        let dir = self.dir.join(file_name(&shape.name));
        fs::rename(&new, &dir)?;
        sync_directory_of(&dir)?;
        let chunks = Chunks::open(&dir, shape.columns.len(), self.clock.clone())?;
        let stored = Arc::new(Stored { number, id, chunks, shape });
        tables.insert(stored.shape.name.clone(), stored.clone());
        Ok(stored)
    }

    /// Removes a table; `false` if there is none. Handles that are still held cannot write.
    pub fn drop_table(&self, name: &str) -> Result<bool> {
        let mut tables = self.tables.write();
        let Some(table) = tables.get(name) else { return Ok(false) };
        table.chunks.close();
        remove(&self.dir.join(file_name(name)))?;
        tables.remove(name);
        Ok(true)
    }

    /// Removes the database and its tables.
    pub fn remove(&self) -> Result<()> {
        self.tables.read().values().for_each(|table| table.chunks.close());
        remove(&self.dir)
    }
}
