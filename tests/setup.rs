//! `checkSetup` shows a user what was looked at, and names what is wrong with what to do.
mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use clustersync::cluster::Cluster;
use clustersync::data::{Batch, Datum};
use clustersync::model::Secret;
use clustersync::wire::{Endpoint, Remote};
use common::shown::texts;
use common::{CREATE, Node, PASSWORD, unused_port};

const CHECK: &str = "clusterSync::checkSetup()";

fn set(name: &str, sites: &str, user: &str, password: &str) -> String {
    format!("clusterSync::setCluster(\"{name}\", \"{sites}\", \"{user}\", \"{password}\")")
}

fn site(node: &Node) -> String {
    format!("127.0.0.1:{}", node.port)
}

/// Severity, area, finding and advice of every row.
fn rows(table: &Batch) -> Vec<[String; 4]> {
    let columns = ["severity", "area", "finding", "advice"].map(|name| texts(table, name));
    (0..table.rows).map(|row| columns.each_ref().map(|column| column[row].clone())).collect()
}

fn checked(node: &mut Node) -> Vec<[String; 4]> {
    rows(&node.table(CHECK))
}

/// The row about `words`, whose severity is `severity`, and which says what to do unless all is well.
fn expect(rows: &[[String; 4]], severity: &str, area: &str, words: &str) {
    let found = rows.iter().find(|row| row[1].contains(area) && row[2].contains(words));
    let row = found.unwrap_or_else(|| panic!("nothing about {words} in {rows:#?}"));
    assert_eq!(row[0], severity, "{row:?}");
    assert!(severity == "OK" || !row[3].is_empty(), "{row:?} says not what to do");
}

#[test]
fn a_bare_pair_is_told_what_is_there_and_what_to_do_next() {
    let (mut source, target) = (Node::with_plugin("A"), Node::start("B"));
    let before = checked(&mut source);
    expect(&before, "OK", "caller", "`admin` is an administrator");
    expect(&before, "OK", "state", "is not there yet");
    expect(&before, "OK", "clusters", "no cluster is set");
    expect(&before, "OK", "runs", "0 runs are kept");
    expect(&before, "OK", "roots", "no directory is allowed");
    expect(&before, "WARNING", "preload", "not loaded at the start");
    assert!(!source.home.path().join("clusterSync").exists(), "looking makes nothing");

    source.run(&set("B", &site(&target), "admin", PASSWORD)).expect("a cluster");
    let after = checked(&mut source);
    expect(&after, "OK", "state", "mode 700");
    expect(&after, "OK", "clusters", "set are B");
    expect(&after, "OK", "cluster `B`", "lets `admin` in");
    expect(&after, "OK", "cluster `B`", "stays on this machine");
    expect(&after, "OK", "cluster `B`", "both sides are of the line 3.00");
    expect(&after, "OK", "cluster `B`", "give or take");
    expect(&after, "OK", "cluster `B`", "`admin` may do everything there");
    expect(&after, "OK", "cluster `B`", "dfs://clusterSync is not there yet");
    expect(&after, "WARNING", "cluster `B`", "newValuePartitionPolicy is skip");
    assert!(after.iter().all(|row| row[0] != "ERROR"), "{after:#?}");
    assert!(!format!("{after:?}").contains(PASSWORD));
}

#[test]
fn what_is_wrong_with_this_node_is_named() {
    let mut node = Node::start_with("A", "3.00.3", &["--faults"]);
    let target = Node::start_with("B", "2.00.16", &["--new-value-partition-policy", "add"]);
    node.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
    node.run(CREATE).expect("a table");
    let sites = format!("127.0.0.1:{},{}", unused_port(), site(&target));
    node.run(&set("B", &sites, "admin", PASSWORD)).expect("a cluster");
    let root = tempfile::tempdir().expect("a directory");
    node.run(&format!("clusterSync::setRoots(\"{}\")", root.path().display())).expect("a root");
    drop(root);
    // Its table does not exist at the target, so the run fails; then a byte of its journal rots.
    let _ = node.run("clusterSync::syncOnline(\"B\", \"dfs://db1\", \"t\")");
    let days = "22:30m, 2024.01.01, 2034.12.31, 'D'";
    let remote = common::remote(target.port);
    node.may_keep("sysmgmt/jobEditlog.meta");
    let job = format!("clusterSync::syncOnline{{{remote}, \"dfs://db1\", \"t\"}}");
    node.run(&format!("scheduleJob(\"nightly\", \"a job\", {job}, {days})")).expect("a job");
    node.run("minnow::setClock(2024.01.01T12:00:00.000)").expect("a clock");
    let runs = node.home.path().join("clusterSync/runs");
    fs::create_dir_all(&runs).expect("the folder of runs");
    fs::write(runs.join("rotten.journal"), b"CSYNCRUNwhatever this is").expect("a damaged journal");

    let found = checked(&mut node);
    expect(&found, "ERROR", "preload", "will not start again");
    expect(&found, "WARNING", "jobs", "`password`");
    expect(&found, "ERROR", "roots", "is not there");
    expect(&found, "ERROR", "runs", "rotten.journal cannot be relied on");
    expect(&found, "ERROR", "cluster `B`", "refused the connection");
    expect(&found, "OK", "cluster `B`", "and is 2.00.16");
    expect(&found, "WARNING", "cluster `B`", "of the line 3.00, it of 2.00");
    expect(&found, "WARNING", "cluster `B`", "its clock is");
    expect(&found, "OK", "cluster `B`", "newValuePartitionPolicy is add");

    let state = node.home.path().join("clusterSync");
    fs::set_permissions(&state, fs::Permissions::from_mode(0o755)).expect("a loose folder");
    expect(&checked(&mut node), "WARNING", "state", "can be read by other users");
    fs::set_permissions(&state, fs::Permissions::from_mode(0o777)).expect("an open folder");
    expect(&checked(&mut node), "ERROR", "state", "open to other users");
    fs::set_permissions(&state, fs::Permissions::from_mode(0o700)).expect("a safe folder");
    fs::set_permissions(state.join("key"), fs::Permissions::from_mode(0o644)).expect("a loose key");
    expect(&checked(&mut node), "ERROR", "clusters", "is open to other users of this machine (mode 644)");
}

#[test]
fn a_preloaded_plugin_starts_again_with_its_jobs() {
    let mut node = Node::start_with("A", "3.00.3", &["--preload", "clusterSync"]);
    let days = "22:30m, 2024.01.01, 2034.12.31, 'D'";
    node.run(&format!("scheduleJob(\"n\", \"j\", clusterSync::syncOnline{{\"B\", \"dfs://db1\"}}, {days})"))
        .expect("a job");
    let mut node = node.restart("A");
    let found = checked(&mut node);
    expect(&found, "OK", "preload", "plugins::clusterSync");
    expect(&found, "OK", "jobs", "1 scheduled jobs; those that name clusterSync hold no password");
}

#[test]
fn an_ordinary_user_learns_what_is_not_hers_to_know() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    source.run("createUser(`carol, \"Pa55word\")").expect("a user here");
    target.run("createUser(`sync, \"Pa55word\")").expect("a user there");
    source.run(&set("B", &site(&target), "sync", "Pa55word")).expect("a cluster");
    let endpoint = Endpoint { user: "carol".into(), password: Secret::new("Pa55word"), ..source.endpoint() };
    let mut carol = Remote::connect(&endpoint).expect("a session");
    let Ok(Datum::Table(table)) = carol.query(CHECK) else { panic!("no table") };
    let found = rows(&table);
    expect(&found, "OK", "caller", "`carol` is no administrator");
    expect(&found, "ERROR", "cluster `B`", "`sync` may not add rows");
    expect(&found, "WARNING", "cluster `B`", "`sync` may not make databases");
    target.run("grant(`sync, TABLE_READ, \"*\"); grant(`sync, TABLE_INSERT, \"*\"); 0").expect("rights");
    let Ok(Datum::Table(table)) = carol.query(CHECK) else { panic!("no table") };
    let found = rows(&table);
    expect(&found, "OK", "cluster `B`", "`sync` may add rows: ");
    expect(&found, "OK", "cluster `B`", "`sync` may read its tables: ");
    let unknown = source.error("clusterSync::checkSetup(\"C\")");
    assert!(unknown.contains("knows no cluster called `C`"), "{unknown}");
}
