//! All runs of a node: a folder with one file per run.
use std::collections::{BTreeSet, HashMap};
use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::frame::first;
use super::queue::{self, Queued};
use super::record::{Begun, FOLLOW, Identity, Record};
use super::replay::{Run, replay};
use super::retention::{self, Keep};
use super::state::State;
use super::storage::{Disk, is_locked};
use super::writer::{Journal, now};
use crate::error::{Error, Kind, Result};
use crate::lock::Lock;
use crate::model::Slice;

pub(super) const EXTENSION: &str = "journal";

/// The runs of a node, those of before a restart included.
#[derive(Clone)]
pub struct Runs {
    pub(super) folder: PathBuf,
    keep: Keep,
}

/// What earlier runs were, read once for a call.
pub struct Past(pub(super) Vec<Entry>);

/// The beginning of a run's journal.
struct Head {
    path: PathBuf,
    begun: Begun,
    is_live: bool,
}

/// A run in the folder.
pub struct Entry {
    /// What its journal tells.
    pub run: Run,
    /// Whether it goes on.
    pub is_live: bool,
    /// Whether it was told to pause.
    pub is_paused: bool,
    /// Who is going to begin it, if it has not begun.
    pub queued: Option<Queued>,
}

/// What the last run of a plan has left.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// The run's name; nothing when no run of this plan is unfinished.
    pub run: Option<String>,
    /// The state of each unit, by its path.
    pub units: HashMap<String, State>,
    /// How many rows the source had of each unit then.
    pub rows: HashMap<String, u64>,
    /// The slices of each partition that had some, by the partition's path.
    pub slices: HashMap<String, Vec<Slice>>,
}

impl Left {
    /// The state of `unit`.
    pub fn state(&self, unit: &impl ToString) -> Option<State> {
        self.units.get(&unit.to_string()).copied()
    }
}

impl Runs {
    /// Those in the folder `runs` of a node's state folder; nothing is read or made yet.
    pub fn within(state: &Path) -> Self {
        Runs { folder: state.join("runs"), keep: Keep::default() }
    }

    /// The same, of which so many are kept when one begins.
    pub fn keeping(self, keep: Keep) -> Self {
        Runs { keep, ..self }
    }

    /// Every run, from the oldest.
    ///
    /// # Errors
    /// `State` when a journal cannot be read, naming its file.
    pub fn list(&self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        // A run that begins has its journal before its note goes, so notes are looked for first.
        let notes = self.files(queue::EXTENSION)?.into_iter().map(|path| path.with_extension(EXTENSION));
        let mut paths: BTreeSet<PathBuf> = notes.collect();
        paths.extend(self.files(EXTENSION)?);
        for path in paths {
            entries.extend(whichever(&path)?);
        }
        entries.sort_by_key(|entry| entry.run.begun.sequence);
        Ok(entries)
    }

    /// The runs that may have worked on the table of `db`, or on any, of `target`.
    ///
    /// # Errors
    /// As [`Runs::list`], for those runs: a journal that cannot be read might be the one that counts.
    pub fn past(&self, target: &str, db: &str) -> Result<Past> {
        let mut entries = Vec::new();
        for head in self.heads()?.iter().filter(|head| head.begun.target == target && head.begun.db == db) {
            entries.extend(read(&head.path)?);
        }
        Ok(Past(entries))
    }

    /// What the last run of the plan `identity` has left, as [`Past::left`] says of all runs.
    ///
    /// # Errors
    /// As [`Runs::list`].
    pub fn left(&self, identity: &Identity) -> Result<Left> {
        Ok(Past(self.list()?).left(identity))
    }

    /// How every run began, from the oldest.
    fn heads(&self) -> Result<Vec<Head>> {
        let mut heads = Vec::new();
        for path in self.files(EXTENSION)? {
            heads.extend(head(&path)?);
        }
        heads.sort_by_key(|head| head.begun.sequence);
        Ok(heads)
    }

    pub(super) fn files(&self, extension: &str) -> Result<Vec<PathBuf>> {
        let files = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            files => files.map_err(|error| failed(&self.folder, error))?,
        };
        let mut paths = Vec::new();
        for file in files {
            let path = file.map_err(|error| failed(&self.folder, error))?.path();
            paths.extend(path.extension().is_some_and(|own| own == extension).then_some(path));
        }
        Ok(paths)
    }

    /// The run called `name`.
    ///
    /// # Errors
    /// `NotFound` when there is none, otherwise as [`Runs::list`].
    pub fn find(&self, name: &str) -> Result<Entry> {
        let found = self.path(name).map_or(Ok(None), |path| whichever(&path))?;
        found.ok_or_else(|| {
            Error::new(Kind::NotFound, format!("this node knows no run `{name}`"))
                .advise("see clusterSync::getRuns()")
        })
    }

    /// Whether `name` is a run of this node whose process or call is over.
    pub fn is_dead(&self, name: &str) -> bool {
        self.path(name).is_some_and(|path| matches!(is_locked(&path), Ok(false)))
    }

    /// Whether `name` is a run of this node that goes on.
    pub fn is_live(&self, name: &str) -> bool {
        self.path(name).is_some_and(|path| matches!(is_locked(&path), Ok(true)))
    }

    /// The file of the run `name`. A name comes from elsewhere: it must not lead out of the folder.
    fn path(&self, name: &str) -> Option<PathBuf> {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        plain.then(|| self.file(name))
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name).with_extension(EXTENSION)
    }

    /// The number of the next run, for whoever has the turn.
    pub(super) fn next_sequence(&self) -> Result<u64> {
        Ok(after(&self.heads()?))
    }

    /// The run that is in the way of `begun`, if one is. Two names for one target are not recognised.
    fn rival<'h>(heads: &'h [Head], begun: &Begun) -> Option<&'h Begun> {
        heads.iter().find(|head| head.is_live && overlap(&head.begun, begun)).map(|head| &head.begun)
    }

    /// Whether a run goes on that [`Runs::begin`] would not let `begun`, which needs no name for it,
    /// come beside.
    ///
    /// # Errors
    /// `State` when the folder or a journal cannot be read.
    pub fn is_taken(&self, begun: &Begun) -> Result<bool> {
        Ok(Self::rival(&self.heads()?, begun).is_some())
    }

    /// Removes the journal of a run that nobody needs.
    ///
    /// # Errors
    /// `State` when the folder cannot be used.
    pub fn forget(&self, run: &str) -> Result<()> {
        let _turn = Lock::take(&self.folder).map_err(|error| failed(&self.folder, error))?;
        self.path(run).map_or(Ok(()), |path| forget(&path))
    }

    /// Notes a run that was not begun because another one was in its way.
    ///
    /// # Errors
    /// `State` when the folder cannot be used.
    pub fn skip(&self, begun: Begun, why: &str) -> Result<()> {
        self.prepare().map_err(|error| failed(&self.folder, error))?;
        let _turn = Lock::take(&self.folder).map_err(|error| failed(&self.folder, error))?;
        self.create(&self.heads()?, begun)?.skip(why)
    }

    /// Begins a run, unless another one works on the same table of the same target. `begun` gets
    /// its number and time here.
    ///
    /// # Errors
    /// `Overlap` when such a run goes on, `State` when the folder cannot be used.
    pub fn begin(&self, begun: Begun) -> Result<Journal> {
        self.prepare().map_err(|error| failed(&self.folder, error))?;
        // Between looking at all runs and adding one, nobody else may.
        let _turn = Lock::take(&self.folder).map_err(|error| failed(&self.folder, error))?;
        let heads = self.heads()?;
        if let Some(Begun { run, db, target, mode, .. }) = Self::rival(&heads, &begun) {
            let doing = if mode == FOLLOW { "following" } else { "syncing" };
            return Err(Error::new(Kind::Overlap, format!("run {run} is {doing} {db} to {target}"))
                .advise("wait for its end, or cancel it"));
        }
        self.create(&heads, begun)
    }

    /// The journal of a new run, for whoever has the turn.
    fn create(&self, heads: &[Head], begun: Begun) -> Result<Journal> {
        let sequence = after(heads);
        let newer = (0..heads.len()).rev();
        let old =
            heads.iter().zip(newer).filter(|(head, newer)| self.keep.is_old(*newer, head.begun.at, now()));
        old.map(|(head, _)| head).filter(|head| !head.is_live).try_for_each(|head| forget(&head.path))?;
        self.drop_stale_orders()?;
        let (run, path) = (begun.run.clone(), self.file(&begun.run));
        if path.exists() {
            return Err(Error::new(Kind::Cancelled, format!("run {run} was ended before it began"))
                .advise("repeat the call"));
        }
        let disk = Disk::create(&path).map_err(|error| failed(&path, error))?;
        let journal = Journal::begin(Box::new(disk), Begun { sequence, at: now(), ..begun })?;
        self.drop_note(&run)?;
        Ok(journal)
    }

    pub(super) fn prepare(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)
    }
}

impl Past {
    /// What the last run of the plan `identity` has left, if it did not end well.
    pub fn left(&self, identity: &Identity) -> Left {
        let same = self.0.iter().rev().find_map(|Entry { run, .. }| {
            run.tables.iter().find(|table| table.plan.identity == *identity).map(|table| (run, table))
        });
        let is_well = |run: &Run| run.ended.as_ref().is_some_and(|ended| ended.failure.is_none());
        match same {
            Some((run, table)) if !is_well(run) => {
                let plans = &table.plan.units;
                let paths = plans.iter().map(|unit| unit.partition.clone());
                let units = paths.zip(table.units.iter().map(super::UnitRun::left)).collect();
                let rows = plans.iter().map(|unit| (unit.partition.clone(), unit.rows)).collect();
                let mut slices: HashMap<String, Vec<Slice>> = HashMap::new();
                for part in plans.iter().filter_map(|unit| unit.slice.as_ref()) {
                    slices.entry(part.of.clone()).or_default().push(part.slice());
                }
                Left { run: Some(run.begun.run.clone()), units, rows, slices }
            }
            _ => Left::default(),
        }
    }
}

/// The number after those of `heads`.
fn after(heads: &[Head]) -> u64 {
    heads.last().map_or(1, |head| head.begun.sequence + 1)
}

/// Whether two runs may write to the same table, or two calls follow it: those only follow, and name
/// several tables at once.
fn overlap(one: &Begun, other: &Begun) -> bool {
    let meets = |one: &str, other: &str| one.split(", ").any(|name| other.split(", ").any(|own| own == name));
    let tables = match (&one.table, &other.table) {
        (Some(one), Some(other)) => meets(one, other),
        _ => true,
    };
    let alike = (one.mode == FOLLOW) == (other.mode == FOLLOW);
    alike && one.target == other.target && one.db == other.db && tables
}

/// The run whose journal is or is going to be `path`.
fn whichever(path: &Path) -> Result<Option<Entry>> {
    let queued = queue::read(&path.with_extension(queue::EXTENSION))?;
    let begun = if path.exists() { read(path)? } else { None };
    Ok(begun.or_else(|| queued.map(Queued::entry)))
}

/// The run in the file `path`; nothing when its writer died before it had announced anything.
pub(super) fn read(path: &Path) -> Result<Option<Entry>> {
    // Looked at first: a run that ends in between has then told everything.
    let is_live = is_locked(path).map_err(|error| failed(path, error))?;
    let bytes = fs::read(path).map_err(|error| failed(path, error))?;
    let run = replay(&bytes).map_err(|damage| {
        let what = format!("the journal {} cannot be relied on: {damage}", path.display());
        Error::new(Kind::State, what).advise(
            "compare the tables of that run with clusterSync::verify, then move the file out of the folder",
        )
    })?;
    Ok(run.map(|run| Entry { run, is_live, is_paused: false, queued: None }))
}

/// How the run in the file `path` began, from its first bytes where they suffice.
fn head(path: &Path) -> Result<Option<Head>> {
    const ENOUGH: u64 = 1 << 16;
    let is_live = is_locked(path).map_err(|error| failed(path, error))?;
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(|error| failed(path, error))?;
    file.take(ENOUGH).read_to_end(&mut bytes).map_err(|error| failed(path, error))?;
    let begun = match first(&bytes).map(serde_json::from_slice) {
        Some(Ok(Record::Begun(begun))) => Some(begun),
        _ => read(path)?.map(|entry| entry.run.begun),
    };
    Ok(begun.map(|begun| Head { path: path.to_owned(), begun, is_live }))
}

/// Removes an old journal that nobody needs. One that cannot be read stays, for a person to see.
fn forget(path: &Path) -> Result<()> {
    match read(path) {
        Ok(Some(entry)) if retention::is_spare(&entry) => {
            fs::remove_file(path).map_err(|error| failed(path, error))
        }
        _ => Ok(()),
    }
}

pub(super) fn failed(path: &Path, error: io::Error) -> Error {
    Error::new(Kind::State, format!("{} cannot be used ({error})", path.display()))
        .advise("check the node's home directory and its disk")
        .caused_by(error)
}
