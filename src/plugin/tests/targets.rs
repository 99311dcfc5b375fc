//! One call for several targets, each a node in memory.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::*;
use crate::cluster::Room;
use crate::journal::Begun;
use crate::plugin::online::targets::{Aim, spread};
use crate::plugin::runs::background;

const DAYS: i32 = 6;
const UNITS: usize = 2 * DAYS as usize;
const COLUMNS: [&str; 4] = ["carrier", "distance", "delay", "date"];
/// Nobody has to be waited for this long.
const LONG: Duration = Duration::from_secs(60);

/// A source, and how often each of its partitions was read.
struct Source {
    host: FakeHost,
    reads: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Source {
    fn new() -> Self {
        let mut host = FakeHost::new(FakeNode::with(&flights(), flights_table(DAYS)));
        let reads = Arc::<Mutex<BTreeMap<String, usize>>>::default();
        let seen = reads.clone();
        host.on_query = Some(Box::new(move |query| {
            if query.starts_with("select ") && query.contains("partition(") {
                *seen.lock().entry(query.to_owned()).or_default() += 1;
            }
        }));
        Source { host, reads }
    }

    /// Syncs to targets called B, C, ... that share a room.
    fn sync(&mut self, targets: &[&FakeNode], room: &Arc<Room>, options: Datum) -> Result<Datum> {
        let args = [remote(), text("dfs://flights"), text("flights"), Datum::Void, options];
        let request = Request { is_one_of_many: true, ..Request::parse("syncOnline", SYNC, &args)? };
        let aim = |letter: char| Aim {
            remote: text(&letter.to_string()),
            request: request.clone(),
            control: Arc::default(),
            label: format!("cluster `{letter}`"),
        };
        let aims: Vec<Aim> = ('B'..='Z').take(targets.len()).map(aim).collect();
        spread(&mut self.host, &aims, room, &|host, aim| {
            let at = aims.iter().position(|own| own.label == aim.label).expect("one of them");
            synced_at(host, &aim.request, targets[at], &aim.label)
        })
    }

    fn assert_equal(&self, target: &FakeNode) {
        let rows = |node: &FakeNode| node.sorted_rows(&flights(), &COLUMNS);
        assert_eq!(rows(&self.host.node), rows(target));
        assert_eq!(self.host.gauge.lock().lent, 0, "what was read is given back");
    }

    fn runs(&mut self) -> Vec<(String, String)> {
        let runs = table_of(history::get_runs(&mut self.host, &[]));
        let mut runs: Vec<_> = texts(&runs, "target").into_iter().zip(texts(&runs, "status")).collect();
        runs.sort();
        runs
    }
}

fn empty() -> FakeNode {
    FakeNode::with(&flights(), flights_table(DAYS).empty_in_order(&COLUMNS))
}

fn plain() -> Datum {
    dict(vec![("retries", int(0)), ("lanes", int(2))])
}

#[test]
fn every_partition_is_read_once_for_all_targets() {
    let mut source = Source::new();
    let pair = [empty(), empty()];
    table_of(source.sync(&[&pair[0], &pair[1]], &Room::new(1 << 20, LONG), plain()));
    assert!(source.reads.lock().values().eq(&[1; UNITS]));
    // Columns lie elsewhere in another order, which is no reason to read again.
    let other = flights_table(DAYS).empty_in_order(&["date", "delay", "carrier", "distance"]);
    let targets = [empty(), FakeNode::with(&flights(), other), empty()];
    let all: Vec<&FakeNode> = targets.iter().collect();
    let result = table_of(source.sync(&all, &Room::new(1 << 20, LONG), plain()));
    assert!(source.reads.lock().values().eq(&[2; UNITS]), "once more");
    targets.iter().chain(&pair).for_each(|target| source.assert_equal(target));
    assert_eq!(texts(&result, "target"), ["B", "C", "D"]);
    assert_eq!(texts(&result, "status"), ["OK"; 3]);
    assert_eq!(numbers(&result, "rows"), [4 * i64::from(DAYS); 3]);
    assert_eq!(numbers(&result, "verified"), [1; 3]);
    let mut runs = texts(&result, "runId");
    runs.dedup();
    assert_eq!(runs.len(), 3);
    let told =
        |line: &String| line.starts_with("cluster `C`: dfs://flights/flights to cluster `C`, mode auto");
    assert!(source.host.printed.iter().any(told), "{:?}", source.host.printed);
}

#[test]
fn a_target_that_lags_stops_nobody_and_ends_equal() {
    let (mut source, quick) = (Source::new(), [empty(), empty()]);
    let others = quick.clone();
    let in_time = Arc::new(Mutex::new(None));
    let waited = in_time.clone();
    let freeze = move || {
        let end = Instant::now() + LONG;
        let are_done = || others.iter().all(|other| other.appends() == UNITS);
        while !are_done() && Instant::now() < end {
            thread::yield_now();
        }
        waited.lock().get_or_insert_with(are_done);
    };
    let slow = empty().failing(0, Fault::Meet(Arc::new(freeze)));
    // Room for about two of the twelve partitions.
    let (room, one_lane) = (Room::new(100, LONG), dict(vec![("retries", int(0)), ("lanes", int(1))]));
    table_of(source.sync(&[&quick[0], &slow, &quick[1]], &room, one_lane));
    assert_eq!(*in_time.lock(), Some(true), "the others were held up");
    [&quick[0], &quick[1], &slow].into_iter().for_each(|target| source.assert_equal(target));
    let reads: usize = source.reads.lock().values().sum();
    assert!((UNITS + 1..=2 * UNITS).contains(&reads), "{reads}");
}

#[test]
fn a_target_that_fails_is_named_and_finished_alone() {
    let (mut source, good) = (Source::new(), [empty(), empty()]);
    let bad = empty().failing(3, Fault::DieBefore);
    let room = || Room::new(1 << 20, LONG);
    let error = source.sync(&[&good[0], &bad, &good[1]], &room(), plain()).unwrap_err();
    good.iter().for_each(|target| source.assert_equal(target));
    let message = error.message();
    assert!(message.starts_with("1 of 3 targets failed: cluster `C`: run 20"), "{message}");
    assert!(message.contains("the line broke, and cluster `B` is complete (run 20"), "{message}");
    assert!(error.advice().starts_with("repeat the call for this target alone, or call"), "{error}");
    let status = |name: &str, status: &str| (format!("cluster `{name}`"), status.to_owned());
    assert_eq!(source.runs(), [status("B", "OK"), status("C", "FAILED"), status("D", "OK")]);
    bad.lock().faults.clear();
    let again = table_of(source.sync(&[&good[0], &bad, &good[1]], &room(), plain()));
    assert!(numbers(&again, "copied")[1] > 0 && numbers(&again, "copied")[0] == 0);
    source.assert_equal(&bad);
}

#[test]
fn a_target_that_another_run_has_is_skipped_alone() {
    let (mut source, targets) = (Source::new(), [empty(), empty()]);
    let begun = Begun {
        run: "other".into(),
        target: "cluster `C`".into(),
        db: flights().db,
        mode: "auto".into(),
        ..Begun::default()
    };
    let other = caller::runs(&mut source.host).unwrap().begin(begun).unwrap();
    let room = Room::new(1 << 20, Duration::ZERO);
    let result = table_of(source.sync(&[&targets[0], &targets[1]], &room, plain()));
    assert_eq!(texts(&result, "status"), ["OK", "SKIPPED"]);
    assert_eq!(numbers(&result, "verified"), [1, 0]);
    source.assert_equal(&targets[0]);
    assert_eq!(targets[1].appends(), 0);
    let bad = targets[0].clone().failing(UNITS, Fault::DieBefore);
    bad.lock().tables.values_mut().for_each(|table| table.rows.clear());
    let error = source.sync(&[&bad, &targets[1]], &room, plain()).unwrap_err();
    assert!(error.message().contains("and cluster `C` was left to another run (run 20"), "{error}");
    drop(other);
}

#[test]
fn a_cancelled_call_ends_every_target() {
    let (mut source, targets) = (Source::new(), [empty(), empty()]);
    source.host.cancel_after = 0;
    let error = source.sync(&[&targets[0], &targets[1]], &Room::new(1, LONG), plain()).unwrap_err();
    assert_eq!(error.kind(), Kind::Cancelled);
    assert!(error.message().starts_with("2 of 2 targets failed: cluster `B`: "), "{error}");
    assert!(error.advice().contains("for cluster `B`: "), "{error}");
}

#[test]
fn a_defect_at_one_target_is_its_own_failure() {
    let (mut source, target) = (Source::new(), empty());
    let bad = empty().failing(0, Fault::Panic);
    let error = source.sync(&[&bad, &target], &Room::new(1 << 20, LONG), plain()).unwrap_err();
    assert!(error.message().starts_with("1 of 2 targets failed: cluster `B`: "), "{error}");
    source.assert_equal(&target);
}

#[test]
fn targets_are_different_clusters_and_at_least_one() {
    let db = || text("dfs://flights");
    let two = || Datum::Tuple(vec![remote(), remote_with("host", text("LocalHost"))]);
    let pull = dict(vec![("direction", text("pull"))]);
    for (expected, args) in [
        ("remote names no cluster", vec![Datum::Tuple(Vec::new()), db()]),
        ("127.0.0.1:1 and LocalHost:1 are one cluster, at 127.0.0.1:1", vec![two(), db()]),
        (
            "the direction `pull` takes one cluster: rows of several would come into the same tables",
            vec![two(), db(), Datum::Void, Datum::Void, pull],
        ),
        ("remote must be a dictionary or a cluster's name", vec![Datum::Tuple(vec![remote(), int(1)]), db()]),
        (
            "the option `background` needs the name of a cluster: a job's text, which the server keeps, must \
             not have a password in it",
            vec![two(), db(), Datum::Void, Datum::Void, dict(vec![("background", int(1))])],
        ),
    ] {
        let error = failure(&args);
        assert_eq!((error.kind(), error.message()), (Kind::Argument, expected));
    }
}

#[test]
fn a_job_that_works_for_another_target_goes_on_without_the_run_that_is_given_up() {
    let mut host = FakeHost::new(FakeNode::default());
    let runs = caller::runs(&mut host).unwrap();
    let begun = |run: &str, target: &str| Begun {
        run: run.into(),
        user: "admin".into(),
        db: "dfs://db".into(),
        target: target.into(),
        ..Begun::default()
    };
    runs.queue(begun("one", "cluster `B`"), "one").unwrap();
    runs.queue(begun("two", "cluster `C`"), "one").unwrap();
    let journal = runs.begin(begun("one", "cluster `B`")).unwrap();
    let asked =
        |host: &FakeHost| host.node.lock().log.iter().filter(|line| line.starts_with("cancelJob")).count();
    assert!(background::cancel(&mut host, &runs, &runs.find("two").unwrap(), "one").unwrap());
    assert_eq!((runs.is_queued("two"), asked(&host), runs.is_live("one")), (false, 0, true));
    drop(journal);
}

#[test]
fn a_job_of_several_runs_is_given_up_with_the_last_of_them() {
    let mut host = FakeHost::new(FakeNode::default());
    let runs = caller::runs(&mut host).unwrap();
    for (run, target) in [("one", "cluster `B`"), ("two", "cluster `C`")] {
        let begun =
            Begun { run: run.into(), user: "admin".into(), target: target.into(), ..Begun::default() };
        runs.queue(begun, "one").unwrap();
    }
    let asked =
        |host: &FakeHost| host.node.lock().log.iter().filter(|line| line.starts_with("cancelJob")).count();
    for (run, calls) in [("one", 0), ("two", 1)] {
        assert!(background::cancel(&mut host, &runs, &runs.find(run).unwrap(), "one").unwrap());
        assert_eq!((runs.is_queued(run), asked(&host)), (false, calls));
    }
}
