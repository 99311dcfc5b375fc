//! The switchboard of faults, seen by a client of the node.
mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::Running;
use minnow::wire::{Address, Peer};

const TABLE: &str = "
    db = database('dfs://db', VALUE, 1 2)
    createPartitionedTable(db, table(1:0, `k`x, [INT, INT]), `t, `k)";
const WRITE: &str = "loadTable('dfs://db', `t).tableInsert(table(1 2 2 as k, 1 2 3 as x))";
const COUNT: &str = "exec count(*) from loadTable('dfs://db', `t)";

fn client(node: &Running) -> Peer {
    let address = Address { host: "127.0.0.1", port: node.port, login: Some(("admin", "123456")) };
    Peer::connect(&address, &Arc::new(AtomicBool::new(false))).unwrap()
}

/// A node with an empty table and this fault.
fn faulty(fault: &str) -> Running {
    let node = Running::start_with(&["--faults"]);
    let client = client(&node);
    client.script(TABLE).unwrap();
    client.script(&format!("minnow::setFault({fault})")).unwrap();
    node
}

fn number(client: &Peer, script: &str) -> i64 {
    client.script(script).unwrap().as_i64().unwrap()
}

#[test]
fn a_node_without_the_switch_knows_no_faults() {
    let node = Running::start();
    let refused = client(&node).script("minnow::setFault('stall')").unwrap_err();
    assert_eq!(refused.text, "Can't recognize function name minnow::setFault");
}

#[test]
fn a_cut_leaves_the_client_in_doubt_whether_the_rows_are_there() {
    for (fault, stored) in [("cutBeforeCommit", 0), ("cutAfterCommit", 3), ("cutMidFrame", 3)] {
        let node = faulty(&format!("'{fault}'"));
        let lost = client(&node).script(WRITE).unwrap_err();
        assert!(lost.text.contains("S00020"), "{fault}: {lost}");
        assert_eq!(number(&client(&node), COUNT), stored, "{fault}");
        assert_eq!(number(&client(&node), WRITE), 3, "{fault}: only the first write is struck");
    }
}

#[test]
fn a_killed_node_comes_back_with_or_without_the_rows() {
    for (fault, stored) in [("killBeforeCommit", 0), ("killAfterCommit", 3)] {
        let mut node = faulty(&format!("'{fault}'"));
        assert!(client(&node).script(WRITE).is_err(), "{fault}");
        node.again(&[]);
        assert_eq!(number(&client(&node), COUNT), stored, "{fault}");
    }
}

#[test]
fn errors_come_as_often_as_asked_after_those_that_pass() {
    let node = faulty("'error', 2, '<DataNodeNotAvail>gone', 1");
    let client = client(&node);
    assert_eq!(number(&client, WRITE), 3);
    for _ in 0..2 {
        assert_eq!(client.script(WRITE).unwrap_err().text, "<DataNodeNotAvail>gone");
    }
    assert_eq!(number(&client, WRITE), 3);
    assert_eq!(number(&client, COUNT), 6);
}

#[test]
fn rows_are_dropped_while_the_count_says_otherwise() {
    let node = faulty("'dropRows', 1, 2");
    let client = client(&node);
    assert_eq!(number(&client, WRITE), 3);
    assert_eq!(number(&client, COUNT), 1);
}

#[test]
fn a_stalled_write_ends_when_its_client_leaves() {
    let node = faulty("'stall'");
    let cancelled = Arc::new(AtomicBool::new(false));
    let address = Address { host: "127.0.0.1", port: node.port, login: Some(("admin", "123456")) };
    let stalled = Peer::connect(&address, &cancelled).unwrap();
    let writer = std::thread::spawn(move || stalled.script(WRITE).unwrap_err());
    while number(&client(&node), "minnow::countFaults()") > 0 {}
    cancelled.store(true, Ordering::Relaxed);
    writer.join().unwrap();
    assert_eq!(number(&client(&node), WRITE), 3, "the next write is not struck");
    assert_eq!(number(&client(&node), COUNT), 3);
}

#[test]
fn a_full_disk_fails_writes_and_backups_until_there_is_room() {
    let node = faulty("'diskFull', , 300");
    let client = client(&node);
    let mut stored = 0;
    while client.script(WRITE).is_ok() {
        stored += 3;
    }
    assert!(client.script(WRITE).unwrap_err().text.contains("No space left"));
    assert_eq!(number(&client, COUNT), stored);
    let dir = node.home().join("backup");
    let backup = format!("backupTable('{}', 'dfs://db', `t)", dir.display());
    client.script("minnow::clearFaults()").unwrap();
    assert_eq!(number(&client, WRITE), 3);
    client.script("minnow::setFault('diskFull')").unwrap();
    assert!(client.script(&backup).unwrap_err().text.contains("No space left"));
    client.script("minnow::clearFaults()").unwrap();
    assert_eq!(number(&client, &backup), 2);
}

#[test]
fn a_node_that_dies_at_a_byte_comes_back_without_half_a_write() {
    for bytes in [0, 10, 60, 100] {
        let mut node = faulty(&format!("'killAtByte', , {bytes}"));
        assert!(client(&node).script(WRITE).is_err(), "{bytes}");
        node.again(&[]);
        assert_eq!(number(&client(&node), COUNT), 0, "{bytes}");
        assert_eq!(number(&client(&node), WRITE), 3, "{bytes}");
    }
}

/// Descriptions of databases, tables and jobs are whole, too.
#[test]
fn a_node_that_dies_while_it_changes_a_description_keeps_the_old_or_has_the_new_one() {
    const CHANGES: [&str; 3] = [
        "addColumn(loadTable('dfs://db', `t), `new, INT)",
        "addValuePartitions(database('dfs://db'), 3)",
        "scheduleJob(`j, '', def () : 1, 22:30m, 2024.01.01, 2034.12.31, 'D')",
    ];
    const STATE: &str = "string(size(schema(loadTable('dfs://db', `t)).colDefs)) \
                         + size(schema(database('dfs://db')).partitionSchema) + size(getScheduledJobs())";
    for (change, (old, new)) in CHANGES.into_iter().zip([("220", "320"), ("220", "230"), ("220", "221")]) {
        let mut stayed = 0;
        // Past the end of the file: its sync, its new name, and the directory's sync.
        for bytes in [0, 3, 40, 1000] {
            let mut node = faulty(&format!("'killAtByte', , {bytes}"));
            let died = client(&node).script(change).is_err();
            node.again(&["--faults"]);
            let state = client(&node).script(STATE).unwrap();
            assert_eq!(state.as_str(), Some(if died { old } else { new }), "{change}, {bytes}");
            stayed += i32::from(died);
        }
        assert_eq!(stayed, 3, "{change}");
    }
}

#[test]
fn a_corrupted_write_counts_right_and_holds_another_row() {
    let node = faulty("'corrupt'");
    let client = client(&node);
    assert_eq!(number(&client, WRITE), 3);
    assert_eq!(number(&client, COUNT), 3);
    assert_ne!(number(&client, "exec sum(x) from loadTable('dfs://db', `t)"), 6);
}

/// The same seed strikes the same writes.
#[test]
fn seeds_strike_the_same_writes_again() {
    let node = faulty("'delay', 1, 0");
    let client = client(&node);
    client.script(WRITE).unwrap();
    let struck = |seed: i32| -> Vec<bool> {
        client.script(&format!("minnow::seedFaults({seed}, `error`dropRows, 500)")).unwrap_err();
        client.script(&format!("minnow::seedFaults({seed}, ['error'], 500)")).unwrap();
        (0..30).map(|_| client.script(WRITE).is_err()).collect()
    };
    let first = struck(5);
    assert_eq!(struck(5), first);
    assert_ne!(struck(6), first);
    assert!(first.contains(&true) && first.contains(&false));
}
