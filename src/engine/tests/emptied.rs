//! Partitions that the source has emptied, beside others that are taken in slices.
use super::slices::{actions, pair, push_there};
use super::*;
use crate::model::Action;
use crate::plan::Mirror;

fn retain(pair: &mut Pair, keep: fn(&Row) -> bool) {
    pair.host.node.lock().tables.values_mut().next().unwrap().rows.retain(keep);
}

#[test]
fn a_partition_that_was_taken_in_slices_and_is_empty_now_gives_way_to_nothing() {
    let mut pair = pair(2, 40);
    pair.run().unwrap();
    pair.mode = Mode::Replace;
    push_there(&pair, flight(1, "A", 1_000, 1.0));
    let next = pair.target.appends();
    pair.target.lock().faults = vec![(Some(next), Fault::DieBefore)];
    pair.limits.lanes = 1;
    pair.run().unwrap_err();
    pair.target.lock().faults.clear();
    retain(&mut pair, |row| row[1] != b"A" || row[0] != flight(0, "A", 0, 0.0)[0]);
    let plan = pair.plan().unwrap();
    assert_eq!(actions(&plan, Action::Refuse), ["/20130101/Key1"]);
    assert!(!actions(&plan, Action::Clear).contains(&"/20130101/Key1".to_owned()), "{plan}");
    assert_eq!(plan.permit().unwrap_err().kind(), Kind::Refused);
    assert!(!actions(&plan.keeping(), Action::Clear).contains(&"/20130101/Key1".to_owned()));
}

#[test]
fn slices_do_not_make_more_partitions_of_which_a_mirror_may_remove_some() {
    let mut pair = pair(3, 40);
    pair.run().unwrap();
    retain(&mut pair, |row| row[1] != b"B" || row[0] != flight(2, "B", 0, 0.0)[0]);
    let plan = pair.plan().unwrap().mirrored(Mirror { max_delete: 10 }, Vec::new());
    assert_eq!(actions(&plan, Action::Delete), ["/20130103/Key0"]);
    assert!(plan.decisions.len() > 15, "{plan}");
    let error = plan.permit().unwrap_err();
    assert!(error.message().contains("1 of its 6 partitions would be removed"), "{error}");
}
