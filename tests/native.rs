//! How a sync knows what the target holds: by the target's own plugin, by reading back, by counting.
mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use clustersync::data::Batch;
use common::tap::{self, Verdict};
use common::{Node, remote};

const DAYS: i64 = 6;
const ROWS: i64 = 30_000;
const TABLE: &str = "loadTable(\"dfs://d\", \"t\")";

/// A node with the table, without rows.
fn empty(mut node: Node) -> Node {
    node.run(
        "db = database(\"dfs://d\", VALUE, 2024.01.01..2024.01.06)
         createPartitionedTable(db, table(1:0, `day`id`v`name, [\"DATE\", \"INT\", \"DOUBLE\", \"STRING\"]), \"t\", `day); 0",
    )
    .expect("the table is made");
    node
}

fn filled(node: Node) -> Node {
    let mut node = empty(node);
    let stored = node.number(&format!(
        "n = {ROWS}; tableInsert({TABLE}, table(take(2024.01.01..2024.01.06, n) as day, 1..n as id,
           double(1..n) as v, string(1..n) as name))"
    ));
    assert_eq!(stored, ROWS);
    node
}

fn sync(port: u16, options: &str) -> String {
    format!("clusterSync::syncOnline({}, \"dfs://d\", \"t\"{options})", remote(port))
}

fn text(result: &Batch, name: &str) -> String {
    let column = result.column(name).expect(name);
    column.texts().map(|text| String::from_utf8_lossy(text).into_owned()).next().expect("a row")
}

fn is_verified(result: &Batch) -> bool {
    result.column("verified").expect("verified").integers().next() == Some(Some(1))
}

/// How many partitions the journal of a run has under each method.
fn by_method(node: &mut Node, result: &Batch, method: &str) -> i64 {
    let run = text(result, "runId");
    let from = format!("clusterSync::getRunPartitions(\"{run}\")");
    node.number(&format!("exec count(*) from {from} where method = \"{method}\", status = \"VERIFIED\""))
}

/// A port that leads to `target`, and how many bytes have come back from there.
fn counted(target: u16) -> (u16, Arc<AtomicU64>) {
    let back = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&back);
    let count = move |_: u64, bytes: &mut Vec<u8>| {
        seen.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Verdict::Pass
    };
    (tap::open_back(target, Arc::new(count)), back)
}

#[test]
fn no_row_comes_back_from_a_target_with_the_plugin() {
    let mut a = filled(Node::with_plugin("A"));
    for (b, method) in [(Node::with_plugin("B"), "native"), (Node::start("B"), "readBack")] {
        let mut b = empty(b);
        let (port, back) = counted(b.port);
        let result = a.table(&sync(port, ""));
        assert_eq!((text(&result, "method"), is_verified(&result)), (method.to_owned(), true));
        assert_eq!(by_method(&mut a, &result, method), DAYS);
        assert_eq!(b.number(&format!("exec count(*) from {TABLE}")), ROWS);
        let (bytes, rows) = (back.load(Ordering::Relaxed), ROWS as u64 * (4 + 4 + 8 + 5));
        assert_eq!(
            bytes < rows / 4,
            method == "native",
            "{method}: {bytes} bytes came back, for {rows} of rows"
        );
    }
}

#[test]
fn what_comes_to_this_node_is_hashed_here() {
    let (mut a, b) = (empty(Node::with_plugin("A")), filled(Node::start("B")));
    let result = a.table(&sync(b.port, ", , dict([\"direction\"], [\"pull\"])"));
    assert_eq!((text(&result, "method"), is_verified(&result)), ("native".into(), true));
    assert_eq!(a.number(&format!("exec count(*) from {TABLE}")), ROWS);
}

#[test]
fn a_sync_that_only_counts_is_not_called_verified_and_is_not_relied_on() {
    let (mut a, b) = (filled(Node::with_plugin("A")), empty(Node::start("B")));
    let counting = |more: &str, values: &str| {
        sync(b.port, &format!(", , dict([\"verify\"{more}], (\"count\"{values}))"))
    };
    for (more, values, why) in [
        (", \"incremental\"", ", true", "the option `incremental` relies on what was verified"),
        (", \"column\"", ", \"id\"", "a window without `from` begins where verified calls ended"),
        (", \"mode\"", ", \"verifyOnly\"", "the mode `verifyOnly` compares every bit"),
    ] {
        let message = a.error(&counting(more, values));
        assert!(message.contains(&format!("cannot be `count` here: {why}")), "{message}");
    }
    let message = a.error(&counting("", "").replace("syncOnline", "verify"));
    assert!(message.contains("clusterSync::verify compares every bit"), "{message}");

    let result = a.table(&counting("", ""));
    assert_eq!((text(&result, "method"), is_verified(&result)), ("count".into(), false));
    assert_eq!(by_method(&mut a, &result, "count"), DAYS);
    let verified = a.table(&sync(b.port, ""));
    assert_eq!((text(&verified, "method"), is_verified(&verified)), (String::new(), true), "all were equal");
}
