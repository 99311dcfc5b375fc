//! Arguments that people get wrong, and what a call returns.
mod follow;
mod incremental;
mod renames;
mod rows;
mod targets;
mod windows;

use std::sync::Arc;

use crate::cluster::{Cluster, Host};
use crate::data::{Batch, Column, Datum, Type};
use crate::error::{Error, Kind, Result};
use crate::plugin::call::caller;
use crate::plugin::call::options::Options;
use crate::plugin::call::request::Request;
use crate::plugin::online::site::Site;
use crate::plugin::online::sync::{SYNC, resume_run, sync, sync_online};
use crate::plugin::runs::history;
use crate::testing::{FakeHost, FakeNode, FakeTable, Fault, Row, def, flight, flights, flights_table, ints};

const PASSWORD: &str = "hunter2-secret";

fn int(value: i32) -> Datum {
    Datum::Scalar(Column::fixed(Type::Int, value.to_le_bytes()))
}

fn text(value: &str) -> Datum {
    Datum::text(value)
}

fn dict(items: Vec<(&str, Datum)>) -> Datum {
    Datum::Dict(items.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn remote() -> Datum {
    remote_with("port", int(1))
}

fn remote_with(name: &str, value: Datum) -> Datum {
    let mut items = vec![
        ("host", text("127.0.0.1")),
        ("port", int(1)),
        ("userId", text("admin")),
        ("password", text(PASSWORD)),
    ];
    items.retain(|(own, _)| *own != name);
    items.push((name, value));
    dict(items)
}

/// The failure of a call, which wrote nothing and kept the password.
fn failure(args: &[Datum]) -> Error {
    let mut host = FakeHost::new(FakeNode::with(&flights(), flights_table(1)));
    let error = sync_online(&mut host, args).unwrap_err();
    let shown = format!("{error} {error:?} {:?}", host.printed);
    assert!(!shown.contains(PASSWORD), "{shown}");
    assert!(!error.to_string().contains('\n') && error.to_string().contains("; "), "{error}");
    error
}

#[test]
fn wrong_arguments_say_what_and_what_to_do() {
    let db = || text("dfs://flights");
    let with_options = |options| vec![remote(), db(), Datum::Void, Datum::Void, options];
    let cases: Vec<(&str, Vec<Datum>)> = vec![
        ("syncOnline takes 2 to 5 arguments, not 1", vec![remote()]),
        ("dbPath must be a string", vec![remote(), int(3)]),
        ("dbPath must be a string", vec![remote(), Datum::Vector(Column::text(Type::String, ["dfs://a"]))]),
        ("dbPath must not be empty", vec![remote(), Datum::Void]),
        ("dbPath `/tmp/db` is not the path of a distributed database", vec![remote(), text("/tmp/db")]),
        ("tableName must be a string", vec![remote(), db(), int(1)]),
        ("filter must be a string", vec![remote(), db(), text("t"), int(1)]),
        ("remote must be a dictionary or a cluster's name", vec![int(5), db()]),
        (
            "remote has a member that is not known, the nearest is `userId`",
            vec![remote_with("user", text("x")), db()],
        ),
        (
            "remote has a member that is not known, the nearest is `userId`",
            vec![remote_with(PASSWORD, text("password")), db()],
        ),
        ("`host` in remote must be a string", vec![remote_with("host", int(1)), db()]),
        ("`host` in remote must not be empty", vec![remote_with("host", text(" ")), db()]),
        (
            "`port` in remote must be a whole number from 1 to 65535",
            vec![remote_with("port", int(70_000)), db()],
        ),
        (
            "`password` in remote is missing",
            vec![dict(vec![("host", text("h")), ("port", int(1)), ("userId", text("u"))]), db()],
        ),
        ("options must be a dictionary", with_options(int(2))),
        ("options has no member `lane`, the nearest is `lanes`", with_options(dict(vec![("lane", int(2))]))),
        (
            "the option `lanes` must be a whole number from 1 to 16",
            with_options(dict(vec![("lanes", int(17))])),
        ),
        (
            "the option `lanes` must be a whole number from 1 to 16",
            with_options(dict(vec![("lanes", text("2"))])),
        ),
        (
            "the option `mode` must be one of auto, append, replace, upsert, verifyOnly",
            with_options(dict(vec![("mode", text("mirror"))])),
        ),
        (
            "the mode `replace` takes whole partitions, so no filter",
            vec![remote(), db(), Datum::Void, text("delay = 3"), dict(vec![("mode", text("replace"))])],
        ),
        (
            "the option `memoryBudget` must be a number of megabytes above 0 and up to 1048576",
            with_options(dict(vec![("memoryBudget", int(0))])),
        ),
        (
            "the option `timeout` must be a whole number of seconds from 1 to 86400",
            with_options(dict(vec![("timeout", int(-1))])),
        ),
    ];
    for (expected, args) in cases {
        let error = failure(&args);
        assert_eq!((error.kind(), error.message()), (Kind::Argument, expected));
    }
}

#[test]
fn a_missing_database_or_port_is_a_sentence() {
    assert_eq!(failure(&[remote(), text("dfs://nowhere")]).kind(), Kind::NotFound);
    assert_eq!(failure(&[remote(), text("dfs://flights"), text("flights")]).kind(), Kind::Network);
}

#[test]
fn options_and_a_port_in_digits_are_understood() {
    let options = dict(vec![("lanes", int(3)), ("memoryBudget", int(2)), ("timeout", int(7))]);
    let args = [remote(), text("dfs://a"), text(""), Datum::Void, options];
    let request = Request::parse("syncOnline", SYNC, &args).unwrap();
    assert_eq!((request.options.limits.lanes, request.options.limits.memory), (3, 2 << 20));
    assert_eq!((request.table, request.filter, request.options.timeout.as_secs()), (None, None, 7));
    let (mut host, remote) = (FakeHost::new(FakeNode::default()), remote_with("port", text("8848")));
    let endpoint =
        crate::plugin::clusters::remote::endpoint(&mut host, &remote, request.options.timeout).unwrap();
    assert_eq!((endpoint.port, endpoint.connect_timeout.as_secs()), (8848, 7));
}

fn synced(host: &mut FakeHost, target: &FakeNode, table: Option<&str>) -> Result<Datum> {
    synced_with(host, target, table, Datum::Void)
}

fn synced_with(host: &mut FakeHost, target: &FakeNode, table: Option<&str>, options: Datum) -> Result<Datum> {
    synced_where(host, target, table, "", options)
}

fn synced_where(
    host: &mut FakeHost,
    target: &FakeNode,
    table: Option<&str>,
    filter: &str,
    options: Datum,
) -> Result<Datum> {
    let args = [remote(), text("dfs://flights"), table.map_or(Datum::Void, text), text(filter), options];
    let request = Request::parse("syncOnline", SYNC, &args)?;
    synced_at(host, &request, target, "fake:8848")
}

fn synced_at(host: &mut dyn Host, request: &Request, target: &FakeNode, label: &str) -> Result<Datum> {
    let connect = || Ok(Box::new(target.clone()) as Box<dyn Cluster + Send>);
    let again = target.clone();
    let Options { rename, columns, .. } = &request.options;
    let site = Site {
        target: label.into(),
        destination: crate::plugin::online::rename::destination(label, rename, columns.as_deref()),
        remote: Some("B".into()),
        user: "admin".into(),
        runs: caller::runs(host)?,
        hasty: Box::new(move || Ok(Box::new(again.clone()) as Box<dyn Cluster + Send>)),
        memory: caller::memory(host)?,
        control: Arc::default(),
        reading: Arc::default(),
    };
    sync(host, request, &site, &connect)
}

fn table_of(datum: Result<Datum>) -> Batch {
    match datum {
        Ok(Datum::Table(table)) => table,
        other => panic!("{other:?}"),
    }
}

fn texts(table: &Batch, name: &str) -> Vec<String> {
    let column = table.column(name).unwrap_or_else(|| panic!("no column {name}"));
    column.texts().map(|text| String::from_utf8_lossy(text).into_owned()).collect()
}

fn numbers(table: &Batch, name: &str) -> Vec<i64> {
    table.column(name).unwrap_or_else(|| panic!("no column {name}")).integers().flatten().collect()
}

/// Two tables at the source and two empty ones at the target.
fn two_tables() -> (FakeHost, FakeNode) {
    let table = flights_table(2);
    let empty = table.empty_in_order(&["carrier", "distance", "delay", "date"]);
    let node = |table: FakeTable| {
        let node = FakeNode::with(&flights(), table.clone());
        node.lock().tables.insert(("dfs://flights".into(), "weather".into()), table);
        node
    };
    (FakeHost::new(node(table)), node(empty))
}

#[test]
fn the_result_has_one_row_per_table() {
    let (mut host, target) = two_tables();
    let Datum::Table(result) = synced(&mut host, &target, None).unwrap() else { panic!("no table") };
    let shape: Vec<(&str, Type)> =
        result.columns.iter().map(|(name, column)| (name.as_str(), column.ty)).collect();
    assert_eq!(
        shape,
        [
            ("runId", Type::String),
            ("dbPath", Type::String),
            ("tableName", Type::String),
            ("status", Type::String),
            ("partitions", Type::Long),
            ("copied", Type::Long),
            ("skipped", Type::Long),
            ("removed", Type::Long),
            ("rows", Type::Long),
            ("bytes", Type::Long),
            ("seconds", Type::Double),
            ("verified", Type::Bool),
            ("method", Type::String),
        ]
    );
    assert_eq!((result.rows, target.appends()), (2, 8));
    assert_eq!(texts(&result, "tableName"), ["flights", "weather"]);
    assert_eq!(texts(&result, "status"), ["OK", "OK"]);
    assert_eq!(texts(&result, "runId")[0], texts(&result, "runId")[1]);
    for (name, expected) in [("rows", 8), ("partitions", 4), ("copied", 4), ("skipped", 0), ("verified", 1)] {
        assert_eq!(numbers(&result, name), [expected; 2], "{name}");
    }
    let again = table_of(synced(&mut host, &target, None));
    for (name, expected) in [("rows", 0), ("partitions", 4), ("copied", 0), ("skipped", 4), ("verified", 1)] {
        assert_eq!(numbers(&again, name), [expected; 2], "{name}");
    }
    assert_eq!(target.appends(), 8);
}

#[test]
fn nothing_is_written_unless_every_table_fits() {
    let (mut host, target) = two_tables();
    target.lock().tables.get_mut(&("dfs://flights".into(), "weather".into())).unwrap().schema.columns.pop();
    let error = synced(&mut host, &target, None).unwrap_err();
    assert!(error.message().contains("dfs://flights/weather"), "{error}");
    assert_eq!(target.appends(), 0);
    synced(&mut host, &target, Some("flights")).unwrap();
}

#[test]
fn a_failure_after_complete_tables_says_so() {
    let (mut host, target) = two_tables();
    let target = target.failing(5, Fault::DieAfter);
    let once = dict(vec![("retries", int(0))]);
    let error = synced_with(&mut host, &target, None, once).unwrap_err();
    assert!(error.message().starts_with("1 of 2 tables are complete, then: run 20"), "{error}");
    assert!(error.message().contains("dfs://flights/weather at the target"), "{error}");
}

#[test]
fn a_dry_run_says_what_would_happen_and_leaves_no_trace() {
    let (mut host, target) = two_tables();
    let dry = dict(vec![("dryRun", int(1))]);
    let plan = table_of(synced_with(&mut host, &target, None, dry));
    assert_eq!(plan.rows, 8);
    assert_eq!(texts(&plan, "partition")[..2], ["/20130101/Key0", "/20130101/Key1"]);
    assert_eq!(texts(&plan, "action"), ["Copy"; 8]);
    assert_eq!(numbers(&plan, "sourceRows")[..2], [1, 3]);
    assert_eq!(target.appends(), 0);
    assert_eq!(table_of(history::get_runs(&mut host, &[])).rows, 0);
    assert!(
        host.printed[0].starts_with("dfs://flights/flights to fake:8848, mode auto"),
        "{:?}",
        host.printed
    );
}

#[test]
fn verifying_names_what_differs_and_nothing_else() {
    let (mut host, target) = two_tables();
    // One lane, so that the target's rows lie in the order of the source's.
    synced_with(&mut host, &target, None, dict(vec![("lanes", int(1))])).unwrap();
    let only = || dict(vec![("mode", text("verifyOnly"))]);
    assert_eq!(table_of(synced_with(&mut host, &target, None, only())).rows, 0);
    assert!(host.printed.last().unwrap().contains("is equal to that of fake:8848: 8 rows, by fingerprint"));
    let name = ("dfs://flights".to_owned(), "flights".to_owned());
    let mut inner = target.lock();
    let rows = &mut inner.tables.get_mut(&name).unwrap().rows;
    rows.retain(|row| row[0] != b"B" || row[3] != 15_706i32.to_le_bytes());
    rows[0][1][0] ^= 1;
    drop(inner);
    let found = table_of(synced_with(&mut host, &target, None, only()));
    assert_eq!(texts(&found, "status"), ["MISSING", "DIFFERENT"]);
    assert_eq!(texts(&found, "method"), ["count", "readBack"]);
    assert_eq!((numbers(&found, "sourceRows"), numbers(&found, "targetRows")), (vec![1, 3], vec![0, 3]));
    assert_eq!(target.appends(), 8, "nothing was written");
}

#[test]
fn runs_tell_what_they_did_and_what_is_left() {
    let (mut host, target) = two_tables();
    let target = target.failing(5, Fault::DieAfter);
    let once = dict(vec![("retries", int(0)), ("lanes", int(1))]);
    let error = synced_with(&mut host, &target, None, once).unwrap_err();
    assert!(error.to_string().contains("resumeRun(\"20"), "{error}");
    target.lock().faults.clear();
    synced(&mut host, &target, None).unwrap();
    let runs = table_of(history::get_runs(&mut host, &[]));
    assert_eq!(texts(&runs, "status"), ["FAILED", "OK"]);
    assert!(texts(&runs, "message")[0].contains("the line broke"));
    let id = text(&texts(&runs, "runId")[0]);
    let tables = table_of(history::get_run_tables(&mut host, std::slice::from_ref(&id)));
    assert_eq!(numbers(&tables, "verified"), [4, 1]);
    assert_eq!(numbers(&tables, "failed"), [0, 1]);
    assert_eq!(numbers(&tables, "waiting"), [0, 2]);
    let partitions = table_of(history::get_run_partitions(&mut host, &[id]));
    assert_eq!(texts(&partitions, "status")[4..], ["VERIFIED", "FAILED", "WAITING", "WAITING"]);
    assert!(texts(&partitions, "message")[5].contains("the line broke"));
    let error = history::get_run_tables(&mut host, &[text("nothing")]).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
}

#[test]
fn only_an_unfinished_run_is_resumed() {
    let (mut host, target) = two_tables();
    synced(&mut host, &target, None).unwrap();
    let id = texts(&table_of(history::get_runs(&mut host, &[])), "runId").remove(0);
    let error = resume_run(&mut host, &[text(&id)]).unwrap_err();
    assert!(error.message().ends_with("has nothing left to do"), "{error}");
    let options = dict(vec![("mode", text("append"))]);
    assert_eq!(resume_run(&mut host, &[text("x"), Datum::Void, options]).unwrap_err().kind(), Kind::NotFound);
}
