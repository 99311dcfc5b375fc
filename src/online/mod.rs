//! One unit of work over the wire: look, append, count, read back, compare.

#[cfg(test)]
mod tests;

use crate::cluster::{Cluster, count, read, sql::Rows};
use crate::data::{Batch, Fingerprint};
use crate::error::{Error, Kind, Result};
use crate::model::{TableName, Unit};

/// Appends `rows`, all rows of the partition `unit`, to the same partition of `table` at the target
/// and proves that they arrived: the target says that it stored as many, and what it then reads
/// back has the same fingerprint. Columns are matched by name and sent in the order of `columns`,
/// which is the target's.
///
/// # Errors
/// Each names the partition. `Refused` when the target's partition holds rows already, `Mismatch`
/// when the target stored or returned something else than was sent; then, and after a broken line,
/// the message says what the partition may hold now.
pub fn copy_unit(
    target: &mut dyn Cluster,
    table: &TableName,
    columns: &[String],
    unit: &Unit,
    rows: &Batch,
) -> Result<()> {
    let there = Rows::of(table).within(unit);
    let copied = require_empty(target, there)
        .and_then(|()| in_order(rows, columns))
        .and_then(|rows| append(target, there, &rows).and_then(|()| verify(target, there, columns, &rows)));
    copied.map_err(|error| error.context(format!("partition {unit} of {table} at the target")))
}

fn require_empty(target: &mut dyn Cluster, there: Rows) -> Result<()> {
    match count(target, there)? {
        0 => Ok(()),
        held => Err(Error::new(Kind::Refused, format!("it holds {held} rows already"))
            .advise("empty it with dropPartition, or leave its rows out with a filter")),
    }
}

/// `rows` with its columns in the order of `columns`: the server appends by position and ignores
/// names (dolphindb-semantics §4.1).
fn in_order(rows: &Batch, columns: &[String]) -> Result<Batch> {
    let named = |name: &String| {
        let column = rows
            .column(name)
            .ok_or_else(|| Error::new(Kind::Bug, format!("the rows to send lack the column `{name}`")))?;
        Ok((name.clone(), column.clone()))
    };
    Ok(Batch { rows: rows.rows, columns: columns.iter().map(named).collect::<Result<_>>()? })
}

fn append(target: &mut dyn Cluster, there: Rows, rows: &Batch) -> Result<()> {
    let stored = target.append(there.table, rows).map_err(|error| match error.kind() {
        Kind::Network | Kind::Protocol => doubtful(error, there),
        _ => error,
    })?;
    match stored == rows.rows as u64 {
        true => Ok(()),
        false => Err(Error::new(
            Kind::Mismatch,
            format!("{} rows were sent but the target says that it stored {stored}", rows.rows),
        )
        .advise(
            "drop what it holds now with dropPartition; rows are left out when a key is NULL or \
             outside the target's scheme",
        )),
    }
}

/// The rows may have been on their way when the line broke: only the target knows whether it
/// committed.
fn doubtful(error: Error, there: Rows) -> Error {
    error.context(format!("the append broke off, `{}` tells what the target holds now", there.count()))
}

fn verify(target: &mut dyn Cluster, there: Rows, columns: &[String], sent: &Batch) -> Result<()> {
    let unverified = |error: Error| error.context("its rows are stored but cannot be read back");
    let held = read(target, there, columns).map_err(unverified)?;
    let (ours, theirs) = (fingerprint(sent), fingerprint(&held));
    if ours == theirs {
        return Ok(());
    }
    let difference = match ours.rows == theirs.rows {
        true => format!("its {} rows differ from what was sent", theirs.rows),
        false => format!("{} rows were sent but {} are read back", ours.rows, theirs.rows),
    };
    Err(Error::new(Kind::Mismatch, format!("verification failed, {difference}"))
        .advise("drop the partition at the target with dropPartition and run again"))
}

fn fingerprint(rows: &Batch) -> Fingerprint {
    Fingerprint::of(rows.rows, rows.columns.iter().map(|(_, column)| column))
}
