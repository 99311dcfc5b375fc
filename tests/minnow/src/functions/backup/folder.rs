//! One table's backup on disk: `<backupDir>/<database>/<table>/` with `_metaData`, `domain` and,
//! per partition, a file (SQL mode) or a directory with one (copy mode) that is named by the id of
//! the chunk (dolphindb-semantics §1.4). What is inside the files is not documented; here they hold
//! values as the API protocol writes them, after a checksum.
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::store::{ChunkMeta, Disk, read_whole, write_whole};
use crate::value::{Data, Dict, Table, Type, Value, Vector, text};
use crate::wire::{read_object, write_object};

/// How the rows were taken, which cannot change within a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Sql,
    Copy,
}

/// A partition in the backup.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub id: String,
    /// As the source cluster has it, with the table's physical index.
    pub path: String,
    /// The same without the index.
    pub partition: String,
    pub cid: i64,
    pub rows: i64,
    /// Milliseconds since 1970.
    pub updated: i64,
}

pub struct Folder {
    dir: PathBuf,
    pub mode: Mode,
    pub entries: Vec<Entry>,
    disk: Arc<Disk>,
}

impl Folder {
    /// The backup of a table, `None` if there is none.
    pub fn open(backup_dir: &str, url: &str, table: &str) -> Result<Option<Folder>> {
        let dir = place(backup_dir, url, table)?;
        if !dir.join("_metaData").exists() {
            return Ok(None);
        }
        let Value::Dict(meta) = read(&dir.join("_metaData"))? else { return Err(damaged(&dir)) };
        let mode = match meta.get("mode").and_then(Value::as_str) {
            Some("SQL") => Mode::Sql,
            _ => Mode::Copy,
        };
        let Some(Value::Table(entries)) = meta.get("chunks") else { return Err(damaged(&dir)) };
        let columns = &entries.columns;
        let text = |column: usize, row: usize| columns[column].text(row).unwrap_or_default().to_owned();
        let number = |column: usize, row: usize| columns[column].integer(row).unwrap_or_default();
        let entry = |row| Entry {
            id: text(0, row),
            path: text(1, row),
            cid: number(2, row),
            rows: number(3, row),
            updated: number(4, row),
            partition: text(5, row),
        };
        let entries = (0..entries.rows()).map(entry).collect();
        Ok(Some(Folder { dir, mode, entries, disk: Arc::default() }))
    }

    /// As [`Folder::open`], which must find something.
    pub fn existing(backup_dir: &str, url: &str, table: &str) -> Result<Folder> {
        let missing =
            || Error::runtime(format!("There is no backup of the table {table} of {url} in {backup_dir}."));
        Folder::open(backup_dir, url, table)?.ok_or_else(missing)
    }

    /// The backup to write to. A folder of the other mode is refused (dolphindb-semantics §1.3).
    pub fn writable(
        disk: &Arc<Disk>,
        backup_dir: &str,
        (url, table): (&str, &str),
        mode: Mode,
    ) -> Result<Folder> {
        match Folder::open(backup_dir, url, table)? {
            Some(folder) if folder.mode == mode => Ok(Folder { disk: disk.clone(), ..folder }),
            Some(_) => Err(Error::runtime(format!(
                "The directory {backup_dir} already holds a backup of the other mode. RefId: S01022"
            ))),
            None => {
                let dir = place(backup_dir, url, table)?;
                fs::create_dir_all(&dir)?;
                Ok(Folder { dir, mode, entries: Vec::new(), disk: disk.clone() })
            }
        }
    }

    /// The tables of a database that a directory holds backups of.
    pub fn tables(backup_dir: &str, url: &str) -> Result<Vec<String>> {
        let mut names = Vec::new();
        let dir = place(backup_dir, url, "")?;
        let listing =
            fs::read_dir(&dir).map_err(|error| Error::runtime(format!("{}: {error}", dir.display())))?;
        for entry in listing {
            let entry = entry?;
            if entry.path().join("_metaData").exists() {
                names.push(entry.file_name().to_string_lossy().into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Whether the backup has the chunk as it is now, judged by metadata alone
    /// (dolphindb-semantics §1.5).
    pub fn has(&self, chunk: &ChunkMeta) -> bool {
        let id = id_text(chunk.id);
        self.entries.iter().any(|entry| entry.id == id && entry.cid == chunk.cid as i64)
    }

    /// Writes a partition's rows over what the backup had of it.
    pub fn put(&mut self, chunk: &ChunkMeta, rows: &Table) -> Result<()> {
        let id = id_text(chunk.id);
        let file = self.file(&id);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        self.write(&file, &Value::Table(rows.clone().into()))?;
        self.entries.retain(|entry| entry.id != id);
        self.entries.push(Entry {
            id,
            path: chunk.path.clone(),
            partition: chunk.partition_path.clone(),
            cid: chunk.cid as i64,
            rows: rows.rows() as i64,
            updated: chunk.updated,
        });
        Ok(())
    }

    /// Forgets the partitions that `kept` does not name; returns how many.
    pub fn keep_only(&mut self, kept: &[ChunkMeta]) -> Result<usize> {
        let ids: Vec<String> = kept.iter().map(|chunk| id_text(chunk.id)).collect();
        let gone: Vec<String> =
            self.entries.iter().map(|entry| entry.id.clone()).filter(|id| !ids.contains(id)).collect();
        for id in &gone {
            fs::remove_dir_all(self.dir.join(id))?;
        }
        self.entries.retain(|entry| ids.contains(&entry.id));
        Ok(gone.len())
    }

    pub fn rows(&self, entry: &Entry) -> Result<Arc<Table>> {
        match read(&self.file(&entry.id))? {
            Value::Table(rows) => Ok(rows),
            _ => Err(damaged(&self.dir)),
        }
    }

    /// Fails unless the file of every partition is there.
    pub fn require_whole(&self) -> Result<()> {
        match self.entries.iter().find(|entry| !self.file(&entry.id).exists()) {
            None => Ok(()),
            Some(entry) => Err(Error::runtime(format!("The backup lacks the files of {}.", entry.path))),
        }
    }

    /// Names and types of the backed-up columns.
    pub fn columns(&self) -> Result<Vec<(String, Type)>> {
        let Some(first) = self.entries.first() else { return Ok(Vec::new()) };
        let rows = self.rows(first)?;
        Ok(rows.names.iter().cloned().zip(rows.columns.iter().map(|column| column.ty)).collect())
    }

    /// The database and table that the backup was taken from.
    pub fn domain(&self) -> Result<Vec<u8>> {
        Ok(fs::read(self.dir.join("domain"))?)
    }

    /// Makes what was put count.
    pub fn finish(&mut self, domain: &[u8]) -> Result<()> {
        self.entries.sort_by(|a, b| a.path.cmp(&b.path));
        fs::write(self.dir.join("domain"), domain)?;
        fs::write(self.dir.join("dolphindb.lock"), "")?;
        let mode = if self.mode == Mode::Sql { "SQL" } else { "COPY" };
        let mut stored = self.list();
        let partitions = self.entries.iter().map(|entry| entry.partition.as_str());
        stored.names.push("partition".into());
        stored.columns.push(Vector::strings(Type::String, partitions).into());
        let meta = [("mode", Value::string(mode)), ("chunks", Value::Table(stored.into()))];
        self.write(&self.dir.join("_metaData"), &Value::Dict(Dict::of_strings(meta).into()))
    }

    /// The table of getBackupList.
    pub fn list(&self) -> Table {
        let texts = |of: fn(&Entry) -> &str| Vector::strings(Type::String, self.entries.iter().map(of));
        let numbers = |ty, of: fn(&Entry) -> i64| {
            Vector::integers(ty, self.entries.iter().map(|entry| Some(of(entry))))
        };
        let columns = [
            ("chunkID", texts(|entry| &entry.id)),
            ("chunkPath", texts(|entry| &entry.path)),
            ("cid", numbers(Type::Long, |entry| entry.cid)),
            ("rows", numbers(Type::Long, |entry| entry.rows)),
            ("updateTime", numbers(Type::Timestamp, |entry| entry.updated)),
        ];
        Table::of(columns)
    }

    fn write(&self, path: &Path, value: &Value) -> Result<()> {
        let mut bytes = Vec::new();
        write_object(&mut bytes, value)?;
        self.disk.admit(bytes.len() as u64)?;
        write_whole(path, &bytes)
    }

    fn file(&self, id: &str) -> PathBuf {
        match self.mode {
            Mode::Sql => self.dir.join(id),
            Mode::Copy => self.dir.join(id).join("volume"),
        }
    }
}

/// `<backupDir>/<database>/<table>`. A name that leads out of the directory is refused.
fn place(backup_dir: &str, url: &str, table: &str) -> Result<PathBuf> {
    let database = url.trim_start_matches("dfs://");
    if database.split('/').chain([table]).any(|part| part == "..") {
        return Err(Error::runtime("A backup stays inside its directory."));
    }
    Ok(Path::new(backup_dir).join(database).join(table))
}

pub fn id_text(id: [u8; 16]) -> String {
    text::cell(&Vector::new(Type::Uuid, Data::B16(vec![id])), 0)
}

fn read(path: &Path) -> Result<Value> {
    read_object(&mut read_whole(path)?.as_slice())
}

fn damaged(path: &Path) -> Error {
    Error::runtime(format!("The backup {} is damaged.", path.display()))
}
