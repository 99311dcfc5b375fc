//! Jobs by the clock: what is kept, when it starts, what a restart needs.
mod common;

use common::Local;
use minnow::functions::schedule::run_due;
use minnow::node::{Node, Switches};

/// The minute of 2024.01.05 (a Friday) at 22:30, from 1970.
const FRIDAY_EVENING: i64 = 19_727 * 1440 + 22 * 60 + 30;
const DAILY: &str = "scheduleJob(`nightly, 'a sum', f{41}, 22:30m, 2024.01.01, 2024.12.31, 'D')";

fn reopened(a: &mut Local) -> minnow::error::Result<()> {
    a.session.node = Node::open(a.home(), &"127.0.0.1:0:A".parse().unwrap(), "3.00.3")?;
    Ok(())
}

#[test]
fn a_job_starts_at_its_minute_with_the_body_that_it_was_made_with() {
    let mut a = Local::new(None);
    a.run("def g(x) : x + 1\ndef f(x) : g(x)");
    assert_eq!(a.run(DAILY).as_str(), Some("nightly"));
    a.run("def g(x) : -1");
    reopened(&mut a).unwrap();
    for (minute, runs) in [(FRIDAY_EVENING - 1, 0), (FRIDAY_EVENING, 1), (FRIDAY_EVENING + 1440, 2)] {
        run_due(&a.session.node, minute);
        assert_eq!(a.number("size(getRecentJobs())"), runs);
    }
    assert_eq!(a.number("getJobReturn(`nightly, true)"), 42);
    run_due(&a.session.node, FRIDAY_EVENING + 366 * 1440);
    assert_eq!(a.number("size(getRecentJobs())"), 2, "the last day is over");
}

#[test]
fn weekly_and_monthly_jobs_know_their_days() {
    let mut a = Local::new(None);
    a.run(
        "scheduleJob(`w, '', def () : 1, 22:30m, 2024.01.01, 2024.12.31, 'W', 5)
           scheduleJob(`m, '', def () : 1, 22:30m, 2024.01.01, 2024.12.31, 'M', [5, 20])",
    );
    let due = |a: &Local, days: i64| {
        let jobs = a.session.node.schedule.all().into_iter();
        let due = jobs.filter(|job| job.is_due(FRIDAY_EVENING + days * 1440));
        due.map(|job| job.id).collect::<Vec<_>>()
    };
    assert_eq!(due(&a, 0), ["w", "m"]);
    assert_eq!(due(&a, 7), ["w"]);
    assert_eq!(due(&a, 15), ["m"]);
    assert!(due(&a, 1).is_empty());
}

#[test]
fn jobs_are_listed_and_deleted_and_bad_ones_refused() {
    let mut a = Local::new(None);
    a.run("def f(x) : x");
    a.run(DAILY);
    assert_ne!(a.run(DAILY).as_str(), Some("nightly"), "a taken id gets the day");
    assert_eq!(a.number("size(getScheduledJobs())"), 2);
    a.run("deleteScheduledJob(`nightly)");
    assert!(a.fails("deleteScheduledJob(`nightly)").contains("nightly"));
    reopened(&mut a).unwrap();
    assert_eq!(a.number("size(getScheduledJobs())"), 1);
    for wrong in [
        "scheduleJob(`j, '', f, 22:30m, 2024.01.01, 2024.12.31, 'D')",
        "scheduleJob(`j, '', f{1}, 22:30m 22:33m, 2024.01.01, 2024.12.31, 'D')",
        "scheduleJob(`j, '', f{1}, 22:30m, 2024.01.01, 2024.12.31, 'W')",
        "scheduleJob(`j, '', f{1}, 2230, 2024.01.01, 2024.12.31, 'D')",
    ] {
        assert!(a.fails(wrong).contains("scheduleJob"), "{wrong}");
    }
}

/// dolphindb-semantics §7.1: jobs go by the clock of their node, which `minnow::setClock` moves.
#[test]
fn a_moved_clock_starts_the_jobs_of_where_it_arrives() {
    let mut a = Local::new(None);
    assert!(
        a.fails("minnow::setClock(2024.01.05T22:30:00.000)").contains("setClock"),
        "a fault needs its switch"
    );
    let switches = Switches { faults: true, ..Switches::default() };
    a.session.node =
        Node::open_with(a.home(), &"127.0.0.1:0:A".parse().unwrap(), "3.00.3", switches).unwrap();
    a.run("def f(x) : today()");
    a.run(DAILY);
    let mut before = 0;
    for (moment, runs) in [
        ("2024.01.05T22:29:30.000", 0),
        ("2024.01.05T22:30:00.000", 1),
        ("2024.01.05T22:30:50.000", 1),
        // The nights that it jumps over do not happen.
        ("2024.01.08T10:00:00.000", 1),
        ("2024.01.08T22:30:00.000", 2),
        ("2024.01.05T22:30:00.000", 3),
    ] {
        a.run(&format!("minnow::setClock({moment})"));
        assert_eq!(a.number("size(getRecentJobs())"), runs, "{moment}");
        if runs > before {
            before = runs;
            let day = format!("getJobReturn(last(getRecentJobs().jobId), true) == date({moment})");
            assert_eq!(a.number(&format!("int({day})")), 1, "{moment}");
        }
    }
    a.run("minnow::setClock()");
    assert_eq!(a.number("int(today() > 2024.12.31)"), 1);
}

/// dolphindb-semantics §7.1: onComplete is called after success and failure, and survives a restart.
#[test]
fn a_job_calls_back_after_success_and_failure() {
    let mut a = Local::new(None);
    let schedule = |id: &str, function: &str| {
        let days = "22:30m, 2024.01.01, 2024.12.31, 'D'";
        format!("scheduleJob(`{id}, 'a job', {function}, {days}, onComplete=done)")
    };
    a.run("def done(id, desc, success, result) { print(id + '/' + desc + '/' + string(success) + '/' + string(result)) }");
    a.run("def good() : 42\ndef bad() { throw 'no luck' }");
    a.run(&schedule("good", "good"));
    a.run(&schedule("bad", "bad"));
    assert!(
        a.fails("scheduleJob(`x, '', good, 22:30m, 2024.01.01, 2024.12.31, 'D', , good)")
            .contains("onComplete")
    );
    reopened(&mut a).unwrap();
    run_due(&a.session.node, FRIDAY_EVENING);
    assert_eq!(a.number("getJobReturn(`good, true)"), 42);
    assert!(a.fails("getJobReturn(`bad, true)").contains("no luck"));
    assert!(a.run("getJobMessage(`good)").as_str().unwrap().contains("good/a job/1/42"));
    assert!(a.run("getJobMessage(`bad)").as_str().unwrap().contains("bad/a job/0/"));
    assert_eq!(a.number("size(getScheduledJobs('go%'))"), 1);
}

/// dolphindb-semantics §7.2, §13: a plugin's function in a job must be there at the start.
#[test]
fn a_job_of_a_missing_plugin_keeps_the_node_from_starting() {
    let mut a = Local::new(None);
    a.run("def f() : rabbitmq::connection(); scheduleJob(`x, '', f, 22:30m, 2024.01.01, 2024.12.31, 'D')");
    let refused = reopened(&mut a).unwrap_err();
    let expected = "Failed to unmarshall the job [x]. Can't recognize function: rabbitmq::connection. Invalid message format";
    assert_eq!(refused.text, expected);
}

/// The manual's getScheduledJobs: its columns, of which none shows the body.
#[test]
fn the_list_has_the_columns_of_the_manual() {
    let mut a = Local::new(None);
    a.run(
        "scheduleJob(`w, 'weekly', def () : 1, 17:30m, 2024.01.01, 2024.12.31, 'W', 2)
         scheduleJob(`d, 'daily', def () : 1, 12:00m 18:00m, 2024.01.01, 2024.12.31, 'D'); l = getScheduledJobs()",
    );
    assert_eq!(
        a.run("l.colNames()").to_string(),
        "[\"userId\",\"jobId\",\"jobDesc\",\"startDate\",\"endDate\",\"frequency\",\"scheduleTime\",\"days\"]"
    );
    assert_eq!(a.run("l.scheduleTime").to_string(), "[17:30m,12:00m,18:00m]");
    assert_eq!(a.run("l.days").to_string(), "[\"2\",\"\",\"\"]");
}
