//! schema(): the dictionaries of dolphindb-semantics §3.4.
use std::sync::Arc;

use super::args;
use crate::error::Result;
use crate::script::Session;
use crate::store::{Database, Level, PartitionedTable, Scheme};
use crate::value::{Data, Dict, Table, Type, Value, Vector};

type Entries = Vec<(&'static str, Value)>;

pub fn schema(_session: &mut Session, given: Vec<Value>) -> Result<Value> {
    let entries = match args::required("schema", &given, 0, "table")? {
        Value::Database(database) => of_database(database),
        Value::Dfs(table) => of_table(table),
        Value::Table(table) => {
            vec![("colDefs", columns(table.names.iter().zip(table.columns.iter().map(|column| column.ty))))]
        }
        _ => return Err(args::bad("schema", "table", "must be a table or a database handle")),
    };
    Ok(Value::Dict(Arc::new(Dict::of_strings(entries))))
}

fn of_database(database: &Database) -> Entries {
    let mut entries = vec![
        ("databaseDir", Value::string(&database.url)),
        ("engineType", Value::string(&database.engine)),
        ("atomic", Value::string(&database.atomic)),
        ("chunkGranularity", Value::string(&database.granularity)),
        ("clusterReplicationEnabled", Value::bool(true)),
        ("databaseOwner", Value::string(&database.owner)),
    ];
    entries.extend(partitioning(&database.levels));
    entries
}

fn of_table(table: &PartitionedTable) -> Entries {
    let (database, shape) = (table.database(), table.shape());
    let mut entries = vec![
        ("engineType", Value::string(&database.engine)),
        ("chunkGranularity", Value::string(&database.granularity)),
        ("tableOwner", Value::string(&shape.owner)),
        ("compressMethods", compression(table)),
        ("tableComment", Value::string("")),
        ("encryptMode", Value::string("plaintext")),
        ("dbUrl", Value::string(&database.url)),
        ("tableName", Value::string(&shape.name)),
        ("colDefs", columns(shape.columns.iter().map(|(name, ty)| (name, *ty)))),
        ("chunkPath", Value::Void),
    ];
    if !shape.sort_columns.is_empty() {
        entries.push(("keepDuplicates", Value::string(shape.keep.name())));
        entries.push(("sortColumns", texts(shape.sort_columns.iter().map(String::as_str))));
        entries.push(("sortKeyMappingFunction", texts(shape.sort_key_mapping.iter().map(String::as_str))));
        entries.push(("softDelete", Value::bool(shape.soft_delete)));
        entries.push(("latestKeyCache", Value::bool(false)));
        entries.push(("compressHashSortKey", Value::bool(true)));
    }
    if shape.partition_columns.is_empty() {
        entries.push(("partitionColumnIndex", Value::int(-1)));
        return entries;
    }
    let positions = shape.partition_columns.iter();
    let names = positions.clone().map(|position| shape.columns[*position].0.as_str());
    let indexes = Vector::new(Type::Int, Data::I32(positions.map(|position| *position as i32).collect()));
    entries.push(("partitionColumnIndex", one_or_all(indexes)));
    entries.push(("partitionColumnName", one_or_all(Vector::strings(Type::String, names))));
    entries.extend(partitioning(table.levels()));
    entries
}

/// Scalars for one level, vectors and a tuple for COMPO.
fn partitioning(levels: &[Level]) -> Entries {
    let numbers = |number: fn(&Level) -> i32| {
        one_or_all(Vector::new(Type::Int, Data::I32(levels.iter().map(number).collect())))
    };
    let names = levels.iter().map(|level| kind(level).1);
    let schemes: Vec<Value> = levels.iter().map(elements).collect();
    let scheme = match &schemes[..] {
        [only] => only.clone(),
        _ => Value::tuple(schemes),
    };
    vec![
        ("partitionType", numbers(|level| kind(level).0)),
        ("partitionTypeName", one_or_all(Vector::strings(Type::String, names))),
        ("partitionColumnType", numbers(|level| i32::from(level.ty().id()))),
        ("partitionSchema", scheme),
        ("partitionSites", Value::Void),
    ]
}

fn kind(level: &Level) -> (i32, &'static str) {
    match level.scheme() {
        Scheme::Value(_) => (1, "VALUE"),
        Scheme::Range(_) => (2, "RANGE"),
        Scheme::List(_) => (3, "LIST"),
        Scheme::Hash { .. } => (5, "HASH"),
    }
}

/// A HASH level shows only its bucket count. How a LIST level is shown is not documented.
fn elements(level: &Level) -> Value {
    match level.scheme() {
        Scheme::Value(cells) | Scheme::Range(cells) => Value::Vector(Arc::new(cells.clone())),
        Scheme::Hash { buckets, .. } => Value::int(*buckets as i32),
        Scheme::List(lists) => {
            Value::Tuple(Arc::new(lists.iter().map(|list| Value::Vector(Arc::new(list.clone()))).collect()))
        }
    }
}

fn one_or_all(cells: Vector) -> Value {
    if cells.len() == 1 { Value::Scalar(Arc::new(cells)) } else { Value::Vector(Arc::new(cells)) }
}

fn texts<'a>(items: impl Iterator<Item = &'a str>) -> Value {
    Value::Vector(Arc::new(Vector::strings(Type::String, items)))
}

fn columns<'a>(columns: impl Iterator<Item = (&'a String, Type)>) -> Value {
    let (names, types): (Vec<&str>, Vec<Type>) = columns.map(|(name, ty)| (name.as_str(), ty)).unzip();
    let ids = types.iter().map(|ty| i32::from(ty.id())).collect();
    table([
        ("name", Vector::strings(Type::String, names)),
        ("typeString", Vector::strings(Type::String, types.iter().map(|ty| ty.name()))),
        ("typeInt", Vector::new(Type::Int, Data::I32(ids))),
        ("extra", Vector::integers(Type::Int, types.iter().map(|ty| ty.scale().map(i64::from)))),
        ("comment", Vector::nulls(Type::String, types.len())),
    ])
}

fn compression(of: &PartitionedTable) -> Value {
    let names = of.columns().iter().map(|(name, _)| name.as_str());
    let methods = of.shape().compression.iter().map(String::as_str);
    table([
        ("name", Vector::strings(Type::String, names)),
        ("compressMethods", Vector::strings(Type::String, methods)),
    ])
}

fn table<const N: usize>(columns: [(&str, Vector); N]) -> Value {
    Value::Table(Table::of(columns).into())
}
