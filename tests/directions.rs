//! Rows travel to this cluster, between two others, and under other names, as they travel away.
mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use clustersync::cluster::Cluster;
use clustersync::failpoint;
use clustersync::model::Secret;
use clustersync::wire::{Endpoint, Remote};
use common::Node;
use common::tap::{self, Verdict};

const DAYS: i64 = 6;
const ROWS: i64 = 6_000;

fn create(node: &mut Node, db: &str, table: &str, columns: &str, types: &str, engine: &str) {
    let (parted, sorted) = match engine {
        "TSDB" => (", engine=\"TSDB\"", ", sortColumns=`sym`day"),
        _ => ("", ""),
    };
    node.run(&format!(
        "db = database(\"{db}\", VALUE, 2024.01.01..2024.01.06{parted});
         createPartitionedTable(dbHandle=db, table=table(1:0, {columns}, {types}), tableName=\"{table}\",
           partitionColumns=`day{sorted}); 0"
    ))
    .expect("the table is created");
}

fn straight(node: &mut Node, engine: &str) {
    let types = "[\"DATE\", \"SYMBOL\", \"DOUBLE\", \"LONG\", \"STRING\"]";
    create(node, "dfs://d", "t", "`day`sym`price`volume`note", types, engine);
}

fn fill(node: &mut Node) {
    let stored = node.number(&format!(
        "n = {ROWS}; tableInsert(loadTable(\"dfs://d\", \"t\"),
           table(take(2024.01.01..2024.01.06, n) as day, take(`A`B`C, n) as sym, double(1..n) as price,
             long(1..n) as volume, string(1..n) as note))"
    ));
    assert_eq!(stored, ROWS);
}

/// Another cluster with rows, and this one without any.
fn far_and_here(engine: &str) -> (Node, Node) {
    let (mut far, mut here) = (Node::start("B"), Node::with_plugin("A"));
    straight(&mut far, "OLAP");
    straight(&mut here, engine);
    fill(&mut far);
    here.know("B", far.port);
    (far, here)
}

const ALL: &str = "select day, sym, price, volume, note from loadTable(\"dfs://d\", \"t\") order by volume";

fn pull(more: &str, values: &str) -> String {
    let options = format!("dict([\"direction\", \"lanes\"{more}], (\"pull\", 3{values}))");
    format!("clusterSync::syncOnline(\"B\", \"dfs://d\", \"t\", , {options})")
}

fn assert_equal(one: &mut Node, other: &mut Node, script: &str) {
    let (ours, theirs) = (one.table(ALL), other.table(script));
    assert_eq!(ours.rows, theirs.rows);
    for ((name, ours), (_, theirs)) in ours.columns.iter().zip(&theirs.columns) {
        assert!(ours.each().eq(theirs.each()), "{name} differs");
    }
}

#[test]
fn a_pulled_table_is_equal_and_pulled_once() {
    let (mut far, mut here) = far_and_here("TSDB");
    assert_eq!(here.number(&format!("exec sum(rows) from {}", pull("", ""))), ROWS);
    assert_equal(&mut far, &mut here, ALL);
    assert_eq!(here.number(&format!("exec sum(skipped) from {}", pull("", ""))), DAYS);
    let verify = pull("", "").replace("syncOnline", "verify");
    assert_eq!(here.table(&verify).rows, 0);
    here.run("delete from loadTable(\"dfs://d\", \"t\") where volume = 7").expect("a row goes");
    let found = here.table(&verify);
    assert_eq!(found.rows, 1, "the partition that lacks a row");
    let rows = here.table(&pull("", "").replace("syncOnline", "verifyRows"));
    assert_eq!(rows.rows, 1, "the row");
    let replaced = here.number(&format!("exec sum(copied) from {}", pull(", \"mode\"", ", \"replace\"")));
    assert_eq!(replaced, 1);
    assert_equal(&mut far, &mut here, ALL);
    assert_eq!(here.number("exec count(*) from loadTable(\"dfs://clusterSync\", \"leases\")"), 0);
}

#[test]
fn a_pull_that_dies_anywhere_is_finished() {
    let (mut far, mut here) = far_and_here("OLAP");
    let options = "\"retries\", \"lanes\", \"mode\"";
    let call = format!(
        "clusterSync::syncOnline(\"B\", \"dfs://d\", \"t\", , dict([\"direction\", {options}], (\"pull\", 0, 2, \"append\")))"
    );
    let mut deaths = 0;
    for (number, place) in failpoint::PLACES.iter().enumerate() {
        here.die_at(place, number as u64 % 2);
        drop(here.run(&call));
        if !here.spare() {
            deaths += 1;
            here.revive("A");
            here.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
        }
        let runs = here.table("select runId, status from clusterSync::getRuns()");
        let texts = |at: usize| runs.columns[at].1.texts().map(String::from_utf8_lossy).collect::<Vec<_>>();
        match (texts(0).last(), texts(1).last().map(|status| &**status)) {
            (_, Some("OK")) => {}
            (Some(run), _) if number % 3 > 0 => {
                here.run(&format!("clusterSync::resumeRun(\"{run}\")")).map(drop).expect("it is finished");
            }
            _ => here.run(&call).map(drop).expect("the call is repeated"),
        }
        assert_equal(&mut far, &mut here, ALL);
        here.run("truncate(\"dfs://d\", \"t\"); 0").expect("the next one begins anew");
        for run in here.table("select runId from clusterSync::getRuns()").columns[0].1.texts() {
            let file = format!("clusterSync/runs/{}.journal", String::from_utf8_lossy(run));
            std::fs::remove_file(here.home.path().join(file)).expect("its journal");
        }
    }
    assert!(deaths > 3, "{deaths}");
}

#[test]
fn a_pull_from_a_silent_source_is_cancelled_at_once() {
    let (far, mut here) = far_and_here("OLAP");
    let (silent, asked) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
    let (hold, seen) = (silent.clone(), asked.clone());
    let listen = move |_: u64, bytes: &mut Vec<u8>| {
        let question = b"select day,";
        let is_read = bytes.windows(question.len()).any(|part| part == question);
        if is_read && seen.fetch_add(1, Ordering::SeqCst) == 2 {
            while hold.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        Verdict::Pass
    };
    let (port, password) = (tap::open(far.port, Arc::new(listen)), common::PASSWORD);
    here.run(&format!("clusterSync::setCluster(\"B\", \"127.0.0.1:{port}\", \"admin\", \"{password}\")"))
        .expect("the cluster is elsewhere");
    let (endpoint, script) = (here.endpoint(), pull("", ""));
    let call = std::thread::spawn(move || Remote::connect(&endpoint).expect("a session").query(&script));
    while asked.load(Ordering::SeqCst) < 3 {
        std::thread::sleep(Duration::from_millis(10));
    }
    let started = Instant::now();
    here.run("clusterSync::cancelRun((exec runId from clusterSync::getRuns())[0])").expect("it goes on");
    let message = call.join().expect("the call ended").expect_err("it was cancelled").to_string();
    assert!(started.elapsed() < Duration::from_secs(30), "the source may be silent for five minutes");
    assert!(message.contains("partitions of dfs://d/t: the user cancelled"), "{message}");
    silent.store(false, Ordering::SeqCst);
}

#[test]
fn a_third_node_syncs_two_others() {
    let (mut far, mut here) = far_and_here("OLAP");
    let mut third = Node::with_plugin("C");
    third.know("A", here.port);
    third.know("B", far.port);
    let call = "clusterSync::syncOnline(\"A\", \"dfs://d\", \"t\", , dict([\"source\"], [\"B\"]))";
    assert_eq!(third.number(&format!("exec sum(rows) from {call}")), ROWS);
    assert_equal(&mut far, &mut here, ALL);
    assert_eq!(third.number(&format!("exec sum(skipped) from {call}")), DAYS);
    assert!(third.run("existsDatabase(\"dfs://d\")").is_ok_and(|there| there.as_i64() == Some(0)));
}

#[test]
fn columns_change_names_and_places_on_the_way() {
    let (mut far, mut here) = far_and_here("OLAP");
    let types = "[\"STRING\", \"LONG\", \"SYMBOL\", \"DATE\", \"DOUBLE\", \"INT\"]";
    create(&mut here, "dfs://e", "u", "`remark`quantity`symbol`day`px`extra", types, "OLAP");
    let rename = "dict([\"dbPath\", \"tableName\", \"columns\"], (\"dfs://e\", \"u\", \
        dict([\"sym\", \"price\", \"volume\", \"note\"], [\"symbol\", \"px\", \"quantity\", \"remark\"])))";
    let options = |more: &str, values: &str| {
        format!(
            "dict([\"direction\", \"rename\", \"columns\"{more}], (\"pull\", {rename}, [\"day\", \"sym\", \"price\", \"volume\", \"note\"]{values}))"
        )
    };
    let call = |filter: &str, options: String| {
        format!("clusterSync::syncOnline(\"B\", \"dfs://d\", \"t\", {filter}, {options})")
    };
    let some = call("\"sym = `A and volume < 3001\"", options("", ""));
    assert_eq!(here.number(&format!("exec sum(rows) from {some}")), 1_000);
    here.run("truncate(\"dfs://e\", \"u\"); 0").expect("it is empty again");
    assert_eq!(here.number(&format!("exec sum(rows) from {}", call("", options("", "")))), ROWS);
    let theirs = "select day, symbol as sym, px as price, quantity as volume, remark as note \
        from loadTable(\"dfs://e\", \"u\") order by quantity";
    assert_equal(&mut far, &mut here, theirs);
    assert_eq!(here.number("exec count(extra) from loadTable(\"dfs://e\", \"u\")"), 0);
    let again = call("", options(", \"dryRun\"", ", true"));
    assert_eq!(here.number(&format!("exec count(*) from {again} where action = \"Skip\"")), DAYS);
}

#[test]
fn what_cannot_be_done_is_said_at_once() {
    let (_far, mut here) = far_and_here("OLAP");
    let call = |options: &str| format!("clusterSync::syncOnline(\"B\", \"dfs://d\", \"t\", , {options})");
    for (expected, options) in [
        ("the option `direction` must be push or pull", "dict([\"direction\"], [\"sideways\"])"),
        (
            "the option `source` goes without the direction `pull`",
            "dict([\"direction\", \"source\"], [\"pull\", \"B\"])",
        ),
        ("the option `source`: ", "dict([\"source\"], [\"nobody\"])"),
        (
            "there is no column `pric`, the nearest is `price`",
            "dict([\"rename\"], [dict([\"columns\"], [dict([\"pric\"], [\"px\"])])])",
        ),
    ] {
        let error = here.error(&call(options));
        assert!(error.contains(expected), "{error}");
    }
    assert_eq!(here.number("exec count(*) from clusterSync::getRuns()"), 0);
}

#[test]
fn whoever_may_not_write_here_pulls_nothing() {
    let (_far, mut here) = far_and_here("OLAP");
    here.run("createUser(`carol, \"Pa55word\")").expect("a user");
    let carol = Endpoint { user: "carol".into(), password: Secret::new("Pa55word"), ..here.endpoint() };
    let mut carol = Remote::connect(&carol).expect("carol logs in");
    for (more, values) in [("", ""), (", \"lease\"", ", 0")] {
        let error = carol.query(&pull(more, values));
        let error = error.expect_err("carol has no rights").to_string();
        assert!(error.contains("NoPrivilege") || error.contains("Not granted"), "{error}");
    }
    assert_eq!(here.number("exec count(*) from loadTable(\"dfs://d\", \"t\")"), 0);
}

#[test]
fn what_came_from_one_cluster_counts_for_no_other() {
    let (_far, mut here) = far_and_here("OLAP");
    let mut farther = Node::start("C");
    straight(&mut farther, "OLAP");
    fill(&mut farther);
    here.know("C", farther.port);
    let append = pull(", \"mode\"", ", \"append\"");
    here.die_at("finished", 0);
    here.run(&append).map(drop).expect_err("the node dies with all rows stored");
    here.revive("A");
    here.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
    for (call, expected) in [(append.replace("\"B\"", "\"C\""), 2 * ROWS), (append, 2 * ROWS)] {
        here.run(&call).expect("rows are added, or were");
        assert_eq!(here.number("exec count(*) from loadTable(\"dfs://d\", \"t\")"), expected);
    }
}
