//! Asks a cluster how a database or a table is built (dolphindb-semantics §3.4).
use super::super::describe::{
    HASH, LIST, RANGE, VALUE, columns, list, numbers, require_database, schema, split, strange, text_column,
    texts,
};
use super::super::literal::written;
use super::super::{Cluster, sql, tables};
use super::function;
use crate::data::{Batch, Column, Datum, Type};
use crate::error::{Error, Kind, Result};
use crate::model::{ColumnDesign, DatabaseDesign, LevelDesign, Split, TableDesign, TableName};

/// What to do about a structure that no script can repeat.
const BY_HAND: &str = "build it at the target by hand";

/// How the database `db` is built.
///
/// # Errors
/// `NotFound` when there is none, `Schema` when no script could build it again.
pub fn database(cluster: &mut (impl Cluster + ?Sized), db: &str) -> Result<DatabaseDesign> {
    require_database(cluster, db)?;
    let answer = cluster.query(&format!("schema(database({}))", sql::text(db)))?;
    // Servers of before 2.00.11 do not tell the types of a database's levels, but of its tables'.
    let types = match answer.get("partitionColumnType").and_then(numbers) {
        Some(types) => Some(types),
        None => types_of_a_table(cluster, db)?,
    };
    let text = |key: &str, usual: &str| text_member(&answer, key).unwrap_or_else(|| usual.to_owned());
    let named = |error: Error| {
        error.context(format!("the partitioning of database {db} on {}", cluster.label())).advise(BY_HAND)
    };
    Ok(DatabaseDesign {
        path: db.to_owned(),
        levels: levels(&answer, types).map_err(named)?,
        // Servers leave out what goes without saying.
        engine: text("engineType", "OLAP"),
        atomic: text("atomic", "TRANS"),
        granularity: text("chunkGranularity", "TABLE"),
        has_sites: answer.get("partitionSites").is_some_and(|sites| !is_empty(sites)),
    })
}

/// How `table` is built.
///
/// # Errors
/// As [`database`].
pub fn table(cluster: &mut (impl Cluster + ?Sized), table: &TableName) -> Result<TableDesign> {
    let answer = schema(cluster, table)?;
    let named = |error: Error| {
        error.context(format!("the structure of {table} on {}", cluster.label())).advise(BY_HAND)
    };
    let text = |key: &str, usual: &str| text_member(&answer, key).unwrap_or_else(|| usual.to_owned());
    let names = |key: &str| answer.get(key).and_then(texts).unwrap_or_default();
    let engine = text("engineType", "OLAP");
    let is_sorted = engine != "OLAP" && !names("sortColumns").is_empty();
    Ok(TableDesign {
        name: table.clone(),
        columns: column_designs(&answer).map_err(named)?,
        partitioned_by: partitioned_by(&answer).map_err(named)?,
        sort_columns: if is_sorted { names("sortColumns") } else { Vec::new() },
        // Of the engine OLAP some servers tell `ALL`, which it does not take.
        keep_duplicates: if is_sorted { text("keepDuplicates", "ALL") } else { "ALL".into() },
        sort_key_mapping: names("sortKeyMappingFunction"),
        soft_delete: flag(&answer, "softDelete"),
        primary_key: match names("primaryKey") {
            keys if keys.is_empty() => names("keyColumn"),
            keys => keys,
        },
        encryption: text("encryptMode", "plaintext"),
        comment: text("tableComment", ""),
        beyond: beyond(&answer),
        engine,
    })
}

/// A text that is there and not empty.
fn text_member(answer: &Datum, key: &str) -> Option<String> {
    answer.get(key).and_then(Datum::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn flag(answer: &Datum, key: &str) -> bool {
    answer.get(key).and_then(Datum::as_i64).is_some_and(|value| value != 0)
}

fn is_empty(value: &Datum) -> bool {
    match value {
        Datum::Void => true,
        Datum::Scalar(column) | Datum::Vector(column) => match column.ty.is_text() {
            true => column.texts().all(<[u8]>::is_empty),
            false => column.rows == 0,
        },
        Datum::Tuple(items) => items.iter().all(is_empty),
        _ => false,
    }
}

fn types_of_a_table(cluster: &mut (impl Cluster + ?Sized), db: &str) -> Result<Option<Vec<i64>>> {
    for name in tables(cluster, db)? {
        let answer = schema(cluster, &TableName::new(db, name))?;
        if partition_columns(&answer)?.is_some() {
            return Ok(answer.get("partitionColumnType").and_then(numbers));
        }
    }
    Ok(None)
}

fn levels(answer: &Datum, types: Option<Vec<i64>>) -> Result<Vec<LevelDesign>> {
    let incomplete = || strange("a database's partitioning");
    let kinds = answer.get("partitionType").and_then(numbers).ok_or_else(incomplete)?;
    let schemes = split(answer.get("partitionSchema").ok_or_else(incomplete)?, kinds.len());
    if schemes.len() != kinds.len() || types.as_ref().is_some_and(|types| types.len() != kinds.len()) {
        return Err(incomplete());
    }
    let ty = |level: usize| types.as_ref().and_then(|types| Type::from_id(types[level] as i32));
    kinds.iter().zip(&schemes).enumerate().map(|(at, (kind, scheme))| level(*kind, scheme, ty(at))).collect()
}

fn level(kind: i64, scheme: &Datum, told: Option<Type>) -> Result<LevelDesign> {
    let unknown = |what: &str| Error::new(Kind::Schema, format!("no script can repeat {what}"));
    let (ty, split) = match (kind, scheme) {
        (VALUE, Datum::Vector(values) | Datum::Scalar(values)) => (values.ty, by_value(&ascending(values))?),
        (RANGE, Datum::Vector(bounds)) => (bounds.ty, Split::Range(literals(bounds)?)),
        (LIST, Datum::Tuple(lists)) => {
            let lists = lists.iter().map(list).collect::<Result<Vec<_>>>()?;
            let ty = lists.first().ok_or_else(|| strange("a list of partitions"))?.ty;
            (ty, Split::List(lists.iter().map(literals).collect::<Result<_>>()?))
        }
        (HASH, buckets) => {
            let count = buckets.as_count().and_then(|count| usize::try_from(count).ok());
            let ty = told.ok_or_else(|| {
                unknown("a HASH level whose type the server tells with tables only, since there are none")
            })?;
            (ty, Split::Hash(count.ok_or_else(|| strange("a number of buckets"))?))
        }
        (kind, _) => return Err(unknown(&format!("a level of the partition type {kind}"))),
    };
    Ok(LevelDesign { ty: told.unwrap_or(ty), split })
}

/// The shorter of the two ways of writing it: `..` counts whole numbers, days and months (manual of `seq`).
fn by_value(values: &Column) -> Result<Split> {
    let numbers: Vec<Option<i64>> = match values.ty {
        Type::Int | Type::Date | Type::Month => values.integers().collect(),
        _ => Vec::new(),
    };
    let next = |pair: &[Option<i64>]| matches!(pair, [Some(one), Some(other)] if one + 1 == *other);
    let literals = literals(values)?;
    // A sign before the first number would be taken for one before the run.
    let is_run = numbers.len() > 2 && numbers[0] >= Some(0) && numbers.windows(2).all(next);
    Ok(match &literals[..] {
        [first, .., last] if is_run => Split::Run(first.clone(), last.clone()),
        _ => Split::Value(literals),
    })
}

fn literals(column: &Column) -> Result<Vec<String>> {
    Ok(written(column)?.into_iter().map(|written| written.literal).collect())
}

fn ascending(values: &Column) -> Column {
    if values.ty.is_text() {
        let mut texts: Vec<&[u8]> = values.texts().collect();
        texts.sort_unstable();
        return Column::of(values.ty, texts);
    }
    let Some(width) = values.ty.width().filter(|_| values.ty.is_integral()) else { return values.clone() };
    let mut numbers: Vec<i64> = values.integers().map(|number| number.unwrap_or(i64::MIN)).collect();
    numbers.sort_unstable();
    let null = values.ty.null();
    let cell = |number: &i64| match *number {
        i64::MIN => null.clone(),
        number => number.to_le_bytes()[..width].to_vec(),
    };
    Column::of(values.ty, numbers.iter().map(cell))
}

fn column_designs(answer: &Datum) -> Result<Vec<ColumnDesign>> {
    let Some(Datum::Table(defs)) = answer.get("colDefs") else { return Err(strange("a table's schema")) };
    let comments = text_column(defs, "comment").unwrap_or_default();
    let methods = match answer.get("compressMethods") {
        Some(Datum::Table(methods)) => compressions(methods)?,
        _ => Vec::new(),
    };
    let designs = columns(answer)?.into_iter().enumerate().map(|(at, def)| {
        let method = methods.iter().find(|(name, _)| *name == def.name);
        ColumnDesign {
            compression: method.map_or_else(|| "lz4".into(), |(_, method)| method.clone()),
            comment: comments.get(at).cloned().unwrap_or_default(),
            def,
        }
    });
    Ok(designs.collect())
}

fn compressions(methods: &Batch) -> Result<Vec<(String, String)>> {
    let methods = text_column(methods, "name")?.into_iter().zip(text_column(methods, "compressMethods")?);
    Ok(methods.filter(|(_, method)| !method.is_empty()).collect())
}

/// The columns that a table is partitioned by; nothing for a dimension table.
fn partition_columns(answer: &Datum) -> Result<Option<Vec<String>>> {
    let index = answer.get("partitionColumnIndex").and_then(numbers);
    if index.is_none_or(|all| all.iter().all(|at| *at < 0)) {
        return Ok(None);
    }
    let names = answer.get("partitionColumnName").and_then(texts);
    names.map(Some).ok_or_else(|| strange("a table's partitioning"))
}

/// Since 3.00.1 a level may be a function of its column; `asis` stands for none.
fn partitioned_by(answer: &Datum) -> Result<Vec<String>> {
    let names = partition_columns(answer)?.unwrap_or_default();
    let functions = answer.get("partitionFunction").and_then(texts).unwrap_or_default();
    let filled =
        names.into_iter().enumerate().map(|(at, name)| match functions.get(at).map(String::as_str) {
            None | Some("" | "asis") => Ok(name),
            Some(function) => function::filled(function, &name).ok_or_else(|| {
                let what = format!("no script can repeat the partitioning by `{function}` of `{name}`");
                Error::new(Kind::Schema, what)
            }),
        });
    filled.collect()
}

/// What is told, and built by nothing here.
fn beyond(answer: &Datum) -> Vec<String> {
    let mut beyond = Vec::new();
    if flag(answer, "latestKeyCache") {
        beyond.push("the cache of latest values".to_owned());
    }
    if let Some(Datum::Table(defs)) = answer.get("colDefs")
        && let (Some(marks), Ok(names)) = (defs.column("sensitive"), text_column(defs, "name"))
    {
        let marked = names.into_iter().zip(marks.integers()).filter(|(_, mark)| *mark == Some(1));
        let marked: Vec<String> = marked.map(|(name, _)| format!("`{name}`")).collect();
        if !marked.is_empty() {
            beyond.push(format!("the mark of {} as sensitive", marked.join(", ")));
        }
    }
    beyond
}
