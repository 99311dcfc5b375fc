//! Nodes that do not know of each other sync into one table: one at a time, whoever dies.
mod common;

use std::process::Command;
use std::sync::{Arc, Mutex};

use clustersync::cluster::Cluster;
use clustersync::data::Datum;
use clustersync::error::Result;
use clustersync::wire::Remote;
use common::shown::{number, text};
use common::tap::{self, Verdict};
use common::{Node, days, remote};

const DAYS: i64 = 4;
const ON: &str = "2024.01.01..2024.01.04";
const ROWS_PER_DAY: i64 = 5_000;
/// Less than one partition has.
const FIRST_APPEND: u64 = 50_000;
const COUNT: &str = "exec count(*) from loadTable(\"dfs://l\", \"t\")";
const LEASES: &str = "exec count(*) from loadTable(\"dfs://clusterSync\", \"leases\")";

fn source(alias: &str) -> Node {
    let mut node = Node::with_plugin(alias);
    days::create(&mut node, "dfs://l", ON);
    days::fill(&mut node, "dfs://l", ON, DAYS * ROWS_PER_DAY);
    node
}

/// Two sources with the same rows and one target without.
fn three() -> (Node, Node, Node) {
    let mut target = Node::start("B");
    days::create(&mut target, "dfs://l", ON);
    (source("A"), source("C"), target)
}

fn call(port: u16, names: &str, values: &str) -> String {
    format!("clusterSync::syncOnline({}, \"dfs://l\", \"t\", , dict([{names}], ({values})))", remote(port))
}

/// Why the last run of `node` was skipped.
fn reason(node: &mut Node) -> String {
    let runs = node.table("select * from clusterSync::getRuns() where status = \"SKIPPED\"");
    let message = runs.column("message").expect("message").texts().last().expect("a run");
    String::from_utf8_lossy(message).into_owned()
}

fn signal(pid: i32, name: &str) {
    let status = Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(status.expect("kill runs").success());
}

/// A line to `target` in which `act` runs once, when bytes pass for which `due` says so.
fn once(
    target: u16,
    due: impl Fn(u64, &[u8]) -> bool + Send + Sync + 'static,
    act: impl FnOnce() + Send + 'static,
) -> u16 {
    let act = Mutex::new(Some(act));
    let meddle = move |sent: u64, bytes: &mut Vec<u8>| {
        let act = if due(sent, bytes) { act.lock().expect("the act").take() } else { None };
        act.into_iter().for_each(|act| act());
        Verdict::Pass
    };
    tap::open(target, Arc::new(meddle))
}

#[test]
fn of_two_nodes_the_second_is_skipped_with_the_run_that_has_the_table() {
    let (mut a, mut c, mut target) = three();
    let mut other = Remote::connect(&c.endpoint()).expect("a session");
    let skipped = call(target.port, "\"lanes\", \"timeout\"", "1, 60");
    let (tell, told) = std::sync::mpsc::channel();
    let port = once(
        target.port,
        |sent, _| sent > FIRST_APPEND,
        move || tell.send(other.query(&skipped)).expect("the test listens"),
    );
    let result = a.table(&call(port, "\"lanes\", \"timeout\"", "1, 60"));
    let second = told.recv().expect("the other sync ended").expect("it was skipped");
    let Datum::Table(second) = second else { panic!("{second:?}") };
    assert_eq!((text(&second, "status"), number(&second, "verified")), ("SKIPPED".into(), 0));
    let message = reason(&mut c);
    let holder = format!("in the hands of run {} of admin on A", text(&result, "runId"));
    assert!(message.contains(&holder), "{message}");
    assert_eq!((number(&result, "copied"), number(&result, "verified")), (DAYS, 1));
    assert_eq!(target.number(LEASES), 0, "it was given back");
    let second = c.table(&call(target.port, "\"wait\", \"lanes\"", "0, 1"));
    assert_eq!((number(&second, "copied"), number(&second, "skipped")), (0, DAYS));
    assert_eq!(target.number(COUNT), DAYS * ROWS_PER_DAY);
}

#[test]
fn whoever_waits_comes_in_when_the_first_is_through() {
    let (mut a, c, mut target) = three();
    let endpoint = c.endpoint();
    let waiting = call(target.port, "\"wait\", \"lanes\"", "60, 1");
    let (tell, told) = std::sync::mpsc::channel::<Result<Datum>>();
    let port = once(
        target.port,
        |sent, _| sent > FIRST_APPEND,
        move || {
            std::thread::spawn(move || {
                let mut other = Remote::connect(&endpoint).expect("a session");
                let _ = tell.send(other.query(&waiting));
            });
        },
    );
    a.table(&call(port, "\"lanes\", \"timeout\"", "1, 60"));
    let second = told.recv().expect("the other sync ended").expect("the other sync came in");
    let Datum::Table(second) = second else { panic!("{second:?}") };
    assert_eq!(number(&second, "copied") + number(&second, "skipped"), DAYS);
    assert_eq!(target.number(COUNT), DAYS * ROWS_PER_DAY);
}

#[test]
fn the_table_of_a_killed_node_is_free_when_its_lease_has_run_out() {
    let (mut a, mut c, mut target) = three();
    a.die_at("intended", 2);
    a.run(&call(target.port, "\"lanes\", \"lease\"", "1, 4")).expect_err("the node died");
    assert_eq!(target.number(LEASES), 1, "nobody gave it back");
    assert_eq!(text(&c.table(&call(target.port, "\"wait\", \"lease\"", "0, 4")), "status"), "SKIPPED");
    let message = reason(&mut c);
    assert!(message.contains("in the hands of run 20") && message.contains("admin on A"), "{message}");
    let result = c.table(&call(target.port, "\"wait\", \"lease\"", "60, 4"));
    assert_eq!((number(&result, "copied"), number(&result, "skipped")), (DAYS - 2, 2));
    assert_eq!(target.number(LEASES), 0);
    let mut a = a.restart("A");
    a.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
    let again = a.table(&call(target.port, "\"lanes\", \"lease\"", "1, 4"));
    assert_eq!((number(&again, "copied"), number(&again, "skipped")), (0, DAYS));
    assert_eq!(target.number(COUNT), DAYS * ROWS_PER_DAY);
}

#[test]
fn a_killed_node_that_starts_again_does_not_wait_for_its_own_lease() {
    let mut target = Node::start("B");
    days::create(&mut target, "dfs://l", ON);
    let mut a = source("A");
    a.die_at("appended", 1);
    let script = call(target.port, "\"lanes\", \"lease\"", "1, 3600");
    a.run(&script).expect_err("the node died");
    let mut a = a.restart("A");
    a.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
    assert_eq!(number(&a.table(&script), "verified"), 1);
    assert_eq!(target.number(COUNT), DAYS * ROWS_PER_DAY);
}

#[test]
fn a_node_that_froze_and_wakes_up_writes_nothing_more() {
    let (a, mut c, mut target) = three();
    let pid = a.pid();
    let (tell, told) = std::sync::mpsc::channel();
    // Frozen when it reads back what it has stored, so that nothing of it is on the way.
    let reads_back = |sent: u64, bytes: &[u8]| {
        sent > FIRST_APPEND && bytes.windows(14).any(|window| window == b"exec count(*) ")
    };
    let port = once(target.port, reads_back, move || {
        signal(pid, "-STOP");
        tell.send(()).expect("the test listens");
    });
    let endpoint = a.endpoint();
    // Adding is what only the lease can hold off: what is there forbids nothing.
    let script = call(port, "\"lanes\", \"lease\", \"mode\"", "1, 2, \"append\"");
    let frozen = std::thread::spawn(move || Remote::connect(&endpoint).expect("a session").query(&script));
    told.recv().expect("it froze");
    let result = c.table(&call(target.port, "\"wait\", \"lease\"", "60, 2"));
    // The question may come in two pieces and be missed, and then the freeze is one partition later.
    let (copied, skipped) = (number(&result, "copied"), number(&result, "skipped"));
    assert!(copied + skipped == DAYS && copied > 0 && skipped > 0, "{copied} copied, {skipped} skipped");
    signal(pid, "-CONT");
    let message = frozen.join().expect("the call ended").expect_err("it has lost its lease").to_string();
    assert!(message.contains("the lease at the target is lost"), "{message}");
    assert_eq!(target.number(COUNT), DAYS * ROWS_PER_DAY, "every row once");
}

#[test]
fn planning_and_verifying_take_no_lease() {
    let mut target = Node::start("B");
    days::create(&mut target, "dfs://l", ON);
    let mut a = source("A");
    for script in [
        format!("clusterSync::planSync({}, \"dfs://l\", \"t\")", remote(target.port)),
        format!("clusterSync::verify({}, \"dfs://l\", \"t\")", remote(target.port)),
        call(target.port, "\"mode\", \"lanes\"", "\"verifyOnly\", 1"),
    ] {
        assert_eq!(a.table(&script).rows, DAYS as usize);
    }
    assert_eq!(target.number("int(existsDatabase(\"dfs://clusterSync\"))"), 0);
}
