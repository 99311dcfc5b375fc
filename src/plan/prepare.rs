//! Makes a draft from the structures of both sides.
use super::{Draft, Finding, compare};
use crate::cluster::{Cluster, count, describe, flaw, sql::Rows, units};
use crate::error::{Error, Kind, Result};
use crate::model::{TableName, TableSchema};

/// The draft for syncing the rows of `table` that pass `filter`. Nothing is written.
///
/// # Errors
/// `NotFound` for a missing database or table, `Argument` for a filter that the source cannot
/// evaluate, `Schema` when the tables do not fit, naming everything found at once.
pub fn prepare(
    source: &mut dyn Cluster,
    target: &mut dyn Cluster,
    table: &TableName,
    filter: Option<&str>,
) -> Result<Draft> {
    let ours = describe(source, table)?;
    require_filter(source, table, filter)?;
    let theirs = describe(target, table)?;
    let units = units(&ours)?;
    let misfits = compare(table, &ours, &theirs)?;
    if !misfits.is_empty() {
        return Err(refusal(table, target, misfits));
    }
    Ok(Draft {
        table: table.clone(),
        target: target.label().to_owned(),
        columns: names(&theirs),
        filter: filter.map(str::to_owned),
        units,
    })
}

fn names(schema: &TableSchema) -> Vec<String> {
    schema.columns.iter().map(|column| column.name.clone()).collect()
}

/// The table is known to exist, so if it cannot be counted with a filter, the filter is the cause.
fn require_filter(source: &mut dyn Cluster, table: &TableName, filter: Option<&str>) -> Result<()> {
    let blame = |filter: &str, why: &str| {
        Error::new(Kind::Argument, format!("the filter `{filter}` cannot be evaluated on {table}: {why}"))
            .advise("give one condition over the table's columns, as after `where`")
    };
    if let Some((filter, why)) = filter.and_then(|filter| Some((filter, flaw(filter)?))) {
        return Err(blame(filter, &why));
    }
    count(source, Rows::of(table).passing(filter)).map(drop).map_err(|error| match (filter, error.kind()) {
        (Some(filter), Kind::Server | Kind::Protocol | Kind::Argument) => blame(filter, error.message()),
        _ => error,
    })
}

fn refusal(table: &TableName, target: &dyn Cluster, findings: Vec<Finding>) -> Error {
    let whats: Vec<&str> = findings.iter().map(|finding| finding.what.as_str()).collect();
    let mut fixes: Vec<&str> = findings.iter().map(|finding| finding.fix.as_str()).collect();
    fixes.dedup();
    let target = target.label();
    let message = format!("{table} cannot be synced to {target}: {}", whats.join(", "));
    Error::new(Kind::Schema, message).advise(fixes.join(", "))
}
