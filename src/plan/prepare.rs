//! Makes a plan from what both sides hold.
use super::{Finding, Plan, compare, some_of};
use crate::cluster::{Cluster, count, describe, flaw, sql::Rows, units};
use crate::error::{Error, Kind, Result};
use crate::model::{TableName, TableSchema, Unit};

/// The plan for copying the rows of `table` that pass `filter`. Nothing is written.
///
/// # Errors
/// `NotFound` for a missing database or table, `Argument` for a filter that the source cannot
/// evaluate, `Schema` when the tables do not fit, `Refused` when partitions of the target hold rows
/// already; the last two name everything found at once.
pub fn prepare(
    source: &mut dyn Cluster,
    target: &mut dyn Cluster,
    table: &TableName,
    filter: Option<&str>,
) -> Result<Plan> {
    let ours = describe(source, table)?;
    let rows = count_passing(source, table, filter)?;
    let theirs = describe(target, table)?;
    let units = units(&ours)?;
    let misfits = compare(table, &ours, &theirs)?;
    if !misfits.is_empty() {
        return Err(refusal(Kind::Schema, table, target, misfits));
    }
    if let Some(finding) = occupied(source, target, table, filter, &units)? {
        return Err(refusal(Kind::Refused, table, target, vec![finding]));
    }
    Ok(Plan {
        table: table.clone(),
        target: target.label().to_owned(),
        columns: names(&theirs),
        filter: filter.map(str::to_owned),
        units,
        rows,
    })
}

fn names(schema: &TableSchema) -> Vec<String> {
    schema.columns.iter().map(|column| column.name.clone()).collect()
}

/// The table is known to exist, so if it cannot be counted with a filter, the filter is the cause.
fn count_passing(source: &mut dyn Cluster, table: &TableName, filter: Option<&str>) -> Result<u64> {
    let blame = |filter: &str, why: &str| {
        Error::new(Kind::Argument, format!("the filter `{filter}` cannot be evaluated on {table}: {why}"))
            .advise("give one condition over the table's columns, as after `where`")
    };
    if let Some((filter, why)) = filter.and_then(|filter| Some((filter, flaw(filter)?))) {
        return Err(blame(filter, &why));
    }
    count(source, Rows::of(table).passing(filter)).map_err(|error| match (filter, error.kind()) {
        (Some(filter), Kind::Server | Kind::Protocol | Kind::Argument) => blame(filter, error.message()),
        _ => error,
    })
}

/// The partitions that hold rows at the target already. Without a filter every one counts; with a
/// filter only those that would get rows.
fn occupied(
    source: &mut dyn Cluster,
    target: &mut dyn Cluster,
    table: &TableName,
    filter: Option<&str>,
    units: &[Unit],
) -> Result<Option<Finding>> {
    if count(target, Rows::of(table))? == 0 {
        return Ok(None);
    }
    let mut occupied = Vec::new();
    for unit in units {
        let held = count(target, Rows::of(table).within(unit))?;
        let concerned = held > 0
            && (filter.is_none() || count(source, Rows::of(table).within(unit).passing(filter))? > 0);
        if concerned {
            occupied.push(format!("{unit} ({held} rows)"));
        }
    }
    let what = match (occupied.len(), filter) {
        (0, Some(_)) => return Ok(None),
        (0, None) => "it holds rows in partitions that the source does not have".to_owned(),
        (1, _) => format!("its partition {} is not empty", occupied[0]),
        (many, _) => format!("{many} of its partitions are not empty: {}", some_of(&occupied)),
    };
    let fix = "empty them with dropPartition or truncate, or leave their rows out with a filter";
    Ok(Some(Finding::new(what, fix)))
}

fn refusal(kind: Kind, table: &TableName, target: &dyn Cluster, findings: Vec<Finding>) -> Error {
    let whats: Vec<&str> = findings.iter().map(|finding| finding.what.as_str()).collect();
    let mut fixes: Vec<&str> = findings.iter().map(|finding| finding.fix.as_str()).collect();
    fixes.dedup();
    let target = target.label();
    let message = format!("{table} cannot be synced to {target}: {}", whats.join(", "));
    Error::new(kind, message).advise(fixes.join(", "))
}
