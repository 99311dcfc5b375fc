//! All runs of a node: a folder with one file per run.
use std::collections::HashMap;
use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::record::{Begun, Identity};
use super::replay::{Run, replay};
use super::state::State;
use super::storage::{Disk, is_locked};
use super::writer::{Journal, now};
use crate::error::{Error, Kind, Result};
use crate::lock::Lock;

const EXTENSION: &str = "journal";

/// The runs of a node, those of before a restart included.
pub struct Runs {
    folder: PathBuf,
}

/// A run in the folder.
pub struct Entry {
    /// What its journal tells.
    pub run: Run,
    /// Whether it goes on.
    pub is_live: bool,
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
        let files = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            files => files.map_err(|error| failed(&self.folder, error))?,
        };
        let mut entries = Vec::new();
        for file in files {
            let path = file.map_err(|error| failed(&self.folder, error))?.path();
            if path.extension().is_some_and(|extension| extension == EXTENSION) {
                entries.extend(read(&path)?);
            }
        }
        entries.sort_by_key(|entry| entry.run.begun.sequence);
        Ok(entries)
    }

    /// The run called `name`.
    ///
    /// # Errors
    /// `NotFound` when there is none, otherwise as [`Runs::list`].
    pub fn find(&self, name: &str) -> Result<Entry> {
        let found = self.list()?.into_iter().find(|entry| entry.run.begun.run == name);
        found.ok_or_else(|| {
            Error::new(Kind::NotFound, format!("this node knows no run `{name}`"))
                .advise("see clusterSync::getRuns()")
        })
    }

    /// Whether `name` is a run of this node whose process or call is over.
    pub fn is_dead(&self, name: &str) -> bool {
        // A name comes from elsewhere: it must not lead out of the folder.
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        plain && matches!(is_locked(&self.folder.join(name).with_extension(EXTENSION)), Ok(false))
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
        let entries = self.list()?;
        if let Some(other) = entries.iter().find(|entry| entry.is_live && overlap(&entry.run.begun, &begun)) {
            let Begun { run, db, target, .. } = &other.run.begun;
            return Err(Error::new(Kind::Busy, format!("run {run} is syncing {db} to {target}"))
                .advise("wait for its end, or cancel it"));
        }
        let sequence = entries.last().map_or(1, |entry| entry.run.begun.sequence + 1);
        let path = self.folder.join(&begun.run).with_extension(EXTENSION);
        let disk = Disk::create(&path).map_err(|error| failed(&path, error))?;
        Journal::begin(Box::new(disk), Begun { sequence, at: now(), ..begun })
    }

    /// What the last run of the plan `identity` has left, if it did not end well.
    ///
    /// # Errors
    /// As [`Runs::list`]: a journal that cannot be read might be the one that counts.
    pub fn left(&self, identity: &Identity) -> Result<Left> {
        let entries = self.list()?;
        let same = entries.iter().rev().find_map(|Entry { run, .. }| {
            run.tables.iter().find(|table| table.plan.identity == *identity).map(|table| (run, table))
        });
        let is_well = |run: &Run| run.ended.as_ref().is_some_and(|ended| ended.failure.is_none());
        Ok(match same {
            Some((run, table)) if !is_well(run) => {
                let paths = table.plan.units.iter().map(|unit| unit.partition.clone());
                let units = paths.zip(table.units.iter().map(super::UnitRun::left)).collect();
                Left { run: Some(run.begun.run.clone()), units }
            }
            _ => Left::default(),
        })
    }

    fn prepare(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)
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
    Ok(run.map(|run| Entry { run, is_live }))
}

fn failed(path: &Path, error: io::Error) -> Error {
    Error::new(Kind::State, format!("{} cannot be used ({error})", path.display()))
        .advise("check the node's home directory and its disk")
        .caused_by(error)
}
