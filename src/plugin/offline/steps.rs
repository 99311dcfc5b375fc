//! `backupTo`: the first step of a sync alone.
use std::fs;
use std::path::Path;

use super::options::Offline;
use crate::cluster::{Host, count, describe, tables, units};
use crate::data::Datum;
use crate::error::{Error, Kind, Result};
use crate::model::TableName;
use crate::offline::{Backup, Kind as PieceKind, Part, Piece, folder_of, name_of, save, seal, sweep};
use crate::online;
use crate::plan::{Counterpart, Draft};
use crate::plugin::call::arguments::{argument, optional_text, text, usage};
use crate::plugin::call::caller;
use crate::plugin::call::request::database;
use crate::plugin::call::table::{longs, table, texts};
use crate::plugin::node::{config, roots};
use crate::ship::size;

/// The parameters as the manual writes them.
pub(in super::super) const BACKUP: &str =
    "clusterSync::backupTo(backupDir, dbPath, [tableName], [filter], [options])";

/// What was backed up of one table.
struct Saved {
    table: TableName,
    folder: String,
    partitions: u64,
    rows: u64,
    bytes: u64,
}

/// Backs up tables of this cluster into pieces with records, to be shipped and restored later.
pub(in super::super) fn backup_to(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    let dir = text(args, 0, "backupDir", BACKUP)?.trim_end_matches('/');
    let db = database(args, 1, BACKUP)?;
    let filter = optional_text(args, 3, "filter", BACKUP)?;
    let args = &config::completed(host, args, 4, &Offline::known())?;
    let given = Offline::parse(argument(args, 4))?;
    caller::administrator(host)?;
    roots::permitted(host, dir)?;
    let names = match optional_text(args, 2, "tableName", BACKUP)? {
        Some(name) => vec![name.to_owned()],
        None => tables(host, &db)?,
    };
    let saved = names.iter().map(|name| {
        let table = TableName::new(&db, name);
        let folder = format!("{dir}/{}", folder_of(&[db.trim_start_matches("dfs://"), name]));
        let schema = describe(host, &table)?;
        let draft = Draft {
            units: units(&schema)?,
            columns: schema.columns.into_iter().map(|column| column.name).collect(),
            filter: filter.map(str::to_owned),
            counterpart: Counterpart::same(&table, filter),
            target: dir.to_owned(),
            destination: dir.to_owned(),
            window: None,
            creation: crate::plan::Creation::default(),
            makes: Vec::new(),
            remembered: None,
            marks: Vec::new(),
            notes: Vec::new(),
            table,
        };
        match given.consistent.unwrap_or(filter.is_none()) {
            true if filter.is_some() => {
                Err(usage("a table that is taken at one moment takes no filter", BACKUP))
            }
            true => snapshot(host, &draft, folder),
            false => pieces(host, &draft, folder),
        }
    });
    let saved = saved.collect::<Result<Vec<_>>>()?;
    Ok(table([
        ("dbPath", texts(&saved, |saved| &saved.table.db)),
        ("tableName", texts(&saved, |saved| &saved.table.table)),
        ("directory", texts(&saved, |saved| &saved.folder)),
        ("partitions", longs(&saved, |saved| saved.partitions)),
        ("rows", longs(&saved, |saved| saved.rows)),
        ("bytes", longs(&saved, |saved| saved.bytes)),
    ]))
}

/// One piece per partition that has rows; pieces of partitions that have none any more are removed.
fn pieces(host: &mut dyn Host, draft: &Draft, folder: String) -> Result<Saved> {
    let root = Path::new(&folder);
    make(root)?;
    let (mut partitions, mut rows, mut bytes) = (0, 0, 0);
    for unit in &draft.units {
        if host.is_cancelled() {
            return Err(Error::new(Kind::Cancelled, "the user cancelled")
                .advise("pieces that are complete stay for the next call"));
        }
        let piece = root.join(name_of(draft, unit));
        if count(host, draft.rows(unit))? == 0 {
            remove(&piece)?;
            continue;
        }
        let backup = Backup { dir: piece.to_string_lossy().into_owned(), table: draft.table.clone() };
        let named = |error: Error| error.context(format!("partition {unit} of {}", draft.table));
        sweep(&piece, draft)?;
        let held = save(host, &backup, draft, unit).map_err(named)?;
        rows += seal(host, &backup, &piece, draft, &held).map_err(named)?.rows;
        partitions += 1;
        bytes += size(&piece)?;
    }
    remove(&root.join("snapshot"))?;
    Ok(Saved { table: draft.table.clone(), folder, partitions, rows, bytes })
}

/// The whole table at one moment, as files.
fn snapshot(host: &mut dyn Host, draft: &Draft, folder: String) -> Result<Saved> {
    let piece = Path::new(&folder).join("snapshot");
    make(&piece)?;
    let backup = Backup { dir: piece.to_string_lossy().into_owned(), table: draft.table.clone() };
    backup.take_snapshot(host)?;
    backup.check(host)?;
    let levels = draft.units.first().map_or(0, |unit| unit.keys.len());
    let mut record = Piece::new(&draft.table, &draft.columns, None, PieceKind::Snapshot);
    for held in backup.list(host, levels)?.into_iter().filter(|held| held.rows > 0) {
        let unit = draft.units.iter().find(|unit| unit.to_string() == held.partition);
        let unit = unit.ok_or_else(|| {
            Error::new(
                Kind::Mismatch,
                format!("partition {} came while {} was backed up", held.partition, draft.table),
            )
            .advise("repeat the call")
        })?;
        let found = online::look(host, draft.rows(unit), &draft.columns)?;
        if found.rows != held.rows {
            let what = format!(
                "partition {unit} of {} has {} rows but {} were backed up",
                draft.table, found.rows, held.rows
            );
            return Err(Error::new(Kind::Mismatch, what)
                .advise("repeat the call while nobody writes to it, or give consistent=false"));
        }
        record.parts.push(Part::new(held.partition, found));
    }
    record.write(&piece)?;
    let rows = record.parts.iter().map(|part| part.rows).sum();
    let (partitions, bytes) = (record.parts.len() as u64, size(&piece)?);
    Ok(Saved { table: draft.table.clone(), folder, partitions, rows, bytes })
}

fn make(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|error| unusable("made", folder, error))
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unusable("removed", folder, error)),
        _ => Ok(()),
    }
}

fn unusable(done: &str, path: &Path, error: std::io::Error) -> Error {
    Error::new(Kind::State, format!("the directory {} cannot be {done} ({error})", path.display()))
        .advise("let the user that runs the server do so, or give another one")
        .caused_by(error)
}
