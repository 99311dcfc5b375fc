//! Databases and partitioned tables on disk, below one directory:
//!
//! ```text
//! <database>/domain          its description: levels, engine, owner
//! <database>/<table>/shape   name, columns, partition columns
//! <database>/<table>/log     commits, each with the columns of the rows that it adds
//! ```
//!
//! A write adds one record to `log` and makes it durable. A process that is killed before has
//! written nothing.
mod bytes;
mod cells;
mod check;
mod chunks;
mod coerce;
mod commit;
mod describe;
mod directory;
mod disk;
mod domain;
mod identity;
mod level;
mod log;
mod metadata;
mod record;
mod scan;
mod selection;
mod shape;
mod shared;
mod split;
mod symbols;
mod table;
mod transaction;
mod unique;
mod upsert;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::RwLock;

pub use bytes::{read_whole, write_whole};
pub use disk::{Disk, Trouble};
pub use identity::{ChunkMeta, Identity};
pub use level::{Level, Scheme, bucket};
pub use selection::{Comparison, Selection};
pub use shape::{
    Database, DecimalScale, KeepDuplicates, MissingPartitions, NewValuePolicy, Policies, TableShape,
};
pub use table::PartitionedTable;
pub use upsert::{Upsert, Upserted};

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::value::Vector;
use domain::Domain;
use shared::Shared;

/// Every database below one directory.
#[derive(Debug)]
pub struct Store {
    pub root: PathBuf,
    domains: RwLock<BTreeMap<String, Arc<Domain>>>,
    policies: Policies,
    shared: Arc<Shared>,
}

impl Store {
    /// Opens the store below `root` by the machine's clock.
    pub fn open(root: &Path) -> Result<Store> {
        Store::open_by(root, Arc::default())
    }

    /// Opens the store below `root`, dropping what a crash left half written.
    pub fn open_by(root: &Path, clock: Arc<Clock>) -> Result<Store> {
        let shared = Arc::new(Shared::by(clock));
        let mut domains = BTreeMap::new();
        for dir in directory::sweep(root)? {
            let domain = Domain::open(dir, shared.clone())?;
            domains.insert(domain.database().url.clone(), Arc::new(domain));
        }
        Ok(Store {
            root: root.to_owned(),
            domains: RwLock::new(domains),
            policies: Policies::default(),
            shared,
        })
    }

    /// The same store with other settings.
    pub fn with_policies(self, policies: Policies) -> Store {
        Store { policies, ..self }
    }

    /// Where it writes.
    pub fn disk(&self) -> &Arc<Disk> {
        &self.shared.disk
    }

    /// The urls of all databases.
    pub fn databases(&self) -> Vec<String> {
        self.domains.read().keys().cloned().collect()
    }

    pub fn has_database(&self, url: &str) -> bool {
        self.domains.read().contains_key(url)
    }

    pub fn database(&self, url: &str) -> Result<Arc<Database>> {
        self.domain(url).map(|domain| domain.database())
    }

    /// Makes a database; its chunks get ids of their own.
    pub fn create_database(&self, mut database: Database) -> Result<Arc<Database>> {
        database.id = Identity::random();
        let url = database.url.clone();
        check::database(&database)?;
        let mut domains = self.domains.write();
        if domains.contains_key(&url) {
            return Err(Error::runtime(format!("The database {url} already exists.")));
        }
        let domain = Arc::new(Domain::create(&self.root, database, self.shared.clone())?);
        domains.insert(url, domain.clone());
        Ok(domain.database())
    }

    pub fn drop_database(&self, url: &str) -> Result<()> {
        let mut domains = self.domains.write();
        domains.get(url).ok_or_else(|| no_database(url))?.remove()?;
        domains.remove(url);
        Ok(())
    }

    /// Adds elements to a VALUE level or boundaries to a RANGE level; returns how many partitions
    /// are new. Handles that exist do not see them.
    pub fn add_partitions(&self, url: &str, level: usize, more: &Vector) -> Result<usize> {
        self.domain(url)?.grow(level, more).map(|(_, new)| new)
    }

    /// Removes VALUE elements of the first level; their partitions must be without chunks.
    pub fn remove_values(&self, url: &str, numbers: &[u32]) -> Result<()> {
        let domain = self.domain(url)?;
        let level = domain.database().levels[0].without(numbers)?;
        domain.change(|database| database.levels[0] = level).map(drop)
    }

    /// `TRANS` or `CHUNK` from now on.
    pub fn set_atomic(&self, url: &str, atomic: &str) -> Result<()> {
        self.domain(url)?.change(|database| database.atomic = atomic.to_owned()).map(drop)
    }

    pub fn tables(&self, url: &str) -> Result<Vec<String>> {
        self.domain(url).map(|domain| domain.tables())
    }

    pub fn table(&self, url: &str, name: &str) -> Result<Arc<PartitionedTable>> {
        let domain = self.domain(url)?;
        let stored = domain.table(name).ok_or_else(|| no_table(url, name))?;
        Ok(self.handle(domain, stored))
    }

    pub fn create_table(&self, url: &str, shape: TableShape) -> Result<Arc<PartitionedTable>> {
        let domain = self.domain(url)?;
        check::table(&domain.database(), &shape)?;
        let stored = domain.create_table(shape)?;
        Ok(self.handle(domain, stored))
    }

    /// The table that a description tells of, made if it or its database is missing. It may get
    /// another database and name.
    pub fn recreate(&self, description: &[u8], url: &str, name: &str) -> Result<Arc<PartitionedTable>> {
        let (mut database, mut shape) = describe::decode(description)?;
        if !self.has_database(url) {
            database.url = url.to_owned();
            self.create_database(database)?;
        }
        if self.tables(url)?.iter().any(|own| own == name) {
            return self.table(url, name);
        }
        shape.name = name.to_owned();
        self.create_table(url, shape)
    }

    pub fn drop_table(&self, url: &str, name: &str) -> Result<()> {
        if self.domain(url)?.drop_table(name)? { Ok(()) } else { Err(no_table(url, name)) }
    }

    fn handle(&self, domain: Arc<Domain>, stored: Arc<domain::Stored>) -> Arc<PartitionedTable> {
        let (database, shape, policies) = (domain.database(), stored.shape(), self.policies);
        Arc::new(PartitionedTable { database, domain, stored, shape, policies })
    }

    fn domain(&self, url: &str) -> Result<Arc<Domain>> {
        self.domains.read().get(url).cloned().ok_or_else(|| no_database(url))
    }
}

/// The server's wordings for these four are not documented.
fn no_database(url: &str) -> Error {
    Error::runtime(format!("The database {url} does not exist."))
}

fn no_table(url: &str, name: &str) -> Error {
    Error::runtime(format!("The table {name} does not exist in the database {url}."))
}

#[cfg(test)]
mod tests;
