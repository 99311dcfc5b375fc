//! How much of a journal is durable: whoever waits for that lets one sync count for all.
use std::io;

use parking_lot::{Condvar, Mutex};

use super::storage::Storage;
use crate::failpoint::reach;

/// What a disk writes at once, as far as anybody promises.
const PAGE: u64 = 4096;

/// A journal's bytes on their way to the disk.
pub(super) struct Durable {
    storage: Box<dyn Storage>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    written: u64,
    durable: u64,
    is_syncing: bool,
    /// Why nothing more may be written: what follows a torn frame would make it damage.
    failure: Option<String>,
}

impl Durable {
    /// Nothing yet.
    pub(super) fn new(storage: Box<dyn Storage>) -> Self {
        Durable { storage, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Adds `bytes`, and returns how many there are then. When another page begins, all of them are
    /// durable before it returns: what is not lies in one page, so that a crash cannot keep a record
    /// and lose one before it.
    pub(super) fn append(&self, bytes: &[u8]) -> io::Result<u64> {
        let mut state = self.state.lock();
        if state.failure.is_some() {
            return Err(io::Error::other("an earlier record failed"));
        }
        if let Err(error) = self.storage.append(bytes) {
            state.failure = Some(error.to_string());
            return Err(error);
        }
        let before = state.written;
        state.written += bytes.len() as u64;
        let written = state.written;
        drop(state);
        match before / PAGE == written / PAGE {
            true => Ok(written),
            false => self.sync(written).map(|()| written),
        }
    }

    /// Waits until the first `length` bytes survive a crash.
    pub(super) fn sync(&self, length: u64) -> io::Result<()> {
        let mut state = self.state.lock();
        while state.durable < length {
            if let Some(failure) = &state.failure {
                return Err(io::Error::other(failure.clone()));
            }
            if state.is_syncing {
                self.changed.wait(&mut state);
                continue;
            }
            state.is_syncing = true;
            let written = state.written;
            drop(state);
            reach("unsynced");
            let outcome = self.storage.sync();
            state = self.state.lock();
            state.is_syncing = false;
            match outcome {
                Ok(()) => state.durable = written,
                Err(error) => state.failure = Some(error.to_string()),
            }
            self.changed.notify_all();
        }
        Ok(())
    }
}
