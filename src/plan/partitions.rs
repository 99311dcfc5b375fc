//! Partitions of the source that the target's scheme lacks: rows of theirs would be dropped without
//! an error (dolphindb-semantics §3.2), so they are made first or named.
use std::collections::HashSet;

use super::{Creation, Finding, some_of};
use crate::cluster::{Cluster, NEW_VALUES, keys, literal, setting, sql, tables};
use crate::error::{Error, Result};
use crate::model::{Level, Scheme, TableName, TableSchema, Unit};

/// Values or boundaries that are added by one call.
pub(super) const TOGETHER: usize = 1_000;

/// What one level of the target lacks.
pub(super) struct Lack<'a> {
    depth: usize,
    level: &'a Level,
    /// The keys of the missing partitions, as `partition` names them.
    missing: Vec<String>,
}

/// What the levels of the target lack, both schemes being of the same kinds.
pub(super) fn lacking<'a>(source: &'a TableSchema, target: &TableSchema) -> Result<Vec<Lack<'a>>> {
    let mut lacks = Vec::new();
    for (depth, (ours, theirs)) in source.levels.iter().zip(&target.levels).enumerate() {
        let growable = matches!(
            (&ours.scheme, &theirs.scheme),
            (Scheme::Value(_), Scheme::Value(_)) | (Scheme::Range(_), Scheme::Range(_))
        );
        if growable {
            let known: HashSet<String> = keys(theirs)?.into_iter().map(|key| key.literal).collect();
            let own = keys(ours)?.into_iter().map(|key| key.literal);
            let missing: Vec<String> = own.filter(|key| !known.contains(key)).collect();
            if !missing.is_empty() {
                lacks.push(Lack { depth, level: ours, missing });
            }
        }
    }
    Ok(lacks)
}

/// Whether partitions that `theirs` lacks are made without being asked for: those of a database that
/// this or an earlier run makes, and those that the target would make itself as rows come. It can only
/// be asked about partitions that are there. What it does with their rows otherwise is a finding.
pub(super) fn grows(
    target: &mut dyn Cluster,
    table: &TableName,
    lacks: &[Lack],
    creation: &Creation,
) -> Result<(bool, Option<Finding>)> {
    let of_values = |lack: &Lack| matches!(lack.level.scheme, Scheme::Value(_));
    if !lacks.iter().any(of_values) {
        return Ok((false, None));
    }
    let is_all = lacks.iter().all(of_values);
    let is_empty = |target: &mut dyn Cluster| Ok::<_, Error>(tables(target, &table.db)?.is_empty());
    let is_new = creation.database.is_some() || is_all && creation.table.is_some() && is_empty(target)?;
    if is_new {
        return Ok((true, None));
    }
    // Not every user may ask.
    let policy = setting(target, NEW_VALUES).ok().flatten();
    let does = match policy.as_deref() {
        Some("add") => return Ok((is_all, None)),
        Some("fail") => "refuses",
        Some("skip") => "drops, without an error,",
        _ => return Ok((false, None)),
    };
    let policy = policy.unwrap_or_default();
    let what = format!("its {NEW_VALUES} is {policy}, which {does} rows that fit none of its partitions");
    Ok((false, Some(Finding::new(what, format!("set {NEW_VALUES}=add there")))))
}

impl Lack<'_> {
    /// What to tell a user who did not ask for partitions to be made.
    pub(super) fn finding(&self, table: &TableName) -> Finding {
        let (count, column) = (self.missing.len(), &self.level.column);
        let call = self.call(table, &self.shown());
        let what = match &self.level.scheme {
            Scheme::Range(_) => format!("the target lacks the last {count} ranges of `{column}`"),
            _ => {
                format!("the target lacks {count} partition values of `{column}`: {}", some_of(&self.missing))
            }
        };
        Finding::new(
            what,
            format!("use the option `createPartitions`, or add them at the target with {call}"),
        )
    }

    /// The calls that make the partitions at the target.
    pub(super) fn calls(&self, table: &TableName) -> std::result::Result<Vec<String>, Finding> {
        let values = match &self.level.scheme {
            Scheme::Range(_) => self.boundaries().ok_or_else(|| self.finding(table))?,
            _ => self.missing.clone(),
        };
        let batches: Vec<String> = match &self.level.scheme {
            // The first of the new boundaries is the last of the old ones (dolphindb-semantics §3.1).
            Scheme::Range(_) => vec![values.join(",")],
            _ => values.chunks(TOGETHER).map(|batch| batch.join(",")).collect(),
        };
        Ok(batches.iter().map(|batch| self.call(table, batch)).collect())
    }

    fn call(&self, table: &TableName, values: &str) -> String {
        let function = if matches!(self.level.scheme, Scheme::Range(_)) { "Range" } else { "Value" };
        format!("add{function}Partitions(database({}), [{values}], {})", sql::text(&table.db), self.depth)
    }

    fn shown(&self) -> String {
        let all = self.boundaries().unwrap_or_else(|| self.missing.clone());
        let more = if all.len() > 5 { ",..." } else { "" };
        all[..all.len().min(5)].join(",") + more
    }

    /// The boundaries of the missing ranges, if that is what is missing and a script can write them.
    fn boundaries(&self) -> Option<Vec<String>> {
        let Scheme::Range(bounds) = &self.level.scheme else { return None };
        let known = bounds.rows - 1 - self.missing.len();
        bounds.integers().skip(known).map(|bound| literal(bounds.ty, bound?)).collect()
    }

    /// Whether `unit` is in one of the missing partitions.
    pub(super) fn holds(&self, unit: &Unit) -> bool {
        unit.keys.get(self.depth).is_some_and(|key| self.missing.contains(&key.literal))
    }
}
