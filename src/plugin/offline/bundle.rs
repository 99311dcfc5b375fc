//! `exportBundle`, `inspectBundle`, `importBundle`: pieces carried by hand.
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::bundle::{Key, Manifest, Packed, examine, pack, unpack};
use crate::cluster::sql::Rows;
use crate::cluster::{Host, describe, units};
use crate::data::{Datum, Fingerprint};
use crate::error::{Error, Kind, Result};
use crate::model::{TableName, Unit};
use crate::offline::Piece;
use crate::online;
use crate::plugin::call::arguments::{argument, text};
use crate::plugin::call::caller;
use crate::plugin::call::table::{longs, table, texts};
use crate::plugin::clusters::names::members;
use crate::plugin::node::roots;
use crate::ship::folders;

/// The parameters of each function as the manual writes them.
pub(in super::super) const EXPORT: &str = "clusterSync::exportBundle(backupDir, bundleDir, [options])";
pub(in super::super) const INSPECT: &str = "clusterSync::inspectBundle(bundleDir, [options])";
pub(in super::super) const IMPORT: &str = "clusterSync::importBundle(bundleDir, restoreDir, [options])";

/// Options of the three functions.
#[derive(Default)]
struct Given {
    volume: u64,
    key: Option<Key>,
    base: Option<String>,
    report: Option<String>,
}

fn parse(host: &mut dyn Host, argument: &Datum, known: &[&str]) -> Result<Given> {
    let mut given = Given { volume: 1 << 30, ..Given::default() };
    if matches!(argument, Datum::Void) {
        return Ok(given);
    }
    for (name, value) in members("options", argument, known)? {
        let wrong = |how: &str| {
            Error::new(Kind::Argument, format!("the option `{name}` {how}"))
                .advise("correct it, or leave it out")
        };
        let path = || value.as_str().ok_or_else(|| wrong("must be a string"));
        match name {
            "volumeSize" => {
                let megabytes = value.as_count().filter(|size| (1..=1 << 20).contains(size));
                given.volume =
                    megabytes.ok_or_else(|| wrong("must be a number of megabytes from 1 on"))? << 20;
            }
            "keyFile" => given.key = Some(Key::read(&roots::plain(path()?)?)?),
            "base" => given.base = Some(allowed(host, path()?)?),
            _ => given.report = Some(allowed(host, path()?)?),
        }
    }
    Ok(given)
}

fn allowed(host: &mut dyn Host, path: &str) -> Result<String> {
    let path = path.trim_end_matches('/').to_owned();
    roots::permitted(host, &path).map(|_| path)
}

/// Packs every complete piece of a directory.
pub(in super::super) fn export_bundle(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    caller::administrator(host)?;
    let root = allowed(host, text(args, 0, "backupDir", EXPORT)?)?;
    let dir = allowed(host, text(args, 1, "bundleDir", EXPORT)?)?;
    let given = parse(host, argument(args, 2), &["volumeSize", "keyFile", "base"])?;
    let base = given.base.as_deref().map(|base| base_of(Path::new(base), given.key.as_ref())).transpose()?;
    let pieces = pieces(Path::new(&root))?;
    let with = (given.volume, given.key.as_ref(), base.as_ref());
    let manifest = pack(Path::new(&root), &pieces, Path::new(&dir), with)?;
    Ok(summary(&dir, &manifest))
}

/// Checks a bundle, and says of every partition whether this cluster holds it.
pub(in super::super) fn inspect_bundle(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    caller::administrator(host)?;
    let dir = allowed(host, text(args, 0, "bundleDir", INSPECT)?)?;
    let given = parse(host, argument(args, 1), &["keyFile", "report"])?;
    let manifest = examine(Path::new(&dir), given.key.as_ref())?;
    let (mut rows, mut known) = (Vec::new(), HashMap::new());
    let mut present = Vec::new();
    for packed in &manifest.pieces {
        let piece = record(packed)?;
        let mut is_whole = true;
        for part in &piece.parts {
            let held = part.fingerprint().ok_or_else(|| senseless(&packed.folder))?;
            let state = state(host, &mut known, &piece, &part.partition, held)?;
            is_whole &= state == "PRESENT";
            rows.push((
                piece.db.clone(),
                piece.table.clone(),
                part.partition.clone(),
                part.rows,
                packed.is_here,
                state,
            ));
        }
        if is_whole {
            present.push(Packed { is_here: false, ..packed.clone() });
        }
    }
    if let Some(report) = &given.report {
        let base = Manifest { id: manifest.id.clone(), base: None, volumes: Vec::new(), pieces: present };
        let text = serde_json::to_vec_pretty(&base).expect("a report is plain data");
        fs::write(report, text).map_err(|error| {
            Error::new(Kind::State, format!("the report {report} cannot be written ({error})"))
                .advise("give a file in a directory that the server's user may write to")
        })?;
    }
    Ok(table([
        ("dbPath", texts(&rows, |row| &row.0)),
        ("tableName", texts(&rows, |row| &row.1)),
        ("partition", texts(&rows, |row| &row.2)),
        ("rows", longs(&rows, |row| row.3)),
        ("where", texts(&rows, |row| if row.4 { "BUNDLE" } else { "BASE" })),
        ("state", texts(&rows, |row| row.5)),
    ]))
}

/// Unpacks a bundle.
pub(in super::super) fn import_bundle(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    caller::administrator(host)?;
    let dir = allowed(host, text(args, 0, "bundleDir", IMPORT)?)?;
    let root = allowed(host, text(args, 1, "restoreDir", IMPORT)?)?;
    let given = parse(host, argument(args, 2), &["keyFile"])?;
    let accept = |manifest: &Manifest| {
        let mut known = HashMap::new();
        let mut left_out = manifest.pieces.iter().filter(|piece| !piece.is_here);
        left_out.try_for_each(|packed| require_base(host, &mut known, Path::new(&root), packed, manifest))
    };
    let manifest = unpack(Path::new(&dir), Path::new(&root), given.key.as_ref(), accept)?;
    Ok(summary(&dir, &manifest))
}

/// Makes sure that a piece that a delta goes without lies in the directory, or its rows in this cluster.
fn require_base(
    host: &mut dyn Host,
    known: &mut Known,
    root: &Path,
    packed: &Packed,
    delta: &Manifest,
) -> Result<()> {
    let piece = record(packed)?;
    if Piece::read(&root.join(&packed.folder))?.as_ref() == Some(&piece) {
        return Ok(());
    }
    for part in &piece.parts {
        let held = part.fingerprint().ok_or_else(|| senseless(&packed.folder))?;
        let state = state(host, known, &piece, &part.partition, held)?;
        if state != "PRESENT" {
            let (db, table, base) = (&piece.db, &piece.table, delta.base.as_deref().unwrap_or_default());
            let what = format!(
                "bundle {} goes without partition {} of {db} {table}, which its base {base} has: here it is {}",
                delta.id,
                part.partition,
                state.to_lowercase()
            );
            return Err(Error::new(Kind::Refused, what)
                .advise("import and restore the base first, or export without `base`"));
        }
    }
    Ok(())
}

/// One row about a bundle.
fn summary(dir: &str, manifest: &Manifest) -> Datum {
    let (row, here) = ([()], manifest.pieces.iter().filter(|piece| piece.is_here));
    let (count, bytes) = here.fold((0, 0), |(count, bytes), piece| (count + 1, bytes + piece.bytes));
    table([
        ("bundleDir", texts(&row, |()| dir)),
        ("bundleId", texts(&row, |()| &manifest.id)),
        ("volumes", longs(&row, |()| manifest.volumes.len() as u64)),
        ("pieces", longs(&row, |()| count)),
        ("inBase", longs(&row, |()| manifest.pieces.len() as u64 - count)),
        ("bytes", longs(&row, |()| bytes)),
    ])
}

/// The pieces below `root`, each with its record as text.
fn pieces(root: &Path) -> Result<Vec<(String, String)>> {
    let mut pieces = Vec::new();
    for outer in folders(root)? {
        for inner in folders(&root.join(&outer))? {
            let folder = format!("{outer}/{inner}");
            let piece = Piece::read(&root.join(&folder))?.ok_or_else(|| {
                Error::new(Kind::State, format!("the folder {folder} is no complete piece"))
                    .advise("export what clusterSync::backupTo made, when it is through")
            })?;
            pieces.push((folder, serde_json::to_string(&piece).expect("a record is plain data")));
        }
    }
    Ok(pieces)
}

fn record(packed: &Packed) -> Result<Piece> {
    serde_json::from_str(&packed.record).map_err(|_| senseless(&packed.folder))
}

fn senseless(folder: &str) -> Error {
    Error::new(Kind::State, format!("the record of the piece {folder} in the bundle cannot be read"))
        .advise("export again with this version of clusterSync")
}

/// A bundle's manifest, or a report that an inspection wrote.
fn base_of(path: &Path, key: Option<&Key>) -> Result<Manifest> {
    if path.is_dir() {
        return Manifest::read(path, key);
    }
    let bytes = fs::read(PathBuf::from(path)).map_err(|error| {
        Error::new(Kind::NotFound, format!("the base {} cannot be read ({error})", path.display()))
            .advise("give the directory of an earlier bundle, or a report of inspectBundle")
    })?;
    serde_json::from_slice(&bytes).map_err(|_| {
        Error::new(Kind::State, format!("{} is no report of inspectBundle", path.display()))
            .advise("give one, or the directory of an earlier bundle")
    })
}

/// The units of tables by their paths; nothing for a table that is not here.
type Known = HashMap<TableName, Option<HashMap<String, Unit>>>;

/// Whether the partition is here, with these rows, with others, or not at all.
fn state(
    host: &mut dyn Host,
    known: &mut Known,
    piece: &Piece,
    partition: &str,
    held: Fingerprint,
) -> Result<&'static str> {
    let name = TableName::new(&piece.db, &piece.table);
    if !known.contains_key(&name) {
        let units = match describe(host, &name) {
            Err(error) if error.kind() == Kind::NotFound => None,
            schema => Some(units(&schema?)?.into_iter().map(|unit| (unit.to_string(), unit)).collect()),
        };
        known.insert(name.clone(), units);
    }
    let Some(units) = &known[&name] else { return Ok("NO TABLE") };
    let Some(unit) = units.get(partition) else { return Ok("MISSING") };
    let rows = Rows::of(&name).within(unit).passing(piece.filter.as_deref());
    Ok(match online::look(host, rows, &piece.columns)? {
        found if found == held => "PRESENT",
        found if found.rows == 0 => "MISSING",
        _ => "DIFFERENT",
    })
}
