//! Whole runs against nodes in memory, with everything that can go wrong.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use parking_lot::Mutex;

use super::*;
use crate::data::Type;
use crate::journal::{Begun, Runs, State};
use crate::model::Mode;
use crate::plan::{Wanted, prepare};
use crate::testing::{
    FakeHost, FakeNode, FakeTable, Fault, Row, flight, flights, flights_schema, flights_table, ints, told,
};

mod emptied;
mod native;
mod once;
mod slices;
mod upsert;

const NAMES: [&str; 4] = ["date", "carrier", "delay", "distance"];
const ORDER: [&str; 4] = ["distance", "date", "carrier", "delay"];
const DAYS: i32 = 10;
const UNITS: usize = 2 * DAYS as usize;

/// A source with rows in every partition, an empty target, and the runs of the source's node.
struct Pair {
    host: FakeHost,
    target: FakeNode,
    limits: Limits,
    mode: Mode,
    keys: Vec<String>,
    home: tempfile::TempDir,
}

impl Pair {
    fn new() -> Self {
        let table = flights_table(DAYS);
        let target = FakeNode::with(&flights(), table.empty_in_order(&ORDER));
        Pair::of(table, target)
    }

    fn of(table: FakeTable, target: FakeNode) -> Self {
        let host = FakeHost::new(FakeNode::with(&flights(), table));
        let retries = Retries { count: 0, first: Duration::ZERO };
        let limits = Limits { lanes: 2, memory: 1 << 20, retries };
        Pair { host, target, limits, mode: Mode::Auto, keys: Vec::new(), home: tempfile::tempdir().unwrap() }
    }

    fn failing(mut self, append: usize, fault: Fault) -> Self {
        self.target = self.target.failing(append, fault);
        self
    }

    fn runs(&self) -> Runs {
        Runs::within(self.home.path())
    }

    fn plan(&mut self) -> Result<Plan> {
        let target = self.target.clone();
        let connect = || Ok(Box::new(target.clone()) as Box<dyn Cluster + Send>);
        let draft = prepare(&mut self.host, &mut self.target.clone(), &flights(), &Wanted::default())?;
        let past = self.runs().past(&draft.target, &draft.table.db)?;
        let left = past.left(&draft.identity(self.mode));
        let slicing = Slicing { mode: self.mode, keys: &self.keys, left: &left };
        let (draft, looks) = look(&mut self.host, draft, &connect, self.limits, slicing)?;
        Ok(Plan { keys: self.keys.clone(), ..looks.decide(draft, self.mode, &left) })
    }

    fn run(&mut self) -> Result<Summary> {
        let plan = self.plan()?;
        self.run_plan(&plan)
    }

    fn run_plan(&mut self, plan: &Plan) -> Result<Summary> {
        let target = self.target.clone();
        self.run_over(plan, &move || Ok(Box::new(target.clone()) as Box<dyn Cluster + Send>))
    }

    /// A run whose process dies where it fails: its journal gets no end.
    fn run_over(&mut self, plan: &Plan, connect: Connect) -> Result<Summary> {
        let journal = Mutex::new(self.runs().begin(begun())?);
        let table = journal.lock().plan(plan.record())?;
        plan.permit()?;
        let summary = run(&mut self.host, plan, (&journal, table), connect, self.limits, &|| Ok(()))?;
        journal.lock().end(None)?;
        Ok(summary)
    }

    /// The failure of a run, after which nothing is lent and nothing was returned by another thread.
    fn failure(&mut self) -> Error {
        let plan = self.plan().unwrap();
        self.failure_of(&plan)
    }

    fn failure_of(&mut self, plan: &Plan) -> Error {
        let error = self.run_plan(plan).unwrap_err();
        let gauge = self.host.gauge.lock();
        assert_eq!((gauge.lent, gauge.foreign_drops), (0, 0), "{error}");
        error
    }

    /// The states of all units in the journal of the last run.
    fn states(&self) -> Vec<State> {
        let last = self.runs().list().unwrap().pop().unwrap();
        last.run.tables[0].units.iter().map(|unit| unit.state).collect()
    }

    fn source_rows(&self) -> Vec<Row> {
        self.host.node.sorted_rows(&flights(), &NAMES)
    }

    fn target_rows(&self) -> Vec<Row> {
        self.target.sorted_rows(&flights(), &NAMES)
    }
}

fn begun() -> Begun {
    Begun {
        run: RunId::now().to_string(),
        user: "admin".into(),
        target: "fake:8848".into(),
        db: flights().db,
        table: Some(flights().table),
        mode: "auto".into(),
        ..Begun::default()
    }
}

/// A row in the order of the target.
fn there(row: Row) -> Row {
    [3, 0, 1, 2].map(|at| row[at].clone()).to_vec()
}

#[test]
fn every_row_arrives_and_the_summary_counts_it() {
    let mut pair = Pair::new();
    let summary = pair.run().unwrap();
    assert_eq!((summary.copied, summary.skipped, summary.rows), (UNITS as u64, 0, 4 * DAYS as u64));
    assert_eq!(pair.states(), [State::Verified; UNITS]);
    assert_eq!(summary.bytes, 40 * (4 + 2 + 4 + 8));
    let rows = |node: &FakeNode| node.sorted_rows(&flights(), &NAMES);
    assert_eq!(rows(&pair.target), rows(&pair.host.node));
    let last = pair.host.printed.last().unwrap();
    assert!(last.starts_with("dfs://flights/flights: verifying, 20 of 20 partitions, 40 rows, "), "{last}");
    let gauge = pair.host.gauge.lock();
    assert_eq!((gauge.lent, gauge.foreign_drops), (0, 0));
}

#[test]
fn partitions_without_rows_do_not_touch_the_target() {
    let mut pair = Pair::new();
    let keep = |rows: &mut Vec<Row>| rows.retain(|row| row[0] == 15_706i32.to_le_bytes());
    keep(&mut pair.host.node.lock().tables.values_mut().next().unwrap().rows);
    let plan = pair.plan().unwrap();
    pair.target.lock().log.clear();
    let summary = pair.run_plan(&plan).unwrap();
    assert_eq!((summary.copied, pair.target.appends()), (2, 2));
    let asked = |line: &String| line.contains("2013.01.02");
    assert!(!pair.target.lock().log.iter().any(asked));
}

#[test]
fn the_first_failure_stops_the_hand_out_and_names_the_partition() {
    let mut pair = Pair::new().failing(0, Fault::Alter(|rows| drop(rows.pop())));
    pair.limits.lanes = 1;
    let error = pair.failure();
    assert_eq!(error.kind(), Kind::Mismatch);
    assert!(
        error.message().contains("stopped after 0 of 20 partitions of dfs://flights/flights: "),
        "{error}"
    );
    assert!(
        error.message().contains("partition /20130101/Key0 of dfs://flights/flights at the target"),
        "{error}"
    );
    assert_eq!(pair.target.appends(), 1, "units that waited are not begun");
}

#[test]
fn units_that_are_under_way_finish_and_further_failures_are_counted() {
    let mut pair = Pair::new();
    let both = Arc::new(std::sync::Barrier::new(2));
    let meet = Arc::new(move || {
        both.wait();
        panic!("together")
    });
    pair.target.lock().faults.push((None, Fault::Meet(meet)));
    let error = pair.failure();
    assert!(error.message().contains(" and 1 more failure: partition /2013"), "{error}");
    assert_eq!(pair.target.appends(), 2);
}

#[test]
fn a_broken_line_or_a_panic_ends_the_run_and_not_the_process() {
    for (fault, kind) in
        [(Fault::DieBefore, Kind::Network), (Fault::DieAfter, Kind::Network), (Fault::Panic, Kind::Bug)]
    {
        let error = Pair::new().failing(7, fault).failure();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains("partition /2013010"), "{error}");
    }
}

#[test]
fn a_target_that_cannot_be_reached_is_an_error_with_the_partition() {
    let mut pair = Pair::new();
    let plan = pair.plan().unwrap();
    let connect = || Err(Error::new(Kind::Network, "fake:8848 refused the connection"));
    let error = pair.run_over(&plan, &connect).unwrap_err();
    assert!(error.message().contains("partition /20130101/Key0 of "), "{error}");
    assert!(error.message().ends_with("fake:8848 refused the connection"), "{error}");
}

#[test]
fn rows_that_came_after_the_plan_are_refused() {
    let mut pair = Pair::new();
    let plan = pair.plan().unwrap();
    pair.target.lock().tables.values_mut().next().unwrap().rows.push(there(flight(4, "A", 1, 1.0)));
    let error = pair.run_plan(&plan).unwrap_err();
    assert_eq!(error.kind(), Kind::Refused);
    assert!(error.message().contains("/20130105/Key1"), "{error}");
}

#[test]
fn a_source_that_fails_names_the_partition() {
    let mut pair = Pair::new();
    let mut plan = pair.plan().unwrap();
    plan.draft.columns.push("nowhere".into());
    pair.host.node.lock().tables.clear();
    let error = pair.run_plan(&plan).unwrap_err();
    assert!(
        error.message().contains("partition /20130101/Key0 of dfs://flights/flights at the source: "),
        "{error}"
    );
    assert_eq!(pair.target.appends(), 0);
}

#[test]
fn a_cancelled_run_stops_between_units() {
    let mut pair = Pair::new();
    let plan = pair.plan().unwrap();
    pair.host.cancel_after = 3;
    let error = pair.failure_of(&plan);
    assert_eq!(error.kind(), Kind::Cancelled);
    assert!(error.message().ends_with("the user cancelled"), "{error}");
    assert!(pair.target.appends() <= 3);
}

#[test]
fn a_run_waits_for_lanes_and_can_still_be_cancelled() {
    let mut pair = Pair::new();
    let (cancelled, wait) = crossbeam_channel::bounded::<()>(0);
    let meet = Arc::new(move || {
        let _ = wait.recv();
    });
    pair.target.lock().faults.push((None, Fault::Meet(meet)));
    pair.limits.lanes = 1;
    let plan = pair.plan().unwrap();
    pair.host.cancel_after = 8;
    pair.host.on_cancel = Some(Box::new(move || drop(cancelled)));
    assert_eq!(pair.failure_of(&plan).kind(), Kind::Cancelled);
    assert!(pair.target.appends() <= 2, "the unit under way, and one that began at that moment");
}

#[test]
fn a_cancel_is_heard_even_after_the_read_that_it_has_failed() {
    let mut pair = Pair::new();
    let (cancelled, wait) = crossbeam_channel::bounded::<()>(0);
    let (meeting, met) = crossbeam_channel::unbounded();
    let heard = Arc::new(AtomicUsize::new(0));
    let told = heard.clone();
    let meet = Arc::new(move || {
        let _ = meeting.send(());
        // A lane that waits for a peer which will not answer, until the cancel lets it go.
        let outcome = wait.recv_timeout(std::time::Duration::from_secs(20));
        told.fetch_add(usize::from(!matches!(outcome, Err(error) if error.is_timeout())), Ordering::Relaxed);
    });
    pair.target.lock().faults.push((None, Fault::Meet(meet)));
    pair.limits.lanes = 1;
    let plan = pair.plan().unwrap();
    let (source, mut reads) = (pair.host.node.clone(), 0);
    pair.host.on_query = Some(Box::new(move |script| {
        reads += usize::from(script.starts_with("select"));
        if reads == 2 {
            met.recv().expect("the lane has begun");
            source.lock().tables.clear();
        }
    }));
    pair.host.cancel_after = 12;
    pair.host.on_cancel = Some(Box::new(move || drop(cancelled)));
    let error = pair.failure_of(&plan);
    assert!(error.message().contains("at the source"), "{error}");
    assert_eq!(heard.load(Ordering::Relaxed), 1);
}

#[test]
fn lanes_work_side_by_side_on_connections_of_their_own() {
    let mut pair = Pair::new();
    let threads = Arc::new(Mutex::new(Vec::new()));
    let both = std::sync::Barrier::new(2);
    let seen = threads.clone();
    let meet = Arc::new(move || {
        seen.lock().push(thread::current().id());
        both.wait();
    });
    pair.target.lock().faults.push((None, Fault::Meet(meet)));
    let plan = pair.plan().unwrap();
    let connections = AtomicUsize::new(0);
    let target = pair.target.clone();
    let connect = || {
        connections.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(target.clone()) as Box<dyn Cluster + Send>)
    };
    pair.run_over(&plan, &connect).unwrap();
    assert_eq!(connections.into_inner(), 2);
    let mut seen = threads.lock().clone();
    seen.sort_by_key(|id| format!("{id:?}"));
    seen.dedup();
    assert_eq!(seen.len(), 2);
    assert!(!seen.contains(&thread::current().id()));
}

#[test]
fn what_is_lent_stays_within_the_budget() {
    let largest = 3 * (4 + 2 + 4 + 8);
    for (memory, peak) in [(0, largest), (2 * largest, largest), (4 * largest, 2 * largest)] {
        let mut pair = Pair::new();
        (pair.limits.lanes, pair.limits.memory) = (4, memory);
        // The first unit sets what is expected of the others, so it is the largest here.
        let only_a = |rows: &mut Vec<Row>| rows.retain(|row| row[1] == b"A");
        only_a(&mut pair.host.node.lock().tables.values_mut().next().unwrap().rows);
        pair.run().unwrap();
        assert!(pair.host.gauge.lock().peak <= peak, "{} bytes of {memory}", pair.host.gauge.lock().peak);
    }
}

#[test]
fn rows_outside_every_partition_are_missed() {
    let mut pair = Pair::new();
    let stray = flight(DAYS + 1, "A", 1, 1.0);
    pair.host.node.lock().tables.values_mut().next().unwrap().rows.push(stray);
    let error = pair.plan().unwrap_err();
    assert_eq!(error.kind(), Kind::Mismatch);
    assert!(error.message().contains("holds 41 rows but its partitions gave 40"), "{error}");
}

#[test]
fn a_source_that_changed_meanwhile_is_said() {
    let mut pair = Pair::new();
    let plan = Plan { rows: 39, ..pair.plan().unwrap() };
    pair.run_plan(&plan).unwrap();
    let expected = "dfs://flights/flights changed while it was copied, from 39 to 40 rows";
    assert!(pair.host.printed.iter().any(|line| line == expected), "{:?}", pair.host.printed);
}

#[test]
fn a_dimension_table_is_one_unit() {
    let mut table = flights_table(2);
    table.schema.levels.clear();
    let target = FakeNode::with(&flights(), table.empty_in_order(&ORDER));
    let mut pair = Pair::of(table, target);
    pair.limits.memory = 1;
    let summary = pair.run().unwrap();
    assert_eq!((summary.copied, summary.rows), (1, 8));
}

#[test]
fn range_partitions_are_asked_for_by_their_index() {
    let mut table = flights_table(4);
    let level = &mut table.schema.levels[1];
    (level.column, level.ty) = ("delay".into(), Type::Int);
    level.scheme = crate::model::Scheme::Range(ints(Type::Int, [0, 50, 200]));
    table.rows.retain(|row| row[2] != i32::MIN.to_le_bytes());
    let target = FakeNode::with(&flights(), table.empty_in_order(&ORDER));
    let mut pair = Pair::of(table, target);
    assert_eq!(pair.run().unwrap().rows, 12);
}
