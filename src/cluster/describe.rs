//! What `schema` answers, as a model.
use super::{Cluster, sql};
use crate::data::{Batch, Column, Datum, Type};
use crate::error::{Error, Kind, Result};
use crate::model::{ColumnDef, DatabaseDesign, Level, Scheme, Storage, TableName, TableSchema};

/// The server's numbers of partition types (dolphindb-semantics §3.4).
pub(super) const VALUE: i64 = 1;
pub(super) const RANGE: i64 = 2;
pub(super) const LIST: i64 = 3;
pub(super) const HASH: i64 = 5;

/// What to do about an answer that no release is known to give.
pub const UNEXPECTED: &str = "report this with the release of the server";

/// The structure of `table`.
///
/// # Errors
/// `NotFound` when the database or the table does not exist, `Schema` when it holds what this
/// version cannot copy.
pub fn describe(cluster: &mut (impl Cluster + ?Sized), table: &TableName) -> Result<TableSchema> {
    let answer = schema(cluster, table)?;
    let doing = |error: Error| {
        let context = format!("the structure of {table} on {}", cluster.label());
        error.context(context).advise("leave this table out: sync the others by their names")
    };
    let columns = columns(&answer).map_err(doing)?;
    let levels = levels(&answer).map_err(doing)?;
    Ok(TableSchema { columns, levels, storage: storage(&answer) })
}

/// What `schema` answers about `table`, which must exist.
pub(super) fn schema(cluster: &mut (impl Cluster + ?Sized), table: &TableName) -> Result<Datum> {
    require_database(cluster, &table.db)?;
    let script = format!("existsTable({},{})", sql::text(&table.db), sql::text(&table.table));
    if !holds(cluster, &script)? {
        return Err(missing(cluster, &format!("table `{}` in database {}", table.table, table.db)));
    }
    cluster.query(&format!("schema({})", sql::load_table(table)))
}

/// The names of all tables of the database `db`, sorted.
///
/// # Errors
/// `NotFound` when there is no such database.
pub fn tables(cluster: &mut (impl Cluster + ?Sized), db: &str) -> Result<Vec<String>> {
    require_database(cluster, db)?;
    let answer = cluster.query(&format!("getTables(database({}))", sql::text(db)))?;
    let mut names = texts(&answer).ok_or_else(|| strange("a list of table names"))?;
    names.sort_unstable();
    Ok(names)
}

pub(super) fn require_database(cluster: &mut (impl Cluster + ?Sized), db: &str) -> Result<()> {
    match holds(cluster, &format!("existsDatabase({})", sql::text(db)))? {
        true => Ok(()),
        false => Err(missing(cluster, &format!("database {db}"))),
    }
}

fn holds(cluster: &mut (impl Cluster + ?Sized), script: &str) -> Result<bool> {
    let answer = cluster.query(script)?;
    answer.as_i64().map(|value| value != 0).ok_or_else(|| strange("true or false"))
}

fn missing(cluster: &(impl Cluster + ?Sized), what: &str) -> Error {
    Error::new(Kind::NotFound, format!("there is no {what} on {}", cluster.label()))
        .advise("check the name, or create it there first")
}

pub(super) fn strange(expected: &str) -> Error {
    Error::new(Kind::Protocol, format!("the server's answer is not {expected}")).advise(UNEXPECTED)
}

/// Keys that a server does not know are missing (dolphindb-semantics §3.4).
fn storage(schema: &Datum) -> Storage {
    let text = |key: &str| schema.get(key).and_then(Datum::as_str).map(str::to_owned);
    Storage {
        engine: text("engineType"),
        keep_duplicates: text("keepDuplicates"),
        sort_columns: schema.get("sortColumns").and_then(texts).unwrap_or_default(),
        granularity: text("chunkGranularity"),
    }
}

pub(super) fn columns(schema: &Datum) -> Result<Vec<ColumnDef>> {
    let Some(Datum::Table(defs)) = schema.get("colDefs") else {
        return Err(strange("a table's schema"));
    };
    let names = text_column(defs, "name")?;
    let shown = text_column(defs, "typeString")?;
    let ids = defs.column("typeInt").ok_or_else(|| strange("a table's schema"))?.integers();
    // The scale of decimals (dolphindb-semantics §3.4).
    let scales: Vec<Option<i64>> =
        defs.column("extra").map_or_else(Vec::new, |extra| extra.integers().collect());
    let scales = scales.into_iter().chain(std::iter::repeat(None));
    let (mut columns, mut unknown) = (Vec::new(), Vec::new());
    for (((name, shown), id), scale) in names.into_iter().zip(shown).zip(ids).zip(scales) {
        match id.and_then(|id| type_of(id, scale)) {
            Some(ty) => columns.push(ColumnDef { name, ty }),
            None => unknown.push(format!("`{name}` {shown}")),
        }
    }
    match unknown.is_empty() {
        true => Ok(columns),
        false => Err(Error::new(
            Kind::Schema,
            format!("this version cannot copy the type of {}", unknown.join(", ")),
        )),
    }
}

fn type_of(id: i64, scale: Option<i64>) -> Option<Type> {
    let ty = Type::from_id(i32::try_from(id).ok()?)?;
    match ty.scale() {
        Some(_) => ty.with_scale(i32::try_from(scale?).ok()?),
        None => Some(ty),
    }
}

pub(super) fn text_column(table: &Batch, name: &str) -> Result<Vec<String>> {
    let column = table.column(name).filter(|column| column.ty.is_text());
    column.map(owned_texts).ok_or_else(|| strange("a table's schema"))
}

fn owned_texts(column: &Column) -> Vec<String> {
    column.texts().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

/// The text or texts that `datum` holds.
pub(super) fn texts(datum: &Datum) -> Option<Vec<String>> {
    match datum {
        Datum::Scalar(column) | Datum::Vector(column) if column.ty.is_text() => Some(owned_texts(column)),
        Datum::Tuple(items) => items.iter().map(|item| Some(item.as_str()?.to_owned())).collect(),
        _ => None,
    }
}

/// The number or numbers that `datum` holds.
pub(super) fn numbers(datum: &Datum) -> Option<Vec<i64>> {
    match datum {
        Datum::Scalar(column) | Datum::Vector(column) => column.integers().collect(),
        Datum::Tuple(items) => items.iter().map(Datum::as_i64).collect(),
        _ => None,
    }
}

/// One level gives scalars, several give vectors and a tuple of schemes, and a dimension table has
/// the column index -1 (dolphindb-semantics §3.4).
fn levels(schema: &Datum) -> Result<Vec<Level>> {
    let member = |key: &str| schema.get(key).ok_or_else(|| strange("a table's schema"));
    let is_dimension = |index: &Datum| numbers(index).is_none_or(|all| all.iter().all(|i| *i < 0));
    if schema.get("partitionColumnIndex").is_none_or(is_dimension) {
        return Ok(Vec::new());
    }
    let incomplete = || strange("a table's partitioning");
    let names = texts(member("partitionColumnName")?).ok_or_else(incomplete)?;
    let types = numbers(member("partitionColumnType")?).ok_or_else(incomplete)?;
    levels_by(schema, names, types)
}

/// The levels that a table of the database `design` would have, partitioned by `columns`, one a level.
///
/// # Errors
/// What the cluster answers, or `Schema` when there are more or fewer levels than `columns`.
pub fn levels_of(
    cluster: &mut (impl Cluster + ?Sized),
    design: &DatabaseDesign,
    columns: &[String],
) -> Result<Vec<Level>> {
    let (db, count) = (&design.path, design.levels.len());
    if count != columns.len() {
        let what = format!(
            "database {db} on {} has {count} levels of partitions, not {}",
            cluster.label(),
            columns.len()
        );
        return Err(Error::new(Kind::Schema, what).advise("sync into a database of another name"));
    }
    let answer = cluster.query(&format!("schema(database({}))", sql::text(db)))?;
    levels_by(&answer, columns.to_vec(), design.levels.iter().map(|level| level.ty.id().into()).collect())
}

fn levels_by(schema: &Datum, names: Vec<String>, types: Vec<i64>) -> Result<Vec<Level>> {
    let member = |key: &str| schema.get(key).ok_or_else(|| strange("a table's schema"));
    let incomplete = || strange("a table's partitioning");
    let kinds = numbers(member("partitionType")?).ok_or_else(incomplete)?;
    let schemes = split(member("partitionSchema")?, names.len());
    if [kinds.len(), types.len(), schemes.len()] != [names.len(); 3] {
        return Err(incomplete());
    }
    names.into_iter().zip(kinds).zip(types).zip(&schemes).map(level).collect()
}

/// The scheme of each of `levels` levels. Levels that are all bucket counts may come as one vector.
pub(super) fn split(schemes: &Datum, levels: usize) -> Vec<Datum> {
    match schemes {
        Datum::Tuple(each) if levels > 1 => each.clone(),
        Datum::Vector(column) if levels > 1 => column
            .integers()
            .map(|count| Datum::Scalar(Column::fixed(Type::Long, count.unwrap_or(0).to_le_bytes())))
            .collect(),
        one => vec![one.clone()],
    }
}

fn level((((column, kind), ty), scheme): (((String, i64), i64), &Datum)) -> Result<Level> {
    let unknown = |what: String| {
        Error::new(
            Kind::Schema,
            format!("this version cannot copy a table partitioned by `{column}`, {what}"),
        )
    };
    let ty = Type::from_id(ty as i32).ok_or_else(|| unknown(format!("a column of type {ty}")))?;
    let scheme = match (kind, scheme) {
        (VALUE, Datum::Vector(values) | Datum::Scalar(values)) => Scheme::Value(values.clone()),
        (RANGE, Datum::Vector(bounds)) => Scheme::Range(bounds.clone()),
        (HASH, buckets) => {
            let buckets = buckets.as_i64().and_then(|count| usize::try_from(count).ok());
            Scheme::Hash(buckets.ok_or_else(|| strange("a number of buckets"))?)
        }
        (LIST, Datum::Tuple(lists)) => Scheme::List(lists.iter().map(list).collect::<Result<_>>()?),
        (kind, _) => {
            return Err(unknown(format!("whose partition type {kind} is not VALUE, RANGE, LIST or HASH")));
        }
    };
    Ok(Level { column, ty, scheme })
}

/// The values of one partition; how a LIST level is told is not documented.
pub(super) fn list(values: &Datum) -> Result<Column> {
    match values {
        Datum::Vector(values) | Datum::Scalar(values) => Ok(values.clone()),
        _ => Err(strange("a list of partitions")),
    }
}

#[cfg(test)]
mod tests;
