//! The line or the peer dies in the middle: the call says which partition, and the target holds
//! whole partitions or nothing of them.
mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::tap::{self, Verdict};
use common::{Node, remote};

/// Ten partitions of this many rows, large enough that one append takes many packets.
const ROWS_PER_DAY: usize = 50_000;

fn create(node: &mut Node) {
    node.run(
        "db = database(\"dfs://ticks\", VALUE, 2024.01.01..2024.01.10);
         createPartitionedTable(db, table(1:0, `day`price`volume, [\"DATE\", \"DOUBLE\", \"LONG\"]), \"t\", `day); 0",
    )
    .expect("the table is created");
}

fn fill(node: &mut Node) {
    let rows = ROWS_PER_DAY * 10;
    let stored = node.number(&format!(
        "n = {rows}; tableInsert(loadTable(\"dfs://ticks\", \"t\"),
           table(take(2024.01.01..2024.01.10, n) as day, double(1..n) as price, long(1..n) as volume))"
    ));
    assert_eq!(stored, rows as i64);
}

fn pair() -> (Node, Node) {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    create(&mut source);
    create(&mut target);
    fill(&mut source);
    (source, target)
}

fn sync(source: &mut Node, port: u16) -> String {
    source.error(&format!("clusterSync::syncOnline({}, \"dfs://ticks\", \"t\")", remote(port)))
}

/// Rows per day on `node`, and nothing for days without rows.
fn rows_per_day(node: &mut Node) -> Vec<i64> {
    let counts = node.table("select count(*) as n from loadTable(\"dfs://ticks\", \"t\") group by day");
    counts.column("n").expect("n").integers().flatten().collect()
}

#[test]
fn killing_the_target_during_an_append_fails_with_the_partition_and_leaves_no_half_of_it() {
    let (mut source, target) = pair();
    let pid = target.pid();
    let killed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&killed);
    let port = tap::open(
        target.port,
        Arc::new(move |sent, _| {
            // Half of one partition's cells are on their way.
            if sent > (ROWS_PER_DAY * 20 * 3 / 2) as u64 && !seen.swap(true, Ordering::SeqCst) {
                let status = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
                assert!(status.expect("kill runs").success());
            }
            Verdict::Pass
        }),
    );
    let message = sync(&mut source, port);
    assert!(killed.load(Ordering::SeqCst), "the kill never happened: {message}");
    assert!(message.contains("/202401"), "no partition is named: {message}");
    assert!(!message.contains(common::PASSWORD), "{message}");

    let mut target = target.restart("B");
    for rows in rows_per_day(&mut target) {
        assert_eq!(rows, ROWS_PER_DAY as i64, "a partition is half written");
    }
    assert_eq!(source.number("1 + 1"), 2, "the source node lives");
}

#[test]
fn a_line_cut_before_the_reply_says_that_the_outcome_is_unknown() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start_with("B", "3.00.3", &["--faults"]));
    create(&mut source);
    create(&mut target);
    fill(&mut source);
    target.run("minnow::setFault('cutAfterCommit'); 0").expect("the fault is set");
    let once = "dict([\"retries\", \"lease\"], [0, 0])";
    let message = source.error(&format!(
        "clusterSync::syncOnline({}, \"dfs://ticks\", \"t\", , {once})",
        remote(target.port)
    ));
    assert!(message.contains("/202401"), "no partition is named: {message}");
    assert!(message.contains("unknown"), "{message}");
    let stored = rows_per_day(&mut target);
    assert!(!stored.is_empty() && stored.iter().all(|rows| *rows == ROWS_PER_DAY as i64), "{stored:?}");
}

#[test]
fn a_bit_flipped_on_the_way_is_found() {
    let (mut source, target) = pair();
    let flipped = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&flipped);
    let port = tap::open(
        target.port,
        Arc::new(move |sent, bytes| {
            // Well inside the first partition's cells, in the low bits of a number.
            if sent > 300_000 && !seen.swap(true, Ordering::SeqCst) {
                bytes[0] ^= 1;
            }
            Verdict::Pass
        }),
    );
    let message = sync(&mut source, port);
    assert!(flipped.load(Ordering::SeqCst));
    assert!(message.contains("verification failed"), "{message}");
    assert!(message.contains("/202401"), "no partition is named: {message}");
}
