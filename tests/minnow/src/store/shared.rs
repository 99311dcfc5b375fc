//! What all tables of a store share.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::disk::Disk;
use crate::clock::Clock;

#[derive(Debug)]
pub struct Shared {
    pub clock: Arc<Clock>,
    pub disk: Arc<Disk>,
    /// The last commit of any table: cids grow through the whole cluster (dolphindb-semantics §2).
    cid: AtomicU64,
}

impl Shared {
    pub fn by(clock: Arc<Clock>) -> Shared {
        Shared { clock, disk: Arc::default(), cid: AtomicU64::new(0) }
    }

    /// A commit of this number has happened.
    pub fn saw(&self, cid: u64) {
        self.cid.fetch_max(cid, Ordering::SeqCst);
    }

    /// The number of the next commit.
    pub fn next_cid(&self) -> u64 {
        self.cid.fetch_add(1, Ordering::SeqCst) + 1
    }
}
