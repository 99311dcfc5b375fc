//! `verifyRows` names the rows that differ, and no more than it is asked for.
use super::*;
use crate::plan::{Wanted, prepare};
use crate::plugin::online::rows::{VERIFY_ROWS, show};

fn shown(host: &mut FakeHost, target: &FakeNode, options: Datum) -> Batch {
    let args = [remote(), text("dfs://flights"), text("flights"), Datum::Void, options];
    let request = Request::parse("verifyRows", VERIFY_ROWS, &args).unwrap();
    let connect = || Ok(Box::new(target.clone()) as Box<dyn Cluster + Send>);
    let draft = prepare(host, &mut target.clone(), &flights(), &Wanted::default()).unwrap();
    let found = table_of(show(host, &draft, &request, &connect));
    let gauge = host.gauge.lock();
    assert_eq!((gauge.lent, gauge.foreign_drops), (0, 0), "what was lent is back");
    drop(gauge);
    found
}

/// A copy of four partitions of which one cell is changed, one partition's only row is missing, and
/// one row is doubled.
fn broken_copy() -> (FakeHost, FakeNode) {
    let (mut host, target) = two_tables();
    synced_with(&mut host, &target, None, dict(vec![("lanes", int(1))])).unwrap();
    let mut inner = target.lock();
    let rows = &mut inner.tables.get_mut(&("dfs://flights".to_owned(), "flights".to_owned())).unwrap().rows;
    rows.retain(|row| row[0] != b"B" || row[3] != 15_706i32.to_le_bytes());
    rows[0][1][0] ^= 1;
    let last = rows.last().unwrap().clone();
    rows.push(last);
    drop(inner);
    (host, target)
}

#[test]
fn missing_extra_and_changed_rows_are_shown_in_their_columns() {
    let (mut host, target) = broken_copy();
    let found = shown(&mut host, &target, Datum::Void);
    let names: Vec<&str> = found.columns.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[..3], ["partition", "status", "side"]);
    assert_eq!(found.column("distance").unwrap().ty, Type::Double);
    let mut kinds = texts(&found, "status");
    kinds.sort();
    assert_eq!(kinds, ["EXTRA", "EXTRA", "MISSING", "MISSING"]);
    assert_eq!(target.appends(), 8, "nothing was written");

    let keys = || Datum::Vector(Column::text(Type::String, ["date", "carrier", "delay"]));
    let found = shown(&mut host, &target, dict(vec![("keyColumns", keys())]));
    let mut kinds: Vec<_> = texts(&found, "status").into_iter().zip(texts(&found, "side")).collect();
    kinds.sort();
    let expected =
        [("DIFFERENT", "source"), ("DIFFERENT", "target"), ("EXTRA", "target"), ("MISSING", "source")];
    assert_eq!(kinds, expected.map(|(status, side)| (status.to_owned(), side.to_owned())));

    let first = shown(&mut host, &target, dict(vec![("keyColumns", keys()), ("rows", int(1))]));
    assert_eq!((first.rows, texts(&first, "status")), (1, texts(&found, "status")[..1].to_vec()));
    assert!(host.printed.last().unwrap().ends_with("1 rows that differ, and there are more"));
}

#[test]
fn equal_tables_have_no_rows_to_show_and_an_emptied_one_all() {
    let (mut host, target) = two_tables();
    assert_eq!(shown(&mut host, &target, Datum::Void).rows, 8, "the target is empty");
    synced(&mut host, &target, None).unwrap();
    assert_eq!(shown(&mut host, &target, Datum::Void).rows, 0);
    host.node.lock().tables.values_mut().for_each(|table| table.rows.clear());
    let found = shown(&mut host, &target, Datum::Void);
    assert_eq!(texts(&found, "status"), ["EXTRA"; 8]);
}

#[test]
fn what_rows_cost_is_told_by_the_last_run_of_their_table() {
    let (mut host, target) = two_tables();
    let dry = || dict(vec![("dryRun", int(1))]);
    let bytes = |plan: &Batch| plan.column("bytes").unwrap().integers().collect::<Vec<_>>();
    let plan = table_of(synced_with(&mut host, &target, None, dry()));
    assert_eq!(bytes(&plan), [None; 8], "no run has told");
    synced_with(&mut host, &target, Some("flights"), Datum::Void).unwrap();
    target.lock().tables.values_mut().for_each(|table| table.rows.clear());
    let plan = table_of(synced_with(&mut host, &target, Some("flights"), dry()));
    let row = 4 + 2 + 4 + 8;
    assert_eq!(bytes(&plan)[..2], [Some(row), Some(3 * row)]);
    assert!(host.printed.last().unwrap().contains("as the last run went"), "{:?}", host.printed.last());
}
