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

/// How many rows each of `all` has, asked for together. Each is one query of its own, so that two of
/// them may be of different moments.
///
/// # Errors
/// As [`count`].
pub fn counts(cluster: &mut (impl Cluster + ?Sized), all: &[Rows]) -> Result<Vec<u64>> {
    let (first, rest) = match all {
        [] => return Ok(Vec::new()),
        [one] => return Ok(vec![count(cluster, *one)?]),
        [first, rest @ ..] => (first, rest),
    };
    let queries: Vec<String> = all.iter().map(|rows| format!("({})", rows.count())).collect();
    let answer = cluster.query(&format!("({})", queries.join(", ")))?;
    let numbers: Option<Vec<u64>> = match &answer {
        Datum::Tuple(items) => items.iter().map(Datum::as_count).collect(),
        Datum::Vector(column) => column.integers().map(|cell| u64::try_from(cell?).ok()).collect(),
        _ => None,
    };
    numbers
        .filter(|numbers| numbers.len() == rest.len() + 1)
        .ok_or_else(|| unexpected(cluster, first, "one count per partition"))
}

/// These columns of `rows`, in the order of `columns` and under their names, whatever this side calls
/// them.
///
/// # Errors
/// What the cluster answers, or `Protocol` when its answer is not a table of exactly these columns.
pub fn read(cluster: &mut (impl Cluster + ?Sized), rows: Rows, columns: &[String]) -> Result<Batch> {
    answered(cluster, &rows.select(columns), rows, columns)
}

/// As [`read`], of some of the rows, so many at most.
///
/// # Errors
/// As [`read`].
pub fn sample(
    cluster: &mut (impl Cluster + ?Sized),
    rows: Rows,
    columns: &[String],
    most: usize,
) -> Result<Batch> {
    answered(cluster, &rows.some(most, columns), rows, columns)
}

fn answered(
    cluster: &mut (impl Cluster + ?Sized),
    script: &str,
    rows: Rows,
    columns: &[String],
) -> Result<Batch> {
    let Datum::Table(mut batch) = cluster.query(script)? else {
        return Err(unexpected(cluster, &rows, "a table"));
    };
    let named = batch.columns.iter().map(|(name, _)| name).eq(columns.iter().map(|name| rows.name(name)));
    let level = batch.columns.iter().all(|(_, column)| column.rows == batch.rows);
    batch.columns.iter_mut().zip(columns).for_each(|((own, _), name)| own.clone_from(name));
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
