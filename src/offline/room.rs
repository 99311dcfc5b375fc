//! How many bytes of pieces may lie on disk at once, and the signal that a run comes to an end.
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::error::Error;
use crate::ship::Watch;

/// How long a wait lasts before whoever waits looks around.
const TICK: Duration = Duration::from_millis(100);

/// Shared by all stages of a run.
pub(super) struct Room {
    budget: u64,
    state: Mutex<State>,
    changed: Condvar,
    /// Told to end with the run.
    pub(super) watch: Watch,
}

#[derive(Default)]
struct State {
    held: u64,
    pieces: usize,
    /// Bytes on disk per thousand rows, the most so far.
    densest: u64,
    failure: Option<Error>,
    more: usize,
}

impl Room {
    /// For `budget` bytes.
    pub(super) fn new(budget: u64) -> Room {
        Room { budget, state: Mutex::default(), changed: Condvar::new(), watch: Watch::default() }
    }

    /// Waits until a piece of so many rows is likely to fit, or nothing else is there, or the run ends;
    /// returns the bytes that were set aside, `None` at the end. `look` is called now and then.
    pub(super) fn enter(&self, rows: u64, mut look: impl FnMut()) -> Option<u64> {
        let mut state = self.state.lock();
        loop {
            if self.watch.is_stopped() {
                return None;
            }
            let guess = rows.saturating_mul(state.densest) / 1000;
            let is_likely = state.densest > 0 && state.held + guess <= self.budget;
            if state.pieces == 0 || is_likely || self.budget == u64::MAX {
                state.held += guess;
                state.pieces += 1;
                return Some(guess);
            }
            self.changed.wait_for(&mut state, TICK);
            parking_lot::MutexGuard::unlocked(&mut state, &mut look);
        }
    }

    /// Replaces the guess by what a piece of so many rows takes.
    pub(super) fn measure(&self, guess: u64, rows: u64, bytes: u64) {
        let mut state = self.state.lock();
        state.held = state.held - guess + bytes;
        state.densest = state.densest.max(bytes.saturating_mul(1000).div_ceil(rows.max(1)).max(1));
        self.changed.notify_all();
    }

    /// A piece is gone.
    pub(super) fn leave(&self, bytes: u64) {
        let mut state = self.state.lock();
        state.held -= bytes;
        state.pieces -= 1;
        self.changed.notify_all();
    }

    /// Ends the run, because of `error` if it is the first.
    pub(super) fn fail(&self, error: Error) {
        let mut state = self.state.lock();
        match state.failure {
            None => state.failure = Some(error),
            Some(_) => state.more += 1,
        }
        self.watch.stop();
        self.changed.notify_all();
    }

    /// Waits, unless the run ends; returns whether it goes on.
    pub(super) fn pause(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        let mut state = self.state.lock();
        while !self.watch.is_stopped() && !self.changed.wait_until(&mut state, end).timed_out() {}
        !self.watch.is_stopped()
    }

    /// Whether something failed.
    pub(super) fn has_failed(&self) -> bool {
        self.state.lock().failure.is_some()
    }

    /// The first failure, with how many followed.
    pub(super) fn into_failure(self) -> Option<Error> {
        let state = self.state.into_inner();
        state.failure.map(|error| match state.more {
            0 => error,
            more => error.context(format!("and {more} more failures, the first")),
        })
    }
}
