//! `getRuns`, `getRunTables`, `getRunPartitions`: what runs did, those before a restart included.
use super::arguments::{text, usage};
use super::table::{NULL, doubles, longs, table, texts, times};
use super::{background, caller};
use crate::cluster::Host;
use crate::data::Datum;
use crate::error::Result;
use crate::journal::{Entry, Order, Phase, Progress, Run, State, TableRun, UnitPlan, UnitRun, now};

/// The parameters of each function as the manual writes them.
pub(super) const RUNS: &str = "clusterSync::getRuns()";
pub(super) const TABLES: &str = "clusterSync::getRunTables(runId)";
pub(super) const PARTITIONS: &str = "clusterSync::getRunPartitions(runId)";

/// Every run of this node, from the oldest.
pub(super) fn get_runs(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    require_count(args, 0, "getRuns", RUNS)?;
    let runs = caller::runs(host)?;
    background::settle(host, &runs)?;
    let mut entries = runs.list()?;
    entries.iter_mut().for_each(|entry| entry.is_paused = runs.has(&entry.run.begun.run, Order::Pause));
    Ok(rows(&entries))
}

/// One row per run.
pub(super) fn rows(runs: &[Entry]) -> Datum {
    let failure = |run: &Run| run.ended.as_ref().and_then(|ended| ended.failure.clone()).unwrap_or_default();
    let far: Vec<Progress> =
        runs.iter().map(|entry| so_far(entry, Progress::of(&entry.run, now()))).collect();
    table([
        ("runId", texts(runs, |entry| &entry.run.begun.run)),
        ("started", times(runs, |entry| Some(entry.run.begun.at))),
        ("ended", times(runs, |entry| entry.run.ended.as_ref().map(|ended| ended.at))),
        ("userId", texts(runs, |entry| &entry.run.begun.user)),
        ("target", texts(runs, |entry| &entry.run.begun.target)),
        ("dbPath", texts(runs, |entry| &entry.run.begun.db)),
        ("tableName", texts(runs, |entry| entry.run.begun.table.as_deref().unwrap_or_default())),
        ("mode", texts(runs, |entry| &entry.run.begun.mode)),
        ("status", texts(runs, status)),
        ("message", texts(runs, |entry| failure(&entry.run))),
        ("phase", texts(&far, |progress| progress.phase.name())),
        ("partitions", longs(&far, |progress| progress.units)),
        ("verified", longs(&far, |progress| progress.verified)),
        ("rows", longs(&far, |progress| progress.rows)),
        ("bytes", longs(&far, |progress| progress.bytes)),
        ("rate", doubles(&far, |progress| progress.rate.unwrap_or(NULL))),
        ("percent", doubles(&far, |progress| 100.0 * progress.share)),
        ("eta", doubles(&far, |progress| progress.eta.unwrap_or(NULL))),
    ])
}

/// A run that nobody carries on will not end.
fn so_far(entry: &Entry, progress: Progress) -> Progress {
    if entry.queued.is_some() {
        return Progress { phase: Phase::Waiting, eta: None, ..progress };
    }
    if entry.queued.is_some() {
        return Progress { phase: Phase::Waiting, ..progress };
    }
    match entry.run.ended.is_none() && !entry.is_live {
        true => Progress { phase: Phase::Stopped, eta: None, ..progress },
        false => progress,
    }
}

/// As the table shows it.
pub(super) fn status(entry: &Entry) -> &'static str {
    match &entry.run.ended {
        Some(ended) if ended.failure.is_none() => "OK",
        Some(ended) if ended.is_skipped => "SKIPPED",
        Some(_) => "FAILED",
        None if entry.queued.is_some() => "QUEUED",
        None if entry.is_live && entry.is_paused => "PAUSED",
        None if entry.is_live => "RUNNING",
        None => "INTERRUPTED",
    }
}

/// Every table of a run, with its partitions by what became of them.
pub(super) fn get_run_tables(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    let entry = find(host, args, "getRunTables", TABLES)?;
    let (run, tables) = (&entry.run, &entry.run.tables);
    let far: Vec<Progress> =
        (0..tables.len()).map(|number| so_far(&entry, Progress::of_table(run, number, now()))).collect();
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
pub(super) fn get_run_partitions(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
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
