//! Runs without their units: how each began and how it ended, read from the two ends of its file.
use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::folder::{EXTENSION, Entry, Runs, failed, read};
use super::frame::{first, last};
use super::progress::{Phase, Progress};
use super::queue;
use super::record::{Begun, Ended, Record};
use super::storage::is_locked;
use super::writer::now;
use crate::error::{Error, Result};

/// So many bytes at either end of a file are looked at, one after the other until they suffice.
const GLANCES: [u64; 2] = [1 << 12, 1 << 16];

/// A run without its units.
#[derive(Clone, Debug)]
pub struct Outline {
    /// Who asked for what.
    pub begun: Begun,
    /// How it ended, if it did.
    pub ended: Option<Ended>,
    /// Whether it goes on.
    pub is_live: bool,
    /// Whether it was told to pause.
    pub is_paused: bool,
    /// Whether it waits for the server to begin it.
    pub is_queued: bool,
    /// How far it came.
    pub far: Progress,
}

/// All runs, each read in full.
pub struct Examined {
    /// Those that can be read, from the oldest.
    pub runs: Vec<Outline>,
    /// What is wrong with the others.
    pub damaged: Vec<Error>,
}

impl Outline {
    /// Whether it ended well.
    pub fn is_well(&self) -> bool {
        self.ended.as_ref().is_some_and(|ended| ended.failure.is_none())
    }

    /// As tables show it.
    pub fn status(&self) -> &'static str {
        status(self.ended.as_ref(), self.is_queued, self.is_live, self.is_paused)
    }
}

impl Entry {
    /// As tables show it.
    pub fn status(&self) -> &'static str {
        status(self.run.ended.as_ref(), self.queued.is_some(), self.is_live, self.is_paused)
    }
}

fn status(ended: Option<&Ended>, is_queued: bool, is_live: bool, is_paused: bool) -> &'static str {
    match ended {
        Some(ended) if ended.failure.is_none() => "OK",
        Some(ended) if ended.is_skipped => "SKIPPED",
        Some(_) => "FAILED",
        None if is_queued => "QUEUED",
        None if is_live && is_paused => "PAUSED",
        None if is_live => "RUNNING",
        None => "INTERRUPTED",
    }
}

impl From<Entry> for Outline {
    fn from(Entry { run, is_live, is_paused, queued }: Entry) -> Self {
        let is_queued = queued.is_some();
        let far = match Progress::of(&run, now()) {
            far if is_queued => Progress { phase: Phase::Waiting, eta: None, ..far },
            far => far.alive(is_live),
        };
        Outline { begun: run.begun, ended: run.ended, is_live, is_paused, is_queued, far }
    }
}

impl Examined {
    /// The runs after which their tables were left undone, from the oldest.
    pub fn unfinished(&self) -> impl Iterator<Item = &Outline> {
        let subject =
            |run: &Outline| (run.begun.target.clone(), run.begun.db.clone(), run.begun.table.clone());
        let (mut later, mut left) = (HashSet::new(), Vec::new());
        for run in self.runs.iter().rev() {
            let is_skipped = run.ended.as_ref().is_some_and(|ended| ended.is_skipped);
            if !is_skipped && later.insert(subject(run)) && !run.is_well() && !run.is_live {
                left.push(run);
            }
        }
        left.into_iter().rev()
    }
}

impl Runs {
    /// How every run began and ended, from the oldest. What a journal says in between is looked at
    /// only where the run has not ended.
    ///
    /// # Errors
    /// `State` when neither its beginning nor the whole of a journal can be read, naming its file.
    pub fn outlines(&self) -> Result<Vec<Outline>> {
        // A run that begins has its journal before its note goes, so notes are looked for first.
        let waiting = self.waiting()?;
        let mut outlines = Vec::new();
        for path in self.files(EXTENSION)? {
            outlines.extend(outline(&path)?);
        }
        let has_begun = |run: &Entry| outlines.iter().any(|own| own.begun.run == run.run.begun.run);
        let waiting: Vec<Outline> =
            waiting.into_iter().filter(|run| !has_begun(run)).map(Outline::from).collect();
        outlines.extend(waiting);
        outlines.sort_by_key(|outline| outline.begun.sequence);
        Ok(outlines)
    }

    /// The runs that wait for the server to begin them, and some that have just begun.
    ///
    /// # Errors
    /// `State` when a note cannot be read, naming its file.
    pub fn waiting(&self) -> Result<Vec<Entry>> {
        let notes = self.files(queue::EXTENSION)?;
        let read = notes.iter().filter_map(|path| queue::read(path).transpose());
        read.map(|queued| queued.map(queue::Queued::entry)).collect()
    }

    /// Reads every journal in full.
    ///
    /// # Errors
    /// `State` when the folder cannot be read.
    pub fn examine(&self) -> Result<Examined> {
        let mut examined = Examined { runs: Vec::new(), damaged: Vec::new() };
        for path in self.files(EXTENSION)? {
            match read(&path) {
                Ok(entry) => examined.runs.extend(entry.map(Outline::from)),
                Err(error) => examined.damaged.push(error),
            }
        }
        examined.runs.sort_by_key(|outline| outline.begun.sequence);
        Ok(examined)
    }
}

/// The run in the file `path`; nothing when its writer died before it had announced anything.
pub(super) fn outline(path: &Path) -> Result<Option<Outline>> {
    let unreadable = |error| failed(path, error);
    // Looked at first: a run that ends in between has then told everything.
    let is_live = is_locked(path).map_err(unreadable)?;
    let file = File::open(path).map_err(unreadable)?;
    let begun = begun(&file).map_err(unreadable)?;
    let ended = ended(&file).map_err(unreadable)?;
    let far = ended.as_ref().and_then(Progress::kept);
    match (begun, far) {
        (Some(begun), Some(far)) => {
            Ok(Some(Outline { begun, ended, is_live, is_paused: false, is_queued: false, far }))
        }
        _ => Ok(read(path)?.map(Outline::from)),
    }
}

/// The first record, if it can be had cheaply.
fn begun(file: &File) -> io::Result<Option<Begun>> {
    let length = file.metadata()?.len();
    for glance in GLANCES {
        let bytes = part(file, 0, glance.min(length))?;
        if let Some(Ok(Record::Begun(begun))) = first(&bytes).map(serde_json::from_slice) {
            return Ok(Some(begun));
        }
    }
    Ok(None)
}

/// How the run ended, if it did and that can be had cheaply.
fn ended(file: &File) -> io::Result<Option<Ended>> {
    let length = file.metadata()?.len();
    for glance in GLANCES {
        let from = length.saturating_sub(glance);
        let bytes = part(file, from, length - from)?;
        if let Some(Ok(record)) = last(&bytes).map(serde_json::from_slice) {
            return Ok(match record {
                Record::Ended(ended) => Some(ended),
                _ => None,
            });
        }
    }
    Ok(None)
}

fn part(file: &File, from: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length as usize];
    file.read_exact_at(&mut bytes, from).map(|()| bytes)
}
