//! Calls that the server carries out as jobs of its own, and calls that meet another run at work.
mod common;

use std::sync::{Arc, Mutex};

use clustersync::cluster::Cluster;
use clustersync::data::{Batch, Datum};
use clustersync::wire::Remote;
use common::shown::last_text;
use common::tap::{self, Verdict};
use common::{Node, PASSWORD, days, remote};

/// On thirty days.
const ROWS: i64 = 60_000;
/// More bytes than a connection says before it appends, fewer than one partition has.
const BEFORE_APPEND: u64 = 20_000;
const COUNT: &str = "exec count(*) from loadTable(\"dfs://c\", \"t\")";

fn pair() -> (Node, Node) {
    days::pair("dfs://c", "2024.01.01..2024.01.30", ROWS)
}

fn call(function: &str, options: &str, values: &str) -> String {
    format!("clusterSync::{function}(\"B\", \"dfs://c\", \"t\", , dict([{options}], ({values})))")
}

fn submitted(source: &mut Node, script: &str) -> String {
    match source.run(script) {
        Ok(Datum::Scalar(run)) => String::from_utf8_lossy(run.texts().next().expect("a name")).into_owned(),
        other => panic!("{script} gave {other:?}"),
    }
}

fn awaited(source: &mut Node, run: &str) -> Batch {
    source.table(&format!("clusterSync::waitRun(\"{run}\", 60)"))
}

/// A line to `target` on which every append waits until the story lets it pass.
fn held(target: u16) -> (u16, Arc<Mutex<()>>) {
    let gate = Arc::new(Mutex::new(()));
    let inner = gate.clone();
    let meddle = move |sent: u64, bytes: &mut Vec<u8>| {
        if sent + bytes.len() as u64 > BEFORE_APPEND {
            drop(inner.lock());
        }
        Verdict::Pass
    };
    (tap::open(target, Arc::new(meddle)), gate)
}

#[test]
fn a_call_in_the_background_is_a_job_of_the_server_and_a_run_like_others() {
    let (mut source, mut target) = pair();
    source.know("B", target.port);
    let run = submitted(&mut source, &call("syncOnline", "\"background\", \"lanes\"", "true, 2"));
    let ended = awaited(&mut source, &run);
    assert_eq!(
        (last_text(&ended, "runId"), last_text(&ended, "status"), last_text(&ended, "userId")),
        (run.clone(), "OK".into(), "admin".into())
    );
    assert_eq!(target.number(COUNT), ROWS);
    let job = source.table("select * from getRecentJobs()");
    assert_eq!((last_text(&job, "jobId"), last_text(&job, "errorMsg")), (run.clone(), String::new()));
    let result = source.table(&format!("getJobReturn(\"{run}\", true)"));
    assert_eq!((last_text(&result, "runId"), last_text(&result, "status")), (run, "OK".into()));
    target.run("delete from loadTable(\"dfs://c\", \"t\") where volume <= 60").expect("rows go");
    let repaired = submitted(&mut source, &call("verify", "\"background\", \"repair\"", "true, true"));
    assert_eq!(last_text(&awaited(&mut source, &repaired), "status"), "OK");
    assert_eq!(target.number(COUNT), ROWS);
}

#[test]
fn what_fails_before_the_run_begins_is_told_by_the_run() {
    let (mut source, target) = pair();
    source.know("B", target.port);
    drop(target);
    let run = submitted(&mut source, &call("syncOnline", "\"background\", \"lanes\"", "true, 2"));
    let ended = awaited(&mut source, &run);
    assert_eq!(last_text(&ended, "status"), "FAILED");
    assert!(last_text(&ended, "message").contains("127.0.0.1"), "{ended:?}");
}

#[test]
fn a_run_is_cancelled_as_a_run_and_as_a_job() {
    for cancel in ["clusterSync::cancelRun", "cancelJob"] {
        let (mut source, target) = pair();
        let (port, gate) = held(target.port);
        source.know("B", port);
        let hold = gate.lock().expect("the gate");
        let run = submitted(&mut source, &call("syncOnline", "\"background\", \"lanes\"", "true, 1"));
        let status = format!("exec status from clusterSync::getRuns() where runId = \"{run}\"");
        while !matches!(source.run(&status), Ok(Datum::Vector(names)) if names.texts().eq([b"RUNNING"])) {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        source.run(&format!("{cancel}(\"{run}\")")).expect("it is cancelled");
        let ended = awaited(&mut source, &run);
        assert_eq!(last_text(&ended, "status"), "FAILED", "{cancel}");
        assert!(last_text(&ended, "message").contains("cancelled"), "{ended:?}");
        drop(hold);
    }
}

#[test]
fn a_job_never_holds_a_password_and_only_calls_that_write_become_jobs() {
    let (mut source, target) = pair();
    source.know("B", target.port);
    let dictionary = format!(
        "clusterSync::syncOnline({}, \"dfs://c\", \"t\", , dict([\"background\"], [true]))",
        remote(target.port)
    );
    let message = source.error(&dictionary);
    assert!(message.contains("needs the name of a cluster") && !message.contains(PASSWORD), "{message}");
    for script in [
        call("syncOnline", "\"background\", \"dryRun\"", "true, true"),
        call("syncOnline", "\"background\", \"mode\"", "true, \"verifyOnly\""),
        call("verify", "\"background\", \"lanes\"", "true, 1"),
    ] {
        let message = source.error(&script);
        assert!(message.contains("is for calls that write"), "{message}");
    }
    let message =
        source.error("clusterSync::syncOnline(\"C\", \"dfs://c\", \"t\", , dict([\"background\"], [true]))");
    assert!(message.contains("`C`"), "{message}");
    assert_eq!(source.table("clusterSync::getRuns()").rows, 0);
    assert_eq!(source.table("getRecentJobs()").rows, 0);
}

#[test]
fn a_run_that_waited_when_the_node_died_says_so_and_never_begins() {
    let (mut source, target) = pair();
    source.know("B", target.port);
    let run = submitted(&mut source, &call("syncOnline", "\"background\", \"lanes\"", "true, 2"));
    awaited(&mut source, &run);
    // As it would lie there had the node died before a worker was free.
    let runs = source.home.path().join("clusterSync/runs");
    let waiting = "20240101-000000-00beef";
    let note = format!(
        "{{\"version\":1,\"job\":\"{waiting}\",\"process\":\"1-0\",\"begun\":{{\"run\":\"{waiting}\",\"sequence\":0,\"at\":1,\
         \"user\":\"admin\",\"remote\":\"B\",\"target\":\"cluster `B`\",\"db\":\"dfs://c\",\"table\":\"t\",\"filter\":null,\
         \"mode\":\"auto\"}}}}"
    );
    std::fs::write(runs.join(format!("{waiting}.queued")), note).expect("a note");
    let ended = awaited(&mut source, waiting);
    assert_eq!(last_text(&ended, "status"), "FAILED");
    assert!(last_text(&ended, "message").contains("started again before the run began"), "{ended:?}");
    let again = format!(
        "clusterSync::syncOnline(\"B\", \"dfs://c\", \"t\", , dict([\"queuedRun\", \"lanes\"], (\"{waiting}\", 1)))"
    );
    assert!(source.error(&again).contains("does not wait to begin"));
    let elsewhere = again.replace(waiting, "../../secret");
    assert!(source.error(&elsewhere).contains("knows no run"));
}

#[test]
fn a_call_that_meets_its_own_kind_is_skipped_and_said_or_waits() {
    let (mut source, mut target) = pair();
    let (port, gate) = held(target.port);
    source.know("B", port);
    let hold = gate.lock().expect("the gate");
    let first = submitted(&mut source, &call("syncOnline", "\"background\", \"lanes\"", "true, 1"));
    let status = format!("exec status from clusterSync::getRuns() where runId = \"{first}\"");
    while !matches!(source.run(&status), Ok(Datum::Vector(names)) if names.texts().eq([b"RUNNING"])) {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let second = source.table(&call("syncOnline", "\"lanes\", \"retries\"", "1, 0"));
    assert_eq!(
        (last_text(&second, "status"), last_text(&second, "tableName")),
        ("SKIPPED".into(), "t".into())
    );
    assert_eq!(second.column("verified").expect("verified").integers().next(), Some(Some(0)));
    let listed = source.table("clusterSync::getRuns()");
    assert_eq!(last_text(&listed, "status"), "SKIPPED");
    assert!(last_text(&listed, "message").contains(&format!("run {first} is syncing dfs://c")), "{listed:?}");
    let waiting = submitted(&mut source, &call("syncOnline", "\"background\", \"wait\"", "true, 60"));
    let mut other = Remote::connect(&source.endpoint()).expect("a session");
    let queued = other.query("exec count(*) from clusterSync::getRuns() where status = \"QUEUED\"");
    assert_eq!(queued.expect("a count").as_i64(), Some(1));
    drop(hold);
    assert_eq!(last_text(&awaited(&mut source, &first), "status"), "OK");
    assert_eq!(last_text(&awaited(&mut source, &waiting), "status"), "OK");
    assert_eq!(target.number(COUNT), ROWS);
}
