//! schema(): the dictionaries of dolphindb-semantics §3.4. Since which release a key is there is inferred
//! from the release notes that introduce what it tells `[I]`.
use std::sync::Arc;

use super::args;
use crate::error::Result;
use crate::node::Node;
use crate::script::Session;
use crate::store::{Database, Level, PartitionedTable, Scheme};
use crate::value::{Data, Dict, Table, Type, Value, Vector};

type Entries = Vec<(&'static str, Value)>;

pub fn schema(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    let node = &session.node;
    let entries = match args::required("schema", &given, 0, "table")? {
        Value::Database(database) => of_database(database, node),
        Value::Dfs(table) => of_table(table, node),
        Value::Table(table) => {
            let types = table.columns.iter().map(|column| column.ty);
            vec![("colDefs", columns(table.names.iter().zip(types), &[], node))]
        }
        _ => return Err(args::bad("schema", "table", "must be a table or a database handle")),
    };
    Ok(Value::Dict(Arc::new(Dict::of_strings(entries))))
}

fn of_database(database: &Database, node: &Node) -> Entries {
    let mut entries = vec![
        ("databaseDir", Value::string(&database.url)),
        ("atomic", Value::string(&database.atomic)),
        ("chunkGranularity", Value::string(&database.granularity)),
        ("clusterReplicationEnabled", Value::bool(true)),
        ("databaseOwner", Value::string(&database.owner)),
    ];
    entries.extend(engine(database, node));
    entries.extend(partitioning(&database.levels));
    entries
}

/// 1.30 has one engine and does not name it.
fn engine(database: &Database, node: &Node) -> Option<(&'static str, Value)> {
    node.is_at_least([2, 0, 0]).then(|| ("engineType", Value::string(&database.engine)))
}

/// The columns are those of the handle, the comments those of the table.
fn of_table(table: &PartitionedTable, node: &Node) -> Entries {
    let (database, shape, now) = (table.database(), table.shape(), table.current_shape());
    let mut entries = vec![
        ("chunkGranularity", Value::string(&database.granularity)),
        ("tableOwner", Value::string(&shape.owner)),
        ("compressMethods", compression(table)),
        ("colDefs", columns(shape.columns.iter().map(|(name, ty)| (name, *ty)), &now.column_comments, node)),
        ("chunkPath", Value::Void),
    ];
    entries.extend(engine(database, node));
    if node.is_at_least([3, 0, 1]) {
        entries.push(("tableComment", Value::string(&now.comment)));
    }
    if node.is_at_least([3, 0, 3]) {
        entries.push(("encryptMode", Value::string("plaintext")));
        entries.push(("dbUrl", Value::string(&database.url)));
        entries.push(("tableName", Value::string(&shape.name)));
    }
    if !shape.sort_columns.is_empty() {
        entries.push(("keepDuplicates", Value::string(shape.keep.name())));
        entries.push(("sortColumns", texts(shape.sort_columns.iter().map(String::as_str))));
        entries.push(("sortKeyMappingFunction", texts(shape.sort_key_mapping.iter().map(String::as_str))));
        entries.push(("softDelete", Value::bool(shape.soft_delete)));
        if node.is_at_least([3, 0, 2]) {
            entries.push(("latestKeyCache", Value::bool(false)));
            entries.push(("compressHashSortKey", Value::bool(true)));
        }
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
    match level.shown() {
        Scheme::Value(cells) | Scheme::Range(cells) => Value::Vector(Arc::new(cells)),
        Scheme::Hash { buckets, .. } => Value::int(buckets as i32),
        Scheme::List(lists) => {
            Value::Tuple(Arc::new(lists.into_iter().map(|list| Value::Vector(Arc::new(list))).collect()))
        }
    }
}

fn one_or_all(cells: Vector) -> Value {
    if cells.len() == 1 { Value::Scalar(Arc::new(cells)) } else { Value::Vector(Arc::new(cells)) }
}

fn texts<'a>(items: impl Iterator<Item = &'a str>) -> Value {
    Value::Vector(Arc::new(Vector::strings(Type::String, items)))
}

/// `extra`, the scale, is there where there are decimals.
fn columns<'a>(columns: impl Iterator<Item = (&'a String, Type)>, comments: &[String], node: &Node) -> Value {
    let (names, types): (Vec<&str>, Vec<Type>) = columns.map(|(name, ty)| (name.as_str(), ty)).unzip();
    let ids = types.iter().map(|ty| i32::from(ty.id())).collect();
    let comments = (0..types.len()).map(|at| comments.get(at).map_or("", String::as_str));
    let mut columns = vec![
        ("name", Vector::strings(Type::String, names)),
        ("typeString", Vector::strings(Type::String, types.iter().map(|ty| ty.name()))),
        ("typeInt", Vector::new(Type::Int, Data::I32(ids))),
        ("comment", Vector::strings(Type::String, comments)),
    ];
    if node.is_at_least([2, 0, 0]) {
        let scales = types.iter().map(|ty| ty.scale().map(i64::from));
        columns.insert(3, ("extra", Vector::integers(Type::Int, scales)));
    }
    table(columns)
}

fn compression(of: &PartitionedTable) -> Value {
    let names = of.columns().iter().map(|(name, _)| name.as_str());
    let methods = of.shape().compression.iter().map(String::as_str);
    table([
        ("name", Vector::strings(Type::String, names)),
        ("compressMethods", Vector::strings(Type::String, methods)),
    ])
}

fn table<'a>(columns: impl IntoIterator<Item = (&'a str, Vector)>) -> Value {
    Value::Table(Table::of(columns).into())
}
