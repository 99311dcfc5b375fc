//! From backups to tables.
use std::sync::Arc;

use super::folder::{Entry, Folder, Mode, id_text};
use super::{args, dfs, directory, require_login};
use crate::error::{Error, Result};
use crate::script::Session;
use crate::store::{PartitionedTable, Scheme, Selection};
use crate::value::{Dict, Table, Type, Value, Vector};

/// `restore(dir, dbPath, tableName, partition, ..)` into the table of that name or `outputTable`.
/// Rows of an SQL backup are appended to what is there; of a copy, partitions are replaced
/// (dolphindb-semantics §1.7). Returns the paths of the restored partitions.
pub fn restore(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    dfs::require_write(session, "restore")?;
    let dir = &directory(session, "restore", &given)?;
    let url = args::text("restore", &given, 1, "dbPath")?;
    let name = args::text("restore", &given, 2, "tableName")?;
    let pattern = args::text("restore", &given, 3, "partition")?;
    let force = args::optional_bool("restore", &given, 4, "force", false)?;
    let folder = Folder::existing(dir, url, name)?;
    // By default it also removes, until 3.00.1 (dolphindb-semantics §1.1).
    let mirrors = !session.node.is_at_least([3, 0, 1]);
    let snapshot = match args::given(&given, 7) {
        Some(_) if folder.mode == Mode::Sql => {
            return Err(args::bad("restore", "snapshot", "can't be set for an SQL backup"));
        }
        _ => args::optional_bool("restore", &given, 7, "snapshot", mirrors)?,
    };
    let table = match args::given(&given, 5) {
        Some(Value::Dfs(table)) => table.clone(),
        Some(_) => return Err(args::bad("restore", "outputTable", "must be a distributed table")),
        None => session.node.store.table(url, name)?,
    };
    let chosen = |entry: &&Entry| dfs::matches(pattern, &entry.partition);
    let entries: Vec<&Entry> = folder.entries.iter().filter(chosen).collect();
    let restored = put_back(session, &folder, &entries, table.clone(), force)?;
    if folder.mode == Mode::Copy && snapshot && pattern == "%" {
        drop_others(&table, &folder)?;
    }
    let paths: Vec<String> = restored.iter().map(|path| format!("dfs:/{path}")).collect();
    Ok(Value::Vector(Vector::strings(Type::String, paths.iter().map(String::as_str)).into()))
}

/// Restores the entries; without `force` those that the table has as they were backed up are left
/// out. Returns the table's own paths.
fn put_back(
    session: &Session,
    folder: &Folder,
    entries: &[&Entry],
    mut table: Arc<PartitionedTable>,
    force: bool,
) -> Result<Vec<String>> {
    require_whole(session, folder)?;
    let adds_values = folder.mode == Mode::Sql && session.node.is_at_least([3, 0, 3]);
    table.check_origin(&folder.domain()?, adds_values)?;
    let own = table.metadata(&Selection::all());
    let unchanged = |entry: &Entry| {
        own.iter().any(|chunk| id_text(chunk.id) == entry.id && chunk.cid as i64 == entry.cid)
    };
    let due: Vec<&&Entry> = entries.iter().filter(|entry| force || !unchanged(entry)).collect();
    let kind = if folder.mode == Mode::Sql { "RESTORE_BY_SQL" } else { "RESTORE_BY_COPY_FILE" };
    let names = (table.database().url.clone(), table.name().to_owned());
    let progress = session.node.backups.start(&session.user, kind, (&names.0, &names.1), due.len());
    let mut restored = Vec::new();
    for entry in due {
        let rows = folder.rows(entry)?;
        match folder.mode {
            // Not even a backup of the first columns fits (dolphindb-semantics §10).
            _ if rows.columns.len() != table.columns().len() => return Err(other_structure()),
            Mode::Sql => {
                table = with_new_values(session, table, &rows)?;
                table.append(&rows)?;
            }
            Mode::Copy => {
                table.replace(&rows)?;
            }
        }
        progress.done_one();
        restored.push(match table.shares_chunks() {
            true => entry.partition.clone(),
            false => format!("{}/{}", entry.partition, table.number()),
        });
    }
    Ok(restored)
}

/// Whether files of other partitions may be missing is doubtful.
fn require_whole(session: &Session, folder: &Folder) -> Result<()> {
    if session.node.switches.whole_backups { folder.require_whole() } else { Ok(()) }
}

/// The number is documented, for appending (dolphindb-semantics §4.1).
fn other_structure() -> Error {
    Error::runtime("The table to restore to has another structure than the backup. RefId:S01015")
}

/// Restoring an SQL backup adds missing VALUE partitions since 3.00.2.5; here the fourth number of
/// a release is not known, so it counts from 3.00.3 on (dolphindb-semantics §1.7).
fn with_new_values(
    session: &Session,
    table: Arc<PartitionedTable>,
    rows: &Table,
) -> Result<Arc<PartitionedTable>> {
    if !session.node.is_at_least([3, 0, 3]) {
        return Ok(table);
    }
    let url = &table.database().url;
    for (level, position) in table.partition_columns().iter().enumerate() {
        let is_value = matches!(table.levels()[level].scheme(), Scheme::Value(_));
        if let Some(keys) = rows.columns.get(*position).filter(|keys| is_value && !keys.is_empty()) {
            session.node.store.add_partitions(url, level, keys)?;
        }
    }
    session.node.store.table(url, table.name())
}

/// A mirror loses the partitions that the backup does not have (dolphindb-semantics §1.7).
fn drop_others(table: &PartitionedTable, folder: &Folder) -> Result<()> {
    let kept: Vec<&str> = folder.entries.iter().map(|entry| entry.partition.as_str()).collect();
    let gone = table.metadata(&Selection::all()).into_iter();
    let gone = gone.filter(|chunk| !kept.contains(&chunk.partition_path.as_str()));
    let levels = |numbers: Vec<u32>| numbers.into_iter().map(|number| Some(vec![number])).collect();
    let gone: Vec<Selection> = gone.map(|chunk| Selection { levels: levels(chunk.partition) }).collect();
    table.drop_chunks(&gone).map(drop)
}

pub fn restore_table(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    dfs::require_write(session, "restore")?;
    let dir = &directory(session, "restoreTable", &given)?;
    let url = args::text("restoreTable", &given, 1, "dbPath")?;
    let name = args::text("restoreTable", &given, 2, "tableName")?;
    let new_url = args::optional_text("restoreTable", &given, 3, "newDBPath")?.unwrap_or(url);
    let new_name = args::optional_text("restoreTable", &given, 4, "newTableName")?.unwrap_or(name);
    copy_back(session, (dir, url, name), (new_url, new_name))?;
    Ok(pairs(&[(url, name)], &[]))
}

/// Partitions and tables that the backup lacks are removed (dolphindb-semantics §1.7).
pub fn restore_database(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    dfs::require_write(session, "restore")?;
    let dir = &directory(session, "restoreDB", &given)?;
    let url = args::text("restoreDB", &given, 1, "dbPath")?;
    let new_url = args::optional_text("restoreDB", &given, 2, "newDBPath")?.unwrap_or(url);
    let names = Folder::tables(dir, url)?;
    for name in &names {
        let table = copy_back(session, (dir, url, name), (new_url, name))?;
        drop_others(&table, &Folder::existing(dir, url, name)?)?;
    }
    let restored: Vec<(&str, &str)> = names.iter().map(|name| (url, name.as_str())).collect();
    Ok(pairs(&restored, &[]))
}

/// Restores a copy-mode backup of one table, making what is missing.
fn copy_back(
    session: &Session,
    (dir, url, name): (&str, &str, &str),
    (new_url, new_name): (&str, &str),
) -> Result<Arc<PartitionedTable>> {
    let folder = Folder::existing(dir, url, name)?;
    if folder.mode == Mode::Sql {
        return Err(Error::runtime("An SQL backup can be restored by restore and migrate only."));
    }
    let table = session.node.store.recreate(&folder.domain()?, new_url, new_name)?;
    let entries: Vec<&Entry> = folder.entries.iter().collect();
    put_back(session, &folder, &entries, table.clone(), false)?;
    Ok(table)
}

/// Restores into tables that must not exist. A table that fails is a row that says so, not an
/// error (dolphindb-semantics §1.2).
pub fn migrate(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    dfs::require_write(session, "restore")?;
    let dir = &directory(session, "migrate", &given)?;
    let url = args::text("migrate", &given, 1, "backupDBPath")?;
    let names = match args::optional_text("migrate", &given, 2, "backupTableName")? {
        Some(name) => vec![name.to_owned()],
        None => Folder::tables(dir, url)?,
    };
    let new_url = args::optional_text("migrate", &given, 3, "newDBPath")?.unwrap_or(url);
    let new_name = args::optional_text("migrate", &given, 4, "newTableName")?;
    let outcomes: Vec<String> = names
        .iter()
        .map(|name| {
            let outcome = migrate_one(session, (dir, url, name), (new_url, new_name.unwrap_or(name)));
            outcome.err().map(|error| error.text).unwrap_or_default()
        })
        .collect();
    let tables: Vec<(&str, &str)> = names.iter().map(|name| (url, name.as_str())).collect();
    let succeeded = outcomes.iter().map(String::is_empty);
    Ok(pairs(
        &tables,
        &[
            ("success", Vector::bools(succeeded)),
            ("errorMsg", Vector::strings(Type::String, outcomes.iter().map(String::as_str))),
        ],
    ))
}

fn migrate_one(
    session: &Session,
    (dir, url, name): (&str, &str, &str),
    (new_url, new_name): (&str, &str),
) -> Result<()> {
    let folder = Folder::existing(dir, url, name)?;
    let store = &session.node.store;
    if store.has_database(new_url) && store.tables(new_url)?.iter().any(|own| own == new_name) {
        return Err(Error::runtime(format!("The table {new_name} already exists in {new_url}.")));
    }
    let table = store.recreate(&folder.domain()?, new_url, new_name)?;
    let entries: Vec<&Entry> = folder.entries.iter().collect();
    put_back(session, &folder, &entries, table, true).map(drop)
}

/// A table of databases and tables, and more columns.
fn pairs(tables: &[(&str, &str)], more: &[(&str, Vector)]) -> Value {
    let mut table = Table::default();
    let own = [
        ("dbName", Vector::strings(Type::String, tables.iter().map(|(url, _)| *url))),
        ("tableName", Vector::strings(Type::String, tables.iter().map(|(_, name)| *name))),
    ];
    for (name, column) in own.iter().chain(more) {
        table.names.push((*name).to_owned());
        table.columns.push(Arc::new(column.clone()));
    }
    Value::Table(table.into())
}

pub fn list(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    require_login(session)?;
    let text = |index, name| args::text("getBackupList", &given, index, name);
    let folder = Folder::existing(
        &directory(session, "getBackupList", &given)?,
        text(1, "dbPath")?,
        text(2, "tableName")?,
    )?;
    Ok(Value::Table(folder.list().into()))
}

/// The folder and the entry of a partition that is given by its path inside the database: here
/// the partition comes before the table.
fn entry(session: &Session, function: &str, given: &[Value]) -> Result<(Folder, Entry)> {
    let text = |index, name| args::text(function, given, index, name);
    let url = text(1, "dbPath")?;
    let folder = Folder::existing(&directory(session, function, given)?, url, text(3, "tableName")?)?;
    let path = format!("{}{}", url.trim_start_matches("dfs:/"), text(2, "partition")?);
    let found = folder.entries.iter().find(|entry| entry.partition == path).cloned();
    let found = found.ok_or_else(|| Error::runtime(format!("The backup has no partition {path}.")))?;
    Ok((folder, found))
}

pub fn meta(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    require_login(session)?;
    let (folder, entry) = entry(session, "getBackupMeta", &given)?;
    let columns = folder.columns()?;
    let schema = Table {
        names: ["name", "typeString", "typeInt", "comment"].map(str::to_owned).to_vec(),
        columns: vec![
            Arc::new(Vector::strings(Type::String, columns.iter().map(|(name, _)| name.as_str()))),
            Arc::new(Vector::strings(Type::String, columns.iter().map(|(_, ty)| ty.name()))),
            Arc::new(Vector::integers(Type::Int, columns.iter().map(|(_, ty)| Some(i64::from(ty.id()))))),
            Arc::new(Vector::nulls(Type::String, columns.len())),
        ],
    };
    Ok(Value::Dict(Arc::new(Dict::of_strings([
        ("schema", Value::Table(schema.into())),
        ("dfsPath", Value::string(&format!("dfs:/{}", entry.path))),
        ("chunkID", Value::string(&entry.id)),
        ("cid", Value::long(entry.cid)),
        ("rows", Value::long(entry.rows)),
    ]))))
}

pub fn load_backup(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    require_login(session)?;
    let (folder, entry) = entry(session, "loadBackup", &given)?;
    if folder.mode == Mode::Copy {
        return Err(Error::runtime("loadBackup reads SQL backups only."));
    }
    folder.rows(&entry).map(Value::Table)
}

/// The partitions whose files are damaged; an empty table is good news.
pub fn check(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    require_login(session)?;
    let dir = &directory(session, "checkBackup", &given)?;
    let url = args::text("checkBackup", &given, 1, "dbPath")?;
    let names = match args::given(&given, 2) {
        Some(_) => args::texts("checkBackup", &given, 2, "tableName")?,
        None => Folder::tables(dir, url)?,
    };
    let pattern = args::optional_text("checkBackup", &given, 3, "partition")?.unwrap_or("%");
    let mut bad: Vec<(String, Entry)> = Vec::new();
    for name in &names {
        let folder = Folder::existing(dir, url, name)?;
        require_whole(session, &folder)?;
        let damaged = folder
            .entries
            .iter()
            .filter(|entry| dfs::matches(pattern, &entry.partition) && folder.rows(entry).is_err());
        bad.extend(damaged.map(|entry| (name.clone(), entry.clone())));
    }
    let tables: Vec<(&str, &str)> = bad.iter().map(|(name, _)| (url, name.as_str())).collect();
    let texts =
        |of: fn(&Entry) -> &str| Vector::strings(Type::String, bad.iter().map(|(_, entry)| of(entry)));
    Ok(pairs(
        &tables,
        &[
            ("chunkPath", texts(|entry| &entry.path)),
            ("chunkID", texts(|entry| &entry.id)),
            ("partitionPath", texts(|entry| entry.partition.as_str())),
        ],
    ))
}
