//! `verifyRows` shows the very rows that are not the same on two nodes.
mod common;

use clustersync::data::Batch;
use common::shown::texts;
use common::{Node, remote};

const TABLE: &str = "loadTable(\"dfs://d\", \"t\")";

/// A node with thirty rows, ten of each day.
fn node(mut node: Node) -> Node {
    let script = format!(
        "db = database(\"dfs://d\", VALUE, 2024.01.01..2024.01.03)
         createPartitionedTable(db, table(1:0, `day`id`v`name, [\"DATE\", \"INT\", \"DOUBLE\", \"STRING\"]), \"t\", `day)
         tableInsert({TABLE}, table(take(2024.01.01..2024.01.03, 30) as day, 0..29 as id, double(0..29) as v, take(`a`b, 30) as name)); 0"
    );
    node.run(&script).expect("the table is filled");
    node
}

fn call(port: u16, options: &str) -> String {
    format!("clusterSync::verifyRows({}, \"dfs://d\", \"t\"{options})", remote(port))
}

/// Adds a row to the second day in the place of that with the same id.
fn replace(node: &mut Node, value: &str) {
    node.run(&format!("delete from {TABLE} where day = 2024.01.02, id = 4")).expect("a row is deleted");
    let row = format!("table([2024.01.02] as day, [4] as id, [{value}] as v, [`a] as name)");
    assert_eq!(node.number(&format!("tableInsert({TABLE}, {row})")), 1);
}

fn integers(result: &Batch, name: &str) -> Vec<i64> {
    result.column(name).expect(name).integers().flatten().collect()
}

#[test]
fn a_changed_cell_a_missing_and_a_doubled_row_are_named() {
    let (mut a, mut b) = (node(Node::with_plugin("A")), node(Node::start("B")));
    assert_eq!(a.table(&call(b.port, "")).rows, 0, "equal tables");
    // Day by day: a row gone, a cell changed, a row twice.
    b.run(&format!("delete from {TABLE} where day = 2024.01.01, id = 3")).expect("a row is deleted");
    b.run(&format!("delete from {TABLE} where day = 2024.01.02, id = 4")).expect("a row is deleted");
    let added = "table([2024.01.02, 2024.01.03] as day, [4, 5] as id, [-4.0, 5.0] as v, [`a, `b] as name)";
    assert_eq!(b.number(&format!("tableInsert({TABLE}, {added})")), 2);

    let found = a.table(&call(b.port, ", , dict([\"keyColumns\"], [\"id\"])"));
    assert_eq!(texts(&found, "partition"), ["/20240101", "/20240102", "/20240102", "/20240103"]);
    assert_eq!(texts(&found, "status"), ["MISSING", "DIFFERENT", "DIFFERENT", "EXTRA"]);
    assert_eq!(texts(&found, "side"), ["source", "source", "target", "target"]);
    assert_eq!(integers(&found, "id"), [3, 4, 4, 5]);
    assert_eq!(texts(&found, "name"), ["b", "a", "a", "b"]);

    let plain = a.table(&call(b.port, ""));
    assert_eq!(texts(&plain, "status"), ["MISSING", "MISSING", "EXTRA", "EXTRA"]);
    let filtered = a.table(&call(b.port, ", \"id < 4\""));
    assert_eq!(integers(&filtered, "id"), [3]);
    let message = a.error(&call(b.port, ", , dict([\"keyColumns\"], [\"nothing\"])"));
    assert!(message.contains("has no column `nothing` to be a key"), "{message}");
}

#[test]
fn a_target_with_the_plugin_takes_its_fingerprints_itself_and_finds_a_flipped_bit() {
    let nodes = [(Node::with_plugin("B"), "native"), (Node::start("B"), "readBack")];
    let mut a = node(Node::with_plugin("A"));
    for (b, method) in nodes {
        let mut b = node(b);
        let verify =
            |rest: &str| format!("clusterSync::verify({}, \"dfs://d\", \"t\"{rest})", remote(b.port));
        let (all, filtered, others) = (verify(""), verify(", \"id >= 4\""), verify(", \"id > 4\""));
        let cut = verify(", , dict([\"column\", \"from\"], (\"id\", 4))");
        assert_eq!(a.table(&all).rows, 0, "{method}: equal tables");
        // One more than 4.0 in the last place.
        replace(&mut b, "4.000000000000001");
        for (script, expected) in [(all, method), (filtered, method), (cut, "readBack")] {
            let found = a.table(&script);
            assert_eq!(texts(&found, "partition"), ["/20240102"], "{script}");
            assert_eq!(
                (texts(&found, "status"), texts(&found, "method")),
                (vec!["DIFFERENT".into()], vec![expected.into()])
            );
        }
        assert_eq!(a.table(&others).rows, 0, "{method}: the filter counts at the target, too");
    }
}

#[test]
fn one_partition_is_asked_for_by_its_path_and_nothing_stands_for_it() {
    let mut a = node(Node::with_plugin("A"));
    let script =
        |filter, path| format!("clusterSync::fingerprint(\"dfs://d\", \"t\", \"{filter}\", , \"{path}\")");
    let all = a.table("clusterSync::fingerprint(\"dfs://d\", \"t\")");
    let one = a.table(&script("", "/20240102"));
    assert_eq!(texts(&one, "fingerprint"), texts(&all, "fingerprint")[1..2]);
    let none = a.table(&script("id > 99", "/20240102"));
    assert_eq!((none.rows, integers(&none, "rows")), (1, vec![0]), "an empty one is said to be empty");
    let message = a.error(&script("", "/20240109"));
    assert!(message.contains("no or several partitions with the path `/20240109`, not one"), "{message}");
}
