//! What lies in a piece, written beside the server's own files when the piece is complete.
use std::fs;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::data::Fingerprint;
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::model::{TableName, Unit};
use crate::plan::Draft;

/// The record's file in the piece's folder.
const FILE: &str = "clusterSync.piece";
/// The version of the record.
const VERSION: u32 = 1;

/// How rows were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// By a query.
    Rows,
    /// As the server's own files, all partitions at one moment.
    Snapshot,
}

/// What a piece holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    version: u32,
    /// The database that was backed up.
    pub db: String,
    /// The table that was backed up.
    pub table: String,
    /// The columns, in their order.
    pub columns: Vec<String>,
    /// The condition that its rows passed.
    pub filter: Option<String>,
    /// How they were taken.
    pub kind: Kind,
    /// Its partitions.
    pub parts: Vec<Part>,
}

/// A partition in a piece.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its path within the database.
    pub partition: String,
    /// Its rows.
    pub rows: u64,
    /// The sum of their hashes in hexadecimal.
    pub sum: String,
}

impl Part {
    /// The partition `partition` with these rows.
    pub fn new(partition: String, held: Fingerprint) -> Part {
        Part { partition, rows: held.rows, sum: format!("{:032x}", held.sum) }
    }

    /// The fingerprint of its rows; `None` when the record was tampered with.
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        let sum = u128::from_str_radix(&self.sum, 16).ok()?;
        Some(Fingerprint { rows: self.rows, sum })
    }
}

impl Piece {
    /// Of `table`.
    pub fn new(table: &TableName, columns: &[String], filter: Option<&str>, kind: Kind) -> Piece {
        Piece {
            version: VERSION,
            db: table.db.clone(),
            table: table.table.clone(),
            columns: columns.to_vec(),
            filter: filter.map(str::to_owned),
            kind,
            parts: Vec::new(),
        }
    }

    /// Reads the record in `folder`; `None` when there is none, so that the piece is incomplete or was
    /// made by the server's own functions.
    ///
    /// # Errors
    /// `State` when it cannot be read or is of another version.
    pub fn read(folder: &Path) -> Result<Option<Piece>> {
        let path = folder.join(FILE);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| failed("read", &path, error))?,
        };
        let piece: Option<Piece> = serde_json::from_slice(&bytes).ok();
        piece.filter(|piece| piece.version == VERSION).map(Some).ok_or_else(|| {
            let what = format!("{} is damaged or of another version of clusterSync", path.display());
            Error::new(ErrorKind::State, what).advise("remove the folder and back up again")
        })
    }

    /// Writes the record into `folder`, whole and on disk before it has its name.
    ///
    /// # Errors
    /// `State` when it cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let (path, draft) = (folder.join(FILE), folder.join("clusterSync.draft"));
        let text = serde_json::to_vec_pretty(self).expect("a record is plain data");
        let written = fs::File::create(&draft).and_then(|mut file| {
            file.write_all(&text)?;
            file.sync_all()
        });
        let written = written.and_then(|()| fs::rename(&draft, &path));
        written.map_err(|error| failed("written", &path, error))
    }
}

/// The folder of one table's pieces, or of one unit's piece: `words` with everything but plain
/// characters written as hexadecimal, so that it is one component of a path on every machine.
pub fn folder_of(words: &[&str]) -> String {
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
    let safe = |word: &&str| -> String {
        word.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("={b:02x}") }).collect()
    };
    let name = words.iter().map(safe).collect::<Vec<_>>().join("+");
    match name.len() {
        0..=200 => name,
        _ => format!("{}+{:08x}", &name[..180], crc32c::crc32c(name.as_bytes())),
    }
}

/// The folder of `unit` among those of its table. Each condition has its own: what a server does with
/// a backup of another one is not documented (dolphindb-semantics §1.5).
pub fn name_of(draft: &Draft, unit: &Unit) -> String {
    let mut words: Vec<&str> = unit.keys.iter().map(|key| key.label.as_str()).collect();
    let rows = draft.rows(unit);
    let condition = match rows.filter.is_some() || rows.window.is_some() {
        true => format!("{:08x}", crc32c::crc32c(rows.count().as_bytes())),
        false => String::new(),
    };
    words.extend([condition.as_str()].into_iter().filter(|text| !text.is_empty()));
    if unit.keys.is_empty() {
        words.insert(0, "all");
    }
    folder_of(&words)
}

fn failed(done: &str, path: &Path, error: std::io::Error) -> Error {
    Error::new(ErrorKind::State, format!("{} cannot be {done} ({error})", path.display()))
        .advise("check the directory and its disk")
        .caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_apart_and_in_their_folder() {
        let names = ["../x", "a/b", "a b", "a=20b", "é", "", ".", "20130101"];
        let made: Vec<String> = names.iter().map(|name| folder_of(&["db", name])).collect();
        for (i, name) in made.iter().enumerate() {
            assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"=+-_".contains(&b)), "{name}");
            assert!(!made[..i].contains(name), "{name}");
        }
        let long = folder_of(&["x".repeat(300).as_str()]);
        assert!(long.len() < 200 && long != folder_of(&["x".repeat(301).as_str()]));
        assert_eq!(folder_of(&["20130101", "Key0"]), "20130101+Key0");
    }

    #[test]
    fn a_record_reads_as_written_and_a_damaged_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Piece::read(folder.path()).unwrap(), None);
        let table = TableName::new("dfs://db", "t");
        let mut piece = Piece::new(&table, &["a".into()], Some("a > 1"), Kind::Rows);
        piece.parts.push(Part::new("/1".into(), Fingerprint { rows: 3, sum: u128::MAX - 7 }));
        piece.write(folder.path()).unwrap();
        let read = Piece::read(folder.path()).unwrap().unwrap();
        assert_eq!(read, piece);
        assert_eq!(read.parts[0].fingerprint(), Some(Fingerprint { rows: 3, sum: u128::MAX - 7 }));
        fs::write(folder.path().join(FILE), b"{\"version\":2}").unwrap();
        assert_eq!(Piece::read(folder.path()).unwrap_err().kind(), ErrorKind::State);
    }
}
