//! One call for several targets. Each has a run of its own, on a thread of its own, so that none waits
//! for another; what several of them read of the source is read once.
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::errands::{Desk, panicked};
use super::site::control;
use crate::cluster::{Host, Room};
use crate::data::{Batch, Column, Datum, Type};
use crate::error::{Error, Kind, Result, panic_text};
use crate::journal::Direction;
use crate::plugin::call::arguments::argument;
use crate::plugin::call::request::Request;
use crate::plugin::clusters::remote;
use crate::plugin::runs::background::{self, Call};
use crate::wire::Control;

/// How long a target that is ready waits for the others to be.
const PATIENCE: Duration = Duration::from_secs(1);

/// What a call does at one target.
pub(in crate::plugin) struct Aim {
    pub(in crate::plugin) remote: Datum,
    pub(in crate::plugin) request: Request,
    /// Holds the connections to it back; the rate is that of all targets together.
    pub(in crate::plugin) control: Arc<Control>,
    pub(in crate::plugin) label: String,
}

/// The work of a call at one target; returns a table.
type Work<'a> = &'a (dyn Fn(&mut dyn Host, &Aim) -> Result<Datum> + Sync);

/// The clusters that the argument `remote` lists; none when it is a single one.
pub(in crate::plugin) fn listed(remote: &Datum) -> Option<Vec<Datum>> {
    match remote {
        Datum::Vector(names) if names.ty.is_text() => {
            Some(names.texts().map(|name| Datum::text(&String::from_utf8_lossy(name))).collect())
        }
        Datum::Tuple(remotes) => Some(remotes.clone()),
        _ => None,
    }
}

/// Does the `work` of a call at each of its targets, or has the server do it.
pub(in crate::plugin) fn carry(
    host: &mut dyn Host,
    call: Call,
    request: &Request,
    runs: &[String],
    work: Work,
) -> Result<Datum> {
    if request.options.background {
        return background::submit(host, call, request);
    }
    at_each(host, argument(call.1, 0), request, runs, &|host, aim| {
        background::carry(host, call, &aim.request, |host| work(host, aim))
    })
}

/// Does the `work` of the call `request` at the target, or at every target, that `remote` means. `runs`
/// were announced for them.
pub(in crate::plugin) fn at_each(
    host: &mut dyn Host,
    remote: &Datum,
    request: &Request,
    runs: &[String],
    work: Work,
) -> Result<Datum> {
    let Some(remotes) = listed(remote) else {
        let request = Request { run: runs.first().cloned(), ..request.clone() };
        let (remote, control) = (remote.clone(), control(host, &request)?);
        return work(host, &Aim { remote, request, control, label: String::new() });
    };
    let labels = labels(host, &remotes, request)?;
    let (common, share) = (control(host, request)?, request.options.limits.memory / (remotes.len() + 1));
    let aim = |(number, (remote, label))| {
        let mut request = Request { run: runs.get(number).cloned(), is_one_of_many: true, ..request.clone() };
        request.options.limits.memory = share;
        request.options.notify = request.options.notify.anew();
        Aim { remote, request, control: Arc::new(common.beside()), label }
    };
    let aims: Vec<Aim> = remotes.into_iter().zip(labels).enumerate().map(aim).collect();
    spread(host, &aims, &Room::new(share, PATIENCE), work)
}

/// What messages call each of `remotes`, which must be different clusters.
pub(in crate::plugin) fn labels(
    host: &mut dyn Host,
    remotes: &[Datum],
    request: &Request,
) -> Result<Vec<String>> {
    let wrong = |what: &str, advice: &str| Err(Error::new(Kind::Argument, what).advise(advice));
    if remotes.is_empty() {
        return wrong("remote names no cluster", "name one target, or several");
    }
    if request.options.direction == Direction::Pull {
        let what = "the direction `pull` takes one cluster: rows of several would come into the same tables";
        return wrong(what, "pull from one after the other");
    }
    let mut labels: Vec<String> = Vec::new();
    let mut known: Vec<(String, usize)> = Vec::new();
    for (number, remote) in remotes.iter().enumerate() {
        let sites = remote::resolve(host, remote, request.options.timeout)?;
        for endpoint in &sites.endpoints {
            let place = format!("{}:{}", endpoint.host.to_lowercase(), endpoint.port);
            let place = place.replace("localhost:", "127.0.0.1:");
            if let Some((_, other)) = known.iter().find(|(own, other)| *own == place && *other != number) {
                let (one, other) = (&labels[*other], &sites.label);
                return wrong(
                    &format!("{one} and {other} are one cluster, at {place}"),
                    "name every target once",
                );
            }
            known.push((place, number));
        }
        labels.push(sites.label);
    }
    Ok(labels)
}

/// Works at all `aims` at once, while the calling thread runs what they want of this node.
pub(in crate::plugin) fn spread(
    host: &mut dyn Host,
    aims: &[Aim],
    room: &Arc<Room>,
    work: Work,
) -> Result<Datum> {
    let desk = Desk::of(host);
    // Everybody is expected in the room before the first one comes.
    let nodes: Vec<_> = aims.iter().map(|aim| desk.node().among(room.seat(), &aim.label)).collect();
    let cancel = || aims.iter().for_each(|aim| aim.control.cancel());
    let outcomes = desk.beside(host, &cancel, |_| {
        Ok(thread::scope(|scope| {
            let begin = |(aim, mut node)| {
                let thread = thread::Builder::new().name("clusterSyncTarget".into());
                thread.spawn_scoped(scope, move || work(&mut node, aim))
            };
            let threads: Vec<_> = aims.iter().zip(nodes).map(begin).collect();
            let unstarted =
                |error| Error::new(Kind::Server, "no thread can be started for it").caused_by(error);
            let outcome = |thread: std::io::Result<thread::ScopedJoinHandle<Result<Datum>>>| {
                thread.map_err(unstarted)?.join().unwrap_or_else(|panic| Err(panicked(panic_text(&*panic))))
            };
            threads.into_iter().map(outcome).collect::<Vec<_>>()
        }))
    })?;
    together(aims, outcomes)
}

/// The tables of all targets as one; when one has failed, which did and which did not.
fn together(aims: &[Aim], outcomes: Vec<Result<Datum>>) -> Result<Datum> {
    let (mut tables, mut failures) = (Vec::new(), Vec::new());
    for (aim, outcome) in aims.iter().zip(outcomes) {
        match outcome {
            Ok(Datum::Table(rows)) => tables.push((aim, rows)),
            Ok(_) => {}
            Err(error) => failures.push((aim, error)),
        }
    }
    match failures.first().map(|(_, first)| first.kind()) {
        None => Ok(joined(&tables)),
        Some(kind) => Err(summed(kind, &failures, &tables)),
    }
}

fn summed(kind: Kind, failures: &[(&Aim, Error)], tables: &[(&Aim, Batch)]) -> Error {
    let (failed, all) = (failures.len(), failures.len() + tables.len());
    let why = failures.iter().map(|(aim, error)| format!("{}: {}", aim.label, error.message()));
    let well = tables.iter().filter_map(|(aim, rows)| standing(&aim.label, rows));
    let what: Vec<String> = why.chain(well).collect();
    let advice = failures.iter().map(|(aim, error)| match failed {
        1 => error.advice().to_owned(),
        _ => format!("for {}: {}", aim.label, error.advice()),
    });
    Error::new(kind, format!("{failed} of {all} targets failed: {}", what.join(", and ")))
        .advise(advice.collect::<Vec<_>>().join(", "))
}

/// What became of a target that did not fail, if it had a run.
fn standing(label: &str, rows: &Batch) -> Option<String> {
    let first = |name: &str| rows.column(name).and_then(|column| column.texts().next());
    let run = String::from_utf8_lossy(first("runId")?);
    Some(match first("status") {
        Some(b"SKIPPED") => format!("{label} was left to another run (run {run})"),
        _ => format!("{label} is complete (run {run})"),
    })
}

/// One below the other, each with its target's name.
fn joined(tables: &[(&Aim, Batch)]) -> Datum {
    let name = |aim: &Aim| aim.remote.as_str().unwrap_or(&aim.label).to_owned();
    let names = tables.iter().flat_map(|(aim, rows)| std::iter::repeat_n(name(aim), rows.rows));
    let mut columns = vec![("target".to_owned(), Column::text(Type::String, names))];
    for (at, (title, column)) in tables[0].1.columns.iter().enumerate() {
        let cells = tables.iter().flat_map(|(_, rows)| rows.columns[at].1.each());
        columns.push((title.clone(), Column::of(column.ty, cells)));
    }
    Datum::Table(Batch { rows: tables.iter().map(|(_, rows)| rows.rows).sum(), columns })
}
