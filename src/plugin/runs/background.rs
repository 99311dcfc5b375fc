//! `background=true`: the same call as one of the server's own jobs, whose user, listing and cancel
//! come with it.
use crate::cluster::{Host, literal, sql};
use crate::data::{Column, Datum, Type};
use crate::engine::RunId;
use crate::error::{Error, Kind, Result};
use crate::journal::{Begun, Direction, Entry, FOLLOW, Order, Runs};
use crate::model::Mode;
use crate::plugin::call::arguments::argument;
use crate::plugin::call::caller;
use crate::plugin::call::request::Request;
use crate::plugin::clusters::remote;
use crate::plugin::online::targets;

/// The member of `options` by which a job tells its run that it was announced. Nobody else gives it.
const ANNOUNCED: &str = "queuedRun";

/// Takes out of `args`, whose options are the one at `at`, which runs were announced for them: one for
/// each target.
pub(in crate::plugin) fn announced(args: &[Datum], at: usize) -> (Vec<Datum>, Vec<String>) {
    let (mut args, mut runs) = (args.to_vec(), Vec::new());
    if let Some(Datum::Dict(members)) = args.get_mut(at) {
        members.retain(|(name, value)| match value {
            Datum::Scalar(texts) | Datum::Vector(texts) if name == ANNOUNCED && texts.ty.is_text() => {
                runs.extend(texts.texts().map(|run| String::from_utf8_lossy(run).into_owned()));
                false
            }
            _ => true,
        });
    }
    (args, runs)
}

/// A call of the function `0` with the arguments `1`, of which its options are the one at `2`.
pub(in crate::plugin) type Call<'a> = (&'a str, &'a [Datum], usize);

/// Does the `work` of a call, or has the server do it, if `request` says so; then the
/// answer is the run's name. What was announced and comes to nothing before it begins is noted.
pub(in crate::plugin) fn carry(
    host: &mut dyn Host,
    call: Call,
    request: &Request,
    work: impl FnOnce(&mut dyn Host) -> Result<Datum>,
) -> Result<Datum> {
    let Some(run) = &request.run else {
        return if request.options.background { submit(host, call, request) } else { work(host) };
    };
    let runs = caller::runs(host)?;
    require_announced(host, &runs.find(run)?)?;
    let outcome = work(host);
    if let Err(error) = &outcome {
        runs.end_queued(run, &error.to_string())?;
    }
    outcome
}

fn require_announced(host: &mut dyn Host, entry: &Entry) -> Result<()> {
    let begun = &entry.run.begun;
    match entry.queued.is_some() && caller::user(host)? == begun.user {
        true => Ok(()),
        false => Err(Error::new(Kind::Refused, format!("run {} does not wait to begin", begun.run))
            .advise("repeat the call")),
    }
}

/// Has the server do the call as one job. Its answer is the name of the run, or of each target's run.
pub(in crate::plugin) fn submit(host: &mut dyn Host, call: Call, request: &Request) -> Result<Datum> {
    let (name, args, _) = call;
    let several = targets::listed(argument(args, 0));
    let remotes = several.clone().unwrap_or_else(|| vec![argument(args, 0).clone()]);
    let clusters = remotes.iter().map(cluster).collect::<Result<Vec<&str>>>()?;
    require_work(name, request)?;
    require_named(&request.options.source)?;
    let (user, runs) = (caller::user(host)?, caller::runs(host)?);
    let labels = match several {
        Some(_) => targets::labels(host, &remotes, request)?,
        None => vec![remote::resolve(host, &remotes[0], request.options.timeout)?.label],
    };
    let is_pulled = request.options.direction == Direction::Pull;
    let names: Vec<String> = remotes.iter().map(|_| RunId::now().to_string()).collect();
    let all = clusters.into_iter().zip(&labels).zip(&names).map(|((cluster, label), run)| {
        let target = if is_pulled { host.label() } else { label };
        begun(request, name, [run, &user, cluster, target])
    });
    let noted = all.collect::<Vec<_>>().into_iter().try_for_each(|begun| runs.queue(begun, &names[0]));
    let script = noted.and_then(|()| script(call, &names, &request.db));
    if let Err(error) = script.and_then(|script| host.query(&script)) {
        names.iter().try_for_each(|run| runs.end_queued(run, &error.to_string()).map(drop))?;
        return Err(error.context("the server does not take the job"));
    }
    Ok(match several {
        Some(_) => Datum::Vector(Column::text(Type::String, names)),
        None => Datum::text(&names[0]),
    })
}

/// The name of a cluster, which alone a job's text may have.
fn cluster(remote: &Datum) -> Result<&str> {
    remote.as_str().ok_or_else(|| {
        let what = "the option `background` needs the name of a cluster: a job's text, which the server \
                    keeps, must not have a password in it";
        Error::new(Kind::Argument, what).advise("name it with clusterSync::setCluster")
    })
}

/// A job's text must have no password in it.
fn require_named(source: &Datum) -> Result<()> {
    match source {
        Datum::Dict(_) => {
            let what = "the option `background` needs a cluster's name in the option `source`: a job's text, \
                        which the server keeps, must not have a password in it";
            Err(Error::new(Kind::Argument, what).advise("name it with clusterSync::setCluster"))
        }
        _ => Ok(()),
    }
}

/// What neither writes nor lasts has nothing to do in the background.
fn require_work(name: &str, request: &Request) -> Result<()> {
    let options = &request.options;
    if !options.dry_run && options.mode != Mode::VerifyOnly {
        return Ok(());
    }
    let what =
        "the option `background` is for calls that write: what a plan or a comparison finds is returned";
    Err(Error::new(Kind::Argument, what)
        .advise(format!("leave it out, or call submitJob with clusterSync::{name} yourself")))
}

fn begun(request: &Request, name: &str, [run, user, cluster, target]: [&str; 4]) -> Begun {
    let begun = request.begun();
    let mode = match name {
        "syncOffline" => "offline".to_owned(),
        "follow" => FOLLOW.to_owned(),
        _ => begun.mode,
    };
    Begun {
        run: run.to_owned(),
        user: user.to_owned(),
        remote: Some(cluster.to_owned()),
        target: target.to_owned(),
        mode,
        ..begun
    }
}

/// The job that does it: the same call with another `background` (dolphindb-semantics §7.3). It is
/// called as the first of its runs is, so that the server's `cancelJob` takes the same name.
fn script((name, args, at): Call, runs: &[String], db: &str) -> Result<String> {
    let mut options = match argument(args, at) {
        Datum::Dict(members) => members.clone(),
        _ => Vec::new(),
    };
    options.retain(|(name, _)| name != "background");
    options.push(("background".into(), Datum::Scalar(Column::fixed(Type::Bool, vec![0u8]))));
    let announced = match runs {
        [run] => Datum::text(run),
        runs => Datum::Vector(Column::text(Type::String, runs)),
    };
    options.push((ANNOUNCED.into(), announced));
    let plain: Vec<&Datum> = (0..at).map(|index| argument(args, index)).collect();
    let options = Datum::Dict(options);
    let all = plain.into_iter().chain([&options]).map(written).collect::<Result<Vec<_>>>()?.join(", ");
    let (run, description) = (sql::text(&runs[0]), sql::text(&format!("clusterSync::{name} of {db}")));
    Ok(format!("submitJob({run}, {description}, clusterSync::{name}, {all})"))
}

/// An argument as a script writes it.
fn written(value: &Datum) -> Result<String> {
    let unwritable = || {
        Error::new(Kind::Argument, "an argument cannot be handed to a job: no script can write its type")
            .advise("give texts, numbers, dates and times, or leave the option `background` out")
    };
    match value {
        Datum::Void => Ok("NULL".into()),
        Datum::Scalar(column) => cells(column).and_then(|mut cells| cells.pop()).ok_or_else(unwritable),
        Datum::Vector(column) => Ok(format!("[{}]", cells(column).ok_or_else(unwritable)?.join(", "))),
        // In parentheses one item alone is no tuple.
        Datum::Tuple(items) if items.len() > 1 => Ok(format!("({})", list(items)?)),
        Datum::Dict(members) if members.len() > 1 => {
            let names: Vec<String> = members.iter().map(|(name, _)| sql::text(name)).collect();
            let values: Vec<Datum> = members.iter().map(|(_, value)| value.clone()).collect();
            Ok(format!("dict([{}], ({}))", names.join(", "), list(&values)?))
        }
        Datum::Dict(members) => match members.first() {
            Some((name, value @ (Datum::Scalar(_) | Datum::Dict(_)))) => {
                let value = written(value)?;
                Ok(format!("dict([{}], [{value}])", sql::text(name)))
            }
            _ => Err(unwritable()),
        },
        _ => Err(unwritable()),
    }
}

fn list(items: &[Datum]) -> Result<String> {
    Ok(items.iter().map(written).collect::<Result<Vec<_>>>()?.join(", "))
}

fn cells(column: &Column) -> Option<Vec<String>> {
    match column.ty {
        ty if ty.is_text() => {
            column.texts().map(|text| std::str::from_utf8(text).ok().map(sql::text)).collect()
        }
        Type::Double => column
            .fixed_cells()
            .map(|cell| {
                let number = f64::from_le_bytes(cell.try_into().ok()?);
                (number.is_finite() && number != f64::MIN).then(|| format!("{number:?}"))
            })
            .collect(),
        ty => column.integers().map(|value| literal(ty, value?)).collect(),
    }
}

/// Ends the runs that nobody is going to begin any more: their job is over, or died with the process.
pub(in crate::plugin) fn settle(host: &mut dyn Host, runs: &Runs) -> Result<()> {
    for Entry { run, queued, .. } in runs.waiting()? {
        let Some(queued) = queued else { continue };
        let why = match queued.is_orphan() {
            true => Some("this node was started again before the run began; repeat the call".to_owned()),
            false => end_of(host, &queued.job),
        };
        why.map_or(Ok(false), |why| runs.end_queued(&run.begun.run, &why))?;
    }
    Ok(())
}

/// How the server's job ended, if it did and the caller may know.
fn end_of(host: &mut dyn Host, job: &str) -> Option<String> {
    let answer = host.query(&format!("select endTime, errorMsg from getJobStatus({})", sql::text(job)));
    let Ok(Datum::Table(status)) = answer else { return None };
    status.column("endTime")?.integers().next().flatten()?;
    let told = status.column("errorMsg").filter(|column| column.ty.is_text());
    let told = told.and_then(|column| Some(String::from_utf8_lossy(column.texts().next()?).into_owned()));
    let told = told.filter(|told| !told.is_empty());
    Some(told.unwrap_or_else(|| "its job was cancelled before it began".to_owned()))
}

/// Whether the job of `entry` has other runs, or may have: what a run that has begun was announced with
/// is forgotten. Such a job goes on, and finds that this run is not wanted.
fn has_company(runs: &Runs, entry: &Entry, job: &str) -> Result<bool> {
    let waits = |other: &Entry| other.queued.as_ref().is_some_and(|queued| queued.job == job);
    let (own, db) = (&entry.run.begun.run, &entry.run.begun.db);
    let works = |other: &Entry| other.is_live && other.run.begun.run != *own && other.run.begun.db == *db;
    Ok(runs.waiting()?.iter().any(waits) || runs.list()?.iter().any(works))
}

/// Ends the run of `entry`, which waits; `false` when it has begun meanwhile.
pub(in crate::plugin) fn cancel(host: &mut dyn Host, runs: &Runs, entry: &Entry, job: &str) -> Result<bool> {
    let run = &entry.run.begun.run;
    if !runs.end_queued(run, "the user cancelled it before it began")? {
        runs.give(run, Order::Cancel)?;
        return Ok(false);
    }
    if has_company(runs, entry, job)? {
        return Ok(true);
    }
    // The job would find that its run does not wait; it only stands in the queue for nothing.
    if let Err(error) = host.query(&format!("cancelJob({})", sql::text(job))) {
        host.print(&format!("the server keeps the job of run {run}: {error}"));
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dict(members: Vec<(&str, Datum)>) -> Datum {
        Datum::Dict(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    #[test]
    fn a_job_gets_the_arguments_of_the_call_and_the_name_of_its_run() {
        let day = Datum::Scalar(Column::fixed(Type::Date, 19_723i32.to_le_bytes()));
        let rate = Datum::Scalar(Column::fixed(Type::Double, 2.5f64.to_le_bytes()));
        let keys = Datum::Vector(Column::text(Type::String, ["a", "b\"c"]));
        let options = dict(vec![
            ("background", Datum::Scalar(Column::fixed(Type::Bool, vec![1u8]))),
            ("from", day),
            ("rateLimit", rate),
            ("keyColumns", keys),
        ]);
        let args = [Datum::text("B"), Datum::text("dfs://db"), Datum::Void, Datum::text("x > 1"), options];
        assert_eq!(
            script(("syncOnline", &args, 4), &["20240101-1".to_owned()], "dfs://db").unwrap(),
            "submitJob(\"20240101-1\", \"clusterSync::syncOnline of dfs://db\", clusterSync::syncOnline, \"B\", \
             \"dfs://db\", NULL, \"x > 1\", dict([\"from\", \"rateLimit\", \"keyColumns\", \"background\", \
             \"queuedRun\"], (2024.01.01, 2.5, [\"a\", \"b\\\"c\"], false, \"20240101-1\")))"
        );
    }

    #[test]
    fn what_no_script_can_write_is_refused() {
        let null = Datum::Scalar(Column::fixed(Type::Int, i32::MIN.to_le_bytes()));
        for value in [null, Datum::Opaque("a function".into()), Datum::Tuple(vec![Datum::Void])] {
            assert_eq!(written(&value).unwrap_err().kind(), Kind::Argument);
        }
    }

    #[test]
    fn the_announced_run_is_taken_out_of_the_options() {
        let args = [Datum::text("B"), dict(vec![("lanes", Datum::text("1")), (ANNOUNCED, Datum::text("r"))])];
        let (args, runs) = announced(&args, 1);
        assert_eq!(runs, ["r"]);
        assert!(matches!(&args[1], Datum::Dict(members) if members.len() == 1));
    }
}
