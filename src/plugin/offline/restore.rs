//! `restoreFrom`: a directory of backups into tables of this cluster, exactly once.
use std::collections::HashMap;
use std::path::Path;
use std::time::Instant;

use parking_lot::Mutex;

use super::found::{Found, find};
use super::options::Offline;
use crate::cluster::{Host, count, describe, tables, units};
use crate::data::{Datum, Fingerprint};
use crate::engine::{RunId, Summary};
use crate::error::{Error, Kind, Result};
use crate::journal::{Begun, Effort, Journal, Method, Runs, now};
use crate::model::{Action, Check, Mode, TableName, Unit};
use crate::offline::{Delivery, Permit, folder_of};
use crate::online;
use crate::plan::{Counterpart, Creation, Draft, Look, Plan, decide, is_compared};
use crate::plugin::call::arguments::{argument, optional_text, text};
use crate::plugin::call::caller;
use crate::plugin::call::request::database;
use crate::plugin::node::{config, roots};
use crate::plugin::online::exclusive::exclusively_here;
use crate::plugin::runs::report;

/// The parameters as the manual writes them.
pub(in super::super) const RESTORE: &str =
    "clusterSync::restoreFrom(restoreDir, dbPath, [tableName], [options])";

/// Restores what the directory holds of the tables; a directory of the server's own `backup` will do.
pub(in super::super) fn restore_from(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    let dir = text(args, 0, "restoreDir", RESTORE)?.trim_end_matches('/');
    let db = database(args, 1, RESTORE)?;
    let args = &config::completed(host, args, 3, &Offline::known())?;
    let given = Offline::parse(argument(args, 3))?;
    caller::administrator(host)?;
    roots::permitted(host, dir)?;
    let one = optional_text(args, 2, "tableName", RESTORE)?;
    let names = match one {
        Some(name) => vec![name.to_owned()],
        None => backed_up(host, dir, &db)?,
    };
    restore(host, dir, &db, (one, &names), &given)
}

/// Restores the tables `names`, which were asked for as `one`.
pub(super) fn restore(
    host: &mut dyn Host,
    dir: &str,
    db: &str,
    (one, names): (Option<&str>, &[String]),
    given: &Offline,
) -> Result<Datum> {
    let runs = caller::runs(host)?.keeping(config::keep(host)?);
    let mut all = Vec::new();
    for name in names {
        let table = TableName::new(db, name);
        let (plan, found) = plan(host, dir, &table, given.online.mode, &runs)?;
        host.print(&plan.to_string());
        all.push((plan, found));
    }
    if given.online.dry_run {
        return Ok(report::plans(&all.into_iter().map(|(plan, _)| plan).collect::<Vec<_>>()));
    }
    let id = RunId::now();
    let begun = Begun {
        run: id.to_string(),
        user: caller::user(host)?,
        target: format!("this node, from {dir}"),
        db: db.to_owned(),
        table: one.map(str::to_owned),
        mode: "restore".into(),
        ..Begun::default()
    };
    caller::claim(host)?;
    let journal = Mutex::new(runs.begin(begun)?);
    let (options, tables) = (&given.online, names.iter().map(|name| TableName::new(db, name)));
    let tables: Vec<TableName> = tables.collect();
    let patience = (options.lease, options.wait);
    let outcome = exclusively_here(host, patience, &runs, (&id, &tables), |host, permit| {
        carry_out(host, &all, &journal, permit)
    });
    let failure = outcome.as_ref().err().map(ToString::to_string);
    let ended = journal.lock().end(failure.as_deref());
    let results = outcome.map_err(|error| error.context(format!("run {id}")).advise("repeat the call"))?;
    ended.map(|()| report::summaries(&id, &results))
}

fn carry_out(
    host: &mut dyn Host,
    all: &[(Plan, Vec<Found>)],
    journal: &Mutex<Journal>,
    permit: Permit,
) -> Result<Vec<(TableName, Summary)>> {
    all.iter().try_for_each(|(plan, _)| journal.lock().plan(plan.record()).map(drop))?;
    all.iter().try_for_each(|(plan, _)| plan.permit())?;
    all.iter()
        .enumerate()
        .map(|(number, (plan, found))| deliver(host, (number, plan), found, (journal, permit)))
        .collect()
}

fn deliver(
    host: &mut dyn Host,
    (table, plan): (usize, &Plan),
    found: &[Found],
    (journal, permit): (&Mutex<Journal>, Permit),
) -> Result<(TableName, Summary)> {
    let (started, name) = (Instant::now(), &plan.draft.table);
    let (mut copied, mut rows) = (0, 0);
    for (number, unit) in plan.sent() {
        if host.is_cancelled() {
            return Err(Error::new(Kind::Cancelled, "the user cancelled")
                .advise("partitions restored so far stay, verified"));
        }
        let found = &found[number];
        let mut delivery = Delivery {
            plan,
            journal,
            at: (table, number),
            unit,
            sent: found.held,
            restore: Some(found.backup.restore(unit, name, found.is_snapshot)),
            overwrites: found.is_snapshot,
            by_count: found.by_count,
            permit,
            doubt: None,
        };
        let named = |error: Error| error.context(format!("partition {unit} of {name}"));
        let effort = Effort { lane: 0, began: now(), tried: 1, bytes: found.bytes };
        delivery.attempt(host, effort).map_err(|error| {
            // The unit's own failure is what counts.
            let _ = journal.lock().give_up((table, number), error.message());
            named(error)
        })?;
        copied += 1;
        rows += found.held.rows;
    }
    let skipped = plan.decisions.len() as u64 - copied;
    let mut methods = journal.lock().told().tables[table].methods();
    if found.iter().any(|found| found.by_count) {
        // What was left alone was only counted, too.
        methods.insert(Method::Count);
    }
    let check = if methods.contains(&Method::Count) { Check::Count } else { Check::Fingerprint };
    let took = started.elapsed();
    Ok((name.clone(), Summary { copied, skipped, rows, took, check, methods, ..Summary::default() }))
}

fn plan(
    host: &mut dyn Host,
    dir: &str,
    table: &TableName,
    mode: Mode,
    runs: &Runs,
) -> Result<(Plan, Vec<Found>)> {
    let schema = describe(host, table)?;
    let columns: Vec<String> = schema.columns.iter().map(|column| column.name.clone()).collect();
    let known: HashMap<String, Unit> =
        units(&schema)?.into_iter().map(|unit| (unit.to_string(), unit)).collect();
    let found = find(host, dir, table, (&columns, schema.levels.len(), &known))?;
    let filter = found.1;
    let found = found.0;
    let draft = Draft {
        table: table.clone(),
        counterpart: Counterpart::same(table, filter.as_deref()),
        target: format!("this node, from {dir}"),
        destination: format!("this node, from {dir}"),
        columns,
        filter,
        window: None,
        creation: Creation::default(),
        makes: Vec::new(),
        remembered: None,
        marks: Vec::new(),
        notes: Vec::new(),
        units: found.iter().map(|found| found.unit.clone()).collect(),
    };
    let left = runs.left(&draft.identity(mode))?;
    let looks = found.iter().map(|found| {
        let there = draft.rows(&found.unit);
        let held = count(host, there)?;
        let (rows, ours) = (found.held.rows, Some(found.held));
        let mut look = Look { rows, held, ours, by_count: found.by_count, ..Look::default() };
        if is_compared(mode, &look, left.state(&found.unit)) {
            look.theirs = Some(match found.by_count {
                true => Fingerprint { rows: held, sum: 0 },
                false => online::look(host, there, &draft.columns)?,
            });
        }
        Ok(look)
    });
    let looks = looks.collect::<Result<Vec<_>>>()?;
    let rows = looks.iter().map(|look| look.rows).sum();
    let plan = decide(draft, mode, &looks, &left, (rows, 0));
    require_room(dir, &plan, &found)?;
    Ok((plan, found))
}

/// The server restores files in the place of all that the partition holds, so there they add to nothing.
fn require_room(dir: &str, plan: &Plan, found: &[Found]) -> Result<()> {
    let loses = |&(number, _): &(usize, &Unit)| {
        let decision = &plan.decisions[number];
        found[number].is_snapshot && decision.action == Action::Copy && decision.held > 0
    };
    plan.sent().find(loses).map_or(Ok(()), |(number, unit)| {
        let what = format!(
            "partition {unit} of {} holds {} rows, and the backup in {dir} is of files, which replace a \
             partition and cannot be added to rows",
            plan.draft.table, plan.decisions[number].held
        );
        Err(Error::new(Kind::Refused, what)
            .advise("back up with consistent=false, or use the mode `replace`"))
    })
}

/// The tables of `db` that the directory may hold backups of.
fn backed_up(host: &mut dyn Host, dir: &str, db: &str) -> Result<Vec<String>> {
    let database = db.trim_start_matches("dfs://");
    let held = |name: &String| {
        let own = Path::new(dir).join(folder_of(&[database, name]));
        own.is_dir() || Path::new(dir).join(database).join(name).is_dir()
    };
    let names: Vec<String> = tables(host, db)?.into_iter().filter(held).collect();
    match names.is_empty() {
        false => Ok(names),
        true => {
            Err(Error::new(Kind::NotFound, format!("the directory {dir} holds no backup of a table of {db}"))
                .advise("check the directory on this very node, and that the tables exist here"))
        }
    }
}
