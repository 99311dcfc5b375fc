//! A call that dies at any side and is repeated: the target ends equal, nothing is doubled.
mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clustersync::cluster::Cluster;
use clustersync::data::Batch;
use clustersync::wire::Remote;
use common::shown::number;
use common::tap::{self, Meddler, Verdict};
use common::{Node, days};

/// Partitions, each of this many rows of 20 bytes, so that one append takes many packets.
const DAYS: usize = 10;
const ROWS_PER_DAY: usize = 20_000;
const ONE_DAY: u64 = ROWS_PER_DAY as u64 * 20;

fn pair() -> (Node, Node) {
    days::pair("dfs://r", "2024.01.01..2024.01.10", (DAYS * ROWS_PER_DAY) as i64)
}

fn call(options: &str) -> String {
    format!("clusterSync::syncOnline(\"B\", \"dfs://r\", \"t\", , dict([\"retries\"{options}))")
}

/// One try per partition, so that what breaks stays broken until the call is repeated.
fn once() -> String {
    call("], [0]")
}

fn with_mode(mode: &str) -> String {
    call(&format!(", \"mode\"], (0, \"{mode}\")"))
}

/// How often the rows of the source are at the target, which holds nothing else.
fn times(target: &mut Node) -> i64 {
    let script = "exec count(*) from loadTable(\"dfs://r\", \"t\")";
    let rows = target.number(script);
    assert_eq!(rows as usize % (DAYS * ROWS_PER_DAY), 0, "rows are missing or doubled: {rows}");
    let days = target.table("select count(*) as n from loadTable(\"dfs://r\", \"t\") group by day");
    let each: Vec<i64> = days.column("n").expect("n").integers().flatten().collect();
    assert!(each.iter().all(|rows| *rows == each[0]), "{each:?}");
    rows / (DAYS * ROWS_PER_DAY) as i64
}

fn kill(pid: i32) {
    let status = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
    assert!(status.expect("kill runs").success());
}

/// Does `act` once, when more than `bytes` have gone to the target over one connection.
fn after(bytes: u64, act: impl Fn() -> Verdict + Send + Sync + 'static) -> (Arc<AtomicBool>, Arc<Meddler>) {
    let done = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&done);
    let meddle = move |sent: u64, _: &mut Vec<u8>| match sent > bytes && !seen.swap(true, Ordering::SeqCst) {
        true => act(),
        false => Verdict::Pass,
    };
    (done, Arc::new(meddle))
}

/// Repeats `script` at the source and checks that both sides end equal.
fn repeat(source: &mut Node, target: &mut Node, script: &str) -> Batch {
    source.know("B", target.port);
    let result = source.table(script);
    assert_eq!(number(&result, "verified"), 1);
    assert_eq!(times(target), 1);
    let differences = source.table("clusterSync::verify(\"B\", \"dfs://r\", \"t\")");
    assert_eq!(differences.rows, 0);
    result
}

#[test]
fn killing_the_source_and_repeating_ends_equal_in_every_mode() {
    for mode in ["auto", "append", "replace"] {
        let (mut source, mut target) = pair();
        let pid = source.pid();
        let (killed, meddle) = after(ONE_DAY * 5 / 2, move || {
            kill(pid);
            Verdict::Pass
        });
        let port = tap::open(target.port, meddle);
        source.know("B", port);
        source.run(&with_mode(mode)).expect_err("the node died");
        assert!(killed.load(Ordering::SeqCst));
        let mut source = source.restart("A");
        source.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
        let runs = source.table("select status from clusterSync::getRuns()");
        assert_eq!(runs.column("status").expect("status").texts().next(), Some(&b"INTERRUPTED"[..]));
        repeat(&mut source, &mut target, &with_mode(mode));
    }
}

#[test]
fn killing_the_target_and_repeating_ends_equal() {
    let (mut source, target) = pair();
    let pid = target.pid();
    let (killed, meddle) = after(ONE_DAY * 5 / 2, move || {
        kill(pid);
        Verdict::Pass
    });
    let port = tap::open(target.port, meddle);
    source.know("B", port);
    let message = source.error(&once());
    assert!(killed.load(Ordering::SeqCst), "{message}");
    assert!(message.contains("partition /202401"), "{message}");
    let mut target = target.restart("B");
    let result = repeat(&mut source, &mut target, &once());
    assert_eq!(number(&result, "copied") + number(&result, "skipped"), DAYS as i64);
}

/// Lets requests pass and cuts before the reply to one append, so that it is committed.
fn cut_after_commit(target: &Node) -> u16 {
    let endpoint = target.endpoint();
    let (_, meddle) = after(ONE_DAY, move || {
        // The bytes before these are a whole partition's; what it becomes is awaited, then the line goes.
        let mut witness = Remote::connect(&endpoint).expect("a witness");
        let count = "exec count(*) from loadTable(\"dfs://r\", \"t\")";
        while witness.query(count).expect("a count").as_i64() == Some(0) {}
        Verdict::Cut
    });
    tap::open(target.port, meddle)
}

#[test]
fn a_cut_after_the_commit_is_found_out_by_the_repeated_call() {
    for mode in ["auto", "append"] {
        let (mut source, mut target) = pair();
        let port = cut_after_commit(&target);
        source.know("B", port);
        let message = source.error(
            &with_mode(mode).replace("retries\", ", "retries\", \"lanes\", ").replace("(0,", "(0, 1,"),
        );
        assert!(message.contains("partition /202401"), "{message}");
        let result = repeat(&mut source, &mut target, &with_mode(mode));
        assert!(number(&result, "skipped") >= 1);
    }
}

#[test]
fn a_retry_survives_the_cut_within_one_call() {
    let (mut source, mut target) = pair();
    let (cut, meddle) = after(ONE_DAY / 2, || Verdict::Cut);
    let port = tap::open(target.port, meddle);
    source.know("B", port);
    let result = source.table("clusterSync::syncOnline(\"B\", \"dfs://r\", \"t\")");
    assert!(cut.load(Ordering::SeqCst));
    assert_eq!((number(&result, "copied"), times(&mut target)), (DAYS as i64, 1));
}

#[test]
fn a_run_is_resumed_by_its_name_and_a_finished_one_copies_nothing() {
    let (mut source, mut target) = pair();
    let (_, meddle) = after(ONE_DAY * 5 / 2, || Verdict::Cut);
    let port = tap::open(target.port, meddle);
    source.know("B", port);
    source.error(&once());
    source.know("B", target.port);
    let resumed = source.table("clusterSync::resumeRun((exec runId from clusterSync::getRuns())[0])");
    assert_eq!(number(&resumed, "verified"), 1);
    assert_eq!(times(&mut target), 1);
    let again = source.table(&once());
    assert_eq!(
        (number(&again, "copied"), number(&again, "skipped"), number(&again, "rows")),
        (0, DAYS as i64, 0)
    );
    let plan = source.table("clusterSync::planSync(\"B\", \"dfs://r\", \"t\")");
    assert_eq!(plan.rows, DAYS);
    assert!(plan.column("reason").expect("reason").texts().all(|reason| reason == b"equal"));
}

#[test]
fn both_sides_answer_the_same_fingerprint() {
    let (mut source, mut target) = pair();
    source.know("B", target.port);
    source.table(&once());
    target.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
    let prints = |node: &mut Node| {
        let table = node.table("clusterSync::fingerprint(\"dfs://r\", \"t\")");
        assert_eq!(table.rows, DAYS);
        table.column("fingerprint").expect("fingerprint").texts().map(<[u8]>::to_vec).collect::<Vec<_>>()
    };
    assert_eq!(prints(&mut source), prints(&mut target));
}
