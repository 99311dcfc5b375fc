//! From tables to backups: by a query (SQL mode) or of whole partitions (copy mode).
use super::folder::{Folder, Mode};
use super::{args, require_login};
use crate::error::{Error, Result};
use crate::script::{Code, Session};
use crate::store::{ChunkMeta, PartitionedTable, Selection};
use crate::value::Value;

/// `backup(dir, <select ..>)` or `backup(dir, dbPath, ..)`. Returns how many partitions were
/// written by this call.
pub fn backup(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    require_login(session)?;
    let dir = args::text("backup", &given, 0, "backupDir")?;
    let force = args::optional_bool("backup", &given, 2, "force", false)?;
    if let Value::Code(code) = &given[1] {
        return by_query(session, dir, code, force).map(count);
    }
    let at = if args::given(&given, 1).is_some() { 1 } else { 7 };
    let url = args::text("backup", &given, at, "dbPath")?;
    if args::given(&given, 6).is_some() {
        return Err(Error::runtime("minnow backs up all partitions of a table."));
    }
    let snapshot = args::optional_bool("backup", &given, 4, "snapshot", true)?;
    match args::given(&given, 5) {
        Some(_) => {
            let names = args::texts("backup", &given, 5, "tableName")?;
            by_copy(session, dir, url, &names, force, snapshot)
        }
        None => by_copy(session, dir, url, &session.node.store.tables(url)?, force, snapshot),
    }
    .map(count)
}

pub fn backup_table(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    require_login(session)?;
    let dir = args::text("backupTable", &given, 0, "backupDir")?;
    let url = args::text("backupTable", &given, 1, "dbPath")?;
    let name = args::text("backupTable", &given, 2, "tableName")?.to_owned();
    by_copy(session, dir, url, &[name], false, true).map(count)
}

pub fn backup_database(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    require_login(session)?;
    let dir = args::text("backupDB", &given, 0, "backupDir")?;
    let url = args::text("backupDB", &given, 1, "dbPath")?;
    by_copy(session, dir, url, &session.node.store.tables(url)?, false, true).map(count)
}

fn count(partitions: usize) -> Value {
    Value::int(partitions as i32)
}

/// Each partition is a query of its own, so that the backup as a whole is no snapshot
/// (dolphindb-semantics §1.3). What the condition was is not kept: a partition that has not
/// changed is skipped even if the condition has; a server's way is not documented (§1.5).
fn by_query(session: &mut Session, dir: &str, code: &Code, force: bool) -> Result<usize> {
    let sources = session.data_sources(code, false)?;
    let table = sources.first().and_then(|source| source.table.clone());
    let Some(table) = table else {
        return match sources.is_empty() {
            true => Ok(0),
            false => Err(args::bad("backup", "sqlObj", "must query a partitioned table")),
        };
    };
    let mut folder = Folder::writable(dir, &table.database().url, table.name(), Mode::Sql)?;
    let chunks = table.metadata(&Selection::all());
    let mut written = 0;
    for source in &sources {
        let chunk = chunks.iter().find(|chunk| chunk.path == source.path);
        let Some(chunk) = chunk.filter(|chunk| force || !folder.has(chunk)) else { continue };
        match session.eval_code(&source.code)? {
            Value::Table(rows) => folder.put(chunk, &rows)?,
            _ => return Err(args::bad("backup", "sqlObj", "must select a table")),
        }
        written += 1;
    }
    folder.finish(&table.description())?;
    Ok(written)
}

/// Copies whole partitions; the tables can be read meanwhile but not written
/// (dolphindb-semantics §1.3).
fn by_copy(
    session: &Session,
    dir: &str,
    url: &str,
    names: &[String],
    force: bool,
    snapshot: bool,
) -> Result<usize> {
    if session.node.store.database(url)?.shares_chunks() {
        return Err(Error::runtime(
            "A database whose chunkGranularity is DATABASE can only be backed up by SQL. RefId: S01021",
        ));
    }
    let mut written = 0;
    for name in names {
        let table = session.node.store.table(url, name)?;
        let mut folder = Folder::writable(dir, url, name, Mode::Copy)?;
        written += table.locked(|| copy(&table, &mut folder, force, snapshot))?;
        folder.finish(&table.description())?;
    }
    Ok(written)
}

fn copy(table: &PartitionedTable, folder: &mut Folder, force: bool, snapshot: bool) -> Result<usize> {
    let chunks = table.metadata(&Selection::all());
    let mut written = if snapshot { folder.keep_only(&chunks)? } else { 0 };
    for chunk in chunks.iter().filter(|chunk| chunk.rows > 0) {
        if force || !folder.has(chunk) {
            folder.put(chunk, &partition(table, chunk)?)?;
            written += 1;
        }
    }
    Ok(written)
}

fn partition(table: &PartitionedTable, chunk: &ChunkMeta) -> Result<crate::value::Table> {
    let everything: Vec<usize> = (0..table.columns().len()).collect();
    let levels = chunk.partition.iter().map(|number| Some(vec![*number])).collect();
    table.scan(&everything, &Selection { levels })
}
