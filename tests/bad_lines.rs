//! Lines that stall, drop all the time, or lead to a server that does not lead.
mod common;

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use clustersync::cluster::Cluster;
use clustersync::wire::Remote;
use common::tap::{self, Verdict};
use common::{Node, PASSWORD, remote};

const COUNT: &str = "exec count(*) from loadTable(\"dfs://m\", \"t\")";
/// More than a lane says before it appends, less than a partition has.
const BEFORE_APPEND: u64 = 20_000;

const CREATE: &str = "db = database(\"dfs://m\", VALUE, 1..20)
    createPartitionedTable(db, table(1:0, `k`v, [\"INT\", \"DOUBLE\"]), \"t\", `k); 0";

/// A source of 20 partitions of 3,000 rows, with the plugin.
fn source() -> Node {
    let mut source = Node::with_plugin("A");
    source.run(CREATE).expect("the table");
    let rows = "tableInsert(loadTable(\"dfs://m\", \"t\"),
        table(take(1..20, 60000) as k, double(1..60000) as v))";
    assert_eq!(source.number(rows), 60_000);
    source
}

fn target_with(alias: &str, arguments: &[&str]) -> Node {
    let mut target = Node::start_with(alias, "3.00.3", arguments);
    target.run(CREATE).expect("the table");
    target
}

fn sync(remote: &str, options: &str) -> String {
    format!("clusterSync::syncOnline({remote}, \"dfs://m\", \"t\", , {options})")
}

/// Waits until the only run of `node` has the status, and returns how long that took.
fn until(node: &mut Node, status: &str) -> Duration {
    let started = Instant::now();
    let script = format!("exec count(*) from clusterSync::getRuns() where status == \"{status}\"");
    while node.number(&script) == 0 {
        assert!(started.elapsed() < Duration::from_secs(60), "no run is {status}");
        thread::sleep(Duration::from_millis(10));
    }
    started.elapsed()
}

#[test]
fn a_run_with_a_stalled_peer_is_cancelled_within_a_second() {
    let (mut source, mut target) = (source(), target_with("B", &[]));
    let (stalled, stalls) = mpsc::channel();
    let stalled = Mutex::new(stalled);
    let port = tap::open(
        target.port,
        Arc::new(move |sent: u64, _: &mut Vec<u8>| {
            if sent > BEFORE_APPEND {
                let _ = stalled.lock().expect("the channel").send(());
                // Takes no byte any more, and keeps the line.
                thread::sleep(Duration::from_secs(3600));
            }
            Verdict::Pass
        }),
    );
    let mut caller = Remote::connect(&source.endpoint()).expect("a session");
    let (leave, left) = mpsc::channel::<()>();
    let endpoint = source.endpoint();
    let script = sync(&remote(port), "dict([\"retries\", \"lease\"], [0, 0])");
    let call = thread::spawn(move || {
        // A session whose client leaves in the middle cancels what runs in it.
        let control = endpoint.terms.control.clone();
        thread::spawn(move || {
            let _gone = left.recv();
            control.cancel();
        });
        Remote::connect(&endpoint).expect("a session").query(&script).expect_err("cancelled")
    });
    stalls.recv_timeout(Duration::from_secs(60)).expect("a lane stalls");
    caller.query("1").expect("the node lives");
    drop(leave);
    call.join().expect("the caller");
    let took = until(&mut source, "FAILED");
    assert!(took < Duration::from_millis(1500), "{took:?}");
    assert_eq!(target.number("1 + 1"), 2);
}

#[test]
fn a_line_that_drops_every_tenth_of_a_second_is_slow_but_right() {
    let (mut source, mut target) = (source(), target_with("B", &[]));
    let port = tap::short_lived(target.port, Duration::from_millis(100));
    let script = sync(&remote(port), "dict([\"retries\", \"lanes\", \"lease\"], [3, 1, 0])");
    let first = source.run(&script);
    if let Err(error) = &first {
        let text = error.to_string();
        assert!(text.contains(&format!("127.0.0.1:{port}")), "{text}");
    }
    let script = sync(&remote(target.port), "dict([\"lease\"], [0])");
    source.run(&script).expect("the rest over a good line");
    assert_eq!(target.number(COUNT), 60_000, "after {first:?}");
}

#[test]
fn whoever_leads_is_followed_among_the_sites_that_were_named() {
    let mut source = source();
    let mut old = target_with("B", &["--faults"]);
    let mut new = target_with("C", &[]);
    let set = |sites: &str| format!("clusterSync::setCluster(\"B\", \"{sites}\", \"admin\", \"{PASSWORD}\")");
    let leads = format!("minnow::setFault(\"error\", 1000, \"<NotLeader>127.0.0.1:{}:C\")", new.port);
    old.run(&leads).expect("the old leader steps back");
    let call = sync("\"B\"", "dict([\"lanes\", \"lease\", \"retries\"], [1, 0, 1])");

    source.run(&set(&format!("127.0.0.1:{}", old.port))).expect("set");
    let error = source.error(&call);
    assert!(error.contains("<NotLeader>") && error.contains("name the leader among the sites"), "{error}");

    source.run(&set(&format!("127.0.0.1:{},127.0.0.1:{}", old.port, new.port))).expect("set");
    source.run(&call).expect("the new leader is followed");
    assert_eq!((old.number(COUNT), new.number(COUNT)), (0, 60_000));
}

#[test]
fn a_run_under_way_is_made_faster() {
    let (mut source, mut target) = (source(), target_with("B", &[]));
    let endpoint = source.endpoint();
    let script = sync(&remote(target.port), "dict([\"rateLimit\"], [0.02])");
    let call = thread::spawn(move || Remote::connect(&endpoint).expect("a session").query(&script));
    until(&mut source, "RUNNING");
    let run = "exec first(runId) from clusterSync::getRuns()";
    source.run("sleep(1500)").expect("a while");
    assert_eq!(source.number("exec count(*) from clusterSync::getRuns() where status == \"RUNNING\""), 1);
    source.run(&format!("clusterSync::setRateLimit({run}, 0)")).expect("no limit");
    call.join().expect("the caller").expect("a sync");
    assert_eq!(target.number(COUNT), 60_000);
    let error = source.error(&format!("clusterSync::setRateLimit({run}, 20)"));
    assert!(error.contains("is not under way"), "{error}");
}
