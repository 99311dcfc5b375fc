//! One unit into a piece of its own.
use std::fs;
use std::path::Path;

use super::backup::{Backup, Held};
use super::piece::{Kind as PieceKind, Part, Piece};
use crate::cluster::Cluster;
use crate::data::Fingerprint;
use crate::error::{Error, Kind, Result};
use crate::model::Unit;
use crate::online;
use crate::plan::Draft;

/// Removes what a backup that never came to its end has left in `folder`: what a server would make of
/// it, or of one with other columns, is not documented.
pub fn sweep(folder: &Path, draft: &Draft) -> Result<()> {
    // A record that cannot be read is as good as none.
    let is_same = |piece: Piece| piece.columns == draft.columns && piece.filter == draft.filter;
    if !folder.exists() || Piece::read(folder).ok().flatten().is_some_and(is_same) {
        return Ok(());
    }
    fs::remove_dir_all(folder).map_err(|error| {
        Error::new(Kind::State, format!("{} cannot be removed ({error})", folder.display()))
            .advise("remove it, then repeat the call")
            .caused_by(error)
    })
}

/// Backs up `unit`, makes the server check what it wrote, and says what that is.
pub fn save(server: &mut dyn Cluster, backup: &Backup, draft: &Draft, unit: &Unit) -> Result<Held> {
    let rows = draft.rows(unit);
    backup.take(server, rows, &draft.columns, false)?;
    // The server decides by metadata what has changed, so damage stays unless it is forced
    // (dolphindb-semantics §1.5).
    if backup.check(server).is_err() {
        backup.take(server, rows, &draft.columns, true)?;
        backup.check(server)?;
    }
    let mut held = backup.list(server, unit.keys.len())?;
    match (held.pop(), held.len()) {
        (Some(only), 0) => Ok(only),
        (_, more) => {
            let what = format!("its backup holds {} partitions instead of one", more);
            Err(Error::new(Kind::Mismatch, what).advise("report this with the table's schema"))
        }
    }
}

/// Reads back what a piece on this node holds and writes its record into `folder`.
pub fn seal(
    server: &mut dyn Cluster,
    backup: &Backup,
    folder: &Path,
    draft: &Draft,
    held: &Held,
) -> Result<Fingerprint> {
    let found = online::fingerprint(&backup.load(server, &held.partition, &draft.columns)?);
    if found.rows != held.rows {
        let what = format!("its backup lists {} rows but holds {}", held.rows, found.rows);
        return Err(Error::new(Kind::Mismatch, what).advise("remove the directory and repeat the call"));
    }
    let mut piece = Piece::new(&draft.table, &draft.columns, draft.filter.as_deref(), PieceKind::Rows);
    piece.parts.push(Part::new(held.partition.clone(), found));
    piece.write(folder)?;
    Ok(found)
}
