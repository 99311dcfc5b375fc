//! How far a shipment is, and how it is told to end.
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::error::{Error, Kind, Result};

/// Shared by whoever ships and whoever looks on.
#[derive(Debug, Default)]
pub struct Watch {
    stopped: AtomicBool,
    bytes: AtomicU64,
}

impl Watch {
    /// Tells the shipment to end soon.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether it was told to end.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Bytes looked at or sent so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(super) fn go_on(&self) -> Result<()> {
        match self.is_stopped() {
            false => Ok(()),
            true => Err(Error::new(Kind::Cancelled, "the shipment was told to stop")
                .advise("repeat the call, what has arrived is not sent again")),
        }
    }
}
