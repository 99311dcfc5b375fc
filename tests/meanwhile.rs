//! What others do while a sync runs: the caller leaves, a writer appends, a second sync copies the
//! same table, the target falls silent.
mod common;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use clustersync::cluster::Cluster;
use clustersync::data::{Batch, Datum};
use clustersync::wire::Remote;
use common::tap::{self, Verdict};
use common::{Node, days, remote};

const DAYS: usize = 100;
const ROWS_PER_DAY: usize = 2_000;
/// More bytes than a connection says before it appends, fewer than one partition has.
const BEFORE_APPEND: usize = 20_000;
const COUNT: &str = "exec count(*) from loadTable(\"dfs://m\", \"t\")";
const LATE_ROW: &str = "tableInsert(loadTable(\"dfs://m\", \"t\"),
    table([2024.04.09] as day, [0.5] as price, [7l] as volume))";

fn pair() -> (Node, Node) {
    days::pair("dfs://m", "2024.01.01..2024.04.09", (DAYS * ROWS_PER_DAY) as i64)
}

fn call(port: u16, options: &str) -> String {
    format!("clusterSync::syncOnline({}, \"dfs://m\", \"t\", , {options})", remote(port))
}

fn whole(result: &Batch) -> (Option<i64>, Option<i64>) {
    let number = |name: &str| result.column(name).expect(name).integers().next().flatten();
    (number("rows"), number("verified"))
}

/// A line to `target` in which `act` runs once, while the first append is on its way.
fn at_the_first_append(target: u16, act: impl FnOnce() + Send + 'static) -> u16 {
    let act = Mutex::new(Some(act));
    let meddle = move |sent: u64, bytes: &mut Vec<u8>| {
        let reached = sent as usize + bytes.len() > BEFORE_APPEND;
        let act = if reached { act.lock().expect("the act").take() } else { None };
        act.into_iter().for_each(|act| act());
        Verdict::Pass
    };
    tap::open(target, Arc::new(meddle))
}

#[test]
fn a_caller_that_leaves_cancels_and_the_node_lives() {
    let (mut source, mut target) = pair();
    let slow = |_, _: &mut Vec<u8>| {
        thread::sleep(Duration::from_millis(20));
        Verdict::Pass
    };
    let script = call(tap::open(target.port, Arc::new(slow)), "");
    let mut caller = Remote::connect(&source.endpoint()).expect("a session");
    // Unwinding from the first line of progress closes the connection while the call runs.
    caller.on_message(|_| resume_unwind(Box::new("the caller leaves")));
    catch_unwind(AssertUnwindSafe(|| caller.query(&script))).expect_err("the caller left");
    drop(caller);

    let log = source.home.path().join("log/minnow.log");
    let deadline = Instant::now() + Duration::from_secs(60);
    while !std::fs::read_to_string(&log).expect("the node's log").contains(": closed") {
        assert!(Instant::now() < deadline, "the call never ended");
        thread::sleep(Duration::from_millis(10));
    }
    let copied = target.number(COUNT) as usize;
    assert!(copied < DAYS * ROWS_PER_DAY, "nothing was cancelled");
    assert_eq!(copied % ROWS_PER_DAY, 0, "a partition is half written");

    target.run("truncate(\"dfs://m\", \"t\"); 0").expect("an empty table again");
    let again = source.table(&call(target.port, ""));
    assert_eq!(whole(&again), (Some((DAYS * ROWS_PER_DAY) as i64), Some(1)));
}

#[test]
fn a_writer_at_the_source_is_not_blocked_and_its_rows_are_copied_or_left_whole() {
    let (mut source, mut target) = pair();
    let mut writer = Remote::connect(&source.endpoint()).expect("a session");
    let wrote = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&wrote);
    let port = at_the_first_append(target.port, move || {
        let stored = writer.query(LATE_ROW);
        seen.store(stored.is_ok_and(|stored| stored.as_i64() == Some(1)), Ordering::SeqCst);
    });
    let result = source.table(&call(port, ""));
    assert!(wrote.load(Ordering::SeqCst), "the writer never wrote");
    // The last partition is read long after the first append.
    assert_eq!(whole(&result), (Some((DAYS * ROWS_PER_DAY + 1) as i64), Some(1)));
    assert_eq!(target.number(COUNT), source.number(COUNT));
}

#[test]
fn of_two_syncs_that_take_no_lease_the_later_append_is_an_error() {
    let (mut source, target) = pair();
    let mut other = Remote::connect(&source.endpoint()).expect("a session");
    let script = call(target.port, "dict([\"lease\"], [0])");
    let (tell, told) = std::sync::mpsc::channel();
    let port = at_the_first_append(target.port, move || {
        // The test that listens ends before this line only when it has failed already.
        let _ = tell.send(other.query(&script));
    });
    let message = source.error(&call(port, "dict([\"lanes\", \"lease\"], [1, 0])"));
    let first = told.recv().expect("the other sync ended").expect("the other sync succeeded");
    assert!(matches!(&first, Datum::Table(result) if whole(result).1 == Some(1)), "{first:?}");
    assert!(message.contains("partition /20240101 "), "no partition is named: {message}");
    assert!(message.contains("2000 rows were sent but 4000 are read back"), "{message}");
}

#[test]
fn a_target_that_falls_silent_ends_the_call_with_the_partition() {
    let (mut source, mut target) = pair();
    let silence = Arc::new((Mutex::new(true), Condvar::new()));
    let held = Arc::clone(&silence);
    let port = at_the_first_append(target.port, move || {
        let (silent, ended) = &*held;
        let silent = silent.lock().expect("the silence");
        drop(ended.wait_while(silent, |silent| *silent).expect("its end"));
    });
    let message = source.error(&call(port, "dict([\"lanes\", \"timeout\"], [1, 1])"));
    *silence.0.lock().expect("the silence") = false;
    silence.1.notify_all();
    for part in ["partition /20240101 ", "did not move a byte for 1s"] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(source.number("1 + 1"), 2, "the source node lives");
    assert_eq!(target.number("1 + 1"), 2, "the target node lives");
}
