//! database() and the functions on whole databases.
use std::sync::Arc;

use super::{args, database_of, require_login, rights};
use crate::error::{Error, Result};
use crate::node::Object;
use crate::script::Session;
use crate::store::{Database, Identity, Level, Scheme};
use crate::value::{Table, Type, Value, Vector};

pub fn database(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    let url = match args::given(&given, 0) {
        Some(_) => args::text("database", &given, 0, "directory")?,
        None => "",
    };
    if !url.is_empty() {
        require_login(session, "open or create a database")?;
    }
    let Some(kind) = args::given(&given, 1) else {
        return session.node.store.database(url).map(Value::Database);
    };
    let levels = levels(kind, args::required("database", &given, 2, "partitionScheme")?)?;
    if url.is_empty() && levels.len() != 1 {
        return Err(Error::argument("database", "A level of a COMPO database cannot be COMPO itself."));
    }
    let wanted = Database {
        url: url.into(),
        levels,
        engine: engine(session, args::optional_text("database", &given, 4, "engine")?)?,
        atomic: atomic("database", args::optional_text("database", &given, 5, "atomic")?)?,
        granularity: granularity(session, args::optional_text("database", &given, 6, "chunkGranularity")?)?,
        owner: session.user.clone(),
        id: Identity::default(),
    };
    if url.is_empty() {
        return Ok(Value::Database(Arc::new(wanted)));
    }
    if !session.node.store.has_database(url) {
        rights::create_database(session, url)?;
        return session.node.store.create_database(wanted).map(Value::Database);
    }
    let existing = session.node.store.database(url)?;
    let mut same = existing.levels.len() == wanted.levels.len();
    for (own, other) in existing.levels.iter().zip(&wanted.levels) {
        same &= own.covers(other)? && other.covers(own)?;
    }
    if !same {
        let text = format!("The database {url} exists with a different partition scheme.");
        return Err(Error::argument("database", text));
    }
    Ok(Value::Database(existing))
}

pub fn exists(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    let url = args::text("existsDatabase", &given, 0, "dbUrl")?;
    Ok(Value::bool(session.node.store.has_database(url)))
}

pub fn drop(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    let url = args::text("dropDatabase", &given, 0, "dbUrl")?;
    require_login(session, "create or delete databases")?;
    rights::drop_database(session, &*session.node.store.database(url)?)?;
    session.node.store.drop_database(url)?;
    session.node.forget_rights(&Object::Database(url.to_owned()));
    Ok(Value::Void)
}

/// Those that one has a right in.
pub fn list(session: &mut Session, _given: Vec<Value>) -> Result<Value> {
    shown(session, rights::sees)
}

/// Those that one manages or has made.
pub fn list_managed(session: &mut Session, _given: Vec<Value>) -> Result<Value> {
    shown(session, rights::lists)
}

fn shown(session: &Session, shows: fn(&Session, &Database) -> bool) -> Result<Value> {
    let store = &session.node.store;
    let mut urls = store.databases();
    urls.retain(|url| store.database(url).is_ok_and(|database| shows(session, &database)));
    Ok(names(&urls))
}

pub fn tables(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    require_login(session, "list the tables of a database")?;
    let database = database_of(session, "getTables", &given, "dbHandle")?;
    Ok(names(&session.node.store.tables(&database.url)?))
}

/// Names, and physical indexes where tables have their own chunks (dolphindb-semantics §2.1).
pub fn list_tables(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    require_login(session, "list the tables of a database")?;
    let database = database_of(session, "listTables", &given, "dbUrl")?;
    let store = &session.node.store;
    let tables: Vec<_> = store.tables(&database.url)?;
    let indexes: Vec<String> = tables
        .iter()
        .map(|name| {
            let table = store.table(&database.url, name)?;
            Ok(if table.shares_chunks() { String::new() } else { table.number().to_string() })
        })
        .collect::<Result<_>>()?;
    let strings = |texts: &[String]| Vector::strings(Type::String, texts.iter().map(String::as_str));
    let columns = [("tableName", strings(&tables)), ("physicalIndex", strings(&indexes))];
    Ok(Value::Table(Table::of(columns).into()))
}

pub fn tables_of(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    require_login(session, "list the tables of a database")?;
    let database = database_of(session, "getDFSTablesByDatabase", &given, "dbUrl")?;
    paths(session, std::slice::from_ref(&database.url))
}

pub fn all_tables(session: &mut Session, _given: Vec<Value>) -> Result<Value> {
    paths(session, &session.node.store.databases())
}

/// `dfs://db/table` of every table that one has a right in.
fn paths(session: &Session, urls: &[String]) -> Result<Value> {
    let store = &session.node.store;
    let mut paths = Vec::new();
    for url in urls {
        for name in store.tables(url)? {
            if rights::sees_table(session, &*store.table(url, &name)?) {
                paths.push(format!("{url}/{name}"));
            }
        }
    }
    Ok(names(&paths))
}

fn names(texts: &[String]) -> Value {
    Value::Vector(Arc::new(Vector::strings(Type::String, texts.iter().map(String::as_str))))
}

/// The levels that a partition type's number and its scheme describe.
fn levels(kind: &Value, scheme: &Value) -> Result<Vec<Level>> {
    let cells = || scheme.cells().map(|cells| Vector::clone(cells)).ok_or_else(wrong_scheme);
    match kind.as_i64() {
        Some(1) => Ok(vec![Level::new(Scheme::Value(cells()?))?]),
        Some(2) => Ok(vec![Level::new(Scheme::Range(cells()?))?]),
        Some(4) => compo(scheme),
        Some(3) => Ok(vec![Level::new(Scheme::List(lists(scheme)?))?]),
        Some(5) => Ok(vec![hash(scheme)?]),
        _ => Err(args::bad("database", "partitionType", "must be VALUE, RANGE, LIST, HASH or COMPO")),
    }
}

fn compo(scheme: &Value) -> Result<Vec<Level>> {
    let Value::Tuple(handles) = scheme else { return Err(wrong_scheme()) };
    if !(2..=3).contains(&handles.len()) {
        return Err(args::bad("database", "partitionScheme", "must have two or three levels for COMPO"));
    }
    let level = |handle: &Value| match handle {
        Value::Database(level) if level.levels.len() == 1 => Ok(level.levels[0].clone()),
        _ => Err(wrong_scheme()),
    };
    handles.iter().map(level).collect()
}

/// A tuple whose items are the elements of one partition each.
fn lists(scheme: &Value) -> Result<Vec<Vector>> {
    match scheme {
        Value::Tuple(items) => items
            .iter()
            .map(|item| item.cells().map(|cells| Vector::clone(cells)).ok_or_else(wrong_scheme))
            .collect(),
        Value::Vector(cells) => Ok((0..cells.len()).map(|row| cells.cell(row)).collect()),
        _ => Err(wrong_scheme()),
    }
}

/// `[TYPE, buckets]`: both are numbers, so that a script makes a vector of them or a tuple.
fn hash(scheme: &Value) -> Result<Level> {
    let numbers: Vec<Option<i64>> = match scheme {
        Value::Tuple(items) => items.iter().map(Value::as_i64).collect(),
        _ => scheme
            .cells()
            .map(|cells| (0..cells.len()).map(|row| cells.integer(row)).collect())
            .unwrap_or_default(),
    };
    let [Some(ty), Some(buckets)] = numbers[..] else { return Err(wrong_scheme()) };
    let ty = u8::try_from(ty).ok().and_then(Type::from_id).ok_or_else(wrong_scheme)?;
    let buckets = u32::try_from(buckets).map_err(|_| wrong_scheme())?;
    Level::new(Scheme::Hash { ty, buckets })
}

fn wrong_scheme() -> Error {
    args::bad("database", "partitionScheme", "does not suit the partition type")
}

/// TSDB is there since 2.00, PKEY since 3.00.1 (dolphindb-semantics §3.1).
fn engine(session: &Session, name: Option<&str>) -> Result<String> {
    let since = |release| session.node.is_at_least(release);
    match name.unwrap_or("OLAP") {
        known @ "OLAP" => Ok(known.into()),
        known @ "TSDB" if since([2, 0, 0]) => Ok(known.into()),
        known @ "PKEY" if since([3, 0, 1]) => Ok(known.into()),
        _ => {
            Err(args::bad("database", "engine", "must be OLAP, TSDB or PKEY, as far as the release has them"))
        }
    }
}

fn atomic(function: &str, name: Option<&str>) -> Result<String> {
    match name.unwrap_or("TRANS") {
        known @ ("TRANS" | "CHUNK") => Ok(known.into()),
        _ => Err(args::bad(function, "atomic", "must be TRANS or CHUNK")),
    }
}

/// The argument is there with enableChunkGranularityConfig only (dolphindb-semantics §3.1).
fn granularity(session: &Session, name: Option<&str>) -> Result<String> {
    match name {
        Some(_) if !session.node.switches.enable_chunk_granularity_config => {
            Err(args::bad("database", "chunkGranularity", "needs enableChunkGranularityConfig=true"))
        }
        None => Ok("TABLE".into()),
        Some(known @ ("TABLE" | "DATABASE")) => Ok(known.into()),
        Some(_) => Err(args::bad("database", "chunkGranularity", "must be TABLE or DATABASE")),
    }
}

pub fn set_atomic(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    let database = database_of(session, "setAtomicLevel", &given, "dbHandle")?;
    rights::change(session, &database)?;
    let level = atomic("setAtomicLevel", Some(args::text("setAtomicLevel", &given, 1, "atomic")?))?;
    session.node.store.set_atomic(&database.url, &level)?;
    Ok(Value::Void)
}
