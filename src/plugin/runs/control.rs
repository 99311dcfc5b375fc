//! `cancelRun`, `pauseRun`, `waitRun`, and going on: what any session of the node can do to a run.
use std::thread;
use std::time::{Duration, Instant};

use super::{background, history};
use crate::cluster::Host;
use crate::data::{Column, Datum, Type};
use crate::error::{Error, Kind, Result};
use crate::journal::{Entry, Order, Runs};
use crate::plugin::call::arguments::{argument, text, usage};
use crate::plugin::call::caller;
use crate::plugin::call::table::table;

/// The parameters of each function as the manual writes them.
pub(in crate::plugin) const CANCEL: &str = "clusterSync::cancelRun(runId)";
pub(in crate::plugin) const PAUSE: &str = "clusterSync::pauseRun(runId)";
pub(in crate::plugin) const WAIT: &str = "clusterSync::waitRun(runId, [timeout])";

/// Ends a run soon; what it has verified stays.
pub(in crate::plugin) fn cancel_run(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    let runs = caller::runs(host)?;
    let entry = runs.find(text(args, 0, "runId", CANCEL)?)?;
    if let Some(queued) = &entry.queued {
        require_own(host, &entry)?;
        let is_ended = background::cancel(host, &runs, &entry, &queued.job)?;
        return Ok(done(&entry.run.begun.run, if is_ended { "cancelled" } else { "cancelling" }));
    }
    let (runs, run) = own_live(host, args, CANCEL)?;
    runs.give(&run, Order::Cancel)?;
    Ok(done(&run, "cancelling"))
}

/// Lets a run begin nothing more until it is resumed.
pub(in crate::plugin) fn pause_run(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    let (runs, run) = own_live(host, args, PAUSE)?;
    runs.give(&run, Order::Pause)?;
    Ok(done(&run, "paused"))
}

/// Lets the paused run of `entry` go on.
pub(in crate::plugin) fn go_on(host: &mut dyn Host, runs: &Runs, entry: &Entry) -> Result<Datum> {
    require_own(host, entry)?;
    let run = &entry.run.begun.run;
    runs.take_back(run, Order::Pause)?;
    Ok(done(run, "goes on"))
}

/// Returns the run, as `getRuns` shows it, once it has ended.
pub(in crate::plugin) fn wait_run(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    const GLANCE: Duration = Duration::from_millis(100);
    /// How often the server is asked whether it has begun.
    const LOOK: Duration = Duration::from_millis(500);
    let runs = caller::runs(host)?;
    let run = text(args, 0, "runId", WAIT)?;
    let seconds = match argument(args, 1) {
        Datum::Void => None,
        given => {
            Some(given.as_count().ok_or_else(|| usage("timeout must be a whole number of seconds", WAIT))?)
        }
    };
    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    loop {
        background::settle(host, &runs)?;
        let entry = runs.find(run)?;
        let waits = entry.queued.is_some();
        if !entry.is_live && !waits {
            return Ok(history::rows(&[entry.into()]));
        }
        if host.is_cancelled() {
            return Err(Error::new(Kind::Cancelled, "the user cancelled").advise("the run goes on"));
        }
        if end.is_some_and(|end| Instant::now() >= end) {
            return Err(Error::new(Kind::Busy, format!("run {run} is still going on"))
                .advise("wait longer, or cancel it with clusterSync::cancelRun"));
        }
        // A live run is looked at by its lock alone until it ends.
        let next = Instant::now() + LOOK;
        while (runs.is_live(run) || waits && Instant::now() < next)
            && !host.is_cancelled()
            && end.is_none_or(|end| Instant::now() < end)
        {
            thread::sleep(GLANCE);
        }
    }
}

/// The run that the first argument names, which goes on and is the caller's to steer.
fn own_live(host: &mut dyn Host, args: &[Datum], syntax: &str) -> Result<(Runs, String)> {
    let runs = caller::runs(host)?;
    let entry = runs.find(text(args, 0, "runId", syntax)?)?;
    require_own(host, &entry)?;
    let run = entry.run.begun.run.clone();
    match entry.is_live {
        true => Ok((runs, run)),
        false => Err(Error::new(Kind::Argument, format!("run {run} is not going on"))
            .advise("see clusterSync::getRuns()")),
    }
}

/// As the server has it for its own jobs: everybody his own, administrators all.
pub(in crate::plugin) fn require_own(host: &mut dyn Host, entry: &Entry) -> Result<()> {
    match caller::user(host)? == entry.run.begun.user {
        true => Ok(()),
        false => caller::administrator(host).map(drop),
    }
}

fn done(run: &str, action: &str) -> Datum {
    let text = |value| Column::text(Type::String, [value]);
    table([("runId", text(run)), ("action", text(action))])
}
