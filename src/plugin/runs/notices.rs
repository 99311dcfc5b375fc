//! Who is told how a call ended: a function of the user's, and a file of metrics.
//!
//! Nothing here fails the call: what could not be told is said in a message.
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::events;
use crate::cluster::{Host, sql};
use crate::data::Datum;
use crate::disk;
use crate::engine::RunId;
use crate::error::{Error, Kind, Result};
use crate::journal::Progress;
use crate::peers;
use crate::plugin::call::caller;
use crate::plugin::call::request::Request;
use crate::plugin::node::roots;
use crate::report::{FIRST, Metrics};

/// More of a message is not passed on: the text of a query is limited (dolphindb-semantics §6).
const LONGEST: usize = 4_000;
/// The file of this node's state with what was counted so far.
const FILE: &str = "metrics";

/// Whoever counts a run or writes the file does so alone.
static TURN: Mutex<()> = Mutex::new(());

/// Who wants to be told.
#[derive(Clone, Debug, Default)]
pub(in crate::plugin) struct Notify {
    /// A function of the user's, by its name.
    pub(in crate::plugin) function: Option<String>,
    /// Whether the stream table of events gets a row.
    pub(in crate::plugin) events: bool,
    /// The file that is written.
    pub(in crate::plugin) metrics: Option<String>,
    /// The runs that the call has begun.
    runs: Arc<Mutex<Vec<String>>>,
}

impl Notify {
    /// The same for another call.
    pub(in crate::plugin) fn anew(&self) -> Self {
        Notify { runs: Arc::default(), ..self.clone() }
    }

    /// Takes down that the call has begun `run`.
    pub(in crate::plugin) fn begun(&self, run: &RunId) {
        if self.function.is_some() || self.events || self.metrics.is_some() {
            self.runs.lock().push(run.to_string());
        }
    }

    /// The option `notify`.
    pub(in crate::plugin) fn function(value: &Datum) -> Result<Option<String>> {
        let is_word = |word: &str| {
            let mut letters = word.chars();
            letters.next().is_some_and(|first| first.is_alphabetic())
                && letters.all(|c| c.is_alphanumeric() || c == '_')
        };
        let name = value.as_str().filter(|name| name.split("::").all(is_word));
        name.map(|name| Some(name.to_owned())).ok_or_else(|| {
            Error::new(Kind::Argument, "the option `notify` must be the name of a function, as a string")
                .advise("write \"myNotice\" for def myNotice(notice), in jobs of a function view")
        })
    }

    /// The option `metricsFile`.
    pub(in crate::plugin) fn metrics(value: &Datum) -> Result<Option<String>> {
        let path = value.as_str().filter(|path| path.ends_with(".prom"));
        path.map(|path| Some(path.to_owned())).ok_or_else(|| {
            Error::new(
                Kind::Argument,
                "the option `metricsFile` must be the path of a file that ends in .prom",
            )
            .advise("put it below a directory that clusterSync::getRoots() shows")
        })
    }
}

/// What is told, in the words of the dictionary that the user's function gets.
#[derive(Debug, Default)]
pub(in crate::plugin) struct Notice {
    pub(in crate::plugin) run: String,
    /// `end`, `failure` or `lag`.
    pub(in crate::plugin) event: &'static str,
    pub(in crate::plugin) db: String,
    pub(in crate::plugin) table: String,
    pub(in crate::plugin) status: &'static str,
    pub(in crate::plugin) rows: u64,
    pub(in crate::plugin) bytes: u64,
    pub(in crate::plugin) took: Duration,
    pub(in crate::plugin) message: String,
}

impl Notice {
    /// Its values as a script writes them, in the order of the dictionary.
    pub(in crate::plugin) fn values(&self) -> String {
        let Notice { run, event, db, table, status, rows, bytes, took, message } = self;
        let message: String = message.chars().take(LONGEST).collect();
        let [run, event, db, table, status, message] =
            [run, *event, db, table, *status, &message].map(sql::text);
        let seconds = took.as_secs_f64();
        format!("{run}, {event}, {db}, {table}, {status}, {rows}l, {bytes}l, {seconds:.3}, {message}")
    }
}

/// Does the `work` of a call that `request` asks of `remote`, and tells how it ended.
pub(in crate::plugin) fn around(
    host: &mut dyn Host,
    request: &Request,
    remote: &Datum,
    work: impl FnOnce(&mut dyn Host) -> Result<Datum>,
) -> Result<Datum> {
    let Notify { function, events, metrics, runs } = &request.options.notify;
    // Before anything is sent, not after hours.
    let file = metrics.as_ref().map(|path| permitted(host, path)).transpose()?;
    let started = Instant::now();
    let outcome = work(host);
    let runs = runs.lock().clone();
    let tells = function.is_some() || *events || file.is_some();
    if !tells || request.options.dry_run || runs.is_empty() && outcome.is_ok() {
        return outcome;
    }
    let failure = outcome.as_ref().err().map(ToString::to_string);
    if function.is_some() || *events {
        match notice(host, request, &runs, failure.as_deref(), started.elapsed()) {
            Ok(notice) => pass_on(host, &request.options.notify, &notice),
            unknown => say(host, "nobody was told how the call ended", unknown.map(drop)),
        }
    }
    if let Some(file) = file {
        let target = remote.as_str().unwrap_or("unknown");
        let written = write(host, &file, request, &runs, target);
        say(host, &format!("{} is not written", file.display()), written);
    }
    outcome
}

/// Tells whoever wants to know.
pub(in crate::plugin) fn pass_on(host: &mut dyn Host, to: &Notify, notice: &Notice) {
    if let Some(function) = &to.function {
        let told = tell(host, function, notice);
        say(host, &format!("the function {function} was not told of the {}", notice.event), told);
    }
    if to.events {
        let published = events::publish(host, notice);
        say(host, &format!("clusterSyncEvents has no row of the {}", notice.event), published);
    }
}

fn say(host: &mut dyn Host, what: &str, outcome: Result<()>) {
    if let Err(error) = outcome {
        host.print(&format!("{what}: {error}"));
    }
}

fn notice(
    host: &mut dyn Host,
    request: &Request,
    runs: &[String],
    failure: Option<&str>,
    took: Duration,
) -> Result<Notice> {
    let known = caller::runs(host)?;
    let (mut rows, mut bytes) = (0, 0);
    let (event, mut status) = if failure.is_some() { ("failure", "FAILED") } else { ("end", "OK") };
    for run in runs {
        let run = known.find(run)?.run;
        let progress = Progress::of(&run, 0);
        (rows, bytes) = (rows + progress.rows, bytes + progress.bytes);
        if run.ended.is_some_and(|ended| ended.is_skipped) {
            status = "SKIPPED";
        }
    }
    Ok(Notice {
        run: runs.last().cloned().unwrap_or_default(),
        event,
        db: request.db.clone(),
        table: request.table.clone().unwrap_or_default(),
        status,
        rows,
        bytes,
        took,
        message: failure.unwrap_or_default().to_owned(),
    })
}

/// Calls the user's `function` with `notice`.
///
/// # Errors
/// The function's own, or that there is none of that name.
fn tell(host: &mut dyn Host, function: &str, notice: &Notice) -> Result<()> {
    let names = "[\"runId\", \"event\", \"dbPath\", \"tableName\", \"status\", \"rows\", \"bytes\", \"seconds\", \"message\"]";
    let call = format!("{function}(dict({names}, ({})))", notice.values());
    match host.query(&call) {
        // Whatever it returns, it was called.
        Err(error) if error.kind() != Kind::Schema => Err(error),
        _ => Ok(()),
    }
}

/// Counts the runs and writes the file anew.
fn write(host: &mut dyn Host, file: &Path, request: &Request, runs: &[String], target: &str) -> Result<()> {
    let known = caller::runs(host)?;
    change(host, file, |metrics| {
        runs.iter().try_for_each(|run| known.find(run).map(|entry| metrics.count(&entry.run)))?;
        if runs.is_empty() {
            metrics.fail(target, &request.db, request.table.as_deref().unwrap_or_default());
        }
        Ok(())
    })
}

/// Changes what this node has counted, and writes it to `file`.
///
/// # Errors
/// `State` when one of the two files cannot be read or written.
pub(in crate::plugin) fn change(
    host: &mut dyn Host,
    file: &Path,
    change: impl FnOnce(&mut Metrics) -> Result<()>,
) -> Result<()> {
    let folder = peers::folder(&caller::home(host)?);
    let state = folder.join(FILE);
    let _turn = TURN.lock();
    let mut metrics = match fs::read(&state) {
        Err(error) if error.kind() == ErrorKind::NotFound => Metrics::default(),
        read => {
            let bytes = read.map_err(|error| unusable(&state, error))?;
            serde_json::from_slice(&bytes).map_err(|error| unusable(&state, error.into()))?
        }
    };
    change(&mut metrics)?;
    let bytes = serde_json::to_vec(&metrics).map_err(|error| unusable(&state, error.into()))?;
    disk::replace(&state, &bytes).map_err(|error| unusable(&state, error))?;
    disk::publish(file, metrics.text().as_bytes()).map_err(|error| unusable(file, error))
}

fn unusable(file: &Path, error: std::io::Error) -> Error {
    Error::new(Kind::State, format!("{} cannot be used ({error})", file.display()))
        .advise("look at the file and its disk; without it counting begins anew")
        .caused_by(error)
}

/// The file at `path`, if it may be written: below a root, and nothing of somebody else's.
pub(in crate::plugin) fn permitted(host: &mut dyn Host, path: &str) -> Result<PathBuf> {
    caller::user(host)?;
    let file = roots::permitted(host, path)?;
    let is_ours = match File::open(&file) {
        Err(error) => error.kind() == ErrorKind::NotFound,
        Ok(found) => {
            let mut first = Vec::new();
            found.take(FIRST.len() as u64).read_to_end(&mut first).is_ok() && first == FIRST.as_bytes()
        }
    };
    match is_ours {
        true => Ok(file),
        false => Err(Error::new(Kind::Refused, format!("{path} is there and not a file of clusterSync"))
            .advise("give another name, or remove it first")),
    }
}
