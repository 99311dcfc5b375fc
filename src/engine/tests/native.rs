//! What the target's own plugin says of the rows there: relied on, never believed blindly.
use std::collections::BTreeSet;

use super::*;
use crate::data::{Datum, Fingerprint};
use crate::journal::Method;
use crate::model::Check;

/// What the plugin makes of a question, by its number and the true fingerprint.
type Answer = fn(usize, Fingerprint) -> Result<Datum>;

fn true_answer(_: usize, print: Fingerprint) -> Result<Datum> {
    Ok(told(print, Fingerprint::VERSION))
}

/// A pair whose target has the plugin.
fn with_plugin(answer: Answer) -> Pair {
    let pair = Pair::new();
    let asked = AtomicUsize::new(0);
    let plugin = move |print| answer(asked.fetch_add(1, Ordering::Relaxed), print);
    pair.target.lock().plugin = Some(Arc::new(plugin));
    pair
}

fn reads(pair: &Pair) -> usize {
    let reads = |line: &&String| line.starts_with("select") && line.contains("partition(");
    pair.target.lock().log.iter().filter(reads).count()
}

fn methods(all: &[Method]) -> BTreeSet<Method> {
    all.iter().copied().collect()
}

#[test]
fn a_target_with_the_plugin_sends_no_rows_back() {
    let mut pair = with_plugin(true_answer);
    let summary = pair.run().unwrap();
    assert_eq!((summary.methods, summary.check), (methods(&[Method::Native]), Check::Fingerprint));
    assert_eq!((pair.target_rows(), reads(&pair)), (pair.source_rows(), 0));
    let units = &pair.runs().list().unwrap().pop().unwrap().run.tables[0].units;
    assert!(units.iter().all(|unit| unit.method == Some(Method::Native)));
    // Asked again, both sides are compared the same way.
    assert_eq!((pair.run().unwrap().skipped, reads(&pair)), (UNITS as u64, 0));
}

#[test]
fn what_the_targets_plugin_answers_is_compared() {
    let answers: [(&str, Answer); 3] = [
        ("another sum", |_, print| true_answer(0, Fingerprint { sum: print.sum ^ 1, ..print })),
        ("a row more", |_, print| true_answer(0, Fingerprint { rows: print.rows + 1, ..print })),
        ("nothing", |_, _| true_answer(0, Fingerprint::default())),
    ];
    for (what, answer) in answers {
        let mut pair = with_plugin(answer);
        pair.limits.lanes = 1;
        let error = pair.failure();
        assert_eq!(error.kind(), Kind::Mismatch, "{what}: {error}");
        assert!(matches!(pair.states()[0], State::Failed(Some(_))), "{what}: {:?}", pair.states()[0]);
        assert_eq!(reads(&pair), 0, "{what}");
    }
}

#[test]
fn a_row_that_changed_on_the_way_is_seen_by_the_targets_plugin() {
    let mut pair = with_plugin(true_answer).failing(1, Fault::Alter(|rows| rows[1][0][3] ^= 1));
    pair.limits.lanes = 1;
    assert_eq!(pair.failure().kind(), Kind::Mismatch);
    assert!(matches!(pair.states()[1], State::Failed(Some(_))), "{:?}", pair.states()[1]);
}

#[test]
fn who_has_no_answer_of_our_version_is_read_back() {
    let answers: [(&str, Answer); 4] = [
        ("an older plugin", |_, print| Ok(told(print, Fingerprint::VERSION - 1))),
        ("a newer plugin whose sums differ", |_, print| {
            Ok(told(Fingerprint { sum: !print.sum, ..print }, Fingerprint::VERSION + 1))
        }),
        ("no table", |_, _| Ok(Datum::Void)),
        ("no right", |_, _| Err(Error::new(Kind::Server, "<NoPrivilege>Not granted"))),
    ];
    for (what, answer) in answers {
        let mut pair = with_plugin(answer);
        let summary = pair.run().unwrap();
        assert_eq!(summary.methods, methods(&[Method::ReadBack]), "{what}");
        assert_eq!((pair.target_rows(), reads(&pair)), (pair.source_rows(), UNITS), "{what}");
        let asked = |line: &&String| line.starts_with("clusterSync");
        assert!(pair.target.lock().log.iter().filter(asked).count() <= 2, "{what}: once for each lane");
    }
}

#[test]
fn a_plugin_that_falls_silent_is_no_loss() {
    let mut pair = with_plugin(|asked, print| match asked {
        0..5 => true_answer(0, print),
        _ => Err(Error::new(Kind::Server, "Cannot recognize the token clusterSync::fingerprint")),
    });
    let summary = pair.run().unwrap();
    assert_eq!(summary.methods, methods(&[Method::Native, Method::ReadBack]));
    assert_eq!(pair.target_rows(), pair.source_rows());
}

#[test]
fn a_line_that_breaks_over_the_question_leaves_doubt_which_a_look_settles() {
    let breaks = |asked, print| match asked {
        0 => Err(Error::new(Kind::Network, "the line broke")),
        _ => true_answer(0, print),
    };
    let mut pair = with_plugin(breaks);
    pair.limits.lanes = 1;
    assert_eq!(pair.failure().kind(), Kind::Network);
    assert_eq!(pair.target.appends(), 1);
    pair.run().unwrap();
    assert_eq!((pair.target_rows(), pair.target.appends()), (pair.source_rows(), UNITS));

    let mut pair = with_plugin(breaks);
    (pair.limits.lanes, pair.limits.retries.count) = (1, 1);
    pair.run().unwrap();
    assert_eq!((pair.target_rows(), pair.target.appends()), (pair.source_rows(), UNITS));
}

#[test]
fn nothing_is_weighed_that_is_not_read_back() {
    let largest = 3 * (4 + 2 + 4 + 8);
    let refusing: Answer = |_, _| Err(Error::new(Kind::Server, "<NoPrivilege>Not granted"));
    // Room for one partition that is read back, or two that are not.
    for (answer, expected) in [(true_answer as Answer, 2 * largest), (refusing, largest)] {
        let mut pair = with_plugin(answer);
        let only_a = |rows: &mut Vec<Row>| rows.retain(|row| row[1] == b"A");
        only_a(&mut pair.host.node.lock().tables.values_mut().next().unwrap().rows);
        (pair.limits.lanes, pair.limits.memory) = (2, 2 * largest);
        // From the third partition on a lane waits until there are as many as there is room for.
        let gauge = pair.host.gauge.clone();
        let full = Arc::new(move || {
            let deadline = Instant::now() + Duration::from_secs(20);
            while gauge.lock().lent < expected && Instant::now() < deadline {
                thread::yield_now();
            }
        });
        pair.target.lock().faults.push((Some(3), Fault::Meet(full)));
        pair.run().unwrap();
        assert_eq!(pair.host.gauge.lock().peak, expected);
    }
}

#[test]
fn who_only_counts_says_so_and_misses_no_row() {
    let counting = |mut pair: Pair| {
        let plan = Plan { check: Check::Count, ..pair.plan().unwrap() };
        assert!(plan.to_string().contains(", mode auto, only counted afterwards: "), "{plan}");
        let outcome = pair.run_plan(&plan);
        (pair, outcome)
    };
    let (pair, outcome) = counting(with_plugin(true_answer));
    let summary = outcome.unwrap();
    assert_eq!((summary.methods, summary.check), (methods(&[Method::Count]), Check::Count));
    assert_eq!((pair.target_rows(), reads(&pair)), (pair.source_rows(), 0));
    assert!(!pair.target.lock().log.iter().any(|line| line.starts_with("clusterSync")));

    let (_, outcome) = counting(Pair::new().failing(1, Fault::Alter(|rows| drop(rows.pop()))));
    assert_eq!(outcome.unwrap_err().kind(), Kind::Mismatch);

    // What broke is looked at in full, whatever the plan asks for.
    let (mut pair, outcome) = counting(Pair::new().failing(1, Fault::DieAfter));
    assert_eq!(outcome.unwrap_err().kind(), Kind::Network);
    pair.run().unwrap();
    assert_eq!(pair.target_rows(), pair.source_rows());
}
