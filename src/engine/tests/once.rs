//! Nothing is lost, doubled or called done that is not, wherever a run breaks.
use super::*;
use crate::journal::{Intent, Journal, Storage, replay};

/// What happens to rows on the way, in words and in deed.
type Alteration = (&'static str, fn(&mut Vec<Row>));

#[test]
fn rows_that_changed_on_the_way_are_never_verified() {
    let faults: [Alteration; 7] = [
        ("a row dropped", |rows| drop(rows.pop())),
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
        // The second unit has three rows.
        let mut pair = Pair::new().failing(1, Fault::Alter(fault));
        pair.limits.lanes = 1;
        let error = pair.failure();
        assert_eq!(error.kind(), Kind::Mismatch, "{what}: {error}");
        assert!(error.message().contains("verification failed"), "{what}: {error}");
        assert!(matches!(pair.states()[1], State::Failed(Some(_))), "{what}: {:?}", pair.states()[1]);
    }
}

#[test]
fn another_order_of_rows_is_no_difference() {
    let mut pair = Pair::new().failing(1, Fault::Alter(|rows| rows.reverse()));
    pair.run().unwrap();
}

/// Breaks the appends one after the other, each run dying at the first, until a run succeeds.
fn repeat_through(pair: &mut Pair, fault: &Fault) -> usize {
    for breaks in 0.. {
        // Appends are counted over all runs: the next one breaks, on every second run.
        let next = pair.target.appends() + breaks % 3;
        pair.target.lock().faults = vec![(Some(next), fault.clone())];
        match pair.run() {
            Ok(_) => return breaks,
            Err(error) => assert!(matches!(error.kind(), Kind::Network | Kind::Bug), "{error}"),
        }
        assert!(breaks < 100, "it never ends");
    }
    unreachable!()
}

#[test]
fn a_sync_that_dies_anywhere_and_is_repeated_ends_equal() {
    for fault in [Fault::DieBefore, Fault::DieAfter, Fault::Panic] {
        let mut pair = Pair::new();
        assert!(repeat_through(&mut pair, &fault) > 3);
        assert_eq!(pair.target_rows(), pair.source_rows());
        let summary = pair.run().unwrap();
        assert_eq!((summary.copied, summary.skipped, summary.rows), (0, UNITS as u64, 0));
    }
}

#[test]
fn an_append_that_dies_anywhere_and_is_repeated_adds_once() {
    for fault in [Fault::DieBefore, Fault::DieAfter, Fault::Panic] {
        let mut pair = Pair::new();
        pair.mode = Mode::Append;
        let own = there(flight(2, "A", 7, 7.0));
        pair.target.lock().tables.values_mut().next().unwrap().rows.push(own);
        let mut expected = pair.source_rows();
        expected.push(flight(2, "A", 7, 7.0));
        expected.sort();
        assert!(repeat_through(&mut pair, &fault) > 3);
        assert_eq!(pair.target_rows(), expected);
    }
}

#[test]
fn an_append_that_ended_well_adds_again_when_it_is_called_again() {
    let mut pair = Pair::new();
    pair.mode = Mode::Append;
    pair.run().unwrap();
    pair.run().unwrap();
    assert_eq!(pair.target_rows().len(), 2 * pair.source_rows().len());
}

#[test]
fn a_replacement_that_dies_anywhere_and_is_repeated_ends_equal() {
    for fault in [Fault::DieBefore, Fault::DieAfter, Fault::Panic] {
        let mut pair = Pair::new();
        pair.mode = Mode::Replace;
        for day in 0..DAYS {
            let other = there(flight(day, "A", 1, f64::from(day)));
            pair.target.lock().tables.values_mut().next().unwrap().rows.push(other);
        }
        assert!(repeat_through(&mut pair, &fault) > 3);
        assert_eq!(pair.target_rows(), pair.source_rows());
    }
}

#[test]
fn a_replacement_drops_only_what_differs() {
    let mut pair = Pair::new();
    pair.run().unwrap();
    pair.mode = Mode::Replace;
    pair.target.lock().tables.values_mut().next().unwrap().rows.push(there(flight(4, "A", 1, 1.0)));
    let summary = pair.run().unwrap();
    assert_eq!((summary.copied, summary.skipped), (1, UNITS as u64 - 1));
    assert_eq!(pair.target.lock().log.iter().filter(|line| *line == "drop").count(), 1);
    assert_eq!(pair.target_rows(), pair.source_rows());
}

#[test]
fn with_retries_one_call_survives_broken_lines_and_locks() {
    for (mode, fault) in [
        (Mode::Auto, Fault::DieBefore),
        (Mode::Auto, Fault::DieAfter),
        (Mode::Append, Fault::DieAfter),
        (Mode::Append, Fault::DieBefore),
        (Mode::Auto, Fault::Busy),
    ] {
        let mut pair = Pair::new();
        pair.mode = mode;
        pair.limits.retries.count = 2;
        pair.target.lock().faults = (0..60).step_by(2).map(|at| (Some(at), fault.clone())).collect();
        pair.limits.lanes = 1;
        pair.run().unwrap();
        assert_eq!(pair.target_rows(), pair.source_rows());
        assert_eq!(pair.states(), [State::Verified; UNITS]);
    }
}

#[test]
fn what_a_silent_target_still_does_is_left_to_the_next_run() {
    let mut pair = Pair::new().failing(3, Fault::Silent);
    pair.limits.retries.count = 5;
    assert_eq!(pair.failure().kind(), Kind::Silent);
    assert_eq!(pair.target.appends(), pair.target.lock().log.iter().filter(|l| *l == "append").count());
    assert!(pair.states().iter().any(|state| matches!(state, State::Failed(Some(_)))), "{:?}", pair.states());
    pair.target.lock().faults.clear();
    pair.run().unwrap();
    assert_eq!(pair.target_rows(), pair.source_rows());
}

#[test]
fn what_the_target_lost_after_it_was_verified_is_found() {
    let mut pair = Pair::new();
    pair.run().unwrap();
    let is_kept = |row: &Row| row[1] != 15_709i32.to_le_bytes();
    pair.target.lock().tables.values_mut().next().unwrap().rows.retain(is_kept);
    assert_eq!(pair.run().unwrap().copied, 2);
    assert_eq!(pair.target_rows(), pair.source_rows());
}

#[test]
fn foreign_rows_survive_and_are_named() {
    let mut pair = Pair::new();
    let own = there(flight(4, "A", 1, 1.0));
    pair.target.lock().tables.values_mut().next().unwrap().rows.push(own.clone());
    let error = pair.run().unwrap_err();
    assert_eq!(error.kind(), Kind::Refused);
    assert!(error.message().contains("partition /20130105/Key1 is not empty"), "{error}");
    assert_eq!((pair.target_rows().len(), pair.target.appends()), (1, 0));
}

/// A disk that takes so many calls.
struct Disk(Arc<Mutex<(usize, Vec<u8>)>>);

impl Storage for Disk {
    fn append(&self, bytes: &[u8]) -> std::io::Result<()> {
        let mut disk = self.0.lock();
        disk.0 = disk.0.checked_sub(1).ok_or(std::io::ErrorKind::StorageFull)?;
        disk.1.extend_from_slice(bytes);
        Ok(())
    }

    fn sync(&self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn nothing_is_sent_that_the_journal_does_not_announce() {
    // The head, the run and the plan come first; then each unit has an intent and an end.
    for calls in 3..20 {
        let mut pair = Pair::new();
        let plan = pair.plan().unwrap();
        let disk = Arc::new(Mutex::new((calls, Vec::new())));
        let journal = Mutex::new(Journal::begin(Box::new(Disk(disk.clone())), begun()).unwrap());
        journal.lock().plan(plan.record()).unwrap();
        let target = pair.target.clone();
        let connect = || Ok(Box::new(target.clone()) as Box<dyn Cluster + Send>);
        let error = run(&mut pair.host, &plan, (&journal, 0), &connect, pair.limits, &|| Ok(())).unwrap_err();
        assert_eq!(error.kind(), Kind::State, "{error}");
        let units = replay(&disk.lock().1).unwrap().unwrap().tables.remove(0).units;
        let announced = units.iter().filter(|unit| unit.state != State::Waiting).count();
        assert_eq!(pair.target.appends(), announced, "after {calls} calls");
    }
}

#[test]
fn an_intent_tells_what_was_there_and_what_was_sent() {
    let mut pair = Pair::new().failing(0, Fault::DieAfter);
    pair.limits.lanes = 1;
    pair.failure();
    let State::Failed(Some(Intent { before, gone, sent })) = pair.states()[0] else {
        panic!("{:?}", pair.states()[0])
    };
    assert_eq!((before.rows, gone.rows, sent.rows), (0, 0, 1));
}

/// A longer text is cut by a server without a word, so that the proof would come too late.
#[test]
fn a_text_that_the_target_would_cut_keeps_its_partition_from_being_sent() {
    let mut table = flights_table(DAYS);
    table.rows.push(flight(3, &"B".repeat(256), 1, 1.0));
    let mut pair = Pair::of(table, FakeNode::with(&flights(), flights_table(DAYS).empty_in_order(&ORDER)));
    let error = pair.failure();
    assert_eq!(error.kind(), Kind::Refused);
    for part in ["/20130104/Key0", "a cell of `carrier` has 256 bytes, and the target keeps no more than 255"]
    {
        assert!(error.message().contains(part), "{part}: {error}");
    }
    assert!(error.advice().contains("strlen(carrier) <= 255"), "{error}");
    let arrived = pair.target_rows();
    assert!(arrived.iter().all(|row| row[0] != (15_709_i32).to_le_bytes() || row[1] != *b"B"), "{arrived:?}");
    let last = flight(3, &"B".repeat(255), 1, 1.0);
    *pair.host.node.lock().tables.values_mut().next().unwrap().rows.last_mut().unwrap() = last;
    pair.run().unwrap();
    assert_eq!(pair.target_rows(), pair.source_rows());
}
