//! What a cluster's metadata says about the partitions of a table, without reading any.
//!
//! Row counts come from the data nodes (`getTabletsMeta`), versions from the controller
//! (`getClusterChunksStatus`). Both are hints: metadata may lag, replicas may disagree, counts of
//! engines that drop duplicates later are too large (dolphindb-semantics §2.1, §2.2), and ordinary
//! users may not ask. So whoever uses them compares sums with a count that the server made, and
//! compares versions only with versions of the same cluster.
use std::collections::HashMap;

use super::{Cluster, describe::texts, sql};
use crate::data::{Batch, Datum};
use crate::error::{Kind, Result};
use crate::model::{ChunkMark, TableName, Unit};

/// Rows of each partition that holds some, by its path, such as `/20130101/Key3`.
pub type RowCounts = HashMap<String, u64>;

/// One chunk as the data nodes list it.
struct Tablet {
    id: String,
    path: String,
    rows: u64,
}

/// How many rows each of `units`, all of them whole, holds by the metadata; nothing when that cannot
/// be told. Partitions outside of `units` are left out.
///
/// # Errors
/// `Network`, `Silent` and `Cancelled`; a cluster that refuses or answers strangely tells nothing.
pub fn row_counts(
    cluster: &mut (impl Cluster + ?Sized),
    table: &TableName,
    units: &[Unit],
) -> Result<Option<Vec<u64>>> {
    let Some(tablets) = hint(tablets(cluster, table, depth(units)))? else { return Ok(None) };
    let counts: RowCounts = tablets.into_iter().map(|tablet| (tablet.path, tablet.rows)).collect();
    Ok(Some(units.iter().map(|unit| counts.get(&unit.to_string()).copied().unwrap_or(0)).collect()))
}

/// A partition's rows, and its chunk's mark where the cluster tells one.
pub type Marked = (u64, Option<ChunkMark>);

/// As [`row_counts`], with what tells later whether a partition has changed, where it does.
///
/// # Errors
/// As [`row_counts`].
pub fn marks(
    cluster: &mut (impl Cluster + ?Sized),
    table: &TableName,
    units: &[Unit],
) -> Result<Option<Vec<Marked>>> {
    // Versions first: a write in between makes them older than the rows, which is noticed later.
    let Some(mut versions) = hint(versions(cluster, table))? else { return Ok(None) };
    let Some(tablets) = hint(tablets(cluster, table, depth(units)))? else { return Ok(None) };
    let mut found: HashMap<String, Marked> = HashMap::new();
    for Tablet { id, path, rows } in tablets {
        found.insert(path, (rows, versions.remove(&id)));
    }
    Ok(Some(units.iter().map(|unit| found.remove(&unit.to_string()).unwrap_or_default()).collect()))
}

fn depth(units: &[Unit]) -> usize {
    units.first().map_or(0, |unit| unit.keys.len())
}

/// An answer that is nothing when the cluster has none to give.
fn hint<T>(answer: Result<Option<T>>) -> Result<Option<T>> {
    match answer {
        Err(error) if matches!(error.kind(), Kind::Network | Kind::Silent | Kind::Cancelled) => Err(error),
        Err(_) => Ok(None),
        answer => answer,
    }
}

/// The path of the database in the distributed file system, unless it would be a pattern.
fn folder(table: &TableName) -> Option<String> {
    let folder = table.db.strip_prefix("dfs:/")?.trim_end_matches('/');
    (!folder.contains(['%', '?'])).then(|| folder.to_owned())
}

/// Chunks of the table that hold rows, each once. Without a controller there is one node, which may
/// not know how to ask all nodes.
fn tablets(
    cluster: &mut (impl Cluster + ?Sized),
    table: &TableName,
    depth: usize,
) -> Result<Option<Vec<Tablet>>> {
    let Some(folder) = folder(table).filter(|_| depth > 0) else { return Ok(None) };
    let (pattern, name) = (sql::text(&format!("{folder}/%")), sql::text(&table.table));
    let columns = "string(chunkId) as chunkId, dfsPath, long(rowNum) as rowNum";
    let everywhere =
        format!("select {columns} from pnodeRun(getTabletsMeta{{{pattern}, {name}, false, -1}})");
    let here = format!("select {columns} from getTabletsMeta({pattern}, {name}, false, -1)");
    let answer = match cluster.query(&everywhere) {
        Err(error) if error.kind() == Kind::Server => cluster.query(&here)?,
        answer => answer?,
    };
    let Datum::Table(listed) = answer else { return Ok(None) };
    Ok(read_tablets(&listed, &folder, depth))
}

fn read_tablets(listed: &Batch, folder: &str, depth: usize) -> Option<Vec<Tablet>> {
    let (ids, paths) = (column(listed, "chunkId")?, column(listed, "dfsPath")?);
    let rows = listed.column("rowNum")?.integers();
    let mut seen: HashMap<String, u64> = HashMap::with_capacity(ids.len());
    let mut tablets = Vec::with_capacity(ids.len());
    for ((id, path), rows) in ids.into_iter().zip(paths).zip(rows) {
        let (path, rows) = (partition(&path, folder, depth)?, u64::try_from(rows?).ok()?);
        // A replica is listed again; two that disagree tell nothing.
        match seen.insert(id.clone(), rows) {
            None => tablets.push(Tablet { id, path, rows }),
            Some(other) if other == rows => {}
            Some(_) => return None,
        }
    }
    Some(tablets)
}

/// The levels of a chunk's path: what follows them is the table's physical index
/// (dolphindb-semantics §2.3).
fn partition(path: &str, folder: &str, depth: usize) -> Option<String> {
    let levels: Vec<&str> = path.strip_prefix(folder)?.strip_prefix('/')?.split('/').collect();
    let all = levels.get(..depth)?;
    Some(all.iter().map(|level| format!("/{level}")).collect())
}

/// The versions of the database's chunks by id, those left out that are not at rest.
fn versions(
    cluster: &mut (impl Cluster + ?Sized),
    table: &TableName,
) -> Result<Option<HashMap<String, ChunkMark>>> {
    let Some(folder) = folder(table) else { return Ok(None) };
    let columns = "string(chunkId) as chunkId, long(version) as version, versionChain, state, lastUpdated";
    let ours = format!("where file like {}", sql::text(&format!("{folder}/%")));
    let here = format!("select {columns} from getClusterChunksStatus() {ours}");
    let there = format!("select {columns} from rpc(getControllerAlias(), getClusterChunksStatus) {ours}");
    let answer = match cluster.query(&there) {
        Err(error) if error.kind() == Kind::Server => cluster.query(&here)?,
        answer => answer?,
    };
    let Datum::Table(listed) = answer else { return Ok(None) };
    Ok(read_versions(&listed))
}

fn read_versions(listed: &Batch) -> Option<HashMap<String, ChunkMark>> {
    let (ids, states) = (column(listed, "chunkId")?, column(listed, "state")?);
    let chains = column(listed, "versionChain")?;
    let versions = listed.column("version")?.integers();
    let updated = listed.column("lastUpdated")?.integers();
    let mut marks = HashMap::with_capacity(ids.len());
    for ((((id, state), chain), version), updated) in
        ids.into_iter().zip(states).zip(chains).zip(versions).zip(updated)
    {
        if state == "COMPLETE" {
            // The newest version comes first: its commit, size and number.
            let newest = chain.split(" -> ").next().unwrap_or_default().to_owned();
            marks.insert(id.clone(), ChunkMark { id, version: version?, newest, updated });
        }
    }
    Some(marks)
}

fn column(table: &Batch, name: &str) -> Option<Vec<String>> {
    texts(&Datum::Vector(table.column(name)?.clone()))
}

#[cfg(test)]
mod tests;
