//! A server decides what its signals mean; the plugin raises none, and is in no one's way.
mod common;

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clustersync::cluster::Cluster;
use clustersync::data::{Batch, Column, Type};
use clustersync::error::Kind;
use clustersync::model::TableName;
use clustersync::wire::Remote;
use common::{CREATE, Node, remote};

/// More than the system takes in one go, so that a part of it is sent after the line has ended.
const ROWS: usize = 4 << 20;

#[test]
fn a_peer_that_dies_raises_no_signal_that_would_end_a_server() {
    let raised = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGPIPE, Arc::clone(&raised)).expect("a handler");
    let target = Node::start("B");
    let mut remote = Remote::connect(&target.endpoint()).expect("a session");
    drop(target);
    let cells = Column::fixed(Type::Long, vec![1; ROWS * 8]);
    let rows = Batch { rows: ROWS, columns: vec![("v".into(), cells)] };
    let error = remote.append(&TableName::new("dfs://db1", "t"), &rows).expect_err("the peer is dead");
    assert_eq!(error.kind(), Kind::Network, "{error}");
    assert!(!raised.load(Ordering::SeqCst), "writing to the dead peer raised SIGPIPE");
}

/// Lanes wait for a peer that has stopped answering while the process that they live in ends.
#[test]
fn a_server_that_is_told_to_end_does_so_while_a_run_is_active() {
    let mut source = Node::with_plugin("A");
    let mut target = Node::start_with("B", "3.00.3", &["--faults"]);
    source.run(CREATE).expect("the source's table");
    target.run(CREATE).expect("the target's table");
    source
        .run("tableInsert(loadTable(\"dfs://db1\", \"t\"), table([1, 2, 3] as k, [1.0, 2.0, 3.0] as v))")
        .expect("the source's rows");
    target.run("minnow::setFault(\"stall\", 1, 600000); 0").expect("a fault");
    let mut user = Remote::connect(&source.endpoint()).expect("a session");
    let call = format!("clusterSync::syncOnline({}, \"dfs://db1\", \"t\")", remote(target.port));
    let run = std::thread::spawn(move || user.query(&call).map(drop));
    // A fault is gone once it strikes.
    while target.number("minnow::countFaults()") > 0 {
        std::thread::yield_now();
    }
    let told = Command::new("kill").arg(source.pid().to_string()).status().expect("kill runs");
    assert!(told.success());
    let status = source.ended();
    assert!(status.success(), "the server ended with {status}");
    run.join().expect("no panic").expect_err("the server is gone");
}
