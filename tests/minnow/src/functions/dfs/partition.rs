//! Dropping partitions and growing schemes.
use std::collections::HashMap;

use super::{args, database_of, rights};
use crate::error::{Error, Result};
use crate::script::Session;
use crate::store::{Database, Level, Scheme, Selection};
use crate::value::{Value, Vector};

/// Where tables have their own chunks the table must be named; where they share them, no name means
/// all of them (dolphindb-semantics §4.1). forceDelete concerns replicas, of which there is one.
pub fn drop(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    const NAME: &str = "dropPartition";
    let database = database_of(session, NAME, &given, "dbHandle")?;
    rights::drop_partitions(session, &database)?;
    let with_schema = args::optional_bool(NAME, &given, 4, "deleteSchema", false)?;
    let names = match args::optional_text(NAME, &given, 2, "tableName")? {
        Some(name) => vec![name.to_owned()],
        None if database.shares_chunks() => session.node.store.tables(&database.url)?,
        None => return Err(args::bad(NAME, "tableName", "is missing")),
    };
    let what = args::required(NAME, &given, 1, "partitionPaths")?;
    let removed = match with_schema {
        true => removable(session, &database, args::required(NAME, &given, 1, "partitionPaths")?)?,
        false => Vec::new(),
    };
    let mut dropped = 0;
    for name in names {
        let table = session.node.store.table(&database.url, &name)?;
        if table.levels().is_empty() {
            continue;
        }
        dropped += table.drop_chunks(&selections(NAME, table.levels(), what)?)?;
    }
    if with_schema {
        return session.node.store.remove_values(&database.url, &removed).map(|()| Value::Void);
    }
    if dropped == 0 {
        // The number is documented (dolphindb-semantics §4.1), the sentence is not.
        return Err(Error::runtime("None of the partitions to drop exists. RefId:S01056"));
    }
    Ok(Value::Void)
}

/// The first level's partitions whose VALUE elements are to go, too: of a database with one table, and
/// all that is below them (the manual's dropPartition). What else becomes of the call is not
/// documented; here it is refused.
fn removable(session: &Session, database: &Database, what: &Value) -> Result<Vec<u32>> {
    let bad = |why: &str| args::bad("dropPartition", "deleteSchema", why);
    rights::change(session, database)?;
    if session.node.store.tables(&database.url)?.len() != 1 {
        return Err(bad("needs a database of one table"));
    }
    if !matches!(database.levels[0].scheme(), Scheme::Value(_)) {
        return Err(bad("needs a first level of the type VALUE"));
    }
    let mut numbers = Vec::new();
    for selection in selections("dropPartition", &database.levels, what)? {
        match &selection.levels[..] {
            [Some(first), deeper @ ..] if deeper.iter().all(Option::is_none) => numbers.extend(first),
            _ => return Err(bad("is for partitions of the first level")),
        }
    }
    numbers.retain(|number| (*number as usize) < database.levels[0].count());
    if numbers.is_empty() {
        // As where nothing is dropped.
        return Err(Error::runtime("None of the partitions to drop exists. RefId:S01056"));
    }
    Ok(numbers)
}

pub fn add_values(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    grow(session, "addValuePartitions", &given, |scheme| matches!(scheme, Scheme::Value(_)))
}

pub fn add_ranges(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    grow(session, "addRangePartitions", &given, |scheme| matches!(scheme, Scheme::Range(_)))
}

fn grow(session: &mut Session, function: &str, given: &[Value], suits: fn(&Scheme) -> bool) -> Result<Value> {
    let database = database_of(session, function, given, "dbHandle")?;
    rights::change(session, &database)?;
    let level = match args::given(given, 2) {
        Some(_) => args::integer(function, given, 2, "level")?,
        None => 0,
    };
    let level = usize::try_from(level).unwrap_or(usize::MAX);
    if !database.levels.get(level).is_some_and(|level| suits(level.scheme())) {
        return Err(args::bad(function, "level", "must be a level of the kind that this function extends"));
    }
    let more = args::required(function, given, 1, "newValues")?;
    let more = more.cells().ok_or_else(|| args::bad(function, "newValues", "must be a scalar or vector"))?;
    let added = session.node.store.add_partitions(&database.url, level, more)?;
    Ok(Value::int(added as i32))
}

/// What paths or keys choose (dolphindb-semantics §1.6).
pub fn selections(function: &str, levels: &[Level], what: &Value) -> Result<Vec<Selection>> {
    match what.cells() {
        Some(cells) if is_path(cells) => Ok(by_path(levels, cells)),
        _ => Ok(vec![by_value(function, levels, what)?]),
    }
}

/// Paths start with a slash, and keys do not.
pub fn is_path(cells: &Vector) -> bool {
    cells.text(0).is_some_and(|text| text.starts_with('/'))
}

/// One selection per path that the scheme knows; a shorter path names everything below it.
fn by_path(levels: &[Level], paths: &Vector) -> Vec<Selection> {
    let labels: Vec<HashMap<String, u32>> = levels
        .iter()
        .map(|level| level.present().into_iter().map(|number| (level.label(number), number)).collect())
        .collect();
    let selection = |path: &str| {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        if parts.is_empty() || parts.len() > labels.len() {
            return None;
        }
        let numbers = parts.iter().zip(&labels).map(|(part, labels)| labels.get(*part));
        let levels = numbers.map(|number| number.map(|number| Some(vec![*number]))).collect::<Option<_>>()?;
        Some(Selection { levels })
    };
    (0..paths.len()).filter_map(|row| paths.text(row).and_then(selection)).collect()
}

/// The partitions that hold these keys: a scalar or vector for the first level, or a tuple with
/// one for each level, where an empty one is no filter. HASH takes the number of the bucket
/// (dolphindb-semantics §1.6).
fn by_value(function: &str, levels: &[Level], keys: &Value) -> Result<Selection> {
    let keys = match keys {
        Value::Tuple(keys) => keys.to_vec(),
        single => vec![single.clone()],
    };
    if keys.len() > levels.len() {
        return Err(args::bad(function, "partition", "has more levels than the table"));
    }
    let mut selection = Selection::all();
    for (number, (level, keys)) in levels.iter().zip(&keys).enumerate() {
        let Some(keys) = keys.cells().filter(|keys| !keys.is_empty()) else { continue };
        let chosen = match level.scheme() {
            Scheme::Hash { .. } => level.named(keys)?,
            _ => level.assign(keys)?,
        };
        selection.keep(number, &chosen);
    }
    Ok(selection)
}
