//! From tables to backups: by a query (SQL mode) or of whole partitions (copy mode).
use super::folder::{Folder, Mode};
use super::{args, dfs, directory, require_login};
use crate::error::{Error, Result};
use crate::script::{Code, DataSource, Session};
use crate::store::{ChunkMeta, PartitionedTable, Selection};
use crate::value::Value;

/// `backup(dir, <select ..>)` or `backup(dir, dbPath, ..)`. Returns how many partitions were
/// written by this call.
pub fn backup(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    require_login(session)?;
    let dir = &directory(session, "backup", &given)?;
    let force = args::optional_bool("backup", &given, 2, "force", false)?;
    if let Value::Code(code) = &given[1] {
        return by_query(session, dir, code, force).map(count);
    }
    let at = if args::given(&given, 1).is_some() { 1 } else { 7 };
    let url = args::text("backup", &given, at, "dbPath")?;
    let names = match args::given(&given, 5) {
        Some(_) => args::texts("backup", &given, 5, "tableName")?,
        None => session.node.store.tables(url)?,
    };
    let partition = args::given(&given, 6);
    // Removing what is gone is for whole tables (dolphindb-semantics §1.5).
    let snapshot = args::optional_bool("backup", &given, 4, "snapshot", true)? && partition.is_none();
    by_copy(session, dir, (url, &names), How { force, snapshot, partition }).map(count)
}

pub fn backup_table(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    require_login(session)?;
    let dir = &directory(session, "backupTable", &given)?;
    let url = args::text("backupTable", &given, 1, "dbPath")?;
    let name = args::text("backupTable", &given, 2, "tableName")?.to_owned();
    by_copy(session, dir, (url, &[name]), How::whole()).map(count)
}

pub fn backup_database(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    require_login(session)?;
    let dir = &directory(session, "backupDB", &given)?;
    let url = args::text("backupDB", &given, 1, "dbPath")?;
    by_copy(session, dir, (url, &session.node.store.tables(url)?), How::whole()).map(count)
}

/// How partitions are copied.
struct How<'a> {
    force: bool,
    /// Whether what is gone is removed from the backup.
    snapshot: bool,
    /// Which partitions; all without it.
    partition: Option<&'a Value>,
}

impl How<'_> {
    fn whole() -> Self {
        How { force: false, snapshot: true, partition: None }
    }
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
    let mut folder =
        Folder::writable(session.node.store.disk(), dir, (&table.database().url, table.name()), Mode::Sql)?;
    let chunks = table.metadata(&Selection::all());
    let due = |source: &DataSource| {
        let chunk = chunks.iter().find(|chunk| chunk.path == source.path);
        chunk.filter(|chunk| force || !folder.has(chunk))
    };
    let due: Vec<(&DataSource, &ChunkMeta)> =
        sources.iter().filter_map(|source| Some((source, due(source)?))).collect();
    let names = (table.database().url.as_str(), table.name());
    let progress = session.node.backups.start(&session.user, "BACKUP_BY_SQL", names, due.len());
    for (source, chunk) in &due {
        match session.eval_code(&source.code)? {
            Value::Table(rows) => folder.put(chunk, &rows)?,
            _ => return Err(args::bad("backup", "sqlObj", "must select a table")),
        }
        progress.done_one();
    }
    folder.finish(&table.description())?;
    Ok(due.len())
}

/// Copies whole partitions; the tables can be read meanwhile but not written
/// (dolphindb-semantics §1.3).
fn by_copy(session: &Session, dir: &str, (url, names): (&str, &[String]), how: How<'_>) -> Result<usize> {
    if session.node.store.database(url)?.shares_chunks() {
        return Err(Error::runtime(
            "A database whose chunkGranularity is DATABASE can only be backed up by SQL. RefId: S01021",
        ));
    }
    let mut written = 0;
    for name in names {
        let table = session.node.store.table(url, name)?;
        let chosen = chosen(&table, how.partition)?;
        let mut folder = Folder::writable(session.node.store.disk(), dir, (url, name), Mode::Copy)?;
        written += table.locked(|| copy(session, &table, &mut folder, &how, &chosen))?;
        folder.finish(&table.description())?;
    }
    Ok(written)
}

/// The chunks to back up: those of the given paths or keys, which must exist, or all
/// (dolphindb-semantics §1.6, §1.9; the number is documented, the sentence is not).
fn chosen(table: &PartitionedTable, partition: Option<&Value>) -> Result<Vec<ChunkMeta>> {
    let Some(what) = partition else { return Ok(table.metadata(&Selection::all())) };
    let selections = dfs::selections("backup", table.levels(), what)?;
    let wanted = match what.cells() {
        Some(cells) if dfs::is_path(cells) => cells.len(),
        _ => 1,
    };
    let found: Vec<Vec<ChunkMeta>> = selections.iter().map(|select| table.metadata(select)).collect();
    if found.len() < wanted || found.iter().any(Vec::is_empty) {
        return Err(Error::runtime("The specified partitions must already exist. RefId: S01020"));
    }
    Ok(found.into_iter().flatten().collect())
}

fn copy(
    session: &Session,
    table: &PartitionedTable,
    folder: &mut Folder,
    how: &How<'_>,
    chunks: &[ChunkMeta],
) -> Result<usize> {
    let mut written = if how.snapshot { folder.keep_only(chunks)? } else { 0 };
    let due = |chunk: &&ChunkMeta| chunk.rows > 0 && (how.force || !folder.has(chunk));
    let due: Vec<&ChunkMeta> = chunks.iter().filter(due).collect();
    let names = (table.database().url.as_str(), table.name());
    let progress = session.node.backups.start(&session.user, "BACKUP_BY_COPY_FILE", names, due.len());
    for chunk in due {
        folder.put(chunk, &partition(table, chunk)?)?;
        progress.done_one();
        written += 1;
    }
    Ok(written)
}

fn partition(table: &PartitionedTable, chunk: &ChunkMeta) -> Result<crate::value::Table> {
    let everything: Vec<usize> = (0..table.columns().len()).collect();
    table.scan(&everything, &Selection::chunk(&chunk.partition))
}
