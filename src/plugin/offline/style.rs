//! Whether a table is taken at one moment, as files, or partition by partition, and why.
use crate::cluster::{Cluster, describe, sql};
use crate::data::Datum;
use crate::error::{Error, Kind, Result};
use crate::model::{Mode, TableName};
use crate::offline::Style;
use crate::plan::Plan;

/// How the partitions of `plan` are backed up, and what that costs, in words.
pub(super) fn style(
    consistent: Option<bool>,
    plan: &Plan,
    unlike: Option<String>,
) -> Result<(Style, String)> {
    let table = &plan.draft.table;
    let partial = plan.decisions.iter().any(|unit| unit.rows > 0 && !unit.action.sends());
    let reason = match unlike {
        Some(reason) => Some(reason),
        None if plan.draft.filter.is_some() || plan.draft.window.is_some() => {
            Some("a filter or window picks rows".to_owned())
        }
        None if plan.mode == Mode::Append => Some("rows are added to others".to_owned()),
        None => None,
    };
    match (consistent, reason) {
        (Some(true), Some(reason)) => {
            let what = format!("{table} cannot be taken at one moment: {reason}");
            Err(Error::new(Kind::Refused, what).advise("leave `consistent` out, or give false"))
        }
        (Some(true), None) => Ok((Style::Snapshot, snapshot(table))),
        (None, None) if !partial => Ok((Style::Snapshot, snapshot(table))),
        (Some(false), _) => Ok((Style::Rows, rows(table, "as asked"))),
        (None, Some(reason)) => Ok((Style::Rows, rows(table, &reason))),
        (None, None) => Ok((Style::Rows, rows(table, "some partitions need nothing"))),
    }
}

fn snapshot(table: &TableName) -> String {
    format!(
        "{table} is taken at one moment by backupTable, as files: nobody can write to it while that runs, \
         and both sides need the disk for all of it"
    )
}

fn rows(table: &TableName, why: &str) -> String {
    format!(
        "{table} is taken partition by partition, by queries ({why}): writers are not blocked, partitions are \
         of different moments, and the source's server needs the memory for one at a time"
    )
}

/// Why the files of one table are not those of the other; nothing when they are alike. Tables of two
/// engines do not restore into each other at all (dolphindb-semantics §1.7).
pub(super) fn unlike(
    source: &mut dyn Cluster,
    target: &mut dyn Cluster,
    table: &TableName,
) -> Result<Option<String>> {
    let question = format!("schema({})", sql::load_table(table));
    let [ours, theirs] = [source.query(&question)?, target.query(&question)?];
    let member = |schema: &Datum, name: &str| schema.get(name).and_then(Datum::as_str).map(str::to_owned);
    if let (Some(ours), Some(theirs)) = (member(&ours, "engineType"), member(&theirs, "engineType"))
        && ours != theirs
    {
        let what = format!("{table} is of the engine {ours} at the source and {theirs} at the target");
        return Err(Error::new(Kind::Schema, what).advise("use clusterSync::syncOnline"));
    }
    if [&ours, &theirs].iter().any(|schema| member(schema, "chunkGranularity").as_deref() == Some("DATABASE"))
    {
        return Ok(Some("its chunks hold all tables of the database".to_owned()));
    }
    let (ours, theirs) = (describe(source, table)?, describe(target, table)?);
    Ok((ours.columns != theirs.columns)
        .then(|| "the columns of both tables differ in order or type".to_owned()))
}
