//! One database's directory: its description and its tables.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use super::bytes::{read_whole, sync_directory_of};
use super::chunks::Chunks;
use super::describe::{decode_database, decode_table, encode_database, encode_table};
use super::directory::{file_name, make, remove, sweep};
use super::identity::Identity;
use super::shared::Shared;
use super::transaction::Locks;
use super::{Database, TableShape};
use crate::error::{Error, Result};
use crate::value::Vector;

/// A table on disk.
#[derive(Debug)]
pub struct Stored {
    shape: RwLock<Arc<TableShape>>,
    /// Distinguishes the tables of a database in chunk paths.
    pub number: u32,
    pub id: Identity,
    pub chunks: Chunks,
}

impl Stored {
    pub fn shape(&self) -> Arc<TableShape> {
        self.shape.read().clone()
    }
}

#[derive(Debug)]
pub struct Domain {
    dir: PathBuf,
    shared: Arc<Shared>,
    /// Of chunks that tables share.
    locks: Arc<Mutex<Locks>>,
    database: RwLock<Arc<Database>>,
    tables: RwLock<BTreeMap<String, Arc<Stored>>>,
}

impl Domain {
    /// Makes the directory of a new database; it is there whole or not at all.
    pub fn create(root: &Path, database: Database, shared: Arc<Shared>) -> Result<Domain> {
        let dir = root.join(file_name(&database.url));
        make(&dir, |new| shared.disk.write_whole(&new.join("domain"), &encode_database(&database)))?;
        Ok(Domain::of(dir, database, shared))
    }

    fn of(dir: PathBuf, database: Database, shared: Arc<Shared>) -> Domain {
        let database = RwLock::new(Arc::new(database));
        Domain { dir, shared, locks: Arc::default(), database, tables: RwLock::default() }
    }

    pub fn open(dir: PathBuf, shared: Arc<Shared>) -> Result<Domain> {
        let database = decode_database(&read_whole(&dir.join("domain"))?)?;
        let domain = Domain::of(dir, database, shared);
        for entry in sweep(&domain.dir)? {
            let (shape, number, id) = decode_table(&read_whole(&entry.join("shape"))?)?;
            let chunks = domain.open_chunks(&entry, &shape)?;
            let name = shape.name.clone();
            let stored = Stored { number, id, chunks, shape: RwLock::new(Arc::new(shape)) };
            domain.tables.write().insert(name, Arc::new(stored));
        }
        Ok(domain)
    }

    fn open_chunks(&self, dir: &Path, shape: &TableShape) -> Result<Chunks> {
        let shares = self.database().shares_chunks() && !shape.partition_columns.is_empty();
        let locks = if shares { self.locks.clone() } else { Arc::default() };
        Chunks::open(dir, self.shared.clone(), locks)
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
            self.store(&mut current, |database| database.levels[level] = grown)?;
        }
        Ok((current.clone(), new))
    }

    /// The database after a change of its description.
    pub fn change(&self, change: impl FnOnce(&mut Database)) -> Result<Arc<Database>> {
        let mut current = self.database.write();
        self.store(&mut current, change)?;
        Ok(current.clone())
    }

    fn store(&self, current: &mut Arc<Database>, change: impl FnOnce(&mut Database)) -> Result<()> {
        let mut database = Database::clone(current);
        change(&mut database);
        self.shared.disk.write_whole(&self.dir.join("domain"), &encode_database(&database))?;
        *current = Arc::new(database);
        Ok(())
    }

    /// Where the description is.
    pub fn file(&self) -> PathBuf {
        self.dir.join("domain")
    }

    /// Name, identity and description's place of every table.
    pub fn table_files(&self) -> Vec<(String, Identity, PathBuf)> {
        let file = |table: &Arc<Stored>| {
            let name = table.shape().name.clone();
            let place = self.dir.join(file_name(&name)).join("shape");
            (name, table.id, place)
        };
        self.tables.read().values().map(file).collect()
    }

    /// The partitioned tables, whose chunks may be shared.
    pub fn partitioned(&self) -> Vec<Arc<Stored>> {
        let tables = self.tables.read();
        tables.values().filter(|table| !table.shape().partition_columns.is_empty()).cloned().collect()
    }

    pub fn create_table(&self, shape: TableShape) -> Result<Arc<Stored>> {
        let mut tables = self.tables.write();
        if tables.contains_key(&shape.name) {
            let url = &self.database().url;
            return Err(Error::runtime(format!("The table {} already exists in {url}.", shape.name)));
        }
        let number = tables.values().map(|table| table.number + 1).max().unwrap_or(1);
        let id = Identity::random();
        let dir = self.dir.join(file_name(&shape.name));
        make(&dir, |new| {
            self.shared.disk.write_whole(&new.join("shape"), &encode_table(&shape, number, id))?;
            self.open_chunks(new, &shape)?;
            sync_directory_of(&new.join("log"))
        })?;
        let chunks = self.open_chunks(&dir, &shape)?;
        let name = shape.name.clone();
        let stored = Arc::new(Stored { number, id, chunks, shape: RwLock::new(Arc::new(shape)) });
        tables.insert(name, stored.clone());
        Ok(stored)
    }

    /// Changes a table's description; its name stays.
    pub fn alter(&self, table: &Stored, change: impl FnOnce(&mut TableShape) -> Result<()>) -> Result<()> {
        let mut current = table.shape.write();
        let mut shape = TableShape::clone(&current);
        change(&mut shape)?;
        let file = self.dir.join(file_name(&shape.name)).join("shape");
        self.shared.disk.write_whole(&file, &encode_table(&shape, table.number, table.id))?;
        *current = Arc::new(shape);
        Ok(())
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
