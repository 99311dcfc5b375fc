//! A server decides what its signals mean; the plugin raises none.
mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clustersync::cluster::Cluster;
use clustersync::data::{Batch, Column, Type};
use clustersync::error::Kind;
use clustersync::model::TableName;
use clustersync::wire::Remote;
use common::Node;

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
