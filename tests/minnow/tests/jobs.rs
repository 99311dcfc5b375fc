//! Background jobs: what they see, what they leave, who may stop them.
mod common;

use common::Local;

#[test]
fn a_job_runs_in_a_session_of_its_own() {
    let mut a = Local::new(None);
    a.run("v = 1; def f(x) { print('at work'); return x + 1 }");
    a.run("id = submitJob(`sum, 'a sum', f, 41)");
    assert_eq!(a.number("getJobReturn(id, true)"), 42);
    assert_eq!(a.run("getJobMessage(id)").as_str(), Some("at work\n"));
    a.run("blind = submitJob(`blind, '', def () : v)");
    assert!(a.fails("getJobReturn(blind, true)").contains("v"), "a job sees no variable of the session");
    assert_eq!(a.number("exec count(*) from getRecentJobs() where isNull(endTime)"), 0);
    assert_eq!(a.run("exec jobDesc from getJobStatus(id)").to_string(), "[\"a sum\"]");
    assert_eq!(a.number("exec count(*) from getRecentJobs(1) where jobId = `blind, strlen(errorMsg) > 0"), 1);
}

#[test]
fn a_repeated_id_gets_the_day_and_then_a_number() {
    let mut a = Local::new(None);
    a.run("def f() : 1; day = strReplace(string(today()), '.', '')");
    let ids = a.run("[submitJob(`j, '', f), submitJob(`j, '', f), submitJob(`j, '', f)]").to_string();
    let day = a.run("day").to_string();
    assert_eq!(ids, format!("[\"j\",\"j{day}\",\"j{day}000\"]"));
}

#[test]
fn a_running_job_has_no_result_until_it_is_cancelled() {
    let mut a = Local::new(None);
    a.run("def wait() { do { sleep(1) } while (true) }; id = submitJob(`endless, '', wait)");
    assert_eq!(a.fails("getJobReturn(id)"), "The job [endless] is not complete yet.");
    a.run("cancelJob('unknown'); cancelJob(id)");
    assert_eq!(a.fails("getJobReturn(id, true)"), "The task was cancelled.");
}

#[test]
fn only_administrators_touch_the_jobs_of_others_s00009() {
    let mut a = Local::new(None);
    a.run("createUser(`carol, 'secret7'); id = submitJob(`mine, '', def () : 1); getJobReturn(id, true)");
    a.session.user = "carol".into();
    assert!(a.fails("cancelJob(id)").contains("S00009"));
    assert_eq!(a.number("size(getRecentJobs())"), 0);
    assert!(a.fails("getJobReturn(id)").contains("mine"));
    a.run("other = submitJob(`hers, '', def () : 2); getJobReturn(other, true)");
    a.session.user = "admin".into();
    assert_eq!(a.number("size(getRecentJobs())"), 2);
}
