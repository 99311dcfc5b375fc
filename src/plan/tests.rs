//! What a plan lets through and what it names.
use super::*;
use crate::cluster::{Cluster, describe};
use crate::data::Type;
use crate::error::{Error, Kind, Result};
use crate::model::{Level, Scheme, TableSchema};
use crate::testing::{FakeNode, def, flights, flights_schema, flights_table, ints};

const ORDER: [&str; 4] = ["distance", "date", "carrier", "delay"];

fn found(change: impl Fn(&mut TableSchema)) -> Vec<String> {
    let mut target = flights_schema(3);
    change(&mut target);
    let findings = compare(&flights(), &flights_schema(3), &target).unwrap();
    findings.into_iter().map(|finding| finding.what).collect()
}

#[test]
fn order_and_kind_of_text_do_not_matter() {
    let same = found(|target| {
        target.columns.reverse();
        target.columns[2].ty = Type::String;
        target.levels[1].ty = Type::String;
        target.levels[0].scheme = Scheme::Value(ints(Type::Date, [15_708, 15_707, 15_706, 20_000]));
    });
    assert_eq!(same, [""; 0]);
}

/// The finding expected, and the change to the target that causes it.
type Misfit<'a> = (&'a str, &'a dyn Fn(&mut TableSchema));

#[test]
fn everything_that_does_not_fit_is_found() {
    let range = |bounds: &[i32]| Scheme::Range(ints(Type::Int, bounds.iter().copied()));
    let cases: [Misfit; 9] = [
        ("the target lacks the column `delay`", &|t| drop(t.columns.remove(2))),
        ("the target has a column `x` that the source lacks", &|t| t.columns.push(def("x", Type::Int))),
        ("the column `delay` is INT at the source and LONG at the target", &|t| t.columns[2].ty = Type::Long),
        ("the source has 2 partitioning levels and the target 1", &|t| drop(t.levels.pop())),
        ("the target lacks 2 partition values of `date`: 2013.01.02, 2013.01.03", &|t| {
            t.levels[0].scheme = Scheme::Value(ints(Type::Date, [15_706]))
        }),
        (
            "the source is partitioned by HASH of `carrier` (text) into 2 buckets and the target by \
             HASH of `carrier` (text) into 4 buckets",
            &|t| t.levels[1].scheme = Scheme::Hash(4),
        ),
        (
            "partitioning level 1 is HASH of `carrier` (text) into 2 buckets at the source and RANGE of \
             `carrier` (SYMBOL) at the target",
            &|t| t.levels[1].scheme = range(&[0, 1]),
        ),
        (
            "partitioning level 0 is VALUE of `date` (DATE) at the source and VALUE of `day` (DATE) at the target",
            &|t| t.levels[0].column = "day".into(),
        ),
        (
            "partitioning level 0 is VALUE of `date` (DATE) at the source and VALUE of `date` (MONTH) at the target",
            &|t| t.levels[0].ty = Type::Month,
        ),
    ];
    for (expected, change) in cases {
        assert_eq!(found(change), [expected]);
    }
}

#[test]
fn range_boundaries_must_be_equal() {
    let by_delay = |bounds: &[i32]| TableSchema {
        columns: vec![def("delay", Type::Int)],
        levels: vec![Level {
            column: "delay".into(),
            ty: Type::Int,
            scheme: Scheme::Range(ints(Type::Int, bounds.iter().copied())),
        }],
    };
    let findings = |bounds| compare(&flights(), &by_delay(&[0, 10, 20]), &by_delay(bounds)).unwrap().len();
    assert_eq!((findings(&[0, 10, 20]), findings(&[0, 11, 20]), findings(&[0, 10])), (0, 1, 1));
}

#[test]
fn many_missing_values_are_named_up_to_five() {
    let target = TableSchema { levels: flights_schema(1).levels, ..flights_schema(9) };
    let findings = compare(&flights(), &flights_schema(9), &target).unwrap();
    assert!(findings[0].what.ends_with("2013.01.05, 2013.01.06 and 3 more"), "{}", findings[0].what);
    let call = "addValuePartitions(database(\"dfs://flights\"), [2013.01.02,2013.01.03,";
    assert!(findings[0].fix.contains(call), "{}", findings[0].fix);
    assert!(findings[0].fix.ends_with("2013.01.06,...], 0)"), "{}", findings[0].fix);
}

fn prepared(target: &FakeNode, filter: Option<&str>) -> Result<Plan> {
    let mut source = FakeNode::with(&flights(), flights_table(4));
    prepare(&mut source, &mut target.clone(), &flights(), filter)
}

fn refused(target: &FakeNode, filter: Option<&str>) -> Error {
    let error = prepared(target, filter).unwrap_err();
    assert_eq!(target.appends(), 0);
    error
}

fn empty() -> FakeNode {
    FakeNode::with(&flights(), flights_table(4).empty_in_order(&ORDER))
}

#[test]
fn a_plan_takes_the_order_of_the_target_and_prints_itself() {
    let plan = prepared(&empty(), Some("delay = 3")).unwrap();
    assert_eq!(plan.columns, ORDER);
    assert_eq!(
        plan.to_string(),
        "append 4 rows x 4 columns of dfs://flights/flights where delay = 3 to the empty partitions of \
         fake:8848, 8 partitions to look at"
    );
}

#[test]
fn all_findings_come_in_one_error() {
    let target = empty();
    let change = |schema: &mut TableSchema| {
        schema.columns[0].ty = Type::Float;
        schema.columns.push(def("x", Type::Int));
        schema.levels = flights_schema(3).levels;
    };
    change(&mut target.lock().tables.values_mut().next().unwrap().schema);
    let error = refused(&target, None);
    assert_eq!(error.kind(), Kind::Schema);
    for part in ["dfs://flights/flights cannot be synced to fake:8848", "`distance`", "`x`", "2013.01.04"] {
        assert!(error.message().contains(part), "{part}: {error}");
    }
}

#[test]
fn partitions_that_hold_rows_are_named() {
    let full = FakeNode::with(&flights(), flights_table(4));
    let error = refused(&full, None);
    assert_eq!(error.kind(), Kind::Refused);
    assert!(
        error.message().contains("8 of its partitions are not empty: /20130101/Key0 (1 rows)"),
        "{error}"
    );
    assert!(error.message().ends_with("and 3 more"), "{error}");
    full.lock().tables.values_mut().next().unwrap().rows.truncate(1);
    let error = refused(&full, None);
    assert!(error.message().ends_with("its partition /20130101/Key1 (1 rows) is not empty"), "{error}");
}

#[test]
fn with_a_filter_only_partitions_that_get_rows_must_be_empty() {
    let target = empty();
    let row = crate::testing::flight(0, "A", 5, 1.0);
    let row = [3, 0, 1, 2].map(|at| row[at].clone()).to_vec();
    target.lock().tables.values_mut().next().unwrap().rows.push(row);
    assert!(prepared(&target, Some("delay = 3")).is_ok(), "only carrier B has that delay");
    assert_eq!(refused(&target, Some("delay = 100")).kind(), Kind::Refused);
}

#[test]
fn rows_outside_the_source_are_refused_too() {
    let target = empty();
    let mut table = flights_table(9).empty_in_order(&ORDER);
    let row = crate::testing::flight(8, "A", 5, 1.0);
    table.rows.push([3, 0, 1, 2].map(|at| row[at].clone()).to_vec());
    target.lock().tables.insert(("dfs://flights".into(), "flights".into()), table);
    let error = refused(&target, None);
    assert!(
        error.message().ends_with("it holds rows in partitions that the source does not have"),
        "{error}"
    );
}

#[test]
fn a_filter_that_cannot_be_evaluated_is_blamed() {
    for (filter, cause) in [("delay >", "Syntax Error"), ("dela = 1", "Unrecognized column name [dela]")] {
        let error = refused(&empty(), Some(filter));
        assert_eq!(error.kind(), Kind::Argument);
        assert!(
            error.message().starts_with(&format!("the filter `{filter}` cannot be evaluated on ")),
            "{error}"
        );
        assert!(error.message().contains(cause), "{error}");
    }
}

#[test]
fn a_missing_table_says_on_which_side() {
    let error = refused(&FakeNode::default(), None);
    assert_eq!(error.message(), "there is no database dfs://flights on fake:8848");
    let mut nowhere = FakeNode::default();
    assert_eq!(describe(&mut nowhere as &mut dyn Cluster, &flights()).unwrap_err().kind(), Kind::NotFound);
}
