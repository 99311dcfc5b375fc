//! Several connections to the far end of a stream, each made when it is needed and kept for the next.
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use parking_lot::Mutex;

use super::Watch;
use super::end::End;
use crate::error::Result;

/// Makes a connection to the far end.
pub type Dial<'a> = &'a (dyn Fn() -> Result<Box<dyn End + Send>> + Sync);

/// So many connections at most.
pub(super) struct Lanes<'a> {
    dial: Dial<'a>,
    idle: Mutex<Vec<Box<dyn End + Send>>>,
    count: usize,
}

impl<'a> Lanes<'a> {
    pub(super) fn new(dial: Dial<'a>, count: usize) -> Self {
        Lanes { dial, idle: Mutex::default(), count: count.max(1) }
    }

    /// Calls `work` with a connection, which is given up when that fails.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut dyn End) -> Result<T>) -> Result<T> {
        let idle = self.idle.lock().pop();
        let mut far = match idle {
            Some(far) => far,
            None => (self.dial)()?,
        };
        let outcome = work(&mut *far)?;
        self.idle.lock().push(far);
        Ok(outcome)
    }

    /// Calls `work` for each of `items`, several at a time; the first failure ends all.
    pub(super) fn each<T: Sync>(
        &self,
        items: &[T],
        watch: &Watch,
        work: impl Fn(&mut dyn End, &T) -> Result<()> + Sync,
    ) -> Result<()> {
        let (next, failure) = (AtomicUsize::new(0), Mutex::new(None));
        let lane = || {
            let outcome = self.with(|far| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    watch.go_on()?;
                    if failure.lock().is_some() {
                        break;
                    }
                    work(far, item)?;
                }
                Ok(())
            });
            if let Err(error) = outcome {
                failure.lock().get_or_insert(error);
            }
        };
        if items.is_empty() {
            return Ok(());
        }
        thread::scope(|scope| {
            // This thread works too, so that a machine without threads to spare only takes longer.
            for _ in 1..self.count.min(items.len()) {
                let _ = thread::Builder::new().name("clusterSyncShip".into()).spawn_scoped(scope, lane);
            }
            lane();
        });
        failure.into_inner().map_or(Ok(()), Err)
    }
}
