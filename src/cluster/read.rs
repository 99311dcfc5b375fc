//! Rows and counts of a cluster, checked before anybody relies on them.
use super::{Cluster, describe::UNEXPECTED, sql::Rows};
use crate::data::{Batch, Datum};
use crate::error::{Error, Kind, Result};

/// How many `rows` the cluster holds.
///
/// # Errors
/// What the cluster answers, or `Protocol` when its answer is no count.
pub fn count(cluster: &mut (impl Cluster + ?Sized), rows: Rows) -> Result<u64> {
    let answer = cluster.query(&rows.count())?;
    answer.as_count().ok_or_else(|| unexpected(cluster, &rows, "one count"))
}

/// These columns of `rows`, in the order of `columns`.
///
/// # Errors
/// What the cluster answers, or `Protocol` when its answer is not a table of exactly these columns.
pub fn read(cluster: &mut (impl Cluster + ?Sized), rows: Rows, columns: &[String]) -> Result<Batch> {
    let Datum::Table(batch) = cluster.query(&rows.select(columns))? else {
        return Err(unexpected(cluster, &rows, "a table"));
    };
    let named = batch.columns.iter().map(|(name, _)| name).eq(columns);
    let level = batch.columns.iter().all(|(_, column)| column.rows == batch.rows);
    match named && level {
        true => Ok(batch),
        false => Err(unexpected(cluster, &rows, "a table of the columns asked for")),
    }
}

fn unexpected(cluster: &(impl Cluster + ?Sized), rows: &Rows, expected: &str) -> Error {
    let (label, table) = (cluster.label(), rows.table);
    Error::new(
        Kind::Protocol,
        format!("{label} answered a question about {table} with something else than {expected}"),
    )
    .advise(UNEXPECTED)
}
