//! One unit at the target, and everything that can happen to it there.
use super::*;
use crate::cluster::{describe, units};
use crate::data::Type;
use crate::model::{Scheme, Unit};
use crate::testing::{FakeNode, FakeTable, Fault, flight, flights, flights_table, ints};

const ORDER: [&str; 4] = ["distance", "date", "carrier", "delay"];

/// The rows of the second partition of the source, in the order of the target, and the partition.
fn parcel() -> (Batch, Unit) {
    let mut source = FakeNode::with(&flights(), flights_table(1));
    let schema = describe(&mut source, &flights()).unwrap();
    let names: Vec<String> = schema.columns.iter().map(|column| column.name.clone()).collect();
    let unit = units(&schema).unwrap().remove(1);
    let rows = read(&mut source, Rows::of(&flights()).within(&unit), &names).unwrap();
    assert_eq!((unit.to_string().as_str(), rows.rows), ("/20130101/Key1", 3));
    (in_order(&rows, &ORDER.map(String::from)).unwrap(), unit)
}

fn empty() -> FakeTable {
    flights_table(1).empty_in_order(&ORDER)
}

fn target() -> FakeNode {
    FakeNode::with(&flights(), empty())
}

fn appended(target: &FakeNode) -> Result<Fingerprint> {
    let (rows, unit) = parcel();
    let table = flights();
    let there = Rows::of(&table).within(&unit);
    append(&mut target.clone(), there, &rows)?;
    look(&mut target.clone(), there, &ORDER.map(String::from))
}

#[test]
fn rows_arrive_in_the_columns_of_their_names() {
    let target = target();
    assert_eq!(appended(&target).unwrap(), fingerprint(&parcel().0));
    let names = ["date", "carrier", "delay", "distance"];
    let rows = target.sorted_rows(&flights(), &names);
    assert_eq!(rows.len(), 3);
    for row in [flight(0, "A", i32::MIN, f64::from(i32::MIN) + 0.5), flight(0, "A", 50, 50.5)] {
        assert!(rows.contains(&row));
    }
}

#[test]
fn a_look_at_an_empty_partition_reads_nothing() {
    let (target, (_, unit)) = (target(), parcel());
    let held = look(&mut target.clone(), Rows::of(&flights()).within(&unit), &ORDER.map(String::from));
    assert_eq!(held.unwrap(), Fingerprint::default());
    assert!(!target.lock().log.iter().any(|line| line.starts_with("select")));
}

#[test]
fn rows_that_the_target_leaves_out_are_missed() {
    let mut without_day = empty();
    without_day.schema.levels[0].scheme = Scheme::Value(ints(Type::Date, [20_000]));
    let fewer = target().failing(0, Fault::ReportFewer);
    for (target, stored) in [(FakeNode::with(&flights(), without_day), 0), (fewer, 2)] {
        let error = appended(&target).unwrap_err();
        assert_eq!(error.kind(), Kind::Mismatch);
        let expected = format!("3 rows were sent but the target says that it stored {stored}");
        assert!(error.message().ends_with(&expected), "{error}");
    }
}

#[test]
fn after_a_broken_line_the_target_must_be_asked() {
    for (fault, stored) in [(Fault::DieBefore, 0), (Fault::DieAfter, 3)] {
        let target = target().failing(0, fault);
        let error = appended(&target).unwrap_err();
        assert!(is_open(error.kind()), "{error}");
        assert!(error.message().contains("the append broke off, `exec count(*) from "), "{error}");
        assert!(error.message().contains("where partition(date, 2013.01.01), partition(carrier, 1)"));
        assert_eq!(target.sorted_rows(&flights(), &ORDER).len(), stored);
    }
}

#[test]
fn only_the_named_partition_of_the_named_table_is_dropped() {
    let target = FakeNode::with(&flights(), flights_table(2));
    target.lock().tables.insert(("dfs://flights".into(), "weather".into()), flights_table(2));
    let unit = parcel().1;
    clear(&mut target.clone(), Rows::of(&flights()).within(&unit)).unwrap();
    assert_eq!(target.sorted_rows(&flights(), &ORDER).len(), 8 - 3);
    assert_eq!(target.lock().tables[&("dfs://flights".into(), "weather".into())].rows.len(), 8);
}

#[test]
fn clearing_empties_a_dimension_table() {
    let mut table = flights_table(2);
    table.schema.levels.clear();
    let target = FakeNode::with(&flights(), table);
    let (name, whole) = (flights(), Unit::default());
    clear(&mut target.clone(), Rows::of(&name).within(&whole)).unwrap();
    assert_eq!(target.sorted_rows(&flights(), &ORDER).len(), 0);
}

#[test]
fn what_is_no_whole_partition_is_not_dropped() {
    let (target, (_, unit)) = (FakeNode::with(&flights(), flights_table(1)), parcel());
    let (table, whole) = (flights(), Unit::default());
    for there in [
        Rows::of(&table),
        Rows::of(&table).within(&whole),
        Rows::of(&table).within(&unit).passing(Some("delay = 3")),
    ] {
        assert_eq!(clear(&mut target.clone(), there).unwrap_err().kind(), Kind::Refused);
    }
    assert_eq!(target.sorted_rows(&flights(), &ORDER).len(), 4);
}

#[test]
fn a_label_that_a_path_could_misread_is_never_dropped() {
    let (target, (_, unit)) = (target(), parcel());
    for label in ["a/b", "50%", "a?", "", "a b", "\\"] {
        let mut odd = unit.clone();
        odd.keys[1].label = label.into();
        let refused = clear(&mut target.clone(), Rows::of(&flights()).within(&odd)).unwrap_err();
        assert_eq!(refused.kind(), Kind::Refused, "{label}");
    }
    assert!(!target.lock().log.iter().any(|line| line.starts_with("dropPartition")));
}
