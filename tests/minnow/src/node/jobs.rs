//! Jobs of a node: what runs in the background, and what has run (dolphindb-semantics §7.3). They
//! are forgotten when the node stops.
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use parking_lot::{Condvar, Mutex};

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::value::{Type, Value, Vector, text};

pub struct Jobs {
    clock: Arc<Clock>,
    all: Mutex<Vec<Arc<Job>>>,
}

/// One run of a function.
pub struct Job {
    pub id: String,
    pub description: String,
    pub user: String,
    /// Milliseconds since 1970 when it was asked for.
    pub received: i64,
    /// Set to stop it.
    pub cancelled: Arc<AtomicBool>,
    clock: Arc<Clock>,
    progress: Mutex<Progress>,
    ended: Condvar,
}

#[derive(Clone, Default)]
pub struct Progress {
    /// Milliseconds since 1970.
    pub started: Option<i64>,
    pub ended: Option<i64>,
    /// What it printed, a line per call.
    pub printed: String,
    pub outcome: Option<Result<Value>>,
}

impl Jobs {
    pub fn new(clock: Arc<Clock>) -> Jobs {
        Jobs { clock, all: Mutex::default() }
    }

    /// A new job. Its id is `wanted`, with the day and then a number behind it when that is taken.
    pub fn add(&self, wanted: &str, description: &str, user: &str) -> Arc<Job> {
        let mut all = self.all.lock();
        let taken = |id: &str| all.iter().any(|job| job.id == id);
        let id = self.free_id(wanted, &taken);
        let job = Arc::new(Job {
            id,
            description: description.to_owned(),
            user: user.to_owned(),
            received: self.clock.now(Type::Timestamp),
            cancelled: Arc::default(),
            clock: self.clock.clone(),
            progress: Mutex::default(),
            ended: Condvar::new(),
        });
        all.push(job.clone());
        job
    }

    pub fn all(&self) -> Vec<Arc<Job>> {
        self.all.lock().clone()
    }

    pub fn find(&self, id: &str) -> Option<Arc<Job>> {
        self.all.lock().iter().find(|job| job.id == id).cloned()
    }

    /// `wanted`, else with the day (`20241231`), else with the day and a number of three digits.
    pub fn free_id(&self, wanted: &str, taken: &dyn Fn(&str) -> bool) -> String {
        let day = Vector::integers(Type::Date, [Some(self.clock.now(Type::Date))]);
        let dated = format!("{wanted}{}", text::cell(&day, 0).replace('.', ""));
        let numbered = (0..).map(|number: u32| format!("{dated}{number:03}"));
        let mut candidates = [wanted.to_owned(), dated.clone()].into_iter().chain(numbered);
        candidates.find(|id| !taken(id)).unwrap_or(dated)
    }
}

impl Job {
    pub fn progress(&self) -> Progress {
        self.progress.lock().clone()
    }

    pub fn start(&self) {
        self.progress.lock().started = Some(self.clock.now(Type::Timestamp));
    }

    pub fn print(&self, line: &str) {
        let mut progress = self.progress.lock();
        progress.printed.push_str(line);
        progress.printed.push('\n');
    }

    pub fn end(&self, outcome: Result<Value>) {
        let mut progress = self.progress.lock();
        (progress.ended, progress.outcome) = (Some(self.clock.now(Type::Timestamp)), Some(outcome));
        self.ended.notify_all();
    }

    /// What the job returned or failed with. Waits for its end if `blocking`.
    pub fn outcome(&self, blocking: bool) -> Result<Value> {
        let mut progress = self.progress.lock();
        if blocking {
            self.ended.wait_while(&mut progress, |progress| progress.outcome.is_none());
        }
        let unfinished = || Err(Error::runtime(format!("The job [{}] is not complete yet.", self.id)));
        progress.outcome.clone().unwrap_or_else(unfinished)
    }
}
