//! Calls with a window: nothing is lost between runs, and nothing outside of it is looked at.
use super::*;

const DAY: i64 = 86_400_000;

fn at(host: &mut FakeHost, day: i64, hour: i64) {
    host.now = (15_706 + day) * DAY + hour * 3_600_000;
}

fn nightly(mode: &str, look_back: &str) -> Datum {
    dict(vec![("column", text("date")), ("mode", text(mode)), ("lookBack", text(look_back))])
}

fn flights_of(node: &FakeNode) -> Vec<Row> {
    node.sorted_rows(&flights(), &["date", "carrier", "delay", "distance"])
}

fn add(node: &FakeNode, day: i32, delay: i32) {
    let mut inner = node.lock();
    let table = inner.tables.get_mut(&("dfs://flights".into(), "flights".into())).unwrap();
    table.rows.push(flight(day, "A", delay, 0.5));
}

/// Flights of four days at the source, none at the target.
fn four_days() -> (FakeHost, FakeNode) {
    let table = flights_table(4);
    let empty = table.empty_in_order(&["date", "carrier", "delay", "distance"]);
    (FakeHost::new(FakeNode::with(&flights(), table)), FakeNode::with(&flights(), empty))
}

#[test]
fn runs_of_one_watermark_lose_nothing_whatever_comes_late() {
    let (mut host, target) = four_days();
    let all = flights_of(&host.node);
    at(&mut host, 2, 22);
    let first = table_of(synced_with(&mut host, &target, Some("flights"), nightly("replace", "1d")));
    assert_eq!((numbers(&first, "rows"), numbers(&first, "partitions")), (vec![8], vec![4]));
    // A day that is not over is left to the next run.
    assert_eq!(flights_of(&target), all[..8]);
    add(&host.node, 1, 77);
    at(&mut host, 4, 22);
    let second = table_of(synced_with(&mut host, &target, Some("flights"), nightly("replace", "1d")));
    assert_eq!(numbers(&second, "skipped"), [1], "the other partition of the day is as it was");
    assert_eq!(flights_of(&target), flights_of(&host.node));
}

#[test]
fn partitions_outside_of_the_window_cost_no_question() {
    let (mut host, target) = four_days();
    let options = dict(vec![("column", text("date")), ("from", text("now()-1")), ("to", int(0))]);
    let error = synced_with(&mut host, &target, Some("flights"), options).unwrap_err();
    assert!(error.message().starts_with("the option `from` cannot be evaluated"), "{error}");
    let day = Datum::Scalar(ints(Type::Date, [15_708]));
    let options = dict(vec![("column", text("date")), ("from", day)]);
    at(&mut host, 9, 0);
    host.node.lock().log.clear();
    synced_with(&mut host, &target, Some("flights"), options).unwrap();
    assert_eq!(flights_of(&target), flights_of(&host.node)[8..]);
    let log = &host.node.lock().log;
    let outside = |question: &&String| question.contains("2013.01.01") || question.contains("2013.01.02,");
    assert_eq!(log.iter().find(outside), None);
    let cut = |question: &&String| question.contains("partition(") && question.contains(">=");
    assert_eq!(log.iter().find(cut), None, "whole partitions are asked for as such");
}

#[test]
fn a_window_that_broke_off_comes_first_so_that_append_never_doubles() {
    for mode in ["append", "auto"] {
        let (mut host, target) = four_days();
        let target = target.failing(1, Fault::DieAfter);
        at(&mut host, 2, 22);
        let options = || {
            let items =
                vec![("column", text("date")), ("mode", text(mode)), ("retries", int(0)), ("lanes", int(1))];
            dict(items)
        };
        synced_with(&mut host, &target, Some("flights"), options()).unwrap_err();
        assert!(!flights_of(&target).is_empty());
        target.lock().faults.clear();
        at(&mut host, 4, 22);
        synced_with(&mut host, &target, Some("flights"), options()).unwrap();
        assert_eq!(flights_of(&target), flights_of(&host.node), "{mode}");
        assert!(host.printed.iter().any(|line| line.contains("now what came after it")));
    }
}

#[test]
fn an_append_that_broke_off_is_finished_before_another_window_appends_its_rows() {
    let (mut host, target) = four_days();
    let target = target.failing(3, Fault::DieBefore);
    let window = |from: i32, to: i32| {
        let day = |day: i32| Datum::Scalar(Column::fixed(Type::Date, (15_706 + day).to_le_bytes()));
        let named = vec![("column", text("date")), ("from", day(from)), ("to", day(to))];
        dict([named, vec![("mode", text("append")), ("retries", int(0)), ("lanes", int(1))]].concat())
    };
    synced_with(&mut host, &target, Some("flights"), window(0, 2)).unwrap_err();
    target.lock().faults.clear();
    let held = flights_of(&target);
    let error = synced_with(&mut host, &target, Some("flights"), window(1, 4)).unwrap_err();
    assert_eq!((error.kind(), flights_of(&target) == held), (Kind::Refused, true));
    assert!(error.message().contains("and is not finished"), "{error}");
    synced_with(&mut host, &target, Some("flights"), window(3, 4)).unwrap();
    // The source goes on meanwhile; what was sent once is not sent again, and that is said.
    add(&host.node, 0, 7);
    synced_with(&mut host, &target, Some("flights"), window(0, 2)).unwrap();
    let runs = table_of(history::get_runs(&mut host, &[]));
    let last = text(texts(&runs, "runId").last().unwrap());
    let reasons = texts(&table_of(history::get_run_partitions(&mut host, &[last])), "reason").join("; ");
    assert!(reasons.contains("rows that it had then, and the"), "{reasons}");
    synced_with(&mut host, &target, Some("flights"), window(2, 3)).unwrap();
    assert_eq!(flights_of(&target).len() + 1, flights_of(&host.node).len());
}

#[test]
fn what_is_planned_or_refused_moves_no_watermark() {
    let (mut host, target) = four_days();
    at(&mut host, 4, 22);
    let dry = dict(vec![("column", text("date")), ("dryRun", int(1))]);
    synced_with(&mut host, &target, Some("flights"), dry).unwrap();
    let shown = "date in [.., 2013.01.05): 8 partitions with 16 rows at the source";
    assert!(host.printed[0].contains(shown), "{:?}", host.printed);
    assert!(host.printed[0].ends_with("the window ends now by the clock of this node"), "{:?}", host.printed);
    add(&target, 0, 1);
    let auto = || dict(vec![("column", text("date"))]);
    let error = synced_with(&mut host, &target, Some("flights"), auto()).unwrap_err();
    assert_eq!(error.kind(), Kind::Refused);
    let memory = caller::memory(&mut host).unwrap();
    let key = crate::memory::Key {
        target: "fake:8848".into(),
        db: "dfs://flights".into(),
        table: "flights".into(),
        column: "date".into(),
        filter: None,
    };
    assert_eq!(memory.watermark(&key).unwrap(), Default::default());
}

#[test]
fn options_of_a_window_that_make_no_sense_are_sentences() {
    for (items, expected) in [
        (vec![("from", int(1))], "the option `from` needs the option `column`, which names its column"),
        (vec![("column", int(1))], "the option `column` must be the name of a column"),
        (
            vec![("column", text("date")), ("from", int(1)), ("lookBack", text("1d"))],
            "the option `lookBack` counts from the watermark, so it goes without `from`",
        ),
        (
            vec![("column", text("date")), ("lookBack", text("soon"))],
            "the option `lookBack` must be a text such as \"2d\", \"36H\", \"90m\" or \"30s\", or a number of steps",
        ),
    ] {
        let args = [remote(), text("dfs://a"), Datum::Void, Datum::Void, dict(items)];
        let error = Request::parse("syncOnline", SYNC, &args).unwrap_err();
        assert_eq!((error.kind(), error.message()), (Kind::Argument, expected));
    }
}
