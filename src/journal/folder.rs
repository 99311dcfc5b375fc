//! All runs of a node: a folder with one file per run.
use std::collections::HashMap;
use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::frame::first;
use super::record::{Begun, Identity, Record};
use super::replay::{Run, replay};
use super::retention;
use super::state::State;
use super::storage::{Disk, is_locked};
use super::writer::{Journal, now};
use crate::error::{Error, Kind, Result};
use crate::lock::Lock;

const EXTENSION: &str = "journal";

/// The runs of a node, those of before a restart included.
#[derive(Clone)]
pub struct Runs {
    pub(super) folder: PathBuf,
}

/// What earlier runs were, read once for a call.
pub struct Past(Vec<Entry>);

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
}

/// What the last run of a plan has left.
#[derive(Clone, Debug, Default)]
pub struct Left {
    /// The run's name; nothing when no run of this plan is unfinished.
    pub run: Option<String>,
    /// The state of each unit, by its path.
    pub units: HashMap<String, State>,
}

impl Runs {
    /// Those in the folder `runs` of a node's state folder; nothing is read or made yet.
    pub fn within(state: &Path) -> Self {
        Runs { folder: state.join("runs") }
    }

    /// Every run, from the oldest.
    ///
    /// # Errors
    /// `State` when a journal cannot be read, naming its file.
    pub fn list(&self) -> Result<Vec<Entry>> {
        let mut entries = Vec::new();
        for path in self.files()? {
            entries.extend(read(&path)?);
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
        for path in self.files()? {
            heads.extend(head(&path)?);
        }
        heads.sort_by_key(|head| head.begun.sequence);
        Ok(heads)
    }

    fn files(&self) -> Result<Vec<PathBuf>> {
        let files = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            files => files.map_err(|error| failed(&self.folder, error))?,
        };
        let mut paths = Vec::new();
        for file in files {
            let path = file.map_err(|error| failed(&self.folder, error))?.path();
            paths.extend(path.extension().is_some_and(|own| own == EXTENSION).then_some(path));
        }
        Ok(paths)
    }

    /// The run called `name`.
    ///
    /// # Errors
    /// `NotFound` when there is none, otherwise as [`Runs::list`].
    pub fn find(&self, name: &str) -> Result<Entry> {
        let path = self.path(name).filter(|path| path.exists());
        let found = path.map_or(Ok(None), |path| read(&path))?;
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
        plain.then(|| self.folder.join(name).with_extension(EXTENSION))
    }

    /// Begins a run, unless another one works on the same table of the same target. `begun` gets
    /// its number and time here.
    ///
    /// # Errors
    /// `Busy` when such a run goes on, `State` when the folder cannot be used.
    pub fn begin(&self, begun: Begun) -> Result<Journal> {
        self.prepare().map_err(|error| failed(&self.folder, error))?;
        // Between looking at all runs and adding one, nobody else may.
        let _turn = Lock::take(&self.folder).map_err(|error| failed(&self.folder, error))?;
        let heads = self.heads()?;
        if let Some(other) = heads.iter().find(|head| head.is_live && overlap(&head.begun, &begun)) {
            let Begun { run, db, target, .. } = &other.begun;
            return Err(Error::new(Kind::Busy, format!("run {run} is syncing {db} to {target}"))
                .advise("wait for its end, or cancel it"));
        }
        let sequence = heads.last().map_or(1, |head| head.begun.sequence + 1);
        let old = heads.len().saturating_sub(retention::KEPT);
        heads[..old].iter().try_for_each(|head| forget(&head.path))?;
        let path = self.folder.join(&begun.run).with_extension(EXTENSION);
        let disk = Disk::create(&path).map_err(|error| failed(&path, error))?;
        Journal::begin(Box::new(disk), Begun { sequence, at: now(), ..begun })
    }

    fn prepare(&self) -> io::Result<()> {
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
                let paths = table.plan.units.iter().map(|unit| unit.partition.clone());
                let units = paths.zip(table.units.iter().map(super::UnitRun::left)).collect();
                Left { run: Some(run.begun.run.clone()), units }
            }
            _ => Left::default(),
        }
    }
}

/// Whether two runs may write to the same table. Two names for one target are not recognised.
fn overlap(one: &Begun, other: &Begun) -> bool {
    let tables = one.table.is_none() || other.table.is_none() || one.table == other.table;
    one.target == other.target && one.db == other.db && tables
}

/// The run in the file `path`; nothing when its writer died before it had announced anything.
fn read(path: &Path) -> Result<Option<Entry>> {
    // Looked at first: a run that ends in between has then told everything.
    let is_live = is_locked(path).map_err(|error| failed(path, error))?;
    let bytes = fs::read(path).map_err(|error| failed(path, error))?;
    let run = replay(&bytes).map_err(|damage| {
        let what = format!("the journal {} cannot be relied on: {damage}", path.display());
        Error::new(Kind::State, what).advise(
            "compare the tables of that run with clusterSync::verify, then move the file out of the folder",
        )
    })?;
    Ok(run.map(|run| Entry { run, is_live, is_paused: false }))
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
