//! What `syncOnline` and `planSync` return.
use super::table::{doubles, longs, table, texts};
use crate::data::{Column, Datum, Type};
use crate::engine::{RunId, Summary};
use crate::model::TableName;
use crate::plan::{Decision, Plan};

/// One row per table, all verified: whatever was not has raised an error instead.
pub(super) fn summaries(run: &RunId, results: &[(TableName, Summary)]) -> Datum {
    let number = |number: fn(&Summary) -> u64| longs(results, move |(_, summary)| number(summary));
    table([
        ("runId", texts(results, |_| run.to_string())),
        ("dbPath", texts(results, |(table, _)| &table.db)),
        ("tableName", texts(results, |(table, _)| &table.table)),
        ("status", texts(results, |_| "OK")),
        ("partitions", number(|summary| summary.copied + summary.skipped)),
        ("copied", number(|summary| summary.copied)),
        ("skipped", number(|summary| summary.skipped)),
        ("removed", number(|summary| summary.removed)),
        ("rows", number(|summary| summary.rows)),
        ("bytes", number(|summary| summary.bytes)),
        ("seconds", doubles(results, |(_, summary)| summary.took.as_secs_f64())),
        ("verified", Column::fixed(Type::Bool, vec![1u8; results.len()])),
    ])
}

/// One row per table that was left to another run: nothing was done and nothing is known of it.
pub(super) fn skipped(run: &RunId, tables: &[TableName]) -> Datum {
    let nothing = || longs(tables, |_| 0);
    table([
        ("runId", texts(tables, |_| run.to_string())),
        ("dbPath", texts(tables, |table| &table.db)),
        ("tableName", texts(tables, |table| &table.table)),
        ("status", texts(tables, |_| "SKIPPED")),
        ("partitions", nothing()),
        ("copied", nothing()),
        ("skipped", nothing()),
        ("removed", nothing()),
        ("rows", nothing()),
        ("bytes", nothing()),
        ("seconds", doubles(tables, |_| 0.0)),
        ("verified", Column::fixed(Type::Bool, vec![0u8; tables.len()])),
    ])
}

/// One row per partition that holds rows on either side.
pub(super) fn plans(plans: &[Plan]) -> Datum {
    let mut rows: Vec<(&Plan, String, &Decision)> = Vec::new();
    for plan in plans {
        let units = plan.draft.units.iter().zip(&plan.decisions);
        let held = units.filter(|(_, decision)| decision.rows > 0 || decision.held > 0);
        rows.extend(held.map(|(unit, decision)| (plan, unit.to_string(), decision)));
    }
    table([
        ("dbPath", texts(&rows, |(plan, ..)| &plan.draft.table.db)),
        ("tableName", texts(&rows, |(plan, ..)| &plan.draft.table.table)),
        ("partition", texts(&rows, |(_, partition, _)| partition)),
        ("action", texts(&rows, |(.., decision)| decision.action.name())),
        ("reason", texts(&rows, |(.., decision)| &decision.reason)),
        ("sourceRows", longs(&rows, |(.., decision)| decision.rows)),
        ("targetRows", longs(&rows, |(.., decision)| decision.held)),
    ])
}
