//! Dropping partitions and growing schemes.
use std::collections::HashMap;

use super::{args, database_of, require_login};
use crate::error::{Error, Result};
use crate::script::Session;
use crate::store::{Level, Scheme, Selection};
use crate::value::{Value, Vector};

/// Tables have their own chunks (chunkGranularity TABLE), so the table must be named
/// (dolphindb-semantics §4.1).
pub fn drop(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    require_login(session, "drop a partition")?;
    let database = database_of(session, "dropPartition", &given, "dbHandle")?;
    let name = args::text("dropPartition", &given, 2, "tableName")?;
    let table = session.node.store.table(&database.url, name)?;
    let what = args::required("dropPartition", &given, 1, "partitionPaths")?;
    let selections = match what.cells() {
        Some(cells) if cells.text(0).is_some_and(|text| text.starts_with('/')) => {
            by_path(table.levels(), cells)
        }
        _ => vec![by_value(table.levels(), what)?],
    };
    if table.drop_chunks(&selections)? == 0 {
        // The number is documented (dolphindb-semantics §4.1), the sentence is not.
        return Err(Error::runtime("None of the partitions to drop exists. RefId:S01056"));
    }
    Ok(Value::Void)
}

pub fn add_values(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    grow(session, "addValuePartitions", &given, |scheme| matches!(scheme, Scheme::Value(_)))
}

pub fn add_ranges(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    grow(session, "addRangePartitions", &given, |scheme| matches!(scheme, Scheme::Range(_)))
}

fn grow(session: &mut Session, function: &str, given: &[Value], suits: fn(&Scheme) -> bool) -> Result<Value> {
    require_login(session, "change a partition scheme")?;
    let database = database_of(session, function, given, "dbHandle")?;
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

/// One selection per path that the scheme knows; a shorter path names everything below it.
fn by_path(levels: &[Level], paths: &Vector) -> Vec<Selection> {
    let labels: Vec<HashMap<String, u32>> = levels
        .iter()
        .map(|level| (0..level.count() as u32).map(|number| (level.label(number), number)).collect())
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
/// one for each level.
fn by_value(levels: &[Level], keys: &Value) -> Result<Selection> {
    let keys = match keys {
        Value::Tuple(keys) => keys.to_vec(),
        single => vec![single.clone()],
    };
    if keys.len() > levels.len() {
        return Err(args::bad("dropPartition", "partitionPaths", "has more levels than the table"));
    }
    let mut selection = Selection::all();
    for (number, (level, keys)) in levels.iter().zip(&keys).enumerate() {
        let Some(keys) = keys.cells() else { continue };
        selection.keep(number, &level.assign(keys)?);
    }
    Ok(selection)
}
