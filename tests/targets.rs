//! One call for several targets, of which some freeze and some die.
mod common;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clustersync::cluster::Cluster;
use clustersync::data::Datum;
use clustersync::wire::Remote;
use common::shown::texts;
use common::tap::{self, Verdict};
use common::{Node, days};

const ALL: &str = "2024.01.01..2024.01.30";
const DAYS: i64 = 30;
const ROWS: i64 = DAYS * 2_000;
/// Bytes after which some partitions of a connection have been appended, but not all.
const AMID: u64 = 200_000;
const COUNT: &str = "exec count(*) from loadTable(\"dfs://c\", \"t\")";

fn target(alias: &str) -> Node {
    let mut node = Node::start(alias);
    days::create(&mut node, "dfs://c", ALL);
    node
}

fn source() -> Node {
    let mut node = Node::with_plugin("A");
    days::create(&mut node, "dfs://c", ALL);
    days::fill(&mut node, "dfs://c", ALL, ROWS);
    node
}

fn signal(pid: i32, name: &str) {
    let sent = Command::new("kill").args([name, &pid.to_string()]).status().expect("kill runs");
    assert!(sent.success());
}

/// A line to `node` in whose middle its process gets a signal.
fn struck(node: &Node, name: &'static str) -> u16 {
    let (pid, is_done) = (node.pid(), AtomicBool::new(false));
    let strike = move |sent: u64, bytes: &mut Vec<u8>| {
        if sent + bytes.len() as u64 > AMID && !is_done.swap(true, Ordering::SeqCst) {
            signal(pid, name);
        }
        Verdict::Pass
    };
    tap::open(node.port, Arc::new(strike))
}

/// The last run to `target`, and its status.
fn run_to(source: &mut Node, target: &str) -> (String, String) {
    let runs = source.table(&format!(
        "select runId, status from clusterSync::getRuns() where target = \"cluster `{target}`\""
    ));
    let last = |name: &str| texts(&runs, name).pop().unwrap_or_default();
    (last("runId"), last("status"))
}

fn await_status(source: &mut Node, target: &str, status: &str) {
    let end = Instant::now() + Duration::from_secs(120);
    while run_to(source, target).1 != status {
        assert!(Instant::now() < end, "{target} is {:?}", run_to(source, target));
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_frozen_target_and_a_dead_one_stop_nobody_and_are_finished_alone() {
    let mut a = source();
    let (mut b, mut c, mut d, mut e) = (target("B"), target("C"), target("D"), target("E"));
    let (frozen, killed) = (struck(&c, "-STOP"), struck(&d, "-KILL"));
    for (name, port) in [("B", b.port), ("C", frozen), ("D", killed), ("E", e.port)] {
        a.know(name, port);
    }
    let endpoint = a.endpoint();
    let script = "clusterSync::syncOnline([\"B\", \"C\", \"D\", \"E\"], \"dfs://c\", \"t\", , \
        dict([\"lanes\", \"retries\", \"lease\"], [1, 0, 20]))";
    let call = thread::spawn(move || Remote::connect(&endpoint).expect("a session").query(script));
    for (name, status) in [("B", "OK"), ("E", "OK"), ("D", "FAILED")] {
        await_status(&mut a, name, status);
    }
    assert!(!call.is_finished(), "C answers nothing, and may be silent for minutes");
    let (run, status) = run_to(&mut a, "C");
    assert_eq!(status, "RUNNING");
    a.run(&format!("clusterSync::cancelRun(\"{run}\")")).expect("only C is given up");
    let message = call.join().expect("the call ended").expect_err("two targets failed").to_string();
    assert!(message.contains("2 of 4 targets failed: cluster `C`: run 20"), "{message}");
    assert!(
        message.contains("the user cancelled") && message.contains("and cluster `D`: run 20"),
        "{message}"
    );
    assert!(message.contains("and cluster `B` is complete (run 20"), "{message}");
    for node in [&mut b, &mut e] {
        assert_eq!(node.number(COUNT), ROWS);
    }
    signal(c.pid(), "-CONT");
    d.revive("D");
    a.know("D", d.port);
    for name in ["C", "D"] {
        let (run, status) = run_to(&mut a, name);
        assert_eq!(status, "FAILED");
        let resumed = a.table(&format!("clusterSync::resumeRun(\"{run}\")"));
        assert_eq!(texts(&resumed, "status"), ["OK"]);
    }
    for (name, node) in [("C", &mut c), ("D", &mut d)] {
        assert_eq!(node.number(COUNT), ROWS, "{name}");
        assert_eq!(a.table(&format!("clusterSync::verify(\"{name}\", \"dfs://c\", \"t\")")).rows, 0);
    }
}

#[test]
fn a_node_that_dies_amid_several_runs_finishes_each_and_adds_no_row_twice() {
    let (mut a, mut b, mut c) = (source(), target("B"), target("C"));
    let append = "clusterSync::syncOnline([\"B\", \"C\"], \"dfs://c\", \"t\", , \
        dict([\"lanes\", \"mode\"], (1, \"append\")))";
    for (place, skip) in [("intended", 9), ("appended", 22), ("finished", 0), ("ended", 0)] {
        for (name, node) in [("B", &mut b), ("C", &mut c)] {
            a.know(name, node.port);
            node.run("truncate(\"dfs://c\", \"t\"); 0").expect("it begins without rows");
        }
        a.die_at(place, skip);
        a.run(append).map(drop).expect_err("the node dies");
        assert!(!a.spare(), "{place}");
        a.revive("A");
        a.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
        for (name, node) in [("B", &mut b), ("C", &mut c)] {
            let (run, status) = run_to(&mut a, name);
            if status != "OK" {
                assert_eq!(status, "INTERRUPTED", "{name} at {place}");
                a.table(&format!("clusterSync::resumeRun(\"{run}\")"));
            }
            assert_eq!(node.number(COUNT), ROWS, "{name} at {place}");
        }
    }
}

#[test]
fn one_job_syncs_to_all_targets_and_each_run_is_its_own() {
    let (mut a, mut b, mut c) = (source(), target("B"), target("C"));
    a.know("B", b.port);
    a.know("C", c.port);
    let plan = a.table("clusterSync::planSync([\"B\", \"C\"], \"dfs://c\", \"t\")");
    assert_eq!((plan.rows as i64, plan.columns[0].0.as_str()), (2 * DAYS, "target"));
    let submitted = a
        .run("clusterSync::syncOnline([\"B\", \"C\"], \"dfs://c\", \"t\", , dict([\"background\"], [true]))");
    let Ok(Datum::Vector(names)) = submitted else { panic!("{submitted:?}") };
    let names: Vec<String> = names.texts().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    assert_eq!(names.len(), 2);
    for (name, expected) in names.iter().zip(["cluster `B`", "cluster `C`"]) {
        let ended = a.table(&format!("clusterSync::waitRun(\"{name}\", 60)"));
        assert_eq!(
            (texts(&ended, "target"), texts(&ended, "status")),
            (vec![expected.into()], vec!["OK".into()])
        );
    }
    for node in [&mut b, &mut c] {
        assert_eq!(node.number(COUNT), ROWS);
    }
    let again = a.table("clusterSync::syncOnline((\"C\", \"B\"), \"dfs://c\")");
    assert_eq!(
        (texts(&again, "target"), texts(&again, "tableName")),
        (vec!["C".into(), "B".into()], vec!["t".into(); 2])
    );
    c.run("delete from loadTable(\"dfs://c\", \"t\") where volume = 7").expect("a row goes");
    let different = a.table("clusterSync::verify([\"B\", \"C\"], \"dfs://c\")");
    assert_eq!(texts(&different, "target"), ["C"]);
    let message = a.error("clusterSync::follow([\"B\", \"C\"], \"dfs://c\")");
    assert!(message.contains("remote must be a single cluster here"), "{message}");
}

#[test]
fn a_source_that_is_elsewhere_is_read_once_too() {
    let (mut a, mut b, mut c, mut here) =
        (Node::start("A"), target("B"), target("C"), Node::with_plugin("H"));
    days::create(&mut a, "dfs://c", ALL);
    days::fill(&mut a, "dfs://c", ALL, ROWS);
    let reads = Arc::new(AtomicUsize::new(0));
    let seen = reads.clone();
    let count = move |_: u64, bytes: &mut Vec<u8>| {
        let question = b"select day,price,volume from";
        seen.fetch_add(
            bytes.windows(question.len()).filter(|part| part == question).count(),
            Ordering::SeqCst,
        );
        Verdict::Pass
    };
    here.know("A", tap::open(a.port, Arc::new(count)));
    here.know("B", b.port);
    here.know("C", c.port);
    let call = "clusterSync::syncOnline([\"B\", \"C\"], \"dfs://c\", \"t\", , dict([\"source\"], [\"A\"]))";
    assert_eq!(here.number(&format!("exec sum(rows) from {call}")), 2 * ROWS);
    for node in [&mut b, &mut c] {
        assert_eq!(node.number(COUNT), ROWS);
    }
    // As many as there are partitions, and a few more if one target is ready much later than the other.
    let reads = reads.load(Ordering::SeqCst) as i64;
    assert!((DAYS..DAYS * 3 / 2).contains(&reads), "{reads}");
}
