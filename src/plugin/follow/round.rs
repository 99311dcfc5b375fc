//! One look at every followed table, and what comes of it.
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::options::Wish;
use super::standing::now_ms;
use crate::cluster::{Host, tables};
use crate::data::{Batch, Datum};
use crate::engine::Connect;
use crate::error::{Error, Kind, Result, Retry};
use crate::journal::Runs;
use crate::memory::{Followed, Memory, Standing};
use crate::model::Mode;
use crate::plan::Plan;
use crate::plugin::call::caller;
use crate::plugin::call::listening::Listening;
use crate::plugin::call::request::Request;
use crate::plugin::online::plans::{keep, plans};
use crate::plugin::online::site::{Site, connected, drafts};
use crate::plugin::online::sync::sync;
use crate::plugin::runs::notices::{Notify, pass_on};

/// So many journals of runs that ended well are kept of one call.
const KEPT: usize = 10;
/// A table that fails is looked at again after this time at most.
const LONGEST: Duration = Duration::from_secs(60);
const EARLY: Duration = Duration::from_millis(50);

/// What one call follows.
pub(in super::super) struct Follower<'a> {
    remote: &'a Datum,
    wish: &'a Wish,
    target: &'a str,
    run: &'a str,
    user: String,
    /// Where the target is.
    sites: Vec<String>,
    memory: Memory,
    runs: Runs,
    tables: BTreeMap<String, Table>,
    /// Whether a round has listed the tables of the database.
    has_listed: bool,
    /// Runs of this call that ended well, from the oldest.
    good: VecDeque<String>,
    /// What was said last of tables of which nothing can be kept.
    complaints: BTreeMap<String, String>,
}

/// One table and when it is its turn.
struct Table {
    standing: Standing,
    next: Instant,
    /// Whether it is behind, as far as whoever wants to know was told, by an earlier call perhaps.
    is_behind: bool,
}

/// What a look at a table has come to.
pub(super) enum Outcome {
    /// Both sides hold the same.
    Same,
    /// They do again: the run, what it sent.
    Sent { run: String, partitions: u64, rows: u64 },
    /// Another run is at it.
    Left,
}

impl<'a> Follower<'a> {
    /// For the call `run`, to the target with this label and these sites.
    pub(in super::super) fn new(
        host: &mut dyn Host,
        remote: &'a Datum,
        wish: &'a Wish,
        (target, sites): (&'a str, Vec<String>),
        run: &'a str,
    ) -> Result<Self> {
        Ok(Follower {
            remote,
            wish,
            target,
            run,
            user: caller::user(host)?,
            sites,
            memory: caller::memory(host)?,
            runs: caller::runs(host)?,
            tables: BTreeMap::new(),
            has_listed: false,
            good: VecDeque::new(),
            complaints: BTreeMap::new(),
        })
    }

    /// Looks at every table whose turn it is.
    ///
    /// # Errors
    /// What makes it senseless to go on: a database that was never there.
    pub(super) fn round(&mut self, host: &mut dyn Host) -> Result<()> {
        let due = self.due(host)?;
        if due.is_empty() {
            return Ok(());
        }
        let (remote, request) = (self.remote, &self.wish.request);
        let looked = connected(host, remote, request, |host, site, connect| {
            self.look(host, site, connect, &due);
            Ok(Datum::Void)
        });
        if let Err(error) = looked {
            // What cannot even be begun says the same about every table.
            self.fail(host, &due, now_ms(), &error);
        }
        Ok(())
    }

    /// The tables whose turn it is.
    ///
    /// # Errors
    /// As [`Follower::round`].
    pub(in super::super) fn due(&mut self, host: &mut dyn Host) -> Result<Vec<String>> {
        let names = match self.list(host) {
            Ok(names) => names,
            Err(error) if !self.has_listed => return Err(error),
            Err(error) => {
                let all: Vec<String> = self.tables.keys().cloned().collect();
                self.fail(host, &all, now_ms(), &error);
                return Ok(Vec::new());
            }
        };
        self.has_listed = true;
        for name in &names {
            self.add(host, name);
        }
        self.miss(host, &names);
        let now = Instant::now();
        let is_due = |name: &String| self.tables.get(name).is_some_and(|table| table.next <= now);
        Ok(names.into_iter().filter(is_due).collect())
    }

    fn list(&self, host: &mut dyn Host) -> Result<Vec<String>> {
        match &self.wish.tables {
            Some(names) => Ok(names.clone()),
            None => tables(host, &self.wish.request.db),
        }
    }

    fn key(&self, table: &str) -> Followed {
        Followed { target: self.target.into(), db: self.wish.request.db.clone(), table: table.into() }
    }

    fn add(&mut self, host: &mut dyn Host, name: &str) {
        if self.tables.contains_key(name) {
            return;
        }
        match self.memory.followed(&self.key(name)) {
            Ok(known) => {
                let is_same = known.sites.iter().any(|site| self.sites.contains(site));
                let (run, user, sites) = (self.run.into(), self.user.clone(), self.sites.clone());
                let (is_own, is_behind) = (known.is_own && is_same, known.failures > 0);
                let standing = Standing { run, user, is_own, sites, failures: 0, ..known };
                self.tables.insert(name.to_owned(), Table { standing, next: Instant::now(), is_behind });
            }
            Err(error) => self.complain(host, name, &error),
        }
    }

    /// Says once what keeps a table's standing from being known.
    fn complain(&mut self, host: &mut dyn Host, name: &str, error: &Error) {
        let text = error.to_string();
        if self.complaints.insert(name.to_owned(), text.clone()).as_ref() != Some(&text) {
            host.print(&format!("how far {name} is cannot be kept: {text}"));
        }
    }

    /// Says of tables that were there before that they are gone.
    fn miss(&mut self, host: &mut dyn Host, names: &[String]) {
        let gone: Vec<String> = self.tables.keys().filter(|name| !names.contains(name)).cloned().collect();
        for name in gone {
            let what = format!("{}/{name} is gone at the source", self.wish.request.db);
            let error = Error::new(Kind::NotFound, what).advise("drop it at the target if it is not needed");
            self.note(host, &name, now_ms(), Err(error));
            self.tables.remove(&name);
        }
    }

    /// Looks at the tables `due`, one after the other.
    pub(in super::super) fn look(
        &mut self,
        host: &mut dyn Host,
        site: &Site,
        connect: Connect,
        due: &[String],
    ) {
        for (at, name) in due.iter().enumerate() {
            if host.is_cancelled() {
                return;
            }
            let began = now_ms();
            match self.catch_up(&mut Listening::quiet(host), site, connect, name) {
                Err(error) if error.kind() == Kind::Cancelled || host.is_cancelled() => return,
                // The others would wait for the same line, each as long as this one.
                Err(error) if is_of_line(&error) => return self.fail(host, &due[at..], began, &error),
                outcome => self.note(host, name, began, outcome),
            }
        }
    }

    /// Makes the target's table what the source's is.
    fn catch_up(
        &mut self,
        host: &mut dyn Host,
        site: &Site,
        connect: Connect,
        name: &str,
    ) -> Result<Outcome> {
        let is_own = self.tables[name].standing.is_own;
        let request = self.request(name, is_own);
        let (drafts, is_behind) = drafts(host, &request, site, connect)?;
        let plans = plans(host, &request, site, drafts, connect)?;
        plans.iter().try_for_each(Plan::permit)?;
        if !is_own {
            // Before anything is sent: what is at the target from here on, the source had.
            let table = self.tables.get_mut(name).expect("it is followed");
            table.standing.is_own = true;
            let standing = table.standing.clone();
            self.memory.follow(&self.key(name), &standing)?;
        }
        if !is_behind && plans.iter().all(Plan::is_idle) {
            plans.iter().try_for_each(|plan| keep(site, &site.destination, plan))?;
            return Ok(Outcome::Same);
        }
        match sync(host, &self.request(name, true), site, connect)? {
            Datum::Table(result) => outcome(&result),
            other => Err(Error::new(Kind::Bug, format!("a sync gave {other:?}"))),
        }
    }

    /// The call that syncs one table. As long as the target may hold anybody's rows, none of them
    /// gives way, unless the caller has said so.
    fn request(&self, name: &str, is_own: bool) -> Request {
        let mut request = Request { table: Some(name.to_owned()), run: None, ..self.wish.request.clone() };
        // One run of many is no end.
        request.options.notify = Notify::default();
        if !self.wish.has_mode {
            request.options.mode = if is_own { Mode::Replace } else { Mode::Auto };
        }
        request
    }

    fn fail(&mut self, host: &mut dyn Host, names: &[String], began: i64, error: &Error) {
        for name in names {
            self.note(host, name, began, Err(Error::new(error.kind(), error.to_string())));
        }
    }

    /// Keeps what became of a look at `name` that began at `began`, and says what is new.
    fn note(&mut self, host: &mut dyn Host, name: &str, began: i64, outcome: Result<Outcome>) {
        let (key, period) = (self.key(name), self.wish.period);
        let Some(table) = self.tables.get_mut(name) else { return };
        let label = format!("{}/{name}", key.db);
        let last = table.standing.last_run.clone();
        if let Some(line) = table.standing.take(outcome, began, &label) {
            host.print(&line);
        }
        let is_behind = table.standing.failures > 0;
        if std::mem::replace(&mut table.is_behind, is_behind) != is_behind {
            let notice = table.standing.notice(&key);
            pass_on(host, &self.wish.request.options.notify, &notice);
        }
        table.next = Instant::now() + wait(period, table.standing.failures);
        let standing = table.standing.clone();
        if last != standing.last_run {
            self.good.push_back(standing.last_run.clone());
        }
        let mut kept = self.memory.follow(&key, &standing);
        while self.good.len() > KEPT {
            let oldest = self.good.pop_front().unwrap_or_default();
            kept = kept.and(self.runs.forget(&oldest));
        }
        match kept {
            Ok(()) => drop(self.complaints.remove(name)),
            Err(error) => self.complain(host, name, &error),
        }
    }
}

/// How long a table is left alone after so many failures, one after the other. A round that begins
/// a moment early is still the next one.
fn wait(period: Duration, failures: u32) -> Duration {
    let longer = period.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST.max(period));
    longer.saturating_sub(EARLY).min(longer.mul_f64(0.9))
}

/// Whether it is the line to the target that fails, rather than a table.
fn is_of_line(error: &Error) -> bool {
    error.kind().retry() == Retry::Reconnect || matches!(error.kind(), Kind::Silent | Kind::Login)
}

/// What a run says that it did.
fn outcome(result: &Batch) -> Result<Outcome> {
    let text = |name: &str| {
        let cell = result.column(name).and_then(|column| column.texts().next());
        cell.map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default()
    };
    let number = |name: &str| {
        let cells = result.column(name).into_iter().flat_map(|column| column.integers().flatten());
        cells.map(|cell| cell.max(0) as u64).sum::<u64>()
    };
    Ok(match text("status").as_str() {
        "SKIPPED" => Outcome::Left,
        _ => Outcome::Sent {
            run: text("runId"),
            partitions: number("copied") + number("removed"),
            rows: number("rows"),
        },
    })
}
