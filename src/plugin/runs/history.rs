//! `getRuns`, `getRunTables`, `getRunPartitions`: what runs did, those before a restart included.
use super::background;
use crate::cluster::Host;
use crate::data::Datum;
use crate::error::Result;
use crate::journal::{Entry, Method, Order, Outline, Progress, State, TableRun, UnitPlan, UnitRun, now};
use crate::plugin::call::arguments::{text, usage};
use crate::plugin::call::caller;
use crate::plugin::call::table::{NULL, doubles, longs, table, texts, times};

/// The parameters of each function as the manual writes them.
pub(in crate::plugin) const RUNS: &str = "clusterSync::getRuns()";
pub(in crate::plugin) const TABLES: &str = "clusterSync::getRunTables(runId)";
pub(in crate::plugin) const PARTITIONS: &str = "clusterSync::getRunPartitions(runId)";

/// Every run of this node, from the oldest.
pub(in crate::plugin) fn get_runs(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    require_count(args, 0, "getRuns", RUNS)?;
    let runs = caller::runs(host)?;
    background::settle(host, &runs)?;
    let mut outlines = runs.outlines()?;
    outlines.iter_mut().for_each(|run| run.is_paused = runs.has(&run.begun.run, Order::Pause));
    Ok(rows(&outlines))
}

/// One row per run.
pub(in crate::plugin) fn rows(runs: &[Outline]) -> Datum {
    let failure =
        |run: &Outline| run.ended.as_ref().and_then(|ended| ended.failure.clone()).unwrap_or_default();
    table([
        ("runId", texts(runs, |run| &run.begun.run)),
        ("started", times(runs, |run| Some(run.begun.at))),
        ("ended", times(runs, |run| run.ended.as_ref().map(|ended| ended.at))),
        ("userId", texts(runs, |run| &run.begun.user)),
        ("target", texts(runs, |run| &run.begun.target)),
        ("dbPath", texts(runs, |run| &run.begun.db)),
        ("tableName", texts(runs, |run| run.begun.table.as_deref().unwrap_or_default())),
        ("mode", texts(runs, |run| &run.begun.mode)),
        ("status", texts(runs, Outline::status)),
        ("message", texts(runs, failure)),
        ("phase", texts(runs, |run| run.far.phase.name())),
        ("partitions", longs(runs, |run| run.far.units)),
        ("verified", longs(runs, |run| run.far.verified)),
        ("rows", longs(runs, |run| run.far.rows)),
        ("bytes", longs(runs, |run| run.far.bytes)),
        ("rate", doubles(runs, |run| run.far.rate.unwrap_or(NULL))),
        ("percent", doubles(runs, |run| 100.0 * run.far.share)),
        ("eta", doubles(runs, |run| run.far.eta.unwrap_or(NULL))),
    ])
}

/// Every table of a run, with its partitions by what became of them.
pub(in crate::plugin) fn get_run_tables(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    let entry = find(host, args, "getRunTables", TABLES)?;
    let (run, tables) = (&entry.run, &entry.run.tables);
    let far: Vec<Progress> =
        (0..tables.len()).map(|number| Progress::of_table(run, number, now()).alive(entry.is_live)).collect();
    let tally = |pick: fn(State) -> bool| {
        longs(tables, move |table| table.units.iter().filter(|unit| pick(unit.state)).count() as u64)
    };
    Ok(table([
        ("runId", texts(tables, |_| &run.begun.run)),
        ("dbPath", texts(tables, |table| &table.plan.identity.db)),
        ("tableName", texts(tables, |table| &table.plan.identity.table)),
        ("partitions", longs(tables, |table| table.units.len() as u64)),
        ("rows", longs(tables, |table| table.plan.units.iter().map(|unit| unit.rows).sum())),
        ("verified", tally(|state| state == State::Verified)),
        ("skipped", tally(|state| state == State::Skipped)),
        ("waiting", tally(|state| state == State::Waiting)),
        ("doubtful", tally(|state| matches!(state, State::Sending(_) | State::Doubtful(_)))),
        ("failed", tally(|state| matches!(state, State::Failed(_)))),
        ("phase", texts(&far, |progress| progress.phase.name())),
        ("sent", longs(&far, |progress| progress.rows)),
        ("bytes", longs(&far, |progress| progress.bytes)),
        ("rate", doubles(&far, |progress| progress.rate.unwrap_or(NULL))),
        ("percent", doubles(&far, |progress| 100.0 * progress.share)),
        ("eta", doubles(&far, |progress| progress.eta.unwrap_or(NULL))),
    ]))
}

/// Every partition of a run.
pub(in crate::plugin) fn get_run_partitions(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    let run = find(host, args, "getRunPartitions", PARTITIONS)?.run;
    let units: Vec<(&TableRun, &UnitPlan, &UnitRun)> = run
        .tables
        .iter()
        .flat_map(|table| {
            table.plan.units.iter().zip(&table.units).map(move |(plan, unit)| (table, plan, unit))
        })
        .collect();
    Ok(table([
        ("runId", texts(&units, |_| &run.begun.run)),
        ("dbPath", texts(&units, |(table, ..)| &table.plan.identity.db)),
        ("tableName", texts(&units, |(table, ..)| &table.plan.identity.table)),
        ("partition", texts(&units, |(_, plan, _)| &plan.partition)),
        ("action", texts(&units, |(_, plan, _)| &plan.action)),
        ("reason", texts(&units, |(_, plan, _)| &plan.reason)),
        ("sourceRows", longs(&units, |(_, plan, _)| plan.rows)),
        ("targetRows", longs(&units, |(_, plan, _)| plan.held)),
        ("status", texts(&units, |(.., unit)| unit.state.name())),
        ("updated", times(&units, |(.., unit)| unit.at)),
        ("message", texts(&units, |(.., unit)| &unit.note)),
        ("began", times(&units, |(.., unit)| unit.began)),
        ("tries", longs(&units, |(.., unit)| unit.tries.into())),
        ("bytes", longs(&units, |(.., unit)| unit.effort.map_or(0, |effort| effort.bytes))),
        ("method", texts(&units, |(.., unit)| unit.method.map_or("", Method::name))),
    ]))
}

fn find(host: &mut dyn Host, args: &[Datum], name: &str, syntax: &str) -> Result<Entry> {
    require_count(args, 1, name, syntax)?;
    caller::runs(host)?.find(text(args, 0, "runId", syntax)?)
}

fn require_count(args: &[Datum], count: usize, name: &str, syntax: &str) -> Result<()> {
    match args.len() == count {
        true => Ok(()),
        false => Err(usage(format!("{name} takes {count} arguments, not {}", args.len()), syntax)),
    }
}
