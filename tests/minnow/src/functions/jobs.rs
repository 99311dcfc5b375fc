//! Background jobs (dolphindb-semantics §7.3).
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::args;
use crate::error::{Error, Result};
use crate::node::{GUEST, Job};
use crate::script::{Native, STACK, Session};
use crate::value::{Table, Type, Value, Vector};

const JOB: &[&str] = &["jobId"];

pub const FUNCTIONS: &[Native] = &[
    Native::new("submitJob", &["jobId", "jobDesc", "jobDef", "args..."], 3, submit),
    Native::new(
        "submitJobEx",
        &["jobId", "jobDesc", "priority", "parallelism", "jobDef", "args..."],
        5,
        submit_ex,
    ),
    Native::new("getRecentJobs", &["top"], 0, recent),
    Native::new("getJobStatus", JOB, 1, |session, args| {
        Ok(rows(session, &[find(session, "getJobStatus", &args)?]))
    }),
    Native::new("getJobReturn", &["jobId", "blocking"], 1, outcome),
    Native::new("getJobMessage", JOB, 1, |session, args| {
        Ok(Value::string(&find(session, "getJobMessage", &args)?.progress().printed))
    }),
    Native::new("cancelJob", JOB, 1, cancel),
];

fn submit(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    submit_at(session, "submitJob", args, 2)
}

/// Every job has a thread here, so priority and parallelism change nothing.
fn submit_ex(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    submit_at(session, "submitJobEx", args, 4)
}

/// `at` is where the function stands; what follows are its arguments.
fn submit_at(session: &mut Session, name: &str, mut args: Vec<Value>, at: usize) -> Result<Value> {
    let (id, description) = (args::text(name, &args, 0, "jobId")?, args::text(name, &args, 1, "jobDesc")?);
    let Value::Function(function) = args[at].clone() else {
        return Err(args::bad(name, "jobDef", "must be a function"));
    };
    let job = session.node.jobs.add(id, description, &session.user);
    let given = args.split_off(at + 1);
    start(session.fork(), job.clone(), move |session| session.apply(&function, given))?;
    Ok(Value::string(&job.id))
}

/// Runs a job's work on a thread of its own, in the session that is made for it.
pub fn start(
    mut session: Session,
    job: Arc<Job>,
    work: impl FnOnce(&mut Session) -> Result<Value> + Send + 'static,
) -> Result<()> {
    session.cancelled = job.cancelled.clone();
    let printer = job.clone();
    session.out = Box::new(move |line| printer.print(line));
    let run = move || {
        job.start();
        job.end(work(&mut session));
    };
    std::thread::Builder::new().name("job".into()).stack_size(STACK).spawn(run)?;
    Ok(())
}

fn find(session: &Session, function: &str, args: &[Value]) -> Result<Arc<Job>> {
    let id = args::text(function, args, 0, "jobId")?;
    let job = session.node.jobs.find(id).filter(|job| may_see(session, job));
    job.ok_or_else(|| Error::runtime(format!("The job [{id}] doesn't exist.")))
}

fn may_see(session: &Session, job: &Job) -> bool {
    job.user == session.user || session.node.is_admin(&session.user)
}

/// The caller's jobs, an administrator's everybody's; newest last.
fn recent(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let mut jobs = session.node.jobs.all();
    jobs.retain(|job| may_see(session, job));
    if args::given(&args, 0).is_some() {
        let top = usize::try_from(args::integer("getRecentJobs", &args, 0, "top")?).unwrap_or(0);
        jobs.drain(..jobs.len().saturating_sub(top));
    }
    Ok(rows(session, &jobs))
}

fn rows(session: &Session, jobs: &[Arc<Job>]) -> Value {
    let progress: Vec<_> = jobs.iter().map(|job| job.progress()).collect();
    let errors = progress.iter().map(|progress| match &progress.outcome {
        Some(Err(error)) => error.text.as_str(),
        _ => "",
    });
    let texts = |of: fn(&Job) -> &str| Vector::strings(Type::String, jobs.iter().map(|job| of(job)));
    let same = |value: &str| Vector::strings(Type::String, jobs.iter().map(|_| value));
    let number = |value| Vector::integers(Type::Int, jobs.iter().map(|_| Some(value)));
    let times = |cells: Vec<Option<i64>>| Vector::integers(Type::Timestamp, cells);
    let client = session.peer.map_or(String::new(), |peer| peer.ip().to_string());
    let columns = [
        ("node", same(&session.node.alias)),
        ("userID", texts(|job| &job.user)),
        ("jobId", texts(|job| &job.id)),
        ("rootJobId", texts(|job| &job.id)),
        ("jobDesc", texts(|job| &job.description)),
        ("priority", number(4)),
        ("parallelism", number(2)),
        ("clientIp", same(&client)),
        ("clientPort", number(session.peer.map_or(0, |peer| peer.port().into()))),
        ("receivedTime", times(jobs.iter().map(|job| Some(job.received)).collect())),
        ("startTime", times(progress.iter().map(|progress| progress.started).collect())),
        ("endTime", times(progress.iter().map(|progress| progress.ended).collect())),
        ("errorMsg", Vector::strings(Type::String, errors)),
    ];
    Value::Table(Table::of(columns).into())
}

fn outcome(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let blocking = args::optional_bool("getJobReturn", &args, 1, "blocking", false)?;
    find(session, "getJobReturn", &args)?.outcome(blocking)
}

/// Asks jobs to stop. An unknown id is only logged; another user's job is S00009, in a sentence
/// of ours.
fn cancel(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    if session.user == GUEST {
        return Err(Error::runtime("<NotAuthenticated>Not granted to cancel a job. Please log in."));
    }
    for id in args::texts("cancelJob", &args, 0, "jobId")? {
        match session.node.jobs.find(&id) {
            None => session.node.log("cancelJob: there is no such job"),
            Some(job) if !may_see(session, &job) => {
                return Err(Error::runtime(format!("The job [{id}] belongs to another user. RefId: S00009")));
            }
            Some(job) => job.cancelled.store(true, Ordering::Relaxed),
        }
    }
    Ok(Value::Void)
}
