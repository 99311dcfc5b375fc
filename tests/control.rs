//! What other sessions of a node can do to a run.
mod common;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use clustersync::cluster::Cluster;
use clustersync::data::Datum;
use clustersync::model::Secret;
use clustersync::wire::{Endpoint, Remote};
use common::shown::text;
use common::tap::{self, Verdict};
use common::{Node, days};

/// On thirty days.
const ROWS: i64 = 60_000;
/// More bytes than a connection says before it appends, fewer than one partition has.
const BEFORE_APPEND: u64 = 20_000;
const COUNT: &str = "exec count(*) from loadTable(\"dfs://c\", \"t\")";
const SYNC: &str = "clusterSync::syncOnline(\"B\", \"dfs://c\", \"t\", , dict([\"lanes\"], [1]))";
const RUN: &str = "(exec runId from clusterSync::getRuns())[0]";

fn pair() -> (Node, Node) {
    days::pair("dfs://c", "2024.01.01..2024.01.30", ROWS)
}

/// A line to `target` in which `script` runs once at the source, while the first append is on its way.
fn meanwhile(source: &Node, target: u16, script: String) -> u16 {
    let session = Mutex::new(Some(Remote::connect(&source.endpoint()).expect("a session")));
    let meddle = move |sent: u64, bytes: &mut Vec<u8>| {
        if sent + bytes.len() as u64 > BEFORE_APPEND
            && let Some(mut session) = session.lock().expect("the session").take()
        {
            session.query(&script).expect("the order is given");
            // Nobody outside sees when a run takes notice, which it does every tenth of a second.
            std::thread::sleep(std::time::Duration::from_millis(700));
        }
        Verdict::Pass
    };
    tap::open(target, Arc::new(meddle))
}

#[test]
fn a_paused_run_begins_nothing_until_it_is_resumed() {
    let (mut source, mut target) = pair();
    let port = meanwhile(&source, target.port, format!("clusterSync::pauseRun({RUN})"));
    source.know("B", port);
    let endpoint = source.endpoint();
    let call = std::thread::spawn(move || Remote::connect(&endpoint).expect("a session").query(SYNC));
    let status = "exec status from clusterSync::getRuns()";
    let is_paused = |answer: Datum| matches!(answer, Datum::Vector(names) if names.texts().eq([b"PAUSED"]));
    while !is_paused(source.run(status).expect("the runs")) {
        std::thread::yield_now();
    }
    let message = source.error(&format!("clusterSync::waitRun({RUN}, 1)"));
    assert!(message.contains("is still going on"), "{message}");
    assert!(target.number(COUNT) < ROWS, "it went on");
    let resumed = source.table(&format!("clusterSync::resumeRun({RUN})"));
    assert_eq!(text(&resumed, "action"), "goes on");
    let ended = source.table(&format!("clusterSync::waitRun({RUN})"));
    assert_eq!((text(&ended, "status").as_str(), ended.rows), ("OK", 1));
    assert!(matches!(call.join().expect("the call ended"), Ok(Datum::Table(_))));
    assert_eq!(target.number(COUNT), ROWS);
}

#[test]
fn a_run_that_is_cancelled_from_elsewhere_ends_and_is_finished_later() {
    let (mut source, mut target) = pair();
    let port = meanwhile(&source, target.port, format!("clusterSync::cancelRun({RUN})"));
    source.know("B", port);
    let message = source.error(SYNC);
    assert!(message.contains("of 30 partitions of dfs://c/t: the user cancelled"), "{message}");
    assert!(target.number(COUNT) < ROWS);
    let message = source.error(&format!("clusterSync::cancelRun({RUN})"));
    assert!(message.contains("is not going on"), "{message}");
    assert_eq!(text(&source.table(&format!("clusterSync::waitRun({RUN})")), "status"), "FAILED");
    source.table(&format!("clusterSync::resumeRun({RUN})"));
    assert_eq!(target.number(COUNT), ROWS);
}

#[test]
fn a_second_call_of_the_same_sync_is_skipped_with_the_name_of_the_first() {
    let (mut source, mut target) = pair();
    let refused = Arc::new(Mutex::new(String::new()));
    let (heard, endpoint) = (refused.clone(), source.endpoint());
    let asked = AtomicBool::new(false);
    let meddle = move |sent: u64, _: &mut Vec<u8>| {
        if sent > BEFORE_APPEND && !asked.swap(true, Ordering::SeqCst) {
            let mut other = Remote::connect(&endpoint).expect("a session");
            let skipped = "exec last(message) from clusterSync::getRuns() where status = \"SKIPPED\"";
            other.query(SYNC).expect("it is skipped");
            let answer = other.query(skipped).expect("why");
            *heard.lock().expect("what was heard") = answer.as_str().unwrap_or_default().to_owned();
        }
        Verdict::Pass
    };
    let port = tap::open(target.port, Arc::new(meddle));
    source.know("B", port);
    let result = source.table(SYNC);
    let refused = refused.lock().expect("what was heard");
    assert!(refused.contains(&format!("run {} is syncing dfs://c", text(&result, "runId"))), "{refused}");
    assert_eq!(target.number(COUNT), ROWS);
}

#[test]
fn only_its_user_and_administrators_steer_a_run() {
    let (mut source, mut target) = pair();
    source.run("createUser(\"carol\", \"secret7\")").expect("a user");
    let carol = Endpoint { user: "carol".into(), password: Secret::new("secret7"), ..source.endpoint() };
    let heard = Arc::new(Mutex::new(Vec::new()));
    let asked = AtomicBool::new(false);
    let answers = heard.clone();
    let meddle = move |sent: u64, bytes: &mut Vec<u8>| {
        if sent + bytes.len() as u64 > BEFORE_APPEND && !asked.swap(true, Ordering::SeqCst) {
            let mut session = Remote::connect(&carol).expect("her session");
            for order in ["cancelRun", "pauseRun"] {
                let answer = session.query(&format!("clusterSync::{order}({RUN})"));
                answers.lock().expect("answers").push(answer.map(drop).map_err(|error| error.to_string()));
            }
        }
        Verdict::Pass
    };
    let port = tap::open(target.port, Arc::new(meddle));
    source.know("B", port);
    assert_eq!(text(&source.table(SYNC), "status"), "OK");
    let heard = heard.lock().expect("answers");
    let is_refused = |answer: &Result<(), String>| {
        answer.as_ref().is_err_and(|why| why.contains("only an administrator") && why.contains("carol"))
    };
    assert!(heard.len() == 2 && heard.iter().all(is_refused), "{heard:?}");
    assert_eq!(target.number(COUNT), ROWS);
}
