//! The `options` dictionary of a sync.
use std::time::Duration;

use super::values::{flag, names, number, one_of, wrong};
use crate::data::Datum;
use crate::engine::{Limits, Retries};
use crate::error::{Error, Kind, Result};
use crate::journal::{Direction, Makes, Rename};
use crate::model::{Check, Mode, nearest};
use crate::plan::{Drift, Mirror};
use crate::plugin::clusters::names::members;
use crate::plugin::online::rename;
use crate::plugin::online::window::{Parts, Said};
use crate::plugin::runs::notices::Notify;
use crate::plugin::runs::rates::{self, Limit};
use crate::wire::Compress;

/// What only a new run may choose.
const NEW: &[&str] = &[
    "mode",
    "column",
    "from",
    "to",
    "lookBack",
    "columns",
    "rename",
    "direction",
    "incremental",
    "createPartitions",
    "createIfMissing",
    "drift",
    "repair",
    "rows",
    "period",
    "dryRun",
    "background",
    "verify",
    "keyColumns",
    "mirror",
    "maxDelete",
];
/// What a run that is resumed may choose, too.
pub(in crate::plugin) const RESUMED: &[&str] = &[
    "lanes",
    "memoryBudget",
    "timeout",
    "retries",
    "lease",
    "wait",
    "compress",
    "rateLimit",
    "source",
    "notify",
    "events",
    "metricsFile",
];
const MEGABYTE: usize = 1 << 20;

/// What a user can choose about one call.
#[derive(Clone, Debug)]
pub(in crate::plugin) struct Options {
    /// What the call may do at the target.
    pub(in crate::plugin) mode: Mode,
    /// Which rows, by the values of a column.
    pub(in crate::plugin) window: Option<Said>,
    /// Where rows travel to.
    pub(in crate::plugin) direction: Direction,
    /// The source, if it is another cluster and `remote` is not it.
    pub(in crate::plugin) source: Datum,
    /// Which columns; all without a choice.
    pub(in crate::plugin) columns: Option<Vec<String>>,
    /// What the target calls otherwise.
    pub(in crate::plugin) rename: Rename,
    /// The columns that identify a row, for the mode `upsert`.
    pub(in crate::plugin) keys: Vec<String>,
    /// Whether and how much is removed that the source does not have.
    pub(in crate::plugin) mirror: Option<Mirror>,
    /// Whether only partitions that changed since they were verified are read.
    pub(in crate::plugin) incremental: bool,
    /// Whether partitions that the target lacks are made.
    pub(in crate::plugin) makes: bool,
    /// Whether the database and tables are made if the target lacks them.
    pub(in crate::plugin) creates: bool,
    /// What becomes of columns that only one side has.
    pub(in crate::plugin) drift: Drift,
    /// Whether `verify` replaces what differs.
    pub(in crate::plugin) repair: bool,
    /// How many rows `verifyRows` shows at most.
    pub(in crate::plugin) rows: usize,
    /// Whether rows that the source no longer has stay, and are in nobody's way.
    pub(in crate::plugin) keeps: bool,
    /// How often `follow` looks.
    pub(in crate::plugin) period: Option<Duration>,
    /// Whether it stops at the plan.
    pub(in crate::plugin) dry_run: bool,
    /// Whether the server does it as a job.
    pub(in crate::plugin) background: bool,
    /// What has to agree before a partition is done.
    pub(in crate::plugin) check: Check,
    /// What the run may use.
    pub(in crate::plugin) limits: Limits,
    /// How long the remote may be silent.
    pub(in crate::plugin) timeout: Duration,
    /// How long the right to write lasts without a sign of life; zero for no such right.
    pub(in crate::plugin) lease: Duration,
    /// How long to wait for a table that another run has.
    pub(in crate::plugin) wait: Duration,
    /// How columns travel.
    pub(in crate::plugin) compress: Compress,
    /// How fast.
    pub(in crate::plugin) rate: Limit,
    /// Who is told how the call ended.
    pub(in crate::plugin) notify: Notify,
}

impl Default for Options {
    fn default() -> Self {
        // Three waits of up to 1, 2 and 4 seconds outlast a chunk's lock, not a dead node.
        let retries = Retries { count: 3, first: Duration::from_secs(1) };
        let limits = Limits { lanes: lanes(), memory: memory(), retries };
        Options {
            mode: Mode::default(),
            window: None,
            direction: Direction::Push,
            source: Datum::Void,
            columns: None,
            rename: Rename::default(),
            keys: Vec::new(),
            mirror: None,
            incremental: false,
            makes: false,
            creates: false,
            drift: Drift::default(),
            repair: false,
            rows: 100,
            keeps: false,
            period: None,
            dry_run: false,
            background: false,
            check: Check::default(),
            limits,
            timeout: Duration::from_secs(300),
            lease: Duration::from_secs(60),
            wait: Duration::ZERO,
            compress: Compress::default(),
            rate: Limit::default(),
            notify: Notify::default(),
        }
    }
}

/// Two for each core, and no more than help.
fn lanes() -> usize {
    std::thread::available_parallelism().map_or(4, |cores| (2 * cores.get()).min(4))
}

/// What large machines do not notice, and a sixteenth of what a small one has.
fn memory() -> usize {
    let machine = rustix::system::sysinfo();
    let all = (machine.totalram as usize).saturating_mul(machine.mem_unit as usize);
    (all / 16 / MEGABYTE).clamp(16, 256) * MEGABYTE
}

impl Options {
    /// The options that a new run knows.
    pub(in crate::plugin) fn known() -> Vec<&'static str> {
        NEW.iter().chain(RESUMED).copied().collect()
    }

    /// From the argument, which may be left out.
    pub(in crate::plugin) fn parse(argument: &Datum) -> Result<Self> {
        Options::out_of(argument, &Options::known())
    }

    /// As [`Options::parse`], for a run whose mode was chosen before.
    pub(in crate::plugin) fn parse_resumed(argument: &Datum) -> Result<Self> {
        Options::out_of(argument, RESUMED)
    }

    /// What may be made at the target, for the run that resumes another.
    pub(in crate::plugin) fn may_make(&self) -> Makes {
        Makes {
            partitions: self.makes,
            missing: self.creates,
            drift: (self.drift != Drift::default()).then(|| self.drift.name().to_owned()),
        }
    }

    fn out_of(argument: &Datum, known: &[&str]) -> Result<Self> {
        let mut options = Options::default();
        if matches!(argument, Datum::Void) {
            return Ok(options);
        }
        let mut window = Parts::default();
        let (mut mirrors, mut max_delete) = (false, None);
        for (name, value) in members("options", argument, known)? {
            match name {
                "mode" => options.mode = one_of(name, value, &Mode::ALL.map(|mode| (mode.name(), mode)))?,
                "column" => window.column = Some(value),
                "from" => window.from = Some(value),
                "to" => window.to = Some(value),
                "lookBack" => window.look_back = Some(value),
                "columns" => options.columns = Some(rename::subset(value)?),
                "rename" => options.rename = rename::parse(value)?,
                "direction" => options.direction = direction(value)?,
                "source" => options.source = value.clone(),
                "mirror" => mirrors = flag(name, value)?,
                "maxDelete" => max_delete = Some(number(name, value, 0, 100)? as u32),
                "keyColumns" => options.keys = names(name, value)?,
                "incremental" => options.incremental = flag(name, value)?,
                "createPartitions" => options.makes = flag(name, value)?,
                "createIfMissing" => options.creates = flag(name, value)?,
                "drift" => options.drift = drift(value)?,
                "repair" => options.repair = flag(name, value)?,
                "rows" => options.rows = number(name, value, 1, 100_000)?,
                "dryRun" => options.dry_run = flag(name, value)?,
                "period" => options.period = Some(seconds(name, value, 1, 86_400)?),
                "background" => options.background = flag(name, value)?,
                "lanes" => options.limits.lanes = number(name, value, 1, 16)?,
                "memoryBudget" => options.limits.memory = megabytes(name, value)?,
                "retries" => options.limits.retries.count = number(name, value, 0, 100)? as u32,
                "verify" => {
                    let known = Check::ALL.map(|check| (check.name(), check));
                    options.check = one_of(name, value, &known)?;
                }
                "lease" => options.lease = seconds(name, value, 0, 3_600)?,
                "compress" => {
                    let known = Compress::ALL.map(|compress| (compress.name(), compress));
                    options.compress = one_of(name, value, &known)?;
                }
                "rateLimit" => options.rate = rates::parse(value)?,
                "notify" => options.notify.function = Notify::function(value)?,
                "events" => options.notify.events = flag(name, value)?,
                "metricsFile" => options.notify.metrics = Notify::metrics(value)?,
                "wait" => options.wait = seconds(name, value, 0, 86_400)?,
                _ => options.timeout = seconds(name, value, 1, 86_400)?,
            }
        }
        if max_delete.is_some() && !mirrors {
            return Err(Error::new(Kind::Argument, "the option `maxDelete` belongs to the option `mirror`")
                .advise("give both, or leave it out"));
        }
        match (&options.source, options.direction) {
            (Datum::Void, _) => {}
            (_, Direction::Pull) => {
                return Err(Error::new(
                    Kind::Argument,
                    "the option `source` goes without the direction `pull`",
                )
                .advise("with `pull` the argument remote is the source: leave one of them out"));
            }
            _ => options.direction = Direction::Between,
        }
        let mirror = mirrors.then_some(Mirror { max_delete: max_delete.unwrap_or(5) });
        Ok(Options { window: window.said()?, mirror, ..options })
    }
}

fn drift(value: &Datum) -> Result<Drift> {
    value.as_str().and_then(Drift::named).ok_or_else(|| {
        let names: Vec<&str> = Drift::ALL.into_iter().map(Drift::name).collect();
        let near = value.as_str().and_then(|given| nearest(given, names.iter().copied()));
        let near = near.map_or(String::new(), |near| format!(", the nearest is `{near}`"));
        wrong("drift", &format!("must be one of {}{near}", names.join(", ")))
    })
}

fn direction(value: &Datum) -> Result<Direction> {
    match value.as_str() {
        Some("push") => Ok(Direction::Push),
        Some("pull") => Ok(Direction::Pull),
        _ => Err(Error::new(Kind::Argument, "the option `direction` must be push or pull")
            .advise("for a sync between two other clusters name the first one in the option `source`")),
    }
}

fn seconds(name: &str, value: &Datum, least: usize, most: usize) -> Result<Duration> {
    Ok(Duration::from_secs(number(name, value, least, most)? as u64))
}

/// Bytes, of an option in megabytes that may have a fraction.
fn megabytes(name: &str, value: &Datum) -> Result<usize> {
    const MOST: f64 = (1 << 20) as f64;
    match rates::number(value) {
        Some(number) if number > 0.0 && number <= MOST => Ok((number * MEGABYTE as f64) as usize),
        _ => Err(wrong(name, &format!("must be a number of megabytes above 0 and up to {MOST}"))),
    }
}
