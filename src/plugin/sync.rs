//! `syncOnline`: copies tables of this cluster to another one and verifies every partition.
use super::arguments::{argument, optional_text, text, usage};
use super::options::Options;
use super::remote::resolve;
use crate::cluster::{Cluster, Host, tables};
use crate::data::{Batch, Column, Datum, Type};
use crate::engine::{self, Connect, RunId, Summary};
use crate::error::{Error, Kind, Result};
use crate::model::TableName;
use crate::plan::{Plan, prepare};

/// The parameters of `syncOnline` as the manual writes them.
pub(super) const SYNTAX: &str = "clusterSync::syncOnline(remote, dbPath, [tableName], [filter], [options])";

/// Runs one call of `clusterSync::syncOnline`.
pub(super) fn sync_online(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    let request = Request::parse(args)?;
    let sites = resolve(host, argument(args, 0), request.options.timeout)?;
    let connect = || sites.connect().map(|remote| Box::new(remote) as Box<dyn Cluster + Send>);
    sync(host, &request, &connect)
}

/// What one call asks for, the remote apart.
pub(super) struct Request<'a> {
    pub(super) db: &'a str,
    pub(super) table: Option<&'a str>,
    pub(super) filter: Option<&'a str>,
    pub(super) options: Options,
}

impl<'a> Request<'a> {
    pub(super) fn parse(args: &'a [Datum]) -> Result<Self> {
        if !(2..=5).contains(&args.len()) {
            return Err(usage(format!("syncOnline takes 2 to 5 arguments, not {}", args.len()), SYNTAX));
        }
        let db = text(args, 1, "dbPath", SYNTAX)?;
        if !db.starts_with("dfs://") || db.len() == "dfs://".len() {
            let what = format!("dbPath `{db}` is not the path of a distributed database");
            return Err(Error::new(Kind::Argument, what).advise("give a path such as \"dfs://db1\""));
        }
        Ok(Request {
            db,
            table: optional_text(args, 2, "tableName", SYNTAX)?,
            filter: optional_text(args, 3, "filter", SYNTAX)?,
            options: Options::parse(argument(args, 4))?,
        })
    }
}

/// Plans every table before the first row is written, then copies one after the other.
pub(super) fn sync(host: &mut dyn Host, request: &Request, connect: Connect) -> Result<Datum> {
    let plans = plans(host, request, connect)?;
    let run = RunId::now();
    let mut results = Vec::new();
    for plan in &plans {
        host.print(&format!("run {run}: {plan}"));
        let summary = engine::run(host, plan, connect, request.options.limits, &run);
        let behind = |error: Error| match results.len() {
            0 => error,
            complete => error.context(format!("{complete} of {} tables are complete, then", plans.len())),
        };
        results.push((&plan.table, summary.map_err(behind)?));
    }
    Ok(Datum::Table(report(&run, &results)))
}

fn plans(host: &mut dyn Host, request: &Request, connect: Connect) -> Result<Vec<Plan>> {
    let names = match request.table {
        Some(table) => vec![table.to_owned()],
        None => tables(host, request.db)?,
    };
    if names.is_empty() {
        return Err(Error::new(Kind::NotFound, format!("database {} has no tables", request.db))
            .advise("name a database with tables"));
    }
    let mut target = connect()?;
    let plan = |name: &String| prepare(host, &mut *target, &TableName::new(request.db, name), request.filter);
    names.iter().map(plan).collect()
}

/// One row per table, all verified: whatever was not has raised an error instead.
fn report(run: &RunId, results: &[(&TableName, Summary)]) -> Batch {
    let texts = |text: &dyn Fn(&TableName) -> String| {
        Column::text(Type::String, results.iter().map(|(table, _)| text(table)))
    };
    let longs = |number: &dyn Fn(&Summary) -> u64| {
        let cells = results.iter().flat_map(|(_, summary)| number(summary).to_le_bytes());
        Column::fixed(Type::Long, cells.collect::<Vec<u8>>())
    };
    let seconds = results.iter().flat_map(|(_, summary)| summary.took.as_secs_f64().to_le_bytes());
    let columns = [
        ("runId", texts(&|_| run.to_string())),
        ("dbPath", texts(&|table| table.db.clone())),
        ("tableName", texts(&|table| table.table.clone())),
        ("status", texts(&|_| "OK".to_owned())),
        ("partitions", longs(&|summary| summary.partitions)),
        ("rows", longs(&|summary| summary.rows)),
        ("bytes", longs(&|summary| summary.bytes)),
        ("seconds", Column::fixed(Type::Double, seconds.collect::<Vec<u8>>())),
        ("verified", Column::fixed(Type::Bool, vec![1u8; results.len()])),
    ];
    let columns = columns.map(|(name, column)| (name.to_owned(), column));
    Batch { rows: results.len(), columns: columns.into() }
}
