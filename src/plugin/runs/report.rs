//! What `syncOnline` and `planSync` return.
use std::collections::BTreeSet;

use crate::data::{Column, Datum, Type};
use crate::engine::{RunId, Summary};
use crate::journal::{Cost, Method};
use crate::model::{Check, TableName, Unit};
use crate::plan::{Decision, Plan};
use crate::plugin::call::table::{NO_LONG, NULL, doubles, longs, table, texts};

/// One row per table, all as it was to be: whatever was not has raised an error instead.
pub(in crate::plugin) fn summaries(run: &RunId, results: &[(TableName, Summary)]) -> Datum {
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
        ("verified", Column::fixed(Type::Bool, results.iter().map(is_verified).collect::<Vec<u8>>())),
        ("method", texts(results, |(_, summary)| methods(&summary.methods))),
    ])
}

/// Counts alone verify nothing; that nothing is where nothing should be, a count can say.
fn is_verified((_, summary): &(TableName, Summary)) -> u8 {
    u8::from(summary.check == Check::Fingerprint)
}

fn methods(all: &BTreeSet<Method>) -> String {
    all.iter().map(|method| method.name()).collect::<Vec<_>>().join(", ")
}

/// One row per table that was left to another run: nothing was done and nothing is known of it.
pub(in crate::plugin) fn skipped(run: &RunId, tables: &[TableName]) -> Datum {
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
        ("method", texts(tables, |_| "")),
    ])
}

/// A row of a plan.
struct Line<'a> {
    table: &'a TableName,
    partition: String,
    action: &'static str,
    reason: String,
    rows: u64,
    held: u64,
    /// Rows that travel.
    sent: u64,
    cost: Option<Cost>,
}

impl<'a> Line<'a> {
    /// What is made at the target first.
    fn made(plan: &'a Plan) -> impl Iterator<Item = Line<'a>> {
        let line = |what: String| Line {
            table: &plan.draft.table,
            partition: String::new(),
            action: "Make",
            reason: format!("the target lacks {what}"),
            rows: 0,
            held: 0,
            sent: 0,
            cost: plan.cost,
        };
        plan.draft.creation.lacking().into_iter().map(line)
    }

    /// What becomes of partitions that hold rows on either side.
    fn units(plan: &'a Plan) -> impl Iterator<Item = Line<'a>> {
        let line = |(unit, decision): (&Unit, &Decision)| Line {
            table: &plan.draft.table,
            partition: unit.to_string(),
            action: decision.action.name(),
            reason: decision.reason.clone(),
            rows: decision.rows,
            held: decision.held,
            sent: if decision.action.sends() { decision.rows } else { 0 },
            cost: plan.cost,
        };
        let units = plan.draft.units.iter().zip(&plan.decisions);
        units.filter(|(_, decision)| decision.rows > 0 || decision.held > 0).map(line)
    }
}

/// One row for each thing that is made, and per partition that holds rows on either side.
pub(in crate::plugin) fn plans(plans: &[Plan]) -> Datum {
    let rows: Vec<Line> = plans.iter().flat_map(|plan| Line::made(plan).chain(Line::units(plan))).collect();
    table([
        ("dbPath", texts(&rows, |line| &line.table.db)),
        ("tableName", texts(&rows, |line| &line.table.table)),
        ("partition", texts(&rows, |line| &line.partition)),
        ("action", texts(&rows, |line| line.action)),
        ("reason", texts(&rows, |line| &line.reason)),
        ("sourceRows", longs(&rows, |line| line.rows)),
        ("targetRows", longs(&rows, |line| line.held)),
        ("bytes", longs(&rows, |line| line.cost.map_or(NO_LONG, |cost| cost.bytes(line.sent) as u64))),
        (
            "seconds",
            doubles(&rows, |line| line.cost.and_then(|cost| cost.seconds(line.sent)).unwrap_or(NULL)),
        ),
    ])
}
