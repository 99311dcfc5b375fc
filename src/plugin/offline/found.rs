//! What a directory of backups holds of a table, and whether that is what its records say.
use std::collections::HashMap;
use std::path::Path;

use crate::cluster::Host;
use crate::data::Fingerprint;
use crate::error::{Error, Kind, Result};
use crate::model::{TableName, Unit};
use crate::offline::{Backup, Kind as PieceKind, Piece, folder_of};
use crate::online;
use crate::ship::{folders, size};

/// A partition that a backup holds.
pub(super) struct Found {
    pub unit: Unit,
    pub backup: Backup,
    pub is_snapshot: bool,
    /// Its rows; of files that nobody has left a record of, only how many.
    pub held: Fingerprint,
    pub by_count: bool,
    /// What its files take.
    pub bytes: u64,
}

/// Every partition of `table` that the directory holds, and the condition that its rows passed.
pub(super) fn find(
    host: &mut dyn Host,
    dir: &str,
    table: &TableName,
    (columns, levels, known): (&[String], usize, &HashMap<String, Unit>),
) -> Result<(Vec<Found>, Option<String>)> {
    let own = format!("{dir}/{}", folder_of(&[table.db.trim_start_matches("dfs://"), &table.table]));
    let unit = |partition: &str| {
        known.get(partition).cloned().ok_or_else(|| {
            Error::new(
                Kind::Schema,
                format!("{table} has no partition {partition}, which the backup in {dir} holds"),
            )
            .advise("add it with addValuePartitions, or create the table with the source's partitioning")
        })
    };
    if !Path::new(&own).is_dir() {
        return Ok((foreign(host, dir, table, (columns, levels), &unit)?, None));
    }
    let (mut found, mut filter) = (Vec::new(), None);
    for name in folders(Path::new(&own))? {
        let folder = format!("{own}/{name}");
        let Some(piece) = Piece::read(Path::new(&folder))? else {
            return Err(Error::new(Kind::State, format!("the piece {folder} is not complete"))
                .advise("ship it again, or back up again"));
        };
        require_same(&piece, table, columns, &folder)?;
        filter.clone_from(&piece.filter);
        let backup = Backup { dir: folder.clone(), table: table.clone() };
        let is_snapshot = piece.kind == PieceKind::Snapshot;
        backup.check(host)?;
        let chunks: HashMap<String, String> = match is_snapshot {
            true => backup.list(host, levels)?.into_iter().map(|held| (held.partition, held.chunk)).collect(),
            false => HashMap::new(),
        };
        for part in &piece.parts {
            let held = part.fingerprint().ok_or_else(|| {
                Error::new(Kind::State, format!("the record of the piece {folder} is damaged"))
                    .advise("ship it again")
            })?;
            if !is_snapshot {
                require_rows(host, &backup, (&part.partition, held), columns)?;
            }
            let unit = unit(&part.partition)?;
            let bytes = match chunks.get(&part.partition) {
                Some(chunk) => size(&Path::new(&folder).join(backup.folder()).join(chunk))?,
                None => size(Path::new(&folder))?,
            };
            found.push(Found { unit, backup: backup.clone(), is_snapshot, held, by_count: false, bytes });
        }
    }
    Ok((found, filter))
}

/// What a directory of the server's own `backup` holds.
fn foreign(
    host: &mut dyn Host,
    dir: &str,
    table: &TableName,
    (columns, levels): (&[String], usize),
    unit: &dyn Fn(&str) -> Result<Unit>,
) -> Result<Vec<Found>> {
    let backup = Backup { dir: dir.to_owned(), table: table.clone() };
    let root = Path::new(dir).join(table.db.trim_start_matches("dfs://")).join(&table.table);
    let mut found = Vec::new();
    backup.check(host)?;
    for held in backup.list(host, levels)? {
        // A backup by query has a file per partition, one by files a folder (dolphindb-semantics §1.4).
        let own = root.join(&held.chunk);
        let is_snapshot = own.is_dir();
        let rows = match is_snapshot {
            true => Fingerprint { rows: held.rows, sum: 0 },
            false => online::fingerprint(&backup.load(host, &held.partition, columns)?),
        };
        if rows.rows > 0 {
            let unit = unit(&held.partition)?;
            found.push(Found {
                unit,
                backup: backup.clone(),
                is_snapshot,
                held: rows,
                by_count: is_snapshot,
                bytes: if is_snapshot { size(&own)? } else { own.metadata().map_or(0, |file| file.len()) },
            });
        }
    }
    Ok(found)
}

/// What is in a piece must be what its record says: another piece, or an older one, may have been put
/// in its place.
fn require_rows(
    host: &mut dyn Host,
    backup: &Backup,
    (partition, held): (&str, Fingerprint),
    columns: &[String],
) -> Result<()> {
    if online::fingerprint(&backup.load(host, partition, columns)?) == held {
        return Ok(());
    }
    let what = format!(
        "the piece {} does not hold the rows of partition {partition} that were backed up",
        backup.dir
    );
    Err(Error::new(Kind::Mismatch, what).advise("ship it again"))
}

fn require_same(piece: &Piece, table: &TableName, columns: &[String], folder: &str) -> Result<()> {
    if piece.db != table.db || piece.table != table.table {
        let what = format!("the piece {folder} is of {}/{}, not of {table}", piece.db, piece.table);
        return Err(Error::new(Kind::Refused, what).advise("put it back into its own directory"));
    }
    match piece.columns == columns {
        true => Ok(()),
        false => {
            let what =
                format!("the columns of {table} are not those of the piece {folder}, or in another order");
            Err(Error::new(Kind::Schema, what).advise(
                "create the table like the source's, or use clusterSync::syncOffline, which reorders them",
            ))
        }
    }
}
