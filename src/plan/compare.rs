//! Whether two tables fit each other.
use std::borrow::Cow;

use super::partitions::lacking;
use super::storage::merging;
use crate::cluster::{keys, lists};
use crate::data::Type;
use crate::error::Result;
use crate::model::{Level, Scheme, TableName, TableSchema};

/// One thing that forbids a sync, and what the user can do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What does not fit, as a clause.
    pub what: String,
    /// What to do, as a clause.
    pub fix: String,
}

impl Finding {
    pub(super) fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Finding { what: what.into(), fix: fix.into() }
    }
}

const FIX_COLUMNS: &str = "give both tables the same columns and types";
const FIX_LEVELS: &str = "create the target database with the source's partitioning";

/// Everything in the structure of `target` that would lose or change rows of `source`, both being
/// the table `table`. Columns are matched by name. Partitions that the target lacks are left to
/// whoever `makes` them.
///
/// # Errors
/// When a partitioning scheme holds a value that no script can write.
pub fn compare(
    table: &TableName,
    source: &TableSchema,
    target: &TableSchema,
    makes: bool,
) -> Result<Vec<Finding>> {
    let mut findings = compare_columns(source, target);
    findings.extend(merging(source, target));
    if source.levels.len() != target.levels.len() {
        let (ours, theirs) = (source.levels.len(), target.levels.len());
        let what = format!("the source has {ours} partitioning levels and the target {theirs}");
        findings.push(Finding::new(what, FIX_LEVELS));
        return Ok(findings);
    }
    for (depth, (ours, theirs)) in source.levels.iter().zip(&target.levels).enumerate() {
        findings.extend(compare_level(depth, ours, theirs)?);
    }
    if !makes {
        findings.extend(lacking(source, target)?.iter().map(|lack| lack.finding(table)));
    }
    Ok(findings)
}

fn compare_columns(source: &TableSchema, target: &TableSchema) -> Vec<Finding> {
    let mut findings = Vec::new();
    for column in &source.columns {
        let (name, ours) = (&column.name, column.ty);
        match target.column(name).map(|column| column.ty) {
            None => findings.push(Finding::new(format!("the target lacks the column `{name}`"), FIX_COLUMNS)),
            Some(theirs) if !interchangeable(ours, theirs) => {
                let (ours, theirs) = (ours.name(), theirs.name());
                let what = format!("the column `{name}` is {ours} at the source and {theirs} at the target");
                findings.push(Finding::new(what, FIX_COLUMNS));
            }
            Some(_) => {}
        }
    }
    for extra in target.columns.iter().filter(|column| source.column(&column.name).is_none()) {
        let what = format!("the target has a column `{}` that the source lacks", extra.name);
        findings.push(Finding::new(what, FIX_COLUMNS));
    }
    findings
}

/// Appending casts within a category, integers even without an error (dolphindb-semantics §4.4),
/// so only types that hold the same values pass.
fn interchangeable(ours: Type, theirs: Type) -> bool {
    ours == theirs || ours.is_text() && theirs.is_text()
}

fn compare_level(depth: usize, ours: &Level, theirs: &Level) -> Result<Option<Finding>> {
    let same_kind = std::mem::discriminant(&ours.scheme) == std::mem::discriminant(&theirs.scheme);
    if ours.column != theirs.column || !interchangeable(ours.ty, theirs.ty) || !same_kind {
        let what = format!(
            "partitioning level {depth} is {} at the source and {} at the target",
            summary(ours),
            summary(theirs)
        );
        return Ok(Some(Finding::new(what, FIX_LEVELS)));
    }
    Ok(match (&ours.scheme, &theirs.scheme) {
        // The lists have no order (dolphindb-semantics §3.4), and what they lack is told apart.
        (Scheme::Value(_), Scheme::Value(_)) => None,
        (Scheme::Hash(_), Scheme::Hash(_)) if summary(ours) == summary(theirs) => None,
        (Scheme::Range(_), Scheme::Range(_)) if continues(ours, theirs)? => None,
        (Scheme::List(_), Scheme::List(_)) if lists(ours)? == lists(theirs)? => None,
        (Scheme::List(_), _) => {
            let what = format!("the lists of {} differ at source and target", summary(ours));
            Some(Finding::new(what, FIX_LEVELS))
        }
        (Scheme::Range(_), _) => {
            let what = format!("the boundaries of {} differ at source and target", summary(ours));
            Some(Finding::new(what, FIX_LEVELS))
        }
        _ => {
            let what = format!(
                "the source is partitioned by {} and the target by {}",
                summary(ours),
                summary(theirs)
            );
            Some(Finding::new(what, FIX_LEVELS))
        }
    })
}

/// Whether one level's ranges are the first ones of the other's: then both count them alike.
fn continues(ours: &Level, theirs: &Level) -> Result<bool> {
    let (ours, theirs) = (keys(ours)?, keys(theirs)?);
    Ok(ours.iter().zip(&theirs).all(|(one, other)| one == other))
}

fn summary(level: &Level) -> String {
    let (column, ty) = (&level.column, level.ty.name());
    match &level.scheme {
        Scheme::Value(_) => format!("VALUE of `{column}` ({ty})"),
        Scheme::Range(_) => format!("RANGE of `{column}` ({ty})"),
        Scheme::List(_) => format!("LIST of `{column}` ({ty})"),
        Scheme::Hash(buckets) => {
            format!("HASH of `{column}` ({}) into {buckets} buckets", text_alike(level.ty))
        }
    }
}

/// SYMBOL and STRING hold the same text; were a server to hash them apart, the read-back of the
/// first partition would show it.
fn text_alike(ty: Type) -> Cow<'static, str> {
    if ty.is_text() { "text".into() } else { ty.name() }
}
