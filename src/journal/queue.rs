//! Runs that wait for a worker of the server: a note beside the journals, `<runId>.queued`, which a
//! run takes away when it begins. Nothing that was not begun can be at a target, so a note that is
//! lost loses nothing but itself.
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::ErrorKind;
use std::path::Path;
use std::process;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::folder::{Entry, Runs, failed};
use super::record::Begun;
use super::replay::Run;
use super::storage::Disk;
use super::writer::{Journal, now};
use crate::disk;
use crate::error::{Error, Kind, Result};
use crate::lock::Lock;

/// How the names of these notes end.
pub(super) const EXTENSION: &str = "queued";
const VERSION: u32 = 1;

/// A run that has not begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queued {
    version: u32,
    begun: Begun,
    /// The server's name of the job that is to begin it.
    pub job: String,
    /// Which process has the job: jobs do not survive it (dolphindb-semantics §7.3).
    process: String,
}

impl Queued {
    /// Whether the process that was to begin it is gone.
    pub fn is_orphan(&self) -> bool {
        self.process != this_process()
    }

    /// The run as lists show it, after all that have begun.
    pub(super) fn entry(self) -> Entry {
        let begun = Begun { sequence: u64::MAX, ..self.begun.clone() };
        let run = Run { begun, tables: Vec::new(), ended: None };
        Entry { run, is_live: false, is_paused: false, queued: Some(self) }
    }
}

impl Runs {
    /// Notes that the server's job `job` is going to begin the run that `begun` describes.
    ///
    /// # Errors
    /// `State` when the note cannot be written.
    pub fn queue(&self, begun: Begun, job: &str) -> Result<()> {
        self.prepare().map_err(|error| failed(&self.folder, error))?;
        let path = self.note(&begun.run);
        let begun = Begun { at: now(), ..begun };
        let queued = Queued { version: VERSION, begun, job: job.into(), process: this_process().into() };
        let text = serde_json::to_vec(&queued).map_err(|error| {
            Error::new(Kind::Bug, "a waiting run cannot be written as text").caused_by(error)
        })?;
        disk::replace(&path, &text).map_err(|error| failed(&path, error))
    }

    /// Whether `run` waits to begin.
    pub fn is_queued(&self, run: &str) -> bool {
        self.note(run).exists()
    }

    /// Ends a run that waits, and says whether it did: one that has begun meanwhile goes on.
    ///
    /// # Errors
    /// `State` when its files cannot be changed.
    pub fn end_queued(&self, run: &str, why: &str) -> Result<bool> {
        let _turn = Lock::take(&self.folder).map_err(|error| failed(&self.folder, error))?;
        let note = self.note(run);
        let Some(queued) = read(&note)? else { return Ok(false) };
        let path = self.file(run);
        if !path.exists() {
            let sequence = self.next_sequence()?;
            let disk = Disk::create(&path).map_err(|error| failed(&path, error))?;
            Journal::begin(Box::new(disk), Begun { sequence, ..queued.begun })?.end(Some(why))?;
        }
        self.drop_note(run).map(|()| true)
    }

    /// Forgets that `run` waits.
    pub(super) fn drop_note(&self, run: &str) -> Result<()> {
        let path = self.note(run);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(&path, error)),
            _ => Ok(()),
        }
    }

    fn note(&self, run: &str) -> std::path::PathBuf {
        self.folder.join(run).with_extension(EXTENSION)
    }
}

/// The note `path`; nothing when it is gone.
pub(super) fn read(path: &Path) -> Result<Option<Queued>> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        text => text.map_err(|error| failed(path, error))?,
    };
    let queued = serde_json::from_slice(&text).ok().filter(|queued: &Queued| queued.version == VERSION);
    queued.map(Some).ok_or_else(|| {
        Error::new(Kind::State, format!("{} cannot be relied on", path.display()))
            .advise("remove the file: the run that it tells of has never begun")
    })
}

/// A name that no other process has, of this machine or after a restart.
fn this_process() -> &'static str {
    static NAME: OnceLock<String> = OnceLock::new();
    NAME.get_or_init(|| format!("{}-{:016x}", process::id(), RandomState::new().hash_one(now())))
}
