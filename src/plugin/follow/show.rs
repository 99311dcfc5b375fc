//! `getFollows`: how far every followed table has come.
use super::FOLLOWS;
use super::standing::now_ms;
use crate::cluster::Host;
use crate::data::{Column, Datum, Type};
use crate::error::Result;
use crate::journal::{Order, Runs};
use crate::memory::{Followed, Standing};
use crate::plugin::call::arguments::usage;
use crate::plugin::call::caller;
use crate::plugin::call::table::{longs, table, texts, times};

/// Every table that this node follows or has followed.
pub(in super::super) fn get_follows(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    match args.is_empty() {
        true => shown(host, &|_| true),
        false => Err(usage("getFollows takes no arguments", FOLLOWS)),
    }
}

/// The tables that the call `run` has followed.
pub(super) fn of_run(host: &mut dyn Host, run: &str) -> Result<Datum> {
    shown(host, &|progress| progress.run == run)
}

fn shown(host: &mut dyn Host, is_shown: &dyn Fn(&Standing) -> bool) -> Result<Datum> {
    let (runs, now) = (caller::runs(host)?, now_ms());
    let mut all = caller::memory(host)?.all_followed()?;
    all.retain(|(_, progress)| is_shown(progress));
    let lag = all.iter().flat_map(|(_, progress)| {
        let seconds = progress.through.map(|through| now.saturating_sub(through).max(0) as f64 / 1_000.0);
        seconds.unwrap_or(f64::MIN).to_le_bytes()
    });
    let lag = Column::fixed(Type::Double, lag.collect::<Vec<u8>>());
    Ok(table([
        ("runId", texts(&all, |(_, progress)| &progress.run)),
        ("userId", texts(&all, |(_, progress)| &progress.user)),
        ("target", texts(&all, |(key, _): &(Followed, _)| &key.target)),
        ("dbPath", texts(&all, |(key, _)| &key.db)),
        ("tableName", texts(&all, |(key, _)| &key.table)),
        ("status", texts(&all, |(_, progress)| status(&runs, progress))),
        ("replicatedThrough", times(&all, |(_, progress)| progress.through)),
        ("lagSeconds", lag),
        ("lastRound", times(&all, |(_, progress)| progress.looked)),
        ("rounds", longs(&all, |(_, progress)| progress.rounds)),
        ("changes", longs(&all, |(_, progress)| progress.changes)),
        ("rows", longs(&all, |(_, progress)| progress.rows)),
        ("failures", longs(&all, |(_, progress)| progress.failures.into())),
        ("lastRun", texts(&all, |(_, progress)| &progress.last_run)),
        ("message", texts(&all, |(_, progress)| &progress.message)),
    ]))
}

fn status(runs: &Runs, progress: &Standing) -> &'static str {
    match runs.is_live(&progress.run) {
        false => "STOPPED",
        true if runs.has(&progress.run, Order::Pause) => "PAUSED",
        true if progress.failures > 0 => "FAILING",
        true => "FOLLOWING",
    }
}
