//! What a plan lets through and what it names.
use super::*;
use crate::cluster::{Cluster, describe};
use crate::data::{Fingerprint, Type};
use crate::error::{Error, Kind, Result};
use crate::journal::{Intent, Left};
use crate::model::{Level, Scheme, Storage, TableSchema};
use crate::testing::{FakeNode, def, flights, flights_schema, flights_table, ints};

const ORDER: [&str; 4] = ["distance", "date", "carrier", "delay"];

fn found(change: impl Fn(&mut TableSchema)) -> Vec<String> {
    let mut target = flights_schema(3);
    change(&mut target);
    let findings = compare(&flights(), &flights_schema(3), &target, false).unwrap();
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
        ..TableSchema::default()
    };
    let findings =
        |bounds| compare(&flights(), &by_delay(&[0, 10, 20]), &by_delay(bounds), false).unwrap().len();
    assert_eq!((findings(&[0, 10, 20]), findings(&[0, 11, 20]), findings(&[0, 10])), (0, 1, 1));
    assert_eq!(findings(&[0, 10, 20, 30]), 0, "more ranges at the end do no harm");
}

#[test]
fn many_missing_values_are_named_up_to_five() {
    let target = TableSchema { levels: flights_schema(1).levels, ..flights_schema(9) };
    let findings = compare(&flights(), &flights_schema(9), &target, false).unwrap();
    assert!(findings[0].what.ends_with("2013.01.05, 2013.01.06 and 3 more"), "{}", findings[0].what);
    let call = "addValuePartitions(database(\"dfs://flights\"), [2013.01.02,2013.01.03,";
    assert!(findings[0].fix.contains(call), "{}", findings[0].fix);
    assert!(findings[0].fix.ends_with("2013.01.06,...], 0)"), "{}", findings[0].fix);
}

fn prepared(target: &FakeNode, filter: Option<&str>) -> Result<Draft> {
    let mut source = FakeNode::with(&flights(), flights_table(4));
    prepare(
        &mut source,
        &mut target.clone(),
        &flights(),
        &Wanted { filter: filter.map(str::to_owned), ..Wanted::default() },
    )
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
fn a_draft_takes_the_order_of_the_target() {
    let draft = prepared(&empty(), Some("delay = 3")).unwrap();
    assert_eq!(draft.columns, ORDER);
    assert_eq!((draft.units.len(), draft.target.as_str()), (8, "fake:8848"));
    let identity = draft.identity(Mode::Append);
    assert_eq!((identity.mode.as_str(), identity.filter.as_deref()), ("append", Some("delay = 3")));
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

/// What one unit comes to.
fn verdict(mode: Mode, look: Look, left: Option<State>) -> (Action, String, State) {
    let draft = Draft { units: vec![crate::model::Unit::default()], ..prepared(&empty(), None).unwrap() };
    let run = left.map(|_| "r1".to_owned());
    let left = Left {
        run,
        units: left.map(|state| ("/".to_owned(), state)).into_iter().collect(),
        ..Left::default()
    };
    let mut plan = decide(draft, mode, &[look], &left, (look.rows, 0));
    let Decision { action, reason, state, .. } = plan.decisions.remove(0);
    (action, reason, state)
}

fn mark(rows: u64) -> Fingerprint {
    Fingerprint { rows, sum: u128::from(rows) * 11 }
}

fn counted(rows: u64, held: u64) -> Look {
    Look { rows, held, ..Look::default() }
}

const INTENT: Intent = Intent {
    before: Fingerprint { rows: 2, sum: 22 },
    gone: Fingerprint { rows: 0, sum: 0 },
    sent: Fingerprint { rows: 3, sum: 33 },
};

#[test]
fn every_mode_decides_by_what_both_sides_hold() {
    use Action::*;
    let equal = Look::compared(mark(3), mark(3));
    let other = Look::compared(mark(3), Fingerprint { rows: 3, sum: 1 });
    let cases = [
        (Mode::Auto, counted(0, 0), Skip),
        (Mode::Auto, counted(3, 0), Copy),
        (Mode::Auto, counted(0, 3), Refuse),
        (Mode::Auto, counted(3, 2), Refuse),
        (Mode::Auto, counted(3, 3), Refuse),
        (Mode::Auto, other, Refuse),
        (Mode::Auto, equal, Skip),
        (Mode::Append, counted(0, 9), Skip),
        (Mode::Append, counted(3, 9), Copy),
        (Mode::Append, equal, Copy),
        (Mode::Replace, counted(0, 0), Skip),
        (Mode::Replace, counted(3, 0), Copy),
        (Mode::Replace, counted(0, 3), Refuse),
        (Mode::Replace, counted(3, 2), Replace),
        (Mode::Replace, other, Replace),
        (Mode::Replace, equal, Skip),
        (Mode::Upsert, counted(0, 9), Skip),
        (Mode::Upsert, counted(3, 0), Upsert),
        (Mode::Upsert, counted(3, 9), Upsert),
        (Mode::Upsert, other, Upsert),
        (Mode::Upsert, equal, Skip),
    ];
    for (mode, look, expected) in cases {
        let (action, reason, _) = verdict(mode, look, None);
        assert_eq!(action, expected, "{mode} {look:?}: {reason}");
        assert!(!reason.is_empty());
    }
}

#[test]
fn what_an_earlier_run_left_is_neither_sent_twice_nor_forgotten() {
    let doubtful = Some(State::Doubtful(INTENT));
    let stored = Look::compared(mark(3), mark(2) + mark(3));
    let absent = Look::compared(mark(3), mark(2));
    let foreign = Look::compared(mark(3), mark(4));
    let (action, reason, state) = verdict(Mode::Append, stored, doubtful);
    assert_eq!((action, reason.as_str(), state), (Action::Skip, "run r1 had stored it", State::Verified));
    assert_eq!(verdict(Mode::Append, absent, doubtful).0, Action::Copy);
    let (action, _, state) = verdict(Mode::Append, foreign, doubtful);
    assert_eq!((action, state), (Action::Refuse, State::Failed(Some(INTENT))));
    assert_eq!(verdict(Mode::Append, counted(3, 5), Some(State::Verified)).2, State::Verified);

    let (action, reason, _) = verdict(Mode::Auto, counted(3, 0), Some(State::Verified));
    assert_eq!((action, reason.as_str()), (Action::Copy, "empty, though run r1 had verified it"));
    let intent = Intent { before: Fingerprint::default(), ..INTENT };
    let changed = Look::compared(mark(4), mark(3));
    let (action, reason, state) = verdict(Mode::Auto, changed, Some(State::Doubtful(intent)));
    assert_eq!((action, state), (Action::Refuse, State::Failed(Some(intent))));
    assert!(reason.contains("rows that run r1 sent, and the source has changed since"), "{reason}");
}

#[test]
fn rows_are_compared_only_where_counts_cannot_tell() {
    let doubtful = Some(State::Doubtful(INTENT));
    for (mode, look, left, expected) in [
        (Mode::Auto, counted(3, 3), None, true),
        (Mode::Auto, counted(3, 2), None, false),
        (Mode::Auto, counted(3, 2), doubtful, true),
        (Mode::Auto, counted(0, 3), doubtful, false),
        (Mode::Append, counted(3, 3), None, false),
        (Mode::Append, counted(3, 5), doubtful, true),
        (Mode::VerifyOnly, counted(3, 2), None, true),
        (Mode::VerifyOnly, counted(3, 0), None, false),
        (Mode::Auto, Look { by_count: true, ..counted(3, 3) }, None, true),
        (Mode::Replace, Look { by_count: true, ..counted(3, 3) }, doubtful, false),
    ] {
        assert_eq!(is_compared(mode, &look, left), expected, "{mode} {look:?} {left:?}");
    }
}

#[test]
fn a_plan_prints_itself_and_names_everything_that_forbids_it() {
    let looks: Vec<Look> = (0..8).map(|unit| counted(unit, if unit < 2 { 0 } else { 9 })).collect();
    let draft = prepared(&empty(), None).unwrap();
    let plan = decide(draft.clone(), Mode::Auto, &looks, &Left::default(), (28, 4));
    assert_eq!(
        plan.to_string(),
        "dfs://flights/flights to fake:8848, mode auto: 8 partitions with 28 rows at the source, copy 1 \
         (1 rows), refuse 6 (27 rows), leave 1 (1 without rows)"
    );
    let error = plan.permit().unwrap_err();
    assert_eq!(error.kind(), Kind::Refused);
    let first = "dfs://flights/flights cannot be synced to fake:8848: partition /20130102/Key0 is not empty: 9 \
                 rows that differ from the source's 2, ";
    assert!(error.message().starts_with(first), "{error}");
    assert!(error.message().ends_with("and 2 more"), "{error}");

    let looks = vec![counted(1, 0); 8];
    let strangers = |mode| decide(draft.clone(), mode, &looks, &Left::default(), (8, 4)).permit();
    let error = strangers(Mode::Auto).unwrap_err();
    assert!(
        error.message().ends_with("rows in partitions that the source does not have (4 rows)"),
        "{error}"
    );
    strangers(Mode::Append).unwrap();
}

/// Of a PKEY table nobody tells the key, so that only another one is taken to have the same.
#[test]
fn a_target_with_primary_keys_takes_rows_of_its_like_only() {
    let with = |engine: Option<&str>| {
        let storage = Storage { engine: engine.map(str::to_owned), ..Storage::default() };
        TableSchema { storage, ..flights_schema(2) }
    };
    for (ours, theirs, fits) in [
        (Some("PKEY"), Some("PKEY"), true),
        (Some("PKEY"), Some("OLAP"), true),
        (Some("OLAP"), Some("PKEY"), false),
        (Some("TSDB"), Some("PKEY"), false),
        (None, Some("PKEY"), false),
        (None, None, true),
    ] {
        let findings = compare(&flights(), &with(ours), &with(theirs), false).unwrap();
        assert_eq!(findings.is_empty(), fits, "{ours:?} to {theirs:?}: {findings:?}");
        let says = |finding: &Finding| finding.what.contains("one row per primary key");
        assert!(findings.iter().all(says), "{findings:?}");
    }
}

#[test]
fn a_release_that_nobody_has_tried_is_said_and_refuses_nothing() {
    for (version, notes) in [("3.00.3.1 2025.05.16", 0), ("3.01.0 2027.01.01", 1), ("1.30.10", 1), ("", 0)] {
        let target = empty();
        target.lock().version = Some(version.to_owned());
        let draft = prepared(&target, None).unwrap();
        assert_eq!(draft.notes.len(), notes, "{version}: {:?}", draft.notes);
        assert!(draft.notes.iter().all(|note| note.starts_with("fake:8848 is of release ")));
    }
}
