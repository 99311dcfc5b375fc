//! Incremental calls read what has changed, and nothing else.
use super::*;

/// Ten days with two partitions each.
fn ten_days() -> (FakeHost, FakeNode) {
    let table = flights_table(10);
    let empty = table.empty_in_order(&["date", "carrier", "delay", "distance"]);
    let node = |table| {
        let node = FakeNode::with(&flights(), table);
        node.lock().tells_chunks = true;
        node
    };
    (FakeHost::new(node(table)), node(empty))
}

fn incremental(mode: &str) -> Datum {
    dict(vec![("incremental", int(1)), ("mode", text(mode)), ("lanes", int(1))])
}

/// The partitions that were read on a node, as their conditions.
fn reads(node: &FakeNode) -> Vec<String> {
    let is_read = |line: &&String| line.starts_with("select ") && line.contains("partition(");
    let key = |line: &String| line.split_once("where ").map_or(String::new(), |(_, key)| key.to_owned());
    node.lock().log.iter().filter(is_read).map(key).collect()
}

fn change(node: &FakeNode, at: usize) {
    let mut inner = node.lock();
    let table = inner.tables.values_mut().next().unwrap();
    table.rows[at][2] = 4_711i32.to_le_bytes().to_vec();
}

fn run(host: &mut FakeHost, target: &FakeNode, options: Datum) -> Result<Batch> {
    host.node.lock().log.clear();
    target.lock().log.clear();
    synced_with(host, target, Some("flights"), options).map(|result| table_of(Ok(result)))
}

fn same(host: &FakeHost, target: &FakeNode) -> bool {
    let rows = |node: &FakeNode| node.sorted_rows(&flights(), &["date", "carrier", "delay", "distance"]);
    rows(&host.node) == rows(target)
}

#[test]
fn of_many_partitions_exactly_those_that_changed_are_read() {
    let (mut host, target) = ten_days();
    run(&mut host, &target, incremental("replace")).unwrap();
    assert!(same(&host, &target));
    let again = run(&mut host, &target, incremental("replace")).unwrap();
    assert_eq!((numbers(&again, "skipped"), reads(&host.node), reads(&target)), (vec![20], vec![], vec![]));
    assert!(host.node.lock().log.len() < 15, "{:?}", host.node.lock().log);
    for at in [0, 7, 39] {
        change(&host.node, at);
    }
    let third = run(&mut host, &target, incremental("replace")).unwrap();
    assert_eq!(numbers(&third, "copied"), [3]);
    let mut read = reads(&host.node);
    read.sort();
    read.dedup();
    assert_eq!(read.len(), 3, "{read:?}");
    assert!(same(&host, &target));
}

#[test]
fn what_the_target_lost_or_gained_is_read_though_the_source_did_not_change() {
    let (mut host, target) = ten_days();
    run(&mut host, &target, incremental("auto")).unwrap();
    let name = (flights().db, flights().table);
    target.lock().tables.get_mut(&name).unwrap().rows.remove(0);
    let again = run(&mut host, &target, incremental("replace")).unwrap();
    assert_eq!(numbers(&again, "copied"), [1]);
    assert!(same(&host, &target));
}

#[test]
fn nothing_is_remembered_of_a_run_that_failed_or_only_compared() {
    let (mut host, target) = ten_days();
    let target = target.failing(15, Fault::DieBefore);
    let once = dict(vec![("incremental", int(1)), ("retries", int(0)), ("lanes", int(1))]);
    run(&mut host, &target, once).unwrap_err();
    target.lock().faults.clear();
    run(&mut host, &target, incremental("auto")).unwrap();
    assert_eq!(reads(&host.node).len(), 20, "every partition is read");
    run(&mut host, &target, incremental("verifyOnly")).unwrap();
    assert_eq!(reads(&host.node).len(), 20, "verifying reads all");
}

#[test]
fn without_metadata_everything_is_read_and_said() {
    let (mut host, target) = ten_days();
    host.node.lock().tells_chunks = false;
    run(&mut host, &target, incremental("auto")).unwrap();
    let again = run(&mut host, &target, incremental("auto")).unwrap();
    assert_eq!((numbers(&again, "skipped"), reads(&host.node).len()), (vec![20], 20));
    assert!(host.printed.iter().any(|line| line.contains("so all of them are read")));
}

#[test]
fn metadata_that_does_not_add_up_is_not_believed() {
    let (mut host, target) = ten_days();
    let plan = dict(vec![("dryRun", int(1))]);
    let questions = |node: &FakeNode| node.lock().log.len();
    run(&mut host, &target, plan).unwrap();
    let few = questions(&host.node);
    // A partition that metadata call otherwise than we do.
    let mut inner = host.node.lock();
    inner.hides_chunks = 1;
    drop(inner);
    let plan = run(&mut host, &target, dict(vec![("dryRun", int(1))])).unwrap();
    assert!(questions(&host.node) > few);
    assert_eq!(numbers(&plan, "sourceRows").iter().sum::<i64>(), 40);
}

#[test]
fn incremental_goes_without_filter_and_append() {
    for (filter, mode) in [("delay = 3", "auto"), ("", "append")] {
        let args = [remote(), text("dfs://a"), Datum::Void, text(filter), incremental(mode)];
        let error = Request::parse("syncOnline", SYNC, &args).unwrap_err();
        assert!(error.message().starts_with("the option `incremental` goes without a filter"), "{error}");
    }
}
