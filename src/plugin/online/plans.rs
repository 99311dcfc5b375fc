//! What a call is going to do with every table: from what both sides hold and what earlier runs left.
use super::site::Site;
use crate::cluster::Host;
use crate::engine::{Connect, Slicing, look};
use crate::error::{Error, Kind, Result};
use crate::journal::Past;
use crate::model::{Mode, Unit};
use crate::plan::{Draft, Plan, surplus};
use crate::plugin::call::request::Request;

/// The plan for every table, told to the caller.
pub(in crate::plugin) fn plans(
    host: &mut dyn Host,
    request: &Request,
    site: &Site,
    drafts: Vec<Draft>,
    connect: Connect,
) -> Result<Vec<Plan>> {
    let past = site.runs.past(&site.target, &request.db)?;
    drafts.into_iter().map(|draft| plan(host, request, draft, &past, connect)).collect()
}

fn plan(host: &mut dyn Host, request: &Request, draft: Draft, past: &Past, connect: Connect) -> Result<Plan> {
    let (mode, limits) = (request.options.mode, request.options.limits);
    if mode == Mode::Append {
        require_finished(past, &draft)?;
    }
    let left = past.left(&draft.identity(mode));
    let slicing = Slicing { mode, keys: &request.options.keys, left: &left };
    let (draft, looks) = look(host, draft, connect, limits, slicing)?;
    if draft.remembered.is_some() && looks.marks.iter().all(Option::is_none) {
        host.print("the chunks of this cluster cannot be told apart by metadata, so all of them are read");
    }
    let (check, keys) = (request.options.check, request.options.keys.clone());
    let cost = past.cost(&draft.table);
    let plan = Plan { check, keys, cost, ..looks.decide(draft, mode, &left) };
    let plan = mirrored(plan, request, |draft| surplus(&mut *connect()?, draft))?;
    let plan = if request.options.keeps && mode == Mode::Replace { plan.keeping() } else { plan };
    host.print(&plan.to_string());
    Ok(plan)
}

/// What another window has begun to append would be appended again by this one.
fn require_finished(past: &Past, draft: &Draft) -> Result<()> {
    let Some(run) = past.begun_elsewhere(&draft.identity(Mode::Append)) else { return Ok(()) };
    let what = format!(
        "run {run} has appended rows of {} that are in this call too, and is not finished",
        draft.table
    );
    Err(Error::new(Kind::Refused, what)
        .advise(format!("finish it with clusterSync::resumeRun(\"{run}\"), or leave its rows out")))
}

/// `plan` with what has to be removed, if that is wanted; `find` finds what the source does not have.
pub(in crate::plugin) fn mirrored(
    plan: Plan,
    request: &Request,
    find: impl FnOnce(&Draft) -> Result<Vec<(Unit, u64)>>,
) -> Result<Plan> {
    let Some(mirror) = request.options.mirror else { return Ok(plan) };
    let found = match plan.strangers {
        0 => Vec::new(),
        _ => find(&plan.draft)?,
    };
    Ok(plan.mirrored(mirror, found))
}

/// `draft` with the chunks that were verified at the target `at` before, if only others are read.
pub(in crate::plugin) fn recalled(draft: Draft, request: &Request, site: &Site, at: &str) -> Result<Draft> {
    let remembered = match request.options.incremental && request.options.mode != Mode::VerifyOnly {
        true => Some(site.memory.chunks(at, &draft.table, &draft.columns)?),
        false => None,
    };
    Ok(Draft { remembered, ..draft })
}

/// Remembers how the chunks were when both sides of `plan` were seen to be equal.
pub(in crate::plugin) fn keep(site: &Site, at: &str, plan: &Plan) -> Result<()> {
    let Draft { table, columns, remembered, .. } = &plan.draft;
    if remembered.is_some() {
        let known = plan.draft.verified(plan.decisions.iter().map(|decision| decision.rows));
        site.memory.remember(at, table, columns, &known)?;
    }
    Ok(())
}
