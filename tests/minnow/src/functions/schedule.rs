//! Jobs by the clock (dolphindb-semantics §7.1).
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::{args, dfs, jobs};
use crate::error::{Error, Result};
use crate::node::{Node, Scheduled};
use crate::script::{Native, Session, Shipment};
use crate::value::{Table, Type, Value, Vector};

/// The least distance of two start times, in minutes.
const SPACING: i64 = 5;
const MINUTE: i64 = 60_000;

pub const FUNCTIONS: &[Native] = &[
    Native::new(
        "scheduleJob",
        &[
            "jobId",
            "jobDesc",
            "jobFunc",
            "scheduleTime",
            "startDate",
            "endDate",
            "frequency",
            "days",
            "onComplete",
            "priority",
            "parallelism",
        ],
        7,
        schedule,
    ),
    Native::new("getScheduledJobs", &["pattern"], 0, list),
    Native::new("deleteScheduledJob", &["jobId"], 1, delete),
];

/// The call is packed now: what the function is later changes nothing. Returns the job's id.
fn schedule(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    const NAME: &str = "scheduleJob";
    let bad = |name: &str, what: &str| args::bad(NAME, name, what);
    let Value::Function(function) = &args[2] else { return Err(bad("jobFunc", "must be a function")) };
    if function.arity().0 > 0 {
        return Err(bad("jobFunc", "must be a function without free parameters"));
    }
    let times =
        numbers(&args, 3, Type::Minute).ok_or_else(|| bad("scheduleTime", "must be of the type MINUTE"))?;
    let mut sorted = times.clone();
    sorted.sort_unstable();
    if sorted.is_empty() || sorted.windows(2).any(|pair| pair[1] - pair[0] < SPACING) {
        return Err(bad("scheduleTime", "must have times at least 5 minutes apart"));
    }
    let day = |index: usize, name: &str| match numbers(&args, index, Type::Date).as_deref() {
        Some([day]) => Ok(*day),
        _ => Err(bad(name, "must be a DATE")),
    };
    let frequency = args[6].to_string();
    let days = match (frequency.as_str(), args::given(&args, 7)) {
        ("D", None) => Vec::new(),
        ("W" | "M", Some(Value::Scalar(cells) | Value::Vector(cells))) => {
            (0..cells.len()).filter_map(|row| cells.integer(row)).collect()
        }
        _ => return Err(bad("frequency", "must be 'D', or 'W' or 'M' with days")),
    };
    let job = Scheduled {
        id: String::new(),
        description: args::text(NAME, &args, 1, "jobDesc")?.to_owned(),
        user: session.user.clone(),
        shipment: session.ship(function, &[])?,
        times,
        start: day(4, "startDate")?,
        end: day(5, "endDate")?,
        frequency,
        days,
        on_complete: args::given(&args, 8).map(|callback| packed(session, callback)).transpose()?,
    };
    let wanted = args::text(NAME, &args, 0, "jobId")?;
    let id = session.node.schedule.add(job, |taken| session.node.jobs.free_id(wanted, taken))?;
    Ok(Value::string(&id))
}

/// `onComplete(jobId, jobDesc, success, result)`, its arguments to be put in later.
fn packed(session: &Session, callback: &Value) -> Result<Shipment> {
    let Value::Function(callback) = callback else {
        return Err(args::bad("scheduleJob", "onComplete", "must be a function of four arguments"));
    };
    let (least, most) = callback.arity();
    if !(least..=most).contains(&4) {
        return Err(args::bad("scheduleJob", "onComplete", "must be a function of four arguments"));
    }
    session.ship(callback, &completion("", "", &Ok(Value::Void)))
}

fn completion(id: &str, description: &str, outcome: &Result<Value>) -> [Value; 4] {
    let result = match outcome {
        Ok(Value::Void) => Value::string(""),
        Ok(value) => value.clone(),
        Err(error) => Value::string(&error.text),
    };
    [Value::string(id), Value::string(description), Value::bool(outcome.is_ok()), result]
}

/// The cells of an argument of this type.
fn numbers(args: &[Value], index: usize, ty: Type) -> Option<Vec<i64>> {
    let cells = args.get(index)?.cells().filter(|cells| cells.ty == ty)?;
    (0..cells.len()).map(|row| cells.integer(row)).collect()
}

/// The caller's jobs, an administrator's everybody's. The manual's columns, none of which is the body;
/// that a job with several times has as many rows is ours `[U]`.
fn list(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let pattern = args::optional_text("getScheduledJobs", &args, 0, "pattern")?.unwrap_or("%");
    let mut jobs = session.node.schedule.all();
    jobs.retain(|job| may_see(session, job) && dfs::matches(pattern, &job.id));
    let jobs: Vec<(Scheduled, i64)> = jobs
        .into_iter()
        .flat_map(|job| job.times.clone().into_iter().map(move |at| (job.clone(), at)))
        .collect();
    let texts =
        |of: fn(&Scheduled) -> &str| Vector::strings(Type::String, jobs.iter().map(|(job, _)| of(job)));
    let dates =
        |of: fn(&Scheduled) -> i64| Vector::integers(Type::Date, jobs.iter().map(|(job, _)| Some(of(job))));
    let days = |job: &Scheduled| job.days.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    let days: Vec<String> = jobs.iter().map(|(job, _)| days(job)).collect();
    let columns = [
        ("userId", texts(|job| &job.user)),
        ("jobId", texts(|job| &job.id)),
        ("jobDesc", texts(|job| &job.description)),
        ("startDate", dates(|job| job.start)),
        ("endDate", dates(|job| job.end)),
        ("frequency", texts(|job| &job.frequency)),
        ("scheduleTime", Vector::integers(Type::Minute, jobs.iter().map(|(_, at)| Some(*at)))),
        ("days", Vector::strings(Type::String, days.iter().map(String::as_str))),
    ];
    Ok(Value::Table(Table::of(columns).into()))
}

fn may_see(session: &Session, job: &Scheduled) -> bool {
    job.user == session.user || session.node.is_admin(&session.user)
}

fn delete(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let id = args::text("deleteScheduledJob", &args, 0, "jobId")?;
    let known = session.node.schedule.all().iter().any(|job| job.id == id && may_see(session, job));
    if !known {
        return Err(Error::runtime(format!("The scheduled job [{id}] doesn't exist.")));
    }
    session.node.schedule.remove(id)?;
    Ok(Value::Void)
}

/// Starts the jobs of one minute, counted from 1970, each as its creator in a new session.
pub fn run_due(node: &Arc<Node>, minute: i64) {
    for due in node.schedule.all().into_iter().filter(|job| job.is_due(minute)) {
        let job = node.jobs.add(&due.id, &due.description, &due.user);
        let mut session = Session::new(node.clone());
        session.user = due.user;
        let id = job.id.clone();
        let work = move |session: &mut Session| {
            let outcome = session.receive(due.shipment);
            if let Some(mut callback) = due.on_complete {
                let first = callback.data.len().saturating_sub(4);
                callback.data.truncate(first);
                callback.data.extend(completion(&id, &due.description, &outcome));
                if let Err(error) = session.receive(callback) {
                    session.node.log(&format!("onComplete of the job {id} failed: {}", error.text));
                }
            }
            outcome
        };
        let started = jobs::start(session, job, work);
        if let Err(error) = started {
            node.log(&format!("the scheduled job {} did not start: {error}", due.id));
        }
    }
}

/// Starts what has become due since the clock was last looked at.
pub fn catch_up(node: &Arc<Node>) {
    node.schedule.passed(node.clock.now(Type::Timestamp) / MINUTE).for_each(|minute| run_due(node, minute));
}

/// Starts due jobs until the node is gone.
pub fn keep(node: Weak<Node>) {
    const GLANCE: Duration = Duration::from_millis(200);
    while let Some(node) = node.upgrade() {
        catch_up(&node);
        drop(node);
        std::thread::sleep(GLANCE);
    }
}
