//! A target is made like its source.
mod again;
#[path = "../common/mod.rs"]
mod common;
mod generated;
mod made;

use clustersync::data::Datum;
use clustersync::wire::Remote;
use common::Node;

/// A connection of the test's own.
fn line(node: &Node) -> Remote {
    Remote::connect(&node.endpoint()).expect("a connection")
}

/// What `getDDL` returns.
fn ddl_of(node: &mut Node, db: &str) -> String {
    match node.run(&format!("clusterSync::getDDL(\"{db}\")")) {
        Ok(Datum::Scalar(column)) => {
            String::from_utf8_lossy(column.texts().next().expect("a text")).into_owned()
        }
        other => panic!("{other:?}"),
    }
}
