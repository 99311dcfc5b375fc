//! `syncOnline`, `planSync` and `resumeRun`: copy tables of this cluster to another one and verify
//! every partition.
use parking_lot::Mutex;

use super::exclusive::{await_turn, exclusively};
use super::plans::{keep, plans};
use super::site::{Site, connected, drafts, held};
use super::targets::Aim;
use super::window::Said;
use super::{make, targets, verify, watermark};
use crate::cluster::Host;
use crate::data::Datum;
use crate::engine::{self, Connect, Guard, RunId, Summary};
use crate::error::{Error, Kind, Result};
use crate::failpoint::reach;
use crate::journal::{Begun, FOLLOW, Journal, Order, Run};
use crate::model::{Mode, TableName};
use crate::plan::{Draft, Plan};
use crate::plugin::call::arguments::{argument, text, usage};
use crate::plugin::call::caller;
use crate::plugin::call::listening::Listening;
use crate::plugin::call::options::{Options, RESUMED};
use crate::plugin::call::request::Request;
use crate::plugin::node::config;
use crate::plugin::runs::steer::Orders;
use crate::plugin::runs::{background, control, notices, rates, report};

/// The parameters of each function as the manual writes them.
pub(in crate::plugin) const SYNC: &str =
    "clusterSync::syncOnline(remote, dbPath, [tableName], [filter], [options])";
pub(in crate::plugin) const PLAN: &str =
    "clusterSync::planSync(remote, dbPath, [tableName], [filter], [options])";
pub(in crate::plugin) const RESUME: &str = "clusterSync::resumeRun(runId, [remote], [options])";

/// Runs one call of `clusterSync::syncOnline`.
pub(in crate::plugin) fn sync_online(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    let (args, runs) = background::announced(args, 4);
    let request = Request::parse("syncOnline", SYNC, &config::online(host, &args)?)?;
    targets::carry(host, ("syncOnline", &args, 4), &request, &runs, &|host, aim| {
        notices::around(host, &aim.request, &aim.remote, |host| sync_to(host, aim))
    })
}

fn sync_to(host: &mut dyn Host, Aim { remote, request, control, .. }: &Aim) -> Result<Datum> {
    held(host, remote, request, control, |host, site, connect| sync(host, request, site, connect))
}

/// Says what the same call of `syncOnline` would do.
pub(in crate::plugin) fn plan_sync(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    let args = &config::online(host, args)?;
    let mut request = Request::parse("planSync", PLAN, args)?;
    request.options.dry_run = true;
    targets::at_each(host, argument(args, 0), &request, &[], &sync_to)
}

/// Finishes a run that failed or was killed.
pub(in crate::plugin) fn resume_run(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    if !(1..=3).contains(&args.len()) {
        return Err(usage(format!("resumeRun takes 1 to 3 arguments, not {}", args.len()), RESUME));
    }
    let args = &config::completed(host, args, 2, RESUMED)?;
    let runs = caller::runs(host)?;
    let entry = runs.find(text(args, 0, "runId", RESUME)?)?;
    if entry.is_live && runs.has(&entry.run.begun.run, Order::Pause) {
        return control::go_on(host, &runs, &entry);
    }
    let begun = &entry.run.begun;
    if begun.mode == FOLLOW {
        let what = format!("run {} followed tables, and did nothing itself", begun.run);
        return Err(Error::new(Kind::Argument, what)
            .advise("call clusterSync::follow again: it goes on where it was"));
    }
    require_unfinished(&entry.run, entry.is_live)?;
    let request = Request::again(&entry.run, Options::parse_resumed(argument(args, 2))?)?;
    let remote = match (argument(args, 1), &begun.remote) {
        (Datum::Void, Some(name)) => Datum::text(name),
        (Datum::Void, None) => {
            return Err(usage("remote must be given again, since the run was not told a name", RESUME));
        }
        (given, _) => given.clone(),
    };
    notices::around(host, &request, &remote, |host| {
        connected(host, &remote, &request, |host, site, connect| {
            resume(host, &request, site, connect, &entry.run)
        })
    })
}

fn require_unfinished(run: &Run, is_live: bool) -> Result<()> {
    let name = &run.begun.run;
    match &run.ended {
        _ if is_live => Err(Error::new(Kind::Busy, format!("run {name} is still going on"))
            .advise("wait for its end, or cancel it")),
        Some(ended) if ended.failure.is_none() => {
            Err(Error::new(Kind::Argument, format!("run {name} has nothing left to do"))
                .advise("see clusterSync::getRuns()"))
        }
        _ => Ok(()),
    }
}

/// Looks at every table before the first row is written, then copies one after the other.
pub(in crate::plugin) fn sync(
    host: &mut dyn Host,
    request: &Request,
    site: &Site,
    connect: Connect,
) -> Result<Datum> {
    if request.options.mode != Mode::VerifyOnly && !request.options.dry_run {
        await_turn(host, request, site, &site.begun(request))?;
    }
    let (drafts, is_behind) = drafts(host, request, site, connect)?;
    if request.options.mode == Mode::VerifyOnly {
        return verify::compare(host, &drafts, request, connect);
    }
    if request.options.dry_run {
        return Ok(report::plans(&plans(host, request, site, drafts, connect)?));
    }
    let result = run(host, request, site, (drafts, is_behind), connect)?;
    match is_behind {
        false => Ok(result),
        true => {
            host.print("the window that was not finished is verified, now what came after it");
            sync(host, request, site, connect)
        }
    }
}

/// As [`sync`], unless the plan has become another one since.
fn resume(host: &mut dyn Host, request: &Request, site: &Site, connect: Connect, run: &Run) -> Result<Datum> {
    let (drafts, _) = drafts(host, request, site, connect)?;
    let now: Vec<_> = drafts.iter().map(|draft| draft.identity(request.options.mode)).collect();
    if let Some(other) = run.tables.iter().find(|table| !now.contains(&table.plan.identity)) {
        let (table, name) = (&other.plan.identity.table, &run.begun.run);
        let what =
            format!("run {name} cannot be resumed: the target, or the columns of {table}, are others now");
        return Err(Error::new(Kind::Refused, what).advise("sync anew"));
    }
    self::run(host, request, site, (drafts, false), connect)
}

fn run(
    host: &mut dyn Host,
    request: &Request,
    site: &Site,
    (drafts, is_behind): (Vec<Draft>, bool),
    connect: Connect,
) -> Result<Datum> {
    let id = site.run_id(request)?;
    rates::register(&id, &site.control);
    let tables: Vec<TableName> = drafts.iter().map(|draft| draft.table.clone()).collect();
    let there: Vec<TableName> = drafts.iter().map(|draft| draft.counterpart.table.clone()).collect();
    caller::claim(host)?;
    let begun = Begun { run: id.to_string(), ..site.begun(request) };
    let journal = match site.runs.begin(begun.clone()) {
        Err(error) if is_left(request, &error) => {
            site.runs.skip(begun, &error.to_string())?;
            return Ok(skipped(host, &id, &tables, &error));
        }
        journal => Mutex::new(journal?),
    };
    request.options.notify.begun(&id);
    reach("begun");
    let name = id.to_string();
    let mut orders = Orders::to(&name, &site.runs);
    // Whoever waits for the network may hear of an order first.
    site.hear(&id);
    let hear = |host: &mut dyn Host| orders.cancel(host) || site.reading.is_cancelled();
    let host: &mut dyn Host = &mut Listening::new(host, hear);
    let outcome = exclusively(host, request, site, (&id, &there), |host, guard| {
        let drafts = current(host, request, site, (drafts, is_behind), connect)?;
        carry_out(host, request, site, drafts, (&journal, guard), connect)
    });
    if let Err(error) = &outcome
        && is_left(request, error)
    {
        journal.lock().skip(&error.to_string())?;
        return Ok(skipped(host, &id, &tables, error));
    }
    let failure = outcome.as_ref().err().map(ToString::to_string);
    reach("finished");
    let ended = journal.lock().end(failure.as_deref());
    let obeyed = [Order::Pause, Order::Cancel].map(|order| site.runs.take_back(&name, order));
    reach("ended");
    // To repeat a call for all its targets would append once more where it was complete.
    let again =
        if request.is_one_of_many { "repeat the call for this target alone" } else { "repeat the call" };
    let advice = format!("{again}, or call clusterSync::resumeRun(\"{id}\")");
    let results = outcome.map_err(|error| error.advise(advice))?;
    obeyed.into_iter().collect::<Result<()>>()?;
    ended.map(|()| report::summaries(&id, &results))
}

/// Whether another run is at the same work, so that this one may leave it to it: a job that comes
/// too early has not failed. Who resumes a run means this very run.
pub(in crate::plugin) fn is_left(request: &Request, error: &Error) -> bool {
    error.kind() == Kind::Overlap && request.resumed.is_none()
}

/// Says that another run is at the same work.
pub(in crate::plugin) fn skipped(
    host: &mut dyn Host,
    id: &RunId,
    tables: &[TableName],
    error: &Error,
) -> Datum {
    host.print(&format!("run {id} is skipped: {error}"));
    report::skipped(id, tables)
}

/// Windows that begin where earlier runs ended are other ones if such a run has ended since they
/// were looked up: what it appended must not be appended again.
fn current(
    host: &mut dyn Host,
    request: &Request,
    site: &Site,
    (early, was_behind): (Vec<Draft>, bool),
    connect: Connect,
) -> Result<Vec<Draft>> {
    if !request.options.window.as_ref().is_some_and(Said::follows) {
        return Ok(early);
    }
    let (drafts, is_behind) = drafts(host, request, site, connect)?;
    match is_behind && !was_behind {
        false => Ok(drafts),
        true => Err(Error::new(Kind::Busy, "another run of the same window has just ended early")
            .advise("repeat the call")),
    }
}

fn carry_out(
    host: &mut dyn Host,
    request: &Request,
    site: &Site,
    drafts: Vec<Draft>,
    (journal, guard): (&Mutex<Journal>, Guard),
    connect: Connect,
) -> Result<Vec<(TableName, Summary)>> {
    let id = journal.lock().run().to_owned();
    let named = |error: Error| error.context(format!("run {id}"));
    let plans = plans(host, request, site, drafts, connect).map_err(named)?;
    plans.iter().try_for_each(|plan| journal.lock().plan(plan.record()).map(drop))?;
    reach("planned");
    plans.iter().try_for_each(Plan::permit).map_err(named)?;
    make::make(host, &plans, connect).map_err(named)?;
    plans.iter().try_for_each(|plan| watermark::begin(request, site, &plan.draft)).map_err(named)?;
    let mut results = Vec::new();
    for (number, plan) in plans.iter().enumerate() {
        let summary = engine::run(host, plan, (journal, number), connect, request.options.limits, guard);
        let behind = |error: Error| match results.len() {
            0 => error,
            complete => error.context(format!("{complete} of {} tables are complete, then", plans.len())),
        };
        results.push((plan.draft.table.clone(), summary.map_err(named).map_err(behind)?));
        remember(request, site, plan).map_err(named)?;
    }
    Ok(results)
}

/// What the next run may rely on, kept before the journal says that this one ended.
fn remember(request: &Request, site: &Site, plan: &Plan) -> Result<()> {
    keep(site, &site.destination, plan)?;
    watermark::finish(request, site, &plan.draft)
}
