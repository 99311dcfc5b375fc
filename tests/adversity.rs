//! Whatever a target answers, and whatever changes under a run: it fails by name, with a table of its
//! partitions and the reasons, and is finished later with nothing lost and nothing twice.
mod common;

use std::fs;
use std::sync::{Arc, Mutex};

use clustersync::cluster::Cluster;
use clustersync::wire::Remote;
use common::shown::texts;
use common::tap::{self, Verdict};
use common::{Node, days, remote};

const DB: &str = "dfs://m";
const DAYS: &str = "2024.01.01..2024.01.08";
const ROWS: i64 = 80;
const COUNT: &str = "exec count(*) from loadTable(\"dfs://m\", \"t\")";
const SUM: &str = "exec sum(volume) from loadTable(\"dfs://m\", \"t\")";
const RUN: &str = "(exec runId from clusterSync::getRuns()).last()";

/// A source with rows on eight days, and a target whose writes can be made to fail.
fn pair() -> (Node, Node) {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start_with("B", "3.00.3", &["--faults"]));
    days::create(&mut source, DB, DAYS);
    days::create(&mut target, DB, DAYS);
    days::fill(&mut source, DB, DAYS, ROWS);
    (source, target)
}

fn call(port: u16, more: &str, values: &str) -> String {
    let options = format!("dict([\"lease\", \"lanes\", \"retries\"{more}], (0, 1{values}))");
    format!("clusterSync::syncOnline({}, \"dfs://m\", \"t\", , {options})", remote(port))
}

fn once(port: u16) -> String {
    call(port, "", ", 0")
}

/// How many partitions of the last run have each status, and the reasons of those that failed.
fn last_run(source: &mut Node) -> ([usize; 3], Vec<String>) {
    let runs = source.table("select last(status) as status from clusterSync::getRuns()");
    assert_eq!(texts(&runs, "status"), ["FAILED"]);
    let table = source.table(&format!("clusterSync::getRunPartitions({RUN})"));
    let statuses = texts(&table, "status");
    let count = |wanted: &[&str]| statuses.iter().filter(|status| wanted.contains(&&***status)).count();
    let reasons = statuses.iter().zip(texts(&table, "message"));
    let reasons = reasons.filter(|(status, _)| *status != "VERIFIED" && *status != "WAITING");
    (
        [count(&["VERIFIED"]), count(&["FAILED", "DOUBTFUL"]), count(&["WAITING"])],
        reasons.map(|(_, reason)| reason).collect(),
    )
}

fn assert_whole(source: &mut Node, target: &mut Node) {
    assert_eq!((target.number(COUNT), target.number(SUM)), (source.number(COUNT), source.number(SUM)));
}

/// The tags of dolphindb-semantics §1.8, §1.9, §3.2, §4.1, §4.2, §4.4, §5.3, §6, §7.3 and §9.1 that a
/// write can be answered with; the sentences around them do not count.
const FATAL: &[&str] = &[
    "<NoPrivilege>Not granted to write data to table dfs://m/t",
    "<NotAuthenticated>Not granted to write data to table dfs://m/t",
    "<Out of memory>",
    "The value of the partition column is NULL. RefId:S01001",
    "Too many symbols in one partition. RefId:S00003",
    "The node is being shut down. RefId:S00005",
    "Too many connections. RefId:S00006",
    "The queue is full. RefId:S00010",
    "The connection has failed. RefId:S00012",
    "Incompatible server versions. RefId:S00014",
    "Cannot recognize function. RefId:S00015",
    "The queue of tasks is full. RefId:S00016",
    "IO error type 3. RefId:S00020",
    "Fewer replicas are online than are needed. RefId:S01013",
    "The number of columns of the current table must match that of the target table. RefId:S01015",
    "A value is out of the partitioning scheme. RefId:S01016",
    "A partitioning value holds invisible characters. RefId:S01018",
    "The chunk /m/1 is being replicated. RefId:S01023",
    "Too many partitions in one query. RefId:S02039",
    "The column [price] expects type of DOUBLE, but the actual type is STRING. RefId:S05004",
    "The scale is out of range. RefId:S05010",
    "The table has too many rows. RefId:S05016",
    "No space left on device",
];

/// What passes by itself, in the new wording and the old, and from within `mr`.
const PASSING: &[&str] = &[
    "<ChunkInTransaction>The openChunks operation failed because the chunk '/m/1' is currently locked. RefId:S00002",
    "<ChunkInTransaction>filepath '/m/1' has been owned by transaction 9 RefId: S00002",
    "1 map call(s) failed. The error message for the first failed call is: <ChunkInTransaction>locked",
    "<DataNodeNotAvail>",
    "<DataNodeNotReady>",
    "<ControllerNotReady>",
    "<ControllerNotAvail>",
    "DFS is not enabled",
    "<NotLeader>",
];

#[test]
fn every_error_is_told_by_partition_and_the_run_is_finished_by_its_name() {
    let (mut source, mut target) = pair();
    for text in FATAL.iter().chain(PASSING) {
        target.run("truncate(\"dfs://m\", \"t\"); 0").expect("an empty table");
        target.run(&format!("minnow::setFault(\"error\", 1000, \"{text}\", 3)")).expect("a fault");
        let message = source.error(&once(target.port));
        for part in ["partition /20240104 of dfs://m/t at the target", text, "run ", "; "] {
            assert!(message.contains(part), "{text}: {part}: {message}");
        }
        let (counts, reasons) = last_run(&mut source);
        assert_eq!(counts, [3, 1, 4], "{text}");
        assert!(reasons[0].contains(text), "{text}: {reasons:?}");
        assert_eq!(
            target.number(COUNT),
            3 * ROWS / 8,
            "{text}: what is verified stays, and nothing else came"
        );
        target.run("minnow::clearFaults()").expect("the cause is removed");
        source.table(&format!("clusterSync::resumeRun({RUN}, {})", remote(target.port)));
        assert_whole(&mut source, &mut target);
    }
}

#[test]
fn what_passes_by_itself_is_waited_for_within_one_call() {
    let (mut source, mut target) = pair();
    for text in PASSING {
        target.run("truncate(\"dfs://m\", \"t\"); 0").expect("an empty table");
        target.run(&format!("minnow::setFault(\"error\", 2, \"{text}\", 3)")).expect("a fault");
        source.table(&call(target.port, "", ", 3"));
        assert_whole(&mut source, &mut target);
    }
    // And what does not is not tried again.
    for text in FATAL {
        target.run("truncate(\"dfs://m\", \"t\"); 0").expect("an empty table");
        target.run(&format!("minnow::setFault(\"error\", 1, \"{text}\", 3)")).expect("a fault");
        let message = source.error(&call(target.port, "", ", 3"));
        assert!(message.contains(text), "{message}");
    }
}

/// A line to `target` on which `script` is run at `node` while the fourth partition is on its way.
fn meanwhile(target: u16, node: &Node, script: &'static str) -> u16 {
    let session = Remote::connect(&node.endpoint()).expect("a session");
    let session = Mutex::new(Some(session));
    let appends = Mutex::new(0);
    tap::open(
        target,
        Arc::new(move |_, bytes: &mut Vec<u8>| {
            let is_append = bytes.windows(11).any(|window| window == b"tableInsert");
            let mut appends = appends.lock().expect("the count");
            *appends += usize::from(is_append);
            if *appends == 4
                && let Some(mut session) = session.lock().expect("the session").take()
            {
                session.query(script).expect("the schema changes");
            }
            Verdict::Pass
        }),
    )
}

/// What becomes of a run under which a schema changes, and what has to be done before it is whole.
#[test]
fn a_schema_that_changes_under_a_run_loses_and_doubles_nothing() {
    const ADD: &str = "addColumn(loadTable(\"dfs://m\", \"t\"), `extra, INT); 0";
    const ANEW: &str = "dropTable(database(\"dfs://m\"), \"t\");
        createPartitionedTable(database(\"dfs://m\"), table(1:0, `day`price`volume, [\"DATE\", \"DOUBLE\", \"LONG\"]), \"t\", `day); 0";
    const OTHER: &str = "dropTable(database(\"dfs://m\"), \"t\");
        createPartitionedTable(database(\"dfs://m\"), table(1:0, `day`volume`price, [\"DATE\", \"DOUBLE\", \"LONG\"]), \"t\", `day); 0";
    // The source gets a column: what was planned is copied, and the next plan names the column.
    let (mut source, mut target) = pair();
    let port = meanwhile(target.port, &source, ADD);
    source.table(&once(port));
    assert_whole(&mut source, &mut target);
    let message = source.error(&once(target.port));
    assert!(message.contains("the target lacks the column `extra`"), "{message}");

    // The target's table gets a column: its partitions go on or fail, and none is lost.
    let (mut source, mut target) = pair();
    let port = meanwhile(target.port, &target, ADD);
    let outcome = source.run(&once(port)).map(drop);
    if let Err(error) = outcome {
        assert!(error.to_string().contains("partition /202401"), "{error}");
    }
    source.table(&call(target.port, ", \"drift\"", ", 0, \"ignoreExtra\""));
    assert_whole(&mut source, &mut target);

    // The target's table is made anew, alike and otherwise.
    let (mut source, mut target) = pair();
    let port = meanwhile(target.port, &target, ANEW);
    let outcome = source.run(&once(port)).map(drop);
    assert!(target.number(COUNT) < ROWS, "what was verified before is gone");
    drop(outcome);
    source.table(&once(target.port));
    assert_whole(&mut source, &mut target);

    let (mut source, mut target) = pair();
    let port = meanwhile(target.port, &target, OTHER);
    let message = source.error(&once(port));
    assert!(message.contains("partition /2024010"), "{message}");
    let message = source.error(&once(target.port));
    assert!(
        message.contains("the column `price` is DOUBLE at the source and LONG at the target"),
        "{message}"
    );
    target.run(ANEW).expect("as it was");
    source.table(&once(target.port));
    assert_whole(&mut source, &mut target);

    // The source's table is gone.
    let (mut source, mut target) = pair();
    let port = meanwhile(target.port, &source, "dropTable(database(\"dfs://m\"), \"t\"); 0");
    let message = source.error(&once(port));
    assert!(message.contains("at the source"), "{message}");
    assert!(target.number(COUNT) >= 3 * ROWS / 8, "what has arrived stays");
    source.run(ANEW.split_once(';').expect("two calls").1).expect("as it was");
    days::fill(&mut source, DB, DAYS, ROWS);
    source.table(&once(target.port));
    assert_whole(&mut source, &mut target);
}

#[test]
fn a_journal_that_cannot_grow_ends_the_run_and_room_finishes_it() {
    let (mut source, mut target) = pair();
    source.table(&once(target.port));
    let runs = source.home.path().join("clusterSync/runs");
    let size = || {
        let sizes = fs::read_dir(&runs)
            .expect("runs")
            .map(|entry| entry.expect("a run").metadata().expect("it").len());
        sizes.max().expect("a journal")
    };
    let whole = size();
    for short in [whole / 3, whole / 2, whole * 3 / 4, whole - 40] {
        target.run("truncate(\"dfs://m\", \"t\"); 0").expect("an empty table");
        source.limit_files(short);
        let message = source.error(&once(target.port));
        let named = message.contains("the journal of run ") && message.contains("cannot be written");
        assert!(named, "{short} of {whole}: {message}");
        assert_eq!(target.number(COUNT) % (ROWS / 8), 0, "a partition is whole or not there");
        source.limit_files(1 << 40);
        source.table(&once(target.port));
        assert_whole(&mut source, &mut target);
    }
}

#[test]
fn a_journal_of_another_version_is_named_and_no_rows_are_sent_over_it() {
    let (mut source, mut target) = pair();
    target.run("minnow::setFault(\"cutAfterCommit\", 1, , 3)").expect("a fault");
    source.error(&once(target.port));
    let held = target.number(COUNT);
    let folder = source.home.path().join("clusterSync/runs");
    let journal = fs::read_dir(&folder).expect("runs").map(|entry| entry.expect("a run").path());
    let journal = journal
        .into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "journal"))
        .expect("a journal");
    let own = fs::read(&journal).expect("its bytes");
    let mut newer = own.clone();
    newer[8..12].copy_from_slice(&99_u32.to_le_bytes());
    let sum = crc32c(&newer[..12]);
    newer[12..16].copy_from_slice(&sum.to_le_bytes());
    fs::write(&journal, &newer).expect("a journal of another version");
    let message = source.error(&once(target.port));
    assert!(message.contains(".journal") && message.contains("version 99"), "{message}");
    assert_eq!(target.number(COUNT), held, "nothing was sent");
    fs::write(&journal, &own).expect("the version that wrote it");
    source.table(&once(target.port));
    assert_whole(&mut source, &mut target);
}

/// Of the polynomial that a journal is checked by.
fn crc32c(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0x82f6_3b78 & (sum & 1).wrapping_neg()))
    };
    !bytes.iter().fold(!0, step)
}

/// A clock that was wrong once ends in a refusal that says so, not in a window that nobody copies.
#[test]
fn a_clock_that_jumps_is_named_and_looking_back_finds_every_row() {
    let mut source = Node::start_with("A", "3.00.3", &["--faults"]);
    source.run("loadPlugin(\"clusterSync\")").expect("it loads");
    let mut target = Node::start_with("B", "3.00.3", &["--faults"]);
    for node in [&mut source, &mut target] {
        days::create(node, DB, DAYS);
    }
    let add = |source: &mut Node, day: u32| {
        let row = format!(
            "table(take(2024.01.{day:02}, 4) as day, 4.0 3.0 2.0 1.0 as price, long(1..4) as volume)"
        );
        assert_eq!(source.number(&format!("tableInsert(loadTable(\"dfs://m\", \"t\"), {row})")), 4);
    };
    let nightly = call(target.port, ", \"column\"", ", 0, \"day\"");
    let clock =
        |node: &mut Node, moment: &str| node.run(&format!("minnow::setClock({moment})")).expect("a clock");
    clock(&mut source, "2024.01.02T22:30:00.000");
    add(&mut source, 1);
    source.table(&nightly);
    // Somebody sets it three days ahead, and back again.
    add(&mut source, 2);
    clock(&mut source, "2024.01.06T22:30:00.000");
    source.table(&nightly);
    assert_whole(&mut source, &mut target);
    clock(&mut source, "2024.01.04T22:30:00.000");
    add(&mut source, 3);
    let message = source.error(&nightly);
    assert!(message.contains("the clock of this node if it went back behind the watermark"), "{message}");
    assert_eq!(target.number(COUNT), 8, "nothing was written");
    let back = call(target.port, ", \"column\", \"lookBack\", \"mode\"", ", 0, \"day\", \"4d\", \"replace\"");
    source.table(&back);
    assert_whole(&mut source, &mut target);
    // The target's clock, by which leases are dated, jumps both ways while nothing else is wrong.
    for (day, moment) in [(4, "2030.01.01T00:00:00.000"), (5, "2020.01.01T00:00:00.000")] {
        add(&mut source, day);
        clock(&mut target, moment);
        clock(&mut source, &format!("2024.01.{:02}T22:30:00.000", day + 3));
        source.table(&back.replace("(0, 1, 0,", "(30, 1, 0,"));
        assert_whole(&mut source, &mut target);
    }
}
