//! `upsert!` and `tableUpsert` (dolphindb-semantics §4.1).
use std::sync::Arc;

use super::{args, faults, rights};
use crate::error::Result;
use crate::node::Right;
use crate::script::Session;
use crate::store::{PartitionedTable, Upsert, Upserted};
use crate::value::{Type, Value, Vector};

/// Returns the table.
pub fn in_place(session: &mut Session, own: &mut Value, given: Vec<Value>) -> Result<Value> {
    upsert("upsert!", session, own, &given)?;
    Ok(own.clone())
}

/// Returns the pair of how many rows were new and how many replaced others.
pub fn counted(session: &mut Session, own: &mut Value, given: Vec<Value>) -> Result<Value> {
    let done = upsert("tableUpsert", session, own, &given)?;
    let counts = [done.inserted, done.updated].map(|count| Some(count as i64));
    Ok(Value::Pair(Arc::new(Vector::integers(Type::Long, counts))))
}

/// minnow has no keyed tables in memory, so `obj` is a distributed one.
fn upsert(function: &str, session: &mut Session, own: &Value, given: &[Value]) -> Result<Upserted> {
    let Value::Dfs(table) = own else {
        return Err(args::bad(function, "obj", "must be a keyed table, an indexed table or a DFS table"));
    };
    rights::write(session, Right::Update, table)?;
    let Some(Value::Table(rows)) = given.first() else {
        return Err(args::bad(function, "newData", "must be a table in memory"));
    };
    let how = how(function, session, table, given)?;
    let mut done = Upserted { inserted: 0, updated: 0 };
    faults::write(session, rows, |rows| {
        done = table.upsert(rows, &how)?;
        Ok(done.inserted + done.updated)
    })?;
    Ok(done)
}

/// The partition columns belong to the key. PKEY tables know theirs and take no options.
fn how(function: &str, session: &Session, table: &PartitionedTable, given: &[Value]) -> Result<Upsert> {
    let positions = |at: usize, name: &str| -> Result<Vec<usize>> {
        let names = args::texts(function, given, at, name)?;
        let unknown = |own: &String| args::bad(function, name, &format!("names the unknown column [{own}]"));
        names.iter().map(|own| table.position(own).ok_or_else(|| unknown(own))).collect()
    };
    let nulls_match = session.node.switches.enable_null_safe_join;
    let engine = table.database().engine.as_str();
    if engine == "PKEY" {
        if (1..4).any(|at| args::given(given, at).is_some()) {
            return Err(args::bad(
                function,
                "ignoreNull, keyColNames or sortColumns",
                "is not for PKEY tables",
            ));
        }
        let keys = table.shape().primary_key.iter().filter_map(|name| table.position(name)).collect();
        return Ok(Upsert { keys, nulls_match, ..Upsert::default() });
    }
    let mut keys = positions(2, "keyColNames")?;
    keys.extend(table.partition_columns());
    keys.sort_unstable();
    keys.dedup();
    let sort = match args::given(given, 3) {
        None => Vec::new(),
        Some(_) if engine != "OLAP" => {
            return Err(args::bad(function, "sortColumns", "is for OLAP tables only"));
        }
        Some(_) => positions(3, "sortColumns")?,
    };
    let ignore_null = args::optional_bool(function, given, 1, "ignoreNull", false)?;
    Ok(Upsert { keys, ignore_null, nulls_match, sort })
}
