//! A node's own options: set by an administrator, used by every call that does not say otherwise,
//! refused as a whole when anything is wrong. Runs are kept by age and count.
mod common;

use std::fs;

use clustersync::cluster::Cluster;
use clustersync::data::Batch;
use clustersync::model::Secret;
use clustersync::wire::{Endpoint, Remote};
use common::shown::texts;
use common::{CREATE, Node, remote};

const GET: &str = "clusterSync::getConfig()";

fn pair() -> (Node, Node) {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    for node in [&mut source, &mut target] {
        node.run(CREATE).expect("the table");
    }
    (source, target)
}

fn set(options: &str) -> String {
    format!("clusterSync::setConfig({options})")
}

/// Value, default and source of an option.
fn option(table: &Batch, name: &str) -> [String; 3] {
    let row = texts(table, "name").iter().position(|own| own == name).expect("a known option");
    ["value", "default", "source"].map(|column| texts(table, column)[row].clone())
}

#[test]
fn a_call_comes_before_the_file_and_the_file_before_what_is_built_in() {
    let (mut source, mut target) = pair();
    assert_eq!(option(&source.table(GET), "retries"), ["3", "3", "built in"]);
    assert!(!source.home.path().join("clusterSync").exists(), "looking makes nothing");
    let changed = source.table(&set("dict([\"retries\", \"compress\"], (7, \"lz4\"))"));
    assert_eq!(option(&changed, "retries"), ["7", "3", "config.toml"]);
    assert_eq!(option(&changed, "compress"), ["lz4", "none", "config.toml"]);
    // What the file says is used, and is no argument of the user's.
    let file = source.home.path().join("clusterSync/config.toml");
    fs::write(&file, "wait = 0\nlease = 0\n").expect("a file");
    let there = remote(target.port);
    let sync = |options: &str| format!("clusterSync::syncOnline({there}, \"dfs://db1\", \"t\", , {options})");
    source.run("tableInsert(loadTable(\"dfs://db1\", \"t\"), table([1] as k, [1.0] as v))").expect("a row");
    source.run(&sync("dict([\"lanes\"], [1])")).expect("a sync");
    assert_eq!(target.number("int(existsDatabase(\"dfs://clusterSync\"))"), 0, "the file turns leases off");
    source.run("tableInsert(loadTable(\"dfs://db1\", \"t\"), table([2] as k, [1.0] as v))").expect("a row");
    source.run(&sync("dict([\"lease\"], [30])")).expect("a sync");
    assert_eq!(target.number("int(existsDatabase(\"dfs://clusterSync\"))"), 1, "the call turns them on");
    let back = source.table(&set("dict([\"lease\", \"lanes\"], (NULL, 2))"));
    assert_eq!(option(&back, "lease"), ["60", "60", "built in"]);
    assert_eq!(option(&back, "lanes")[0], "2");
}

#[test]
fn everything_that_is_wrong_is_said_at_once_and_nothing_is_changed() {
    let (mut source, target) = pair();
    let wrong = source
        .error(&set("dict([\"lane\", \"retries\", \"keepRuns\", \"compress\"], (2, 1000, 0, \"zip\"))"));
    for part in [
        "there is no option `lane` of a node, the nearest is `lanes`",
        "the option `retries` must be a whole number from 0 to 100",
        "the option `keepRuns` must be a whole number from 1 to 1000000",
        "the option `compress` must be one of none, auto",
    ] {
        assert!(wrong.contains(part), "{part} in {wrong}");
    }
    assert!(!source.home.path().join("clusterSync").exists());
    source.run(&set("dict([\"lanes\"], [2])")).expect("a sound option");
    let file = source.home.path().join("clusterSync/config.toml");
    fs::write(&file, "lanes = 40\ntimeout = 5\nlanse = 2\nretries = 1.5\n").expect("a file");
    let sync = format!("clusterSync::syncOnline({}, \"dfs://db1\", \"t\")", remote(target.port));
    for call in [sync.as_str(), GET] {
        let error = source.error(call);
        for part in [
            "config.toml is wrong in line 1: the option `lanes` must be a whole number from 1 to 16",
            "line 3: there is no option `lanse` of a node, the nearest is `lanes`",
            "line 4: the option `retries` cannot be float",
        ] {
            assert!(error.contains(part), "{part} in {error}");
        }
    }
    fs::write(&file, "lanes = 2\nretries\n").expect("a file");
    assert!(source.error(&sync).contains("config.toml cannot be understood at line 2"));
    // What needs no options still answers.
    source.run("clusterSync::getRuns()").expect("the runs");
    let found = source.table("clusterSync::checkSetup()");
    assert!(
        texts(&found, "finding").iter().any(|finding| finding.contains("cannot be understood at line 2"))
    );
}

#[test]
fn only_administrators_change_it() {
    let (mut source, _target) = pair();
    source.run("createUser(`carol, \"Pa55word\")").expect("a user");
    let endpoint = Endpoint { user: "carol".into(), password: Secret::new("Pa55word"), ..source.endpoint() };
    let mut carol = Remote::connect(&endpoint).expect("a session");
    let refused = carol.query(&set("dict([\"lanes\"], [2])")).expect_err("a refusal").to_string();
    assert!(refused.contains("`carol` is none"), "{refused}");
    carol.query(GET).expect("everybody may look");
}

#[test]
fn old_runs_go_when_one_begins_and_what_can_be_finished_stays() {
    let (mut source, mut target) = pair();
    let sync = format!("clusterSync::syncOnline({}, \"dfs://db1\", \"t\")", remote(target.port));
    let row = |node: &mut Node, k: i32| {
        node.run(&format!("tableInsert(loadTable(\"dfs://db1\", \"t\"), table([{k}] as k, [1.0] as v))"))
            .expect("a row");
    };
    row(&mut source, 1);
    row(&mut source, 2);
    // Half of it arrives, the node dies: the journal has to stay.
    source.die_at("appended", 1);
    source.run(&sync).expect_err("the node died");
    source.ended();
    let mut source = source.restart("A");
    source.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
    source.run(&set("dict([\"keepRuns\"], [2])")).expect("an option");
    let count = |node: &mut Node, status: &str| {
        node.number(&format!("exec count(*) from clusterSync::getRuns() where status = \"{status}\""))
    };
    assert_eq!(count(&mut source, "INTERRUPTED"), 1);
    for _ in 0..4 {
        source.run(&sync).expect("a sync");
    }
    assert_eq!((count(&mut source, "INTERRUPTED"), count(&mut source, "OK")), (1, 3));
    assert_eq!(target.number("exec count(*) from loadTable(\"dfs://db1\", \"t\")"), 2);
}
