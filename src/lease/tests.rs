//! Of all who ask, one has the right, whatever they do at the same moment and whoever dies.
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::ledger::{self, Claim};
use super::*;
use crate::cluster::Cluster;
use crate::data::{Batch, Column, Datum, Type};
use crate::error::{Error, Kind, Result};
use crate::model::TableName;
use crate::testing::{FakeNode, flights};

const LONG: Terms = Terms { length: Duration::from_secs(3600) };
const HOUR: i64 = 3_600_000;

/// What happens before a target answers a question.
type Hook = Box<dyn FnMut(&str) -> Result<()> + Send>;

/// A target whose clock tests set, and that does something of theirs in between.
struct Target {
    node: FakeNode,
    clock: Arc<AtomicI64>,
    hook: Hook,
}

impl Target {
    fn new() -> Self {
        let clock = Arc::new(AtomicI64::new(1_000_000));
        Target { node: FakeNode::default(), clock, hook: Box::new(|_| Ok(())) }
    }

    /// Another connection.
    fn again(&self) -> Self {
        Target { node: self.node.clone(), clock: self.clock.clone(), hook: Box::new(|_| Ok(())) }
    }

    fn doing(self, hook: impl FnMut(&str) -> Result<()> + Send + 'static) -> Self {
        Target { hook: Box::new(hook), ..self }
    }

    fn pass(&self, milliseconds: i64) {
        self.clock.fetch_add(milliseconds, Ordering::SeqCst);
    }

    fn runs(&self) -> Vec<String> {
        ledger::claims(&mut self.again()).unwrap().into_iter().map(|claim| claim.run).collect()
    }
}

impl Cluster for Target {
    fn label(&self) -> &str {
        "fake:8848"
    }

    fn query(&mut self, script: &str) -> Result<Datum> {
        (self.hook)(script)?;
        match script {
            "now()" => {
                let now = self.clock.load(Ordering::SeqCst);
                Ok(Datum::Scalar(Column::fixed(Type::Timestamp, now.to_le_bytes())))
            }
            _ => self.node.query(script),
        }
    }

    fn append(&mut self, table: &TableName, rows: &Batch) -> Result<u64> {
        (self.hook)("append")?;
        self.node.append(table, rows)
    }
}

fn taken(target: &mut Target, run: &str) -> Result<Lease> {
    taken_knowing(target, run, &|_| false)
}

fn taken_knowing(target: &mut Target, run: &str, is_dead: &dyn Fn(&str) -> bool) -> Result<Lease> {
    let tables = [flights()];
    take(target, &Ask { is_dead, ..ask(&tables, run) }, &mut |_| Ok(()))
}

fn ask<'a>(tables: &'a [TableName], run: &'a str) -> Ask<'a> {
    let (holder, terms, patience) = ("admin on A", LONG, Duration::ZERO);
    Ask { tables, run, holder, terms, patience, is_dead: &|_| false, outlived: None }
}

#[test]
fn the_second_is_refused_and_told_who_has_it_until_it_is_given_back() {
    let mut target = Target::new();
    let first = taken(&mut target, "one").unwrap();
    first.permit().unwrap();
    let error = taken(&mut target, "two").err().unwrap();
    assert_eq!(error.kind(), Kind::Overlap);
    let expected = "dfs://flights/flights at fake:8848 is in the hands of run one of admin on A since \
                    1970.01.01 00:16:40, until 1970.01.01 01:16:40 at least";
    assert!(error.message().starts_with(expected), "{error}");
    assert_eq!(target.runs(), ["one"]);
    first.release(&mut target).unwrap();
    taken(&mut target, "two").unwrap();
    assert_eq!(target.runs(), ["two"]);
}

#[test]
fn other_tables_are_in_nobodys_way() {
    let mut target = Target::new();
    let _first = taken(&mut target, "one").unwrap();
    let tables = [TableName::new("dfs://flights", "weather")];
    take(&mut target, &ask(&tables, "two"), &mut |_| Ok(())).unwrap();
    assert_eq!(target.runs().len(), 2);
}

#[test]
fn whoever_claims_between_our_look_and_our_claim_is_seen() {
    for place in ["append", "select after the append"] {
        let target = Target::new();
        let mut other = target.again();
        taken(&mut other, "warm").unwrap().release(&mut other).unwrap();
        let (appended, met) = (RefCell::new(0), Arc::new(AtomicUsize::new(0)));
        let counted = met.clone();
        let mut first = target.again().doing(move |script| {
            *appended.borrow_mut() += usize::from(script == "append");
            let due = match place {
                "append" => script == "append",
                _ => script.starts_with("select") && *appended.borrow() > 0,
            };
            if due && counted.fetch_add(1, Ordering::SeqCst) == 0 {
                // Somebody claims and dies before it looks again.
                let now = ledger::clock(&mut other)?;
                ledger::add(&mut other, &[claim("two", now + HOUR)])?;
            }
            Ok(())
        });
        let error = taken(&mut first, "one").err().unwrap();
        assert!(error.message().contains("run two"), "{error}");
        assert!(met.load(Ordering::SeqCst) > 0);
        assert_eq!(target.runs(), ["two"], "{place}: the claim of the first is withdrawn");
    }
}

fn claim(run: &str, expires: i64) -> Claim {
    Claim { table: flights(), run: run.into(), holder: String::new(), since: 0, expires, beat: 0 }
}

#[test]
fn of_many_at_once_one_has_it_and_all_get_it_in_turn() {
    let target = Target::new();
    let (inside, worst) = (AtomicUsize::new(0), Mutex::new(0));
    thread::scope(|scope| {
        for number in 0..6 {
            let (mut target, inside, worst) = (target.again(), &inside, &worst);
            scope.spawn(move || {
                let (tables, run) = ([flights()], format!("run{number}"));
                let ask = Ask { patience: Duration::from_secs(60), ..ask(&tables, &run) };
                let pause = &mut |time: Duration| {
                    thread::sleep(time / 50);
                    Ok(())
                };
                for _ in 0..4 {
                    let lease = take(&mut target, &ask, pause).unwrap();
                    let others = inside.fetch_add(1, Ordering::SeqCst);
                    thread::yield_now();
                    let mut worst = worst.lock();
                    *worst = others.max(*worst);
                    drop(worst);
                    inside.fetch_sub(1, Ordering::SeqCst);
                    lease.release(&mut target).unwrap();
                }
            });
        }
    });
    assert_eq!(*worst.lock(), 0, "two had the right at the same time");
}

#[test]
fn what_ran_out_is_taken_over_after_the_grace_and_the_late_holder_has_lost_it() {
    let mut target = Target::new();
    let first = taken(&mut target, "one").unwrap();
    target.pass(HOUR + HOUR / 4 - 1);
    assert!(taken(&mut target, "two").is_err(), "clocks of the target's nodes may differ");
    target.pass(1);
    let second = taken(&mut target, "two").unwrap();
    assert_eq!(target.runs(), ["two"], "what ran out is swept away");
    first.prolong(&mut target).unwrap_err();
    let error = first.permit().unwrap_err();
    assert_eq!(error.kind(), Kind::Refused);
    assert!(error.message().contains("ran out before it was prolonged"), "{error}");
    second.prolong(&mut target).unwrap();
    second.permit().unwrap();
}

#[test]
fn a_holder_that_comes_too_late_has_lost_it_though_nobody_has_taken_it() {
    for slow in ["now()", "append"] {
        let mut target = Target::new();
        let lease = taken(&mut target, "one").unwrap();
        let clock = target.clock.clone();
        let mut late = target.again().doing(move |script| {
            if script == slow {
                clock.fetch_add(HOUR, Ordering::SeqCst);
            }
            Ok(())
        });
        lease.prolong(&mut late).unwrap_err();
        lease.permit().unwrap_err();
    }
}

#[test]
fn what_ran_out_is_taken_again_unless_somebody_has_had_it_since() {
    let retake = |target: &mut Target, lease: &Lease| {
        take(target, &Ask { outlived: Some(lease), ..ask(&[flights()], "one") }, &mut |_| Ok(()))
    };
    for place in ["before", "now()", "append"] {
        let mut target = Target::new();
        let first = taken(&mut target, "one").unwrap();
        target.pass(HOUR);
        first.prolong(&mut target).unwrap_err();
        let second = retake(&mut target, &first).unwrap();
        second.prolong(&mut target).unwrap();
        target.pass(2 * HOUR);
        let mut other = target.again();
        let mut come_and_go = Some(move || {
            taken(&mut other, "two")?.release(&mut other)?;
            // A sign of life of the first that was held up on its way.
            ledger::add(&mut other, &[claim("one", 0)])
        });
        let mut late = target.again().doing(move |script| {
            let is_due = place == "before" || script == place;
            is_due.then(|| come_and_go.take()).flatten().map_or(Ok(()), |mut visit| visit())
        });
        let error = retake(&mut late, &second).err().unwrap();
        assert_eq!(error.kind(), Kind::Refused, "{place}: {error}");
        assert!(target.runs().is_empty(), "{place}: its claim is withdrawn");
    }
}

#[test]
fn a_holder_that_lives_keeps_it_for_as_long_as_it_likes() {
    let mut target = Target::new();
    let lease = taken(&mut target, "one").unwrap();
    for _ in 0..10 {
        target.pass(HOUR - 1);
        lease.prolong(&mut target).unwrap();
        assert!(taken(&mut target, "two").is_err());
        assert_eq!(target.runs(), ["one"]);
    }
    lease.permit().unwrap();
}

#[test]
fn a_clock_that_jumps_ends_the_right_of_the_holder_it_took_it_from() {
    let mut target = Target::new();
    let first = taken(&mut target, "one").unwrap();
    target.pass(100 * HOUR);
    let _second = taken(&mut target, "two").unwrap();
    first.prolong(&mut target).unwrap_err();
    first.permit().unwrap_err();
    target.pass(-200 * HOUR);
    assert!(taken(&mut target, "three").is_err());
}

#[test]
fn nothing_is_permitted_when_no_sign_of_life_came_through_for_too_long() {
    let mut target = Target::new();
    taken(&mut target, "one").unwrap();
    let asked = Instant::now().checked_sub(LONG.length - LONG.length / 4).unwrap();
    let lease = Lease::new(vec![claim("one", 1_000_000 + HOUR)], LONG, asked);
    let error = lease.permit().unwrap_err();
    assert!(error.message().contains("could not be prolonged in time"), "{error}");
    lease.prolong(&mut target).unwrap();
    lease.permit().unwrap();
}

#[test]
fn a_run_that_is_known_to_be_dead_is_not_waited_for() {
    let mut target = Target::new();
    taken(&mut target, "dead").unwrap();
    assert!(taken_knowing(&mut target, "one", &|run| run == "other").is_err());
    taken_knowing(&mut target, "one", &|run| run == "dead").unwrap();
    assert_eq!(target.runs(), ["one"]);
}

#[test]
fn a_ledger_that_somebody_writes_to_is_tried_again() {
    let target = Target::new();
    let busy = Arc::new(AtomicUsize::new(0));
    let count = busy.clone();
    let mut target = target.doing(move |script| match script {
        "append" if count.fetch_add(1, Ordering::SeqCst) < 7 => {
            Err(Error::new(Kind::Busy, "<ChunkInTransaction>it is locked"))
        }
        _ => Ok(()),
    });
    taken(&mut target, "one").unwrap();
    assert_eq!(busy.load(Ordering::SeqCst), 8);
}

#[test]
fn a_user_who_may_not_make_the_ledger_is_told_what_to_do() {
    let mut target = Target::new().doing(|script| match script.starts_with("typestr(database") {
        true => Err(Error::new(Kind::Login, "<NoPrivilege>Not granted to create a database")),
        false => Ok(()),
    });
    let error = taken(&mut target, "one").err().unwrap();
    assert_eq!(error.kind(), Kind::Login);
    let text = error.to_string();
    assert!(text.contains("<NoPrivilege>") && text.contains("give the option `lease` as 0"), "{text}");
    assert!(
        text.contains("run `createTable(database(\"dfs://clusterSync\", VALUE, 1..2), table(1:0,"),
        "{text}"
    );
}

#[test]
fn the_keeper_prolongs_until_it_is_told_to_stop() {
    let target = Target::new();
    let terms = Terms { length: Duration::from_millis(300) };
    let lease = Lease::new(vec![claim("one", 1_300_000)], terms, Instant::now());
    let seen = Arc::new(AtomicUsize::new(0));
    ledger::prepare(&mut target.again()).unwrap();
    let (node, clock) = (target.node, target.clock);
    thread::scope(|scope| {
        let connect = || {
            let (node, clock, counted) = (node.clone(), clock.clone(), seen.clone());
            let hook = move |script: &str| {
                counted.fetch_add(usize::from(script == "append"), Ordering::SeqCst);
                Ok(())
            };
            Ok(Box::new(Target { node, clock, hook: Box::new(hook) }) as Box<dyn Cluster + Send>)
        };
        let lease = &lease;
        scope.spawn(move || lease.keep(&connect));
        while seen.load(Ordering::SeqCst) < 3 {
            thread::yield_now();
        }
        lease.permit().unwrap();
        lease.end();
    });
}
