//! Rows that are known again by their keys.
use super::*;

/// A source without NULL keys, and a target that holds some of its rows, some with other values, and
/// some that the source has not.
fn pair() -> Pair {
    let mut table = flights_table(DAYS);
    table.rows.retain(|row| row[2] != i32::MIN.to_le_bytes());
    let mut there_is = table.empty_in_order(&ORDER);
    for day in 0..DAYS {
        there_is.rows.push(there(flight(day, "A", 100, 0.0)));
        there_is.rows.push(there(flight(day, "B", 3, 3.5)));
        there_is.rows.push(there(flight(day, "A", 7, 7.0)));
        there_is.rows.push(there(flight(day, "A", 7, 7.5)));
    }
    let mut pair = Pair::of(table, FakeNode::with(&flights(), there_is));
    (pair.mode, pair.keys) = (Mode::Upsert, vec!["carrier".into(), "delay".into()]);
    pair
}

/// What the target must hold in the end: what is not at the source stays, doubled keys too.
fn expected(pair: &Pair) -> Vec<Row> {
    let mut rows = pair.source_rows();
    for day in 0..DAYS {
        rows.push(flight(day, "A", 7, 7.0));
        rows.push(flight(day, "A", 7, 7.5));
    }
    rows.sort();
    rows
}

#[test]
fn rows_take_the_place_of_those_with_their_keys_and_others_stay() {
    let mut pair = pair();
    let summary = pair.run().unwrap();
    assert_eq!((summary.copied, summary.skipped), (DAYS as u64, DAYS as u64), "those of B were equal");
    assert_eq!(pair.target_rows(), expected(&pair));
    let writes = pair.target.appends();
    pair.run().unwrap();
    assert_eq!(pair.target_rows(), expected(&pair));
    assert_eq!(pair.target.appends(), writes, "what is there already is not sent again");
}

#[test]
fn an_upsert_that_dies_anywhere_and_is_repeated_ends_right() {
    for fault in [Fault::DieBefore, Fault::DieAfter, Fault::Panic] {
        let mut pair = pair();
        // Other lanes would go on for as long as it takes one to die.
        pair.limits.lanes = 1;
        let mut deaths = 0;
        loop {
            let next = pair.target.appends() + deaths % 3;
            pair.target.lock().faults = vec![(Some(next), fault.clone())];
            match pair.run() {
                Ok(_) => break,
                Err(error) => {
                    deaths += 1;
                    assert!(deaths < 100, "it never ends: {error}");
                }
            }
        }
        // How many more there are is up to the lanes.
        assert!(deaths > 0);
        assert_eq!(pair.target_rows(), expected(&pair));
    }
}

#[test]
fn an_upsert_that_did_something_else_is_never_verified() {
    let faults: [fn(&mut Vec<Row>); 2] = [|rows| drop(rows.pop()), |rows| rows[0][0][3] ^= 1];
    for fault in faults {
        let mut pair = pair().failing(0, Fault::Alter(fault));
        pair.limits.lanes = 1;
        let error = pair.failure();
        assert_eq!(error.kind(), Kind::Mismatch, "{error}");
        assert!(error.message().contains("verification failed"), "{error}");
    }
}

#[test]
fn keys_that_do_not_identify_a_row_forbid_the_partition() {
    let mut pair = pair();
    pair.keys = vec!["carrier".into()];
    let error = pair.failure();
    assert_eq!(error.kind(), Kind::Refused);
    assert!(error.message().contains("two of its rows at the source have the same carrier, date"), "{error}");
    assert_eq!(pair.target.appends(), 0);
}
