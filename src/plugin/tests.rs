//! Arguments that people get wrong, and what a call returns.
use super::sync::{Request, sync, sync_online};
use crate::cluster::Cluster;
use crate::data::{Column, Datum, Type};
use crate::error::{Error, Kind, Result};
use crate::testing::{FakeHost, FakeNode, Fault, flights, flights_table};

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
            "the option `memoryBudget` must be a whole number of megabytes from 1 to 1048576",
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
    let request = Request::parse(&args).unwrap();
    assert_eq!((request.options.limits.lanes, request.options.limits.memory), (3, 2 << 20));
    assert_eq!((request.table, request.filter, request.options.timeout.as_secs()), (None, None, 7));
    let endpoint =
        super::remote::endpoint(&remote_with("port", text("8848")), request.options.timeout).unwrap();
    assert_eq!((endpoint.port, endpoint.connect_timeout.as_secs()), (8848, 7));
}

fn synced(host: &mut FakeHost, target: &FakeNode, table: Option<&str>) -> Result<Datum> {
    let args = [remote(), text("dfs://flights"), table.map_or(Datum::Void, text)];
    let connect = || Ok(Box::new(target.clone()) as Box<dyn Cluster + Send>);
    sync(host, &Request::parse(&args).unwrap(), &connect)
}

/// Two tables at the source and two empty ones at the target.
fn two_tables() -> (FakeHost, FakeNode) {
    let table = flights_table(2);
    let empty = table.empty_in_order(&["carrier", "distance", "delay", "date"]);
    let node = |table: crate::testing::FakeTable| {
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
            ("rows", Type::Long),
            ("bytes", Type::Long),
            ("seconds", Type::Double),
            ("verified", Type::Bool),
        ]
    );
    assert_eq!((result.rows, target.appends()), (2, 8));
    let texts = |name: &str| result.column(name).unwrap().texts().collect::<Vec<_>>();
    assert_eq!(texts("tableName"), [b"flights", b"weather"]);
    assert_eq!(texts("status"), [b"OK", b"OK"]);
    assert_eq!(texts("runId")[0], texts("runId")[1]);
    let numbers = |name: &str| result.column(name).unwrap().integers().collect::<Vec<_>>();
    assert_eq!(numbers("rows"), [Some(8), Some(8)]);
    assert_eq!(numbers("partitions"), [Some(4), Some(4)]);
    assert_eq!(numbers("verified"), [Some(1), Some(1)]);
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
    let error = synced(&mut host, &target, None).unwrap_err();
    assert!(error.message().starts_with("1 of 2 tables are complete, then: run 20"), "{error}");
    assert!(error.message().contains("dfs://flights/weather at the target"), "{error}");
}
