//! Changing tables that exist: more columns, and comments (the manual's addColumn, setColumnComment
//! and setTableComment).
use std::sync::Arc;

use super::{args, rights};
use crate::error::{Error, Result};
use crate::functions::table::types;
use crate::script::Session;
use crate::store::PartitionedTable;
use crate::value::{Type, Value, Vector};

/// The manual's limit, in bytes.
const LONGEST_COMMENT: usize = 4096;

/// Adds columns of NULLs at the end. The variable that is given sees them, as in the manual's example;
/// other handles of a distributed table must be loaded again.
pub fn add_column(session: &mut Session, own: &mut Value, given: Vec<Value>) -> Result<Value> {
    const NAME: &str = "addColumn";
    let names = args::texts(NAME, &given, 0, "colNames")?;
    let types = types(NAME, args::required(NAME, &given, 1, "colTypes")?, names.len())?;
    let new: Vec<(String, Type)> = names.into_iter().zip(types).collect();
    match own {
        Value::Dfs(table) => {
            rights::alter(session, table)?;
            table.add_columns(new)?;
            *own = Value::Dfs(session.node.store.table(&table.database().url, table.name())?);
        }
        Value::Table(table) => {
            if let Some((name, _)) = new.iter().find(|(name, _)| table.position(name).is_some()) {
                return Err(args::bad(NAME, "colNames", &format!("has [{name}], which is there")));
            }
            let rows = table.rows();
            let table = Arc::make_mut(table);
            for (name, ty) in new {
                table.names.push(name);
                table.columns.push(Arc::new(Vector::nulls(ty, rows)));
            }
        }
        _ => return Err(args::bad(NAME, "table", "must be a table")),
    }
    Ok(Value::Void)
}

pub fn set_column_comment(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    const NAME: &str = "setColumnComment";
    let table = table(session, NAME, &given)?;
    let Value::Dict(comments) = args::required(NAME, &given, 1, "columnComments")? else {
        return Err(args::bad(NAME, "columnComments", "must be a dictionary of columns and comments"));
    };
    let pair = |(row, comment): (usize, &Value)| {
        Some((comments.keys.text(row)?.to_owned(), comment.as_str()?.to_owned()))
    };
    let pairs: Option<Vec<_>> = comments.values.iter().enumerate().map(pair).collect();
    let pairs =
        pairs.ok_or_else(|| args::bad(NAME, "columnComments", "must have texts for keys and values"))?;
    table.set_column_comments(&pairs)?;
    Ok(Value::Void)
}

/// Since 3.00.1 (dolphindb-semantics §3.4 lists the key that it fills).
pub fn set_table_comment(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    const NAME: &str = "setTableComment";
    if !session.node.is_at_least([3, 0, 1]) {
        return Err(Error::syntax(format!("Can't recognize function name {NAME}")));
    }
    let table = table(session, NAME, &given)?;
    let comment = args::text(NAME, &given, 1, "comment")?;
    if comment.len() > LONGEST_COMMENT {
        return Err(args::bad(NAME, "comment", "must have no more than 4096 bytes"));
    }
    table.set_comment(comment)?;
    Ok(Value::Void)
}

fn table(session: &Session, function: &str, given: &[Value]) -> Result<Arc<PartitionedTable>> {
    match args::required(function, given, 0, "table")? {
        Value::Dfs(table) => rights::alter(session, table).map(|()| table.clone()),
        _ => Err(args::bad(function, "table", "must be a distributed table")),
    }
}
