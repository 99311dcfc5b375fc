//! Partitions that are larger than the budget: divided, exactly once, within it.
use super::*;
use crate::data::Fingerprint;
use crate::journal::Method;
use crate::model::{Action, ColumnDef, Scheme};
use crate::plan::Addition;

/// Bytes of a row of the flights: the carrier has one letter.
const ROW: usize = 4 + 2 + 4 + 8;
const ROWS: i32 = 60;

/// One day with many flights of `A`: every delay from 0 on, twice in the middle, and some without one.
fn crowded(days: i32) -> FakeTable {
    let mut table = FakeTable::new(flights_schema(days));
    for day in 0..days {
        for delay in (0..ROWS).chain([30; 10]).chain([i32::MIN; 5]) {
            table.rows.push(flight(day, "A", delay, f64::from(delay)));
        }
        table.rows.push(flight(day, "B", 1, 1.0));
    }
    table
}

/// A budget of so many rows, each held twice.
pub(super) fn pair(days: i32, rows: usize) -> Pair {
    let table = crowded(days);
    let target = FakeNode::with(&flights(), table.empty_in_order(&ORDER));
    let mut pair = Pair::of(table, target);
    pair.limits.memory = rows * 2 * ROW;
    pair
}

pub(super) fn push_there(pair: &Pair, row: Row) {
    pair.target.lock().tables.values_mut().next().unwrap().rows.push(there(row));
}

pub(super) fn actions(plan: &Plan, action: Action) -> Vec<String> {
    let units = plan.draft.units.iter().zip(&plan.decisions);
    units.filter(|(_, decision)| decision.action == action).map(|(unit, _)| unit.to_string()).collect()
}

#[test]
fn a_partition_beyond_the_budget_goes_in_slices_and_nothing_held_exceeds_it() {
    let mut pair = pair(2, 40);
    let plan = pair.plan().unwrap();
    let copied = actions(&plan, Action::Copy);
    let sliced = |unit: &&String| unit.starts_with("/20130101/Key1 where delay ");
    assert!(copied.iter().filter(sliced).count() >= 4, "{copied:?}");
    assert!(copied.contains(&"/20130101/Key1 where delay is NULL".to_owned()), "{copied:?}");
    assert!(copied.contains(&"/20130101/Key0".to_owned()), "{copied:?}");
    let text = plan.to_string();
    assert!(text.contains("2 partitions are read in"), "{text}");
    let summary = pair.run_plan(&plan).unwrap();
    assert_eq!((summary.copied, summary.rows), (4, 2 * (ROWS as u64 + 16)));
    assert_eq!(pair.target_rows(), pair.source_rows());
    let peak = pair.host.gauge.lock().peak;
    assert!(peak <= pair.limits.memory, "{peak} bytes lent of {}", pair.limits.memory);
    let again = pair.run().unwrap();
    assert_eq!((again.copied, again.skipped), (0, 4), "all slices of all partitions are equal");
}

#[test]
fn no_two_lanes_write_to_one_chunk() {
    let mut pair = pair(1, 40);
    let inside = Arc::new(AtomicUsize::new(0));
    let seen = inside.clone();
    let meet = Arc::new(move || {
        assert_eq!(seen.fetch_add(1, Ordering::SeqCst), 0, "two writers");
        (0..5_000).for_each(|_| thread::yield_now());
        seen.fetch_sub(1, Ordering::SeqCst);
    });
    pair.target.lock().tables.values_mut().next().unwrap().schema.levels[1].scheme = Scheme::Hash(2);
    pair.target.lock().faults.push((None, Fault::Meet(meet)));
    let only_a = |rows: &mut Vec<Row>| rows.retain(|row| row[1] == b"A");
    only_a(&mut pair.host.node.lock().tables.values_mut().next().unwrap().rows);
    pair.limits.lanes = 4;
    pair.run().unwrap();
    assert!(pair.target.appends() > 3);
}

/// Breaks the appends one after the other, each run with another budget, until a run succeeds.
fn repeat_through(pair: &mut Pair, fault: &Fault) -> usize {
    // Another lane could do all the rest before the stop is told.
    pair.limits.lanes = 1;
    let whole = pair.limits.memory;
    for breaks in 0..100 {
        let next = pair.target.appends() + breaks % 3;
        pair.target.lock().faults = vec![(Some(next), fault.clone())];
        pair.limits.memory = whole * [4, 7, 2][breaks % 3] / 4;
        match pair.run() {
            Ok(_) => return breaks,
            Err(error) => assert!(matches!(error.kind(), Kind::Network | Kind::Bug), "{error}"),
        }
    }
    panic!("it never ends")
}

#[test]
fn a_sync_in_slices_that_dies_anywhere_and_is_repeated_ends_equal() {
    for fault in [Fault::DieBefore, Fault::DieAfter, Fault::Panic] {
        for mode in [Mode::Auto, Mode::Replace] {
            let mut pair = pair(1, 40);
            pair.mode = mode;
            if mode == Mode::Replace {
                push_there(&pair, flight(0, "A", 5, -1.0));
            }
            assert!(repeat_through(&mut pair, &fault) > 1);
            assert_eq!(pair.target_rows(), pair.source_rows(), "{mode}");
        }
    }
}

#[test]
fn an_append_in_slices_that_dies_anywhere_and_is_repeated_adds_once() {
    for fault in [Fault::DieBefore, Fault::DieAfter, Fault::Panic] {
        let mut pair = pair(1, 40);
        pair.mode = Mode::Append;
        for delay in [5, 30, 1_000] {
            push_there(&pair, flight(0, "A", delay, -1.0));
        }
        let mut expected = [pair.source_rows(), pair.target_rows()].concat();
        expected.sort();
        assert!(repeat_through(&mut pair, &fault) > 1);
        assert_eq!(pair.target_rows(), expected);
    }
}

#[test]
fn what_was_begun_whole_is_not_divided_afterwards() {
    let mut pair = pair(1, 400).failing(1, Fault::DieAfter);
    pair.mode = Mode::Append;
    pair.limits.lanes = 1;
    pair.run().unwrap_err();
    pair.target.lock().faults.clear();
    pair.limits.memory /= 10;
    let plan = pair.plan().unwrap();
    assert!(plan.draft.units.iter().all(|unit| unit.slice.is_none()), "{plan}");
    assert!(plan.to_string().contains("more than `memoryBudget`: it was begun whole"), "{plan}");
    pair.run_plan(&plan).unwrap();
    assert_eq!(pair.target_rows(), pair.source_rows());
}

#[test]
fn a_replacement_in_slices_clears_once_and_only_what_differs() {
    let mut pair = pair(2, 40);
    pair.run().unwrap();
    pair.mode = Mode::Replace;
    push_there(&pair, flight(1, "A", 1_000, 1.0));
    let plan = pair.plan().unwrap();
    assert_eq!(actions(&plan, Action::Clear), ["/20130102/Key1"]);
    assert!(actions(&plan, Action::Copy).iter().all(|unit| unit.starts_with("/20130102/Key1 where")));
    let summary = pair.run_plan(&plan).unwrap();
    assert_eq!((summary.copied, summary.skipped), (1, 3));
    assert_eq!(pair.target.lock().log.iter().filter(|line| *line == "drop").count(), 1);
    assert_eq!(pair.target_rows(), pair.source_rows());
    let last = pair.runs().list().unwrap().pop().unwrap().run.tables.remove(0);
    let cleared = last.plan.units.iter().position(|unit| unit.action == "Clear").unwrap();
    assert_eq!(last.units[cleared].state, State::Verified);
}

#[test]
fn foreign_rows_in_a_divided_partition_are_named_and_stay() {
    let mut pair = pair(1, 40);
    pair.run().unwrap();
    let kept = |rows: &mut Vec<Row>| {
        let at = rows.iter().position(|row| row[3] == 7i32.to_le_bytes()).unwrap();
        rows[at][0] = 99f64.to_le_bytes().to_vec();
    };
    kept(&mut pair.target.lock().tables.values_mut().next().unwrap().rows);
    let error = pair.run().unwrap_err();
    assert_eq!(error.kind(), Kind::Refused);
    assert!(error.message().contains("partition /20130101/Key1 where delay "), "{error}");
    assert_eq!(pair.target_rows().len(), pair.source_rows().len());
}

#[test]
fn one_value_that_is_too_large_is_said_and_sent_whole() {
    let mut table = flights_table(1);
    table.rows.extend((0..80).map(|_| flight(0, "A", 7, 1.0)));
    table.rows.retain(|row| row[2] == 7i32.to_le_bytes());
    let target = FakeNode::with(&flights(), table.empty_in_order(&ORDER));
    let mut pair = Pair::of(table, target);
    pair.limits.memory = 1_000;
    let plan = pair.plan().unwrap();
    assert!(plan.draft.units.iter().all(|unit| unit.slice.is_none()));
    let expected = "partition /20130101/Key1 takes about 1 MB at once, more than `memoryBudget`: no column of \
                    whole numbers or times divides it";
    assert!(plan.to_string().contains(expected), "{plan}");
    assert_eq!(pair.run_plan(&plan).unwrap().rows, 80);
}

#[test]
fn an_upsert_is_divided_by_its_keys_only() {
    let mut pair = pair(1, 40);
    pair.mode = Mode::Upsert;
    pair.keys = vec!["distance".into()];
    let plan = pair.plan().unwrap();
    assert!(plan.draft.units.iter().all(|unit| unit.slice.is_none()), "a DOUBLE divides nothing");
    pair.keys = vec!["delay".into()];
    let distinct = |rows: &mut Vec<Row>| {
        let mut seen = std::collections::HashSet::new();
        rows.retain(|row| row[2] != i32::MIN.to_le_bytes() && seen.insert((row[1].clone(), row[2].clone())));
    };
    distinct(&mut pair.host.node.lock().tables.values_mut().next().unwrap().rows);
    push_there(&pair, flight(0, "A", 5, -1.0));
    push_there(&pair, flight(0, "A", 1_000, -1.0));
    let plan = pair.plan().unwrap();
    assert!(actions(&plan, Action::Upsert).len() > 3, "{plan}");
    pair.run_plan(&plan).unwrap();
    let mut expected = pair.source_rows();
    expected.push(flight(0, "A", 1_000, -1.0));
    expected.sort();
    assert_eq!(pair.target_rows(), expected);
}

/// A run during which `change` happens at the source, which tells its chunks' versions, once the first
/// slice was read.
fn changed_meanwhile(pair: &mut Pair, change: fn(&mut Vec<Row>)) -> Result<Summary> {
    pair.host.node.lock().tells_chunks = true;
    let plan = pair.plan()?;
    changed_during(pair, &plan, change)
}

fn changed_during(pair: &mut Pair, plan: &Plan, change: fn(&mut Vec<Row>)) -> Result<Summary> {
    let (source, mut reads) = (pair.host.node.clone(), 0);
    pair.host.on_query = Some(Box::new(move |script| {
        reads += usize::from(script.contains("partition(carrier, 1), delay"));
        if reads == 2 {
            reads += 1;
            change(&mut source.lock().tables.values_mut().next().unwrap().rows);
        }
    }));
    pair.run_plan(plan)
}

#[test]
fn a_row_that_wanders_between_slices_is_not_lost_without_a_word() {
    for tells_chunks in [true, false] {
        let mut pair = pair(1, 40);
        pair.host.node.lock().tells_chunks = tells_chunks;
        let plan = pair.plan().unwrap();
        // The last row moves to where the first slice was read.
        let error = changed_during(&mut pair, &plan, |rows| {
            let at = rows.iter().position(|row| row[2] == (ROWS - 1).to_le_bytes()).unwrap();
            rows[at][2] = 0i32.to_le_bytes().to_vec();
        })
        .unwrap_err();
        assert_eq!(error.kind(), Kind::Mismatch);
        let expected = "partition /20130101/Key1 of dfs://flights/flights changed while its slices were read, \
                        and 1 of";
        assert!(error.message().contains(expected), "{error}");
    }
}

#[test]
fn a_slice_that_was_empty_before_it_was_read_is_no_difference() {
    let mut pair = pair(1, 40);
    let emptied = |rows: &mut Vec<Row>| rows.retain(|row| row[2] != i32::MIN.to_le_bytes());
    changed_meanwhile(&mut pair, emptied).unwrap();
    assert_eq!(pair.target_rows(), pair.source_rows());
}

#[test]
fn columns_that_the_run_has_added_are_compared_with_their_values() {
    let mut pair = pair(1, 40);
    pair.host.node.lock().tells_chunks = true;
    let mut plan = pair.plan().unwrap();
    let columns = vec![ColumnDef { name: "distance".into(), ty: Type::Double }];
    plan.draft.creation.addition = Some(Addition { table: flights(), columns });
    let change = |rows: &mut Vec<Row>| {
        let at = rows.iter().position(|row| row[2] == (ROWS - 1).to_le_bytes()).unwrap();
        rows[at][3] = 77f64.to_le_bytes().to_vec();
    };
    changed_during(&mut pair, &plan, change).unwrap();
    assert_eq!(pair.target_rows(), pair.source_rows());
}

#[test]
fn a_slice_that_undoes_another_one_which_was_proven_is_noticed() {
    for mode in [Mode::Auto, Mode::Replace] {
        let mut pair = pair(1, 40);
        pair.mode = mode;
        let target = pair.target.clone();
        let undo = move || {
            let rows = |rows: &mut Vec<Row>| rows.retain(|row| row[3] != 0i32.to_le_bytes());
            rows(&mut target.lock().tables.values_mut().next().unwrap().rows);
        };
        pair.target.lock().faults.push((None, Fault::Meet(Arc::new(undo))));
        let error = pair.run().unwrap_err();
        assert_eq!(error.kind(), Kind::Mismatch, "{mode}");
        let expected = "partition /20130101/Key1 of dfs://flights/flights at the target holds 74 rows, and its \
                        slices had 75";
        assert!(error.message().contains(expected), "{error}");
    }
}

#[test]
fn a_change_that_every_slice_has_seen_is_none() {
    let mut pair = pair(1, 40);
    let change = |rows: &mut Vec<Row>| {
        let at = rows.iter().position(|row| row[2] == (ROWS - 1).to_le_bytes()).unwrap();
        rows[at][3] = 77f64.to_le_bytes().to_vec();
    };
    changed_meanwhile(&mut pair, change).unwrap();
    assert!(
        pair.host.printed.iter().any(|line| line.ends_with("and is compared")),
        "{:?}",
        pair.host.printed
    );
    assert_eq!(pair.target_rows(), pair.source_rows());
}

#[test]
fn slices_are_proven_by_the_targets_own_plugin_where_it_has_one() {
    let mut pair = pair(1, 40);
    pair.target.lock().plugin = Some(Arc::new(|print| Ok(told(print, Fingerprint::VERSION))));
    let summary = pair.run().unwrap();
    assert!(pair.states().len() > 3 && summary.methods.iter().eq([&Method::Native]), "{summary:?}");
    let is_read = |line: &String| line.starts_with("select") && line.contains("partition(");
    assert!(!pair.target.lock().log.iter().any(is_read));
    assert_eq!(pair.target_rows(), pair.source_rows());
}
