//! Following tables, round by round, without a clock.
use std::time::Duration;

use super::*;
use crate::model::TableName;
use crate::plugin::follow::get_follows;
use crate::plugin::follow::options::Wish;
use crate::plugin::follow::round::Follower;

const TABLES: [&str; 3] = ["flights", "planes", "weather"];
const ORDER: [&str; 4] = ["date", "carrier", "delay", "distance"];

fn name(table: &str) -> TableName {
    TableName::new("dfs://flights", table)
}

fn node(table: &FakeTable) -> FakeNode {
    let node = FakeNode::default();
    node.lock().tells_chunks = true;
    TABLES.iter().for_each(|name| put(&node, name, table.clone()));
    node
}

fn put(node: &FakeNode, table: &str, content: FakeTable) {
    node.lock().tables.insert(("dfs://flights".into(), table.into()), content);
}

fn rows_of(node: &FakeNode, table: &str, change: impl FnOnce(&mut Vec<Row>)) {
    change(&mut node.lock().tables.get_mut(&("dfs://flights".into(), table.into())).expect(table).rows);
}

fn pair(days: i32) -> (FakeHost, FakeNode) {
    let table = flights_table(days);
    (FakeHost::new(node(&table)), node(&table.empty_in_order(&["carrier", "distance", "delay", "date"])))
}

fn wish(tables: Datum, options: Vec<(&str, Datum)>) -> Wish {
    let mut all = vec![("retries", int(0)), ("lease", int(0))];
    all.extend(options);
    let wish = Wish::parse(&[text("B"), text("dfs://flights"), tables, dict(all)], None).unwrap();
    Wish { period: Duration::ZERO, ..wish }
}

/// Some rounds of one call; every call goes on where the one before was.
fn rounds(host: &mut FakeHost, target: &FakeNode, wish: &Wish, count: usize) {
    let connect = || Ok(Box::new(target.clone()) as Box<dyn Cluster + Send>);
    let again = target.clone();
    let site = Site {
        target: "fake:8848".into(),
        destination: "fake:8848".into(),
        remote: Some("B".into()),
        user: "admin".into(),
        runs: caller::runs(host).unwrap(),
        hasty: Box::new(move || Ok(Box::new(again.clone()) as Box<dyn Cluster + Send>)),
        memory: caller::memory(host).unwrap(),
        control: Arc::default(),
        reading: Arc::default(),
    };
    let (remote, at) = (text("B"), ("fake:8848", vec!["fake:8848".to_owned()]));
    let mut follower = Follower::new(host, &remote, wish, at, "20240101-000000-00f001").unwrap();
    for _ in 0..count {
        let due = follower.due(host).unwrap();
        follower.look(host, &site, &connect, &due);
    }
}

fn follows(host: &mut FakeHost) -> Batch {
    table_of(get_follows(host, &[]))
}

fn is_same(host: &FakeHost, target: &FakeNode, table: &str) -> bool {
    host.node.sorted_rows(&name(table), &ORDER) == target.sorted_rows(&name(table), &ORDER)
}

fn journals(host: &mut FakeHost) -> usize {
    table_of(history::get_runs(host, &[])).rows
}

#[test]
fn rounds_without_changes_leave_no_journal_and_ask_little() {
    let (mut host, target) = pair(3);
    let all = wish(Datum::Void, vec![]);
    rounds(&mut host, &target, &all, 1);
    assert!(TABLES.iter().all(|table| is_same(&host, &target, table)));
    assert_eq!(journals(&mut host), 3);
    let before = numbers(&follows(&mut host), "replicatedThrough");
    host.node.lock().log.clear();
    std::thread::sleep(Duration::from_millis(2));
    rounds(&mut host, &target, &all, 20);
    assert_eq!(journals(&mut host), 3);
    assert!(
        !host.node.lock().log.iter().any(|line| line.starts_with("select ") && line.contains("partition("))
    );
    let after = follows(&mut host);
    assert_eq!((numbers(&after, "rounds"), numbers(&after, "changes")), (vec![21; 3], vec![1; 3]));
    assert!(numbers(&after, "replicatedThrough").iter().zip(&before).all(|(after, before)| after > before));
    assert_eq!(texts(&after, "status"), ["STOPPED"; 3], "nobody holds its journal");
}

#[test]
fn what_changes_at_the_source_gives_way_at_the_target_and_few_journals_stay() {
    let (mut host, target) = pair(3);
    let all = wish(text("flights"), vec![]);
    for delay in 0..40 {
        rows_of(&host.node, "flights", |rows| rows[1][2] = (1_000i32 + delay).to_le_bytes().to_vec());
        rounds(&mut host, &target, &all, 1);
        assert!(
            is_same(&host, &target, "flights"),
            "{delay}: {:?} {:?}",
            texts(&follows(&mut host), "message"),
            host.printed
        );
    }
    let one_call = wish(text("weather"), vec![]);
    for _ in 0..2 {
        rounds(&mut host, &target, &one_call, 1);
    }
    assert!(!is_same(&host, &target, "planes"), "nobody asked for it");
    assert_eq!(numbers(&follows(&mut host), "changes"), [40, 1]);
}

/// A row that nobody has synced, its columns in the target's order.
fn stranger(rows: &mut Vec<Row>) {
    let mut row = flight(0, "A", 7, 7.0);
    row.swap(0, 1);
    row.swap(1, 3);
    rows.push(row);
}

#[test]
fn who_wants_to_know_is_told_once_of_each_lag_and_of_its_end() {
    let (mut host, target) = pair(2);
    rows_of(&target, "planes", stranger);
    let told = |host: &FakeHost| -> Vec<&str> {
        let log = &host.node.lock().log;
        let of_lag = log.iter().filter(|line| line.contains("seen") && line.contains("\"lag\""));
        of_lag.map(|line| if line.contains("FAILING") { "behind" } else { "back" }).collect()
    };
    rounds(&mut host, &target, &wish(Datum::Void, vec![("notify", text("seen"))]), 3);
    assert_eq!(told(&host), ["behind"]);
    let replacing = vec![("notify", text("seen")), ("mode", text("replace"))];
    rounds(&mut host, &target, &wish(Datum::Void, replacing), 3);
    assert_eq!(told(&host), ["behind", "back"]);
}

#[test]
fn rows_of_others_at_the_target_survive_until_the_caller_says_that_they_give_way() {
    let (mut host, target) = pair(2);
    rows_of(&target, "planes", stranger);
    let before = target.sorted_rows(&name("planes"), &ORDER);
    assert_eq!(before.len(), 1);
    rounds(&mut host, &target, &wish(Datum::Void, vec![]), 3);
    assert_eq!(target.sorted_rows(&name("planes"), &ORDER), before);
    assert!(is_same(&host, &target, "flights") && is_same(&host, &target, "weather"));
    let told = follows(&mut host);
    assert_eq!(numbers(&told, "failures"), [0, 3, 0]);
    assert!(texts(&told, "message")[1].contains("is not empty: 1 rows"), "{told:?}");
    assert_eq!(host.printed.iter().filter(|line| line.contains("is behind")).count(), 1, "said once");
    rounds(&mut host, &target, &wish(Datum::Void, vec![("mode", text("replace"))]), 1);
    assert!(is_same(&host, &target, "planes"));
    assert_eq!(texts(&follows(&mut host), "message"), [""; 3]);
}

#[test]
fn a_table_without_a_target_or_that_is_dropped_stops_no_other() {
    let (mut host, target) = pair(2);
    target.lock().tables.remove(&("dfs://flights".into(), "flights".into()));
    let all = wish(Datum::Vector(Column::text(Type::String, TABLES)), vec![]);
    rounds(&mut host, &target, &all, 1);
    host.node.lock().tables.remove(&("dfs://flights".into(), "weather".into()));
    rows_of(&host.node, "planes", |rows| drop(rows.remove(0)));
    rounds(&mut host, &target, &all, 1);
    assert!(is_same(&host, &target, "planes"));
    assert_eq!(numbers(&follows(&mut host), "failures"), [1, 0, 1]);
    put(&host.node, "weather", flights_table(2));
    put(&target, "flights", flights_table(2).empty_in_order(&ORDER));
    rounds(&mut host, &target, &all, 1);
    assert_eq!(numbers(&follows(&mut host), "failures"), [0; 3]);
    assert!(TABLES.iter().all(|table| is_same(&host, &target, table)));
}

#[test]
fn a_broken_line_is_met_once_and_says_the_same_of_every_table() {
    let (mut host, target) = pair(2);
    target.lock().faults.push((None, Fault::DieBefore));
    rounds(&mut host, &target, &wish(Datum::Void, vec![]), 1);
    assert_eq!((numbers(&follows(&mut host), "failures"), journals(&mut host)), (vec![1; 3], 1));
    target.lock().faults.clear();
    rounds(&mut host, &target, &wish(Datum::Void, vec![]), 1);
    assert!(TABLES.iter().all(|table| is_same(&host, &target, table)));
    assert!(host.printed.iter().any(|line| line.contains("is followed again")), "{:?}", host.printed);
}

#[test]
fn what_the_source_no_longer_has_stays_unless_a_mirror_is_asked_for() {
    let (mut host, target) = pair(2);
    let (kept, mirrored) = (wish(text("flights"), vec![]), vec![("mirror", int(1)), ("maxDelete", int(60))]);
    rounds(&mut host, &target, &kept, 1);
    let day = flight(1, "A", 0, 0.0).swap_remove(0);
    rows_of(&host.node, "flights", |rows| rows.retain(|row| row[0] != day));
    rows_of(&host.node, "flights", |rows| rows[0][2] = 9i32.to_le_bytes().to_vec());
    rounds(&mut host, &target, &kept, 2);
    assert_eq!(numbers(&follows(&mut host), "failures"), [0], "{:?}", host.printed);
    assert_eq!(target.sorted_rows(&name("flights"), &ORDER).len(), 8);
    let few = wish(text("flights"), vec![("mirror", int(1))]);
    rounds(&mut host, &target, &few, 1);
    assert_eq!(target.sorted_rows(&name("flights"), &ORDER).len(), 8, "more than five percent");
    assert!(
        texts(&follows(&mut host), "message")[0].contains("%")
            || numbers(&follows(&mut host), "failures") == [1]
    );
    rounds(&mut host, &target, &wish(text("flights"), mirrored), 1);
    assert!(is_same(&host, &target, "flights"));
}

#[test]
fn what_the_target_loses_is_put_back() {
    let (mut host, target) = pair(2);
    let all = wish(text("flights"), vec![]);
    rounds(&mut host, &target, &all, 1);
    rows_of(&target, "flights", |rows| drop(rows.remove(3)));
    rounds(&mut host, &target, &all, 1);
    assert!(is_same(&host, &target, "flights"));
    rows_of(&target, "flights", Vec::clear);
    rounds(&mut host, &target, &all, 1);
    assert!(is_same(&host, &target, "flights"));
}

/// Random changes, faults, killed runs and new calls; once the writes stop, both sides are equal, and
/// no table said that it had caught up when it had not.
#[test]
fn whatever_happens_meanwhile_the_tables_converge() {
    for seed in 0..6u64 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut below = move |limit: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % limit
        };
        let (mut host, target) = pair(4);
        let deletes = below(2) == 0;
        let all = match deletes {
            true => wish(Datum::Void, vec![("mirror", int(1)), ("maxDelete", int(100)), ("lanes", int(1))]),
            false => wish(Datum::Void, vec![("lanes", int(2))]),
        };
        for _ in 0..15 {
            let table = TABLES[below(3) as usize];
            let (day, delay) = (below(4) as i32, below(1_000) as i32);
            match below(4) {
                0 => rows_of(&host.node, table, |rows| rows.push(flight(day, "A", delay, 1.5))),
                1 => rows_of(&host.node, table, |rows| {
                    let at = below(rows.len().max(1) as u64) as usize;
                    rows.iter_mut().skip(at).take(1).for_each(|row| row[2] = delay.to_le_bytes().to_vec());
                }),
                2 if deletes => rows_of(&host.node, table, |rows| {
                    let gone = flight(day, "A", 0, 0.0).swap_remove(0);
                    rows.retain(|row| row[0] != gone);
                }),
                _ => {}
            }
            target.lock().faults.clear();
            let fault = match below(8) {
                0 => Some(Fault::DieBefore),
                1 => Some(Fault::DieAfter),
                2 => Some(Fault::Busy),
                3 => Some(Fault::Silent),
                4 => Some(Fault::ReportFewer),
                _ => None,
            };
            let at = target.appends() + below(4) as usize;
            target.lock().faults.extend(fault.map(|fault| (Some(at), fault)));
            rounds(&mut host, &target, &all, 1 + below(2) as usize);
            let told = follows(&mut host);
            for ((table, failures), through) in texts(&told, "tableName")
                .iter()
                .zip(numbers(&told, "failures"))
                .zip(numbers(&told, "replicatedThrough"))
            {
                let is_through = failures == 0 && through > 0;
                assert!(
                    !is_through || is_same(&host, &target, table),
                    "seed {seed}: {table} said it was through"
                );
            }
        }
        target.lock().faults.clear();
        rounds(&mut host, &target, &all, 2);
        for table in TABLES {
            assert!(
                is_same(&host, &target, table),
                "seed {seed}: {table}: {:?}",
                texts(&follows(&mut host), "message")
            );
        }
    }
}

#[test]
fn wishes_that_make_no_sense_are_refused() {
    let parse = |tables: Datum, options: Datum| {
        let outcome = Wish::parse(&[text("B"), text("dfs://flights"), tables, options], None);
        outcome.map(drop).unwrap_err().to_string()
    };
    for (options, why) in [
        (vec![("dryRun", int(1))], "use planSync or verify"),
        (vec![("mode", text("verifyOnly"))], "use planSync or verify"),
        (vec![("mode", text("append"))], "needs the option `column`"),
        (vec![("period", int(0))], "`period` must be a whole number of seconds from 1"),
        (vec![("perid", int(1))], "the nearest is `period`"),
        (vec![("repair", int(1))], "belongs to clusterSync::verify"),
    ] {
        let message = parse(Datum::Void, dict(options));
        assert!(message.contains(why), "{message}");
    }
    assert!(parse(int(3), Datum::Void).contains("tables must be a string or a vector"));
    let args = [text("B"), text("dfs://a"), Datum::Void, Datum::Void, dict(vec![("period", int(5))])];
    let error = Request::parse("syncOnline", SYNC, &args).unwrap_err();
    assert!(error.message().contains("belongs to clusterSync::follow"));
}
