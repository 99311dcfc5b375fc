//! What the lanes of a round know of the target's own plugin, and what the budget follows from that.
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use parking_lot::{Mutex, MutexGuard};

use crate::cluster::sql::Rows;
use crate::online;

/// Whether what the target holds has to be read back, and so needs room beside what is sent.
#[derive(Default)]
pub(super) struct Sight {
    /// Whether the target's plugin answered last.
    is_native: AtomicBool,
    /// Whether it ever did, so that units may be under way that were given no room.
    was_native: AtomicBool,
    /// Held by the one who reads back without room.
    crowded: Mutex<()>,
}

impl Sight {
    /// Whether a unit needs room for what is read back of it.
    pub(super) fn reads_back(&self, there: Rows) -> bool {
        !(self.is_native.load(Relaxed) && online::can_ask(there))
    }

    /// The target's plugin took a fingerprint.
    pub(super) fn answered(&self) {
        self.is_native.store(true, Relaxed);
        self.was_native.store(true, Relaxed);
    }

    /// The target's plugin could not, so that units need room from now on. Of those that were given
    /// none, one at a time is read back: while what is returned lives.
    pub(super) fn fell_silent(&self) -> Option<MutexGuard<'_, ()>> {
        self.is_native.store(false, Relaxed);
        self.was_native.load(Relaxed).then(|| self.crowded.lock())
    }
}
