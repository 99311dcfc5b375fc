//! One unit, and everything that can happen to it at the target.
use std::sync::Arc;

use super::*;
use crate::cluster::{describe, read, units};
use crate::data::Type;
use crate::model::Scheme;
use crate::testing::{FakeNode, FakeTable, Fault, Row, flight, flights, flights_table, ints};

const ORDER: [&str; 4] = ["distance", "date", "carrier", "delay"];

fn copy(target: &FakeNode) -> Result<()> {
    let mut source = FakeNode::with(&flights(), flights_table(1));
    let schema = describe(&mut source, &flights())?;
    let names: Vec<String> = schema.columns.iter().map(|column| column.name.clone()).collect();
    let unit = &units(&schema)?[1];
    let rows = read(&mut source, Rows::of(&flights()).within(unit), &names)?;
    assert_eq!((unit.to_string().as_str(), rows.rows), ("/20130101/Key1", 3));
    copy_unit(&mut target.clone(), &flights(), &ORDER.map(String::from), unit, &rows)
}

fn empty() -> FakeTable {
    flights_table(1).empty_in_order(&ORDER)
}

fn target() -> FakeNode {
    FakeNode::with(&flights(), empty())
}

/// The failure of a copy to `target`, which names the partition and the table.
fn failure(target: &FakeNode) -> Error {
    let error = copy(target).unwrap_err();
    let named = "partition /20130101/Key1 of dfs://flights/flights at the target: ";
    assert!(error.message().starts_with(named), "{error}");
    error
}

#[test]
fn rows_arrive_in_the_columns_of_their_names() {
    let target = target();
    copy(&target).unwrap();
    let expected = [flight(0, "A", i32::MIN, f64::from(i32::MIN) + 0.5), flight(0, "A", 50, 50.5)];
    let names = ["date", "carrier", "delay", "distance"];
    assert_eq!(target.sorted_rows(&flights(), &names).len(), 3);
    for row in expected {
        assert!(target.sorted_rows(&flights(), &names).contains(&row));
    }
}

#[test]
fn a_partition_that_holds_rows_is_refused_and_left_alone() {
    let target = target();
    let held: Row =
        vec![0.5f64.to_le_bytes().to_vec(), 15_706i32.to_le_bytes().to_vec(), b"A".to_vec(), vec![0; 4]];
    target.lock().tables.values_mut().next().unwrap().rows.push(held);
    let error = failure(&target);
    assert_eq!(error.kind(), Kind::Refused);
    assert!(error.message().ends_with("it holds 1 rows already"), "{error}");
    assert_eq!(target.appends(), 0);
}

/// What happens to rows on the way, in words and in deed.
type Alteration = (&'static str, fn(&mut Vec<Row>));

#[test]
fn rows_that_changed_on_the_way_are_caught() {
    let faults: [Alteration; 7] = [
        ("a row dropped", |rows| {
            rows.pop();
        }),
        ("a bit flipped", |rows| rows[1][0][3] ^= 1),
        ("a row doubled and one dropped", |rows| rows[0] = rows[1].clone()),
        ("two rows' values swapped in one column", |rows| {
            let value = rows[0][3].clone();
            rows[0][3] = std::mem::replace(&mut rows[1][3], value);
        }),
        ("NULL stored as the least value", |rows| {
            let null = rows.iter_mut().find(|row| row[3] == i32::MIN.to_le_bytes()).unwrap();
            null[3] = (i32::MIN + 1).to_le_bytes().to_vec();
        }),
        ("NULL stored as zero", |rows| {
            let null = rows.iter_mut().find(|row| row[3] == i32::MIN.to_le_bytes()).unwrap();
            null[3] = vec![0; 4];
        }),
        ("a row stored in another partition", |rows| rows[2][2] = b"B".to_vec()),
    ];
    for (what, fault) in faults {
        let error = failure(&target().failing(0, Fault::Alter(fault)));
        assert_eq!(error.kind(), Kind::Mismatch, "{what}: {error}");
        assert!(error.message().contains("verification failed"), "{what}: {error}");
    }
}

#[test]
fn another_order_of_rows_is_no_difference() {
    copy(&target().failing(0, Fault::Alter(|rows| rows.reverse()))).unwrap();
}

#[test]
fn rows_that_the_target_leaves_out_are_missed() {
    let mut without_day = empty();
    without_day.schema.levels[0].scheme = Scheme::Value(ints(Type::Date, [20_000]));
    let fewer = target().failing(0, Fault::ReportFewer);
    for (target, stored) in [(FakeNode::with(&flights(), without_day), 0), (fewer, 2)] {
        let error = failure(&target);
        assert_eq!(error.kind(), Kind::Mismatch);
        let expected = format!("3 rows were sent but the target says that it stored {stored}");
        assert!(error.message().ends_with(&expected), "{error}");
    }
}

#[test]
fn after_a_broken_line_the_target_must_be_asked() {
    for (fault, stored) in [(Fault::DieBefore, 0), (Fault::DieAfter, 3)] {
        let target = target().failing(0, fault);
        let error = failure(&target);
        assert_eq!(error.kind(), Kind::Network);
        assert!(error.message().contains("the append broke off, `exec count(*) from "), "{error}");
        assert!(error.message().contains("where partition(date, 2013.01.01), partition(carrier, 1)"));
        assert_eq!(target.sorted_rows(&flights(), &ORDER).len(), stored);
    }
}

#[test]
fn rows_that_cannot_be_read_back_are_not_verified() {
    let target = target();
    let inner = target.clone();
    let forget = Fault::Meet(Arc::new(move || {
        inner.lock().tables.values_mut().next().unwrap().schema.columns[0].name = "renamed".into();
    }));
    let error = failure(&target.failing(0, forget));
    assert!(error.message().contains("its rows are stored but cannot be read back: "), "{error}");
}
