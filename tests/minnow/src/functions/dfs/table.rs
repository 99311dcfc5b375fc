//! Making, loading, filling and dropping distributed tables.
use super::options::{self, OptionPlaces};
use super::{args, database_of, faults, require_login, rights, url_of};
use crate::error::{Error, Result};
use crate::node::{Object, Right};
use crate::script::Session;
use crate::store::{PartitionedTable, Selection, TableShape};
use crate::value::{Table, Type, Value};

pub fn create_partitioned(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    let function = "createPartitionedTable";
    let names = args::texts(function, &given, 3, "partitionColumns")?;
    if names.is_empty() {
        return Err(args::bad(function, "partitionColumns", "must name at least one column"));
    }
    create(
        session,
        function,
        &given,
        &names,
        OptionPlaces {
            compression: 4,
            mapping: Some(7),
            soft_delete: 8,
            latest_key_cache: Some(10),
            encrypt_mode: 12,
            primary_key: 13,
        },
    )
}

pub fn create_dimension(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    create(
        session,
        "createDimensionTable",
        &given,
        &[],
        OptionPlaces {
            compression: 3,
            mapping: None,
            soft_delete: 6,
            latest_key_cache: None,
            encrypt_mode: 8,
            primary_key: 9,
        },
    )
}

fn create(
    session: &mut Session,
    function: &str,
    given: &[Value],
    partition_columns: &[String],
    places: OptionPlaces,
) -> Result<Value> {
    let database = database_of(session, function, given, "dbHandle")?;
    rights::create_table(session, &database)?;
    let Value::Table(model) = args::required(function, given, 1, "table")? else {
        return Err(args::bad(function, "table", "must be a table in memory"));
    };
    let position = |name: &String| {
        model.position(name).ok_or_else(|| {
            Error::argument(function, format!("The table to create has no column [{name}] to partition by."))
        })
    };
    let mut shape = TableShape {
        name: args::text(function, given, 2, "tableName")?.into(),
        columns: model.names.iter().cloned().zip(model.columns.iter().map(|column| column.ty)).collect(),
        partition_columns: partition_columns.iter().map(position).collect::<Result<_>>()?,
        owner: session.user.clone(),
        compression: compression(function, args::given(given, places.compression), model)?,
        ..TableShape::default()
    };
    refuse_newer_types(&session.node.release, &shape)?;
    options::read(function, given, &places, &database, model, &mut shape)?;
    session.node.store.create_table(&database.url, shape).map(Value::Dfs)
}

/// 1.30 has neither decimals nor array vectors (dolphindb-semantics §11.1). The sentence is ours `[U]`.
fn refuse_newer_types(release: &str, shape: &TableShape) -> Result<()> {
    let newer = |ty: &Type| ty.scale().is_some() || ty.element().is_some();
    match shape.columns.iter().find(|(_, ty)| release.starts_with("1.30") && newer(ty)) {
        Some((name, ty)) => {
            let text = format!("The column [{name}] of type {} is none that {release} has.", ty.name());
            Err(Error::runtime(text))
        }
        None => Ok(()),
    }
}

/// The method of each column; a server's default is lz4.
fn compression(function: &str, methods: Option<&Value>, model: &Table) -> Result<Vec<String>> {
    let mut all = vec!["lz4".to_owned(); model.columns.len()];
    let Some(methods) = methods else { return Ok(all) };
    let wrong = || args::bad(function, "compressMethods", "must be a dictionary of column and method");
    let Value::Dict(methods) = methods else { return Err(wrong()) };
    for (row, method) in methods.values.iter().enumerate() {
        let column = methods.keys.text(row).and_then(|name| model.position(name)).ok_or_else(wrong)?;
        match method.as_str() {
            Some(known @ ("lz4" | "delta" | "zstd" | "chimp")) => all[column] = known.into(),
            _ => return Err(wrong()),
        }
    }
    Ok(all)
}

/// A handle of a table. Choosing `partitions` or loading data into memory is for tables outside
/// DFS (dolphindb-semantics §5.1); clients give the defaults explicitly.
pub fn load(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    let name = args::text("loadTable", &given, 1, "tableName")?;
    let url = url_of("loadTable", &given, "database")?;
    require_login(session, &format!("read table {url}/{name}"))?;
    let database = session.node.store.database(url)?;
    if args::given(&given, 2).is_some() {
        return Err(args::bad("loadTable", "partitions", "is not for distributed tables"));
    }
    if args::optional_bool("loadTable", &given, 3, "memoryMode", false)? {
        return Err(args::bad("loadTable", "memoryMode", "is not for distributed tables"));
    }
    let table = session.node.store.table(&database.url, name)?;
    rights::read(session, &table)?;
    Ok(Value::Dfs(table))
}

pub fn exists(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    let url = args::text("existsTable", &given, 0, "dbUrl")?;
    let name = args::text("existsTable", &given, 1, "tableName")?;
    let store = &session.node.store;
    let there = store.has_database(url) && store.tables(url)?.iter().any(|own| own == name);
    Ok(Value::bool(there))
}

pub fn drop(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    let database = database_of(session, "dropTable", &given, "dbHandle")?;
    rights::drop_table(session, &database)?;
    let name = args::text("dropTable", &given, 1, "tableName")?;
    session.node.store.drop_table(&database.url, name)?;
    session.node.forget_rights(&Object::Table(database.url.clone(), name.to_owned()));
    Ok(Value::Void)
}

pub fn truncate(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    let database = database_of(session, "truncate", &given, "dbUrl")?;
    let name = args::text("truncate", &given, 1, "tableName")?;
    let table = session.node.store.table(&database.url, name)?;
    rights::write(session, Right::Delete, &table)?;
    table.drop_chunks(&[Selection::all()])?;
    Ok(Value::Void)
}

/// What a sync keeps of itself at its target: faults are meant for the user's tables.
const UNTOUCHED: &str = "dfs://clusterSync";

/// A distributed table takes one table in memory; another distributed one is refused, as servers
/// do since 3.00.2.4 (dolphindb-semantics §4.2).
pub fn store_rows(
    function: &str,
    session: &mut Session,
    table: &PartitionedTable,
    given: &[Value],
) -> Result<usize> {
    rights::write(session, Right::Insert, table)?;
    match given {
        [Value::Table(rows)] if table.database().url == UNTOUCHED => table.append(rows),
        [Value::Table(rows)] => faults::write(session, rows, |rows| table.append(rows)),
        _ => Err(args::bad(function, "newData", "must be one table in memory")),
    }
}
