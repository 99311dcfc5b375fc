//! How often and how long something is tried again, and how the wait ends early.
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(30);

/// How often a unit may be tried again, and the first wait.
#[derive(Clone, Copy, Debug)]
pub struct Retries {
    /// Further tries of one unit after the first.
    pub count: u32,
    /// The wait before the first of them; each later one waits twice as long.
    pub first: Duration,
}

impl Retries {
    /// The wait before further try number `tried`, counted from 0; `None` when there is none. Half
    /// of it is random, so that lanes that were refused together do not come back together.
    pub fn wait(&self, tried: u32) -> Option<Duration> {
        if tried >= self.count {
            return None;
        }
        let full = self.first.saturating_mul(1 << tried.min(16)).min(LONGEST);
        // Every hasher of the standard library is seeded anew from the system's randomness.
        let random = RandomState::new().hash_one(tried) as f64 / u64::MAX as f64;
        Some(full.mul_f64(0.5 + random / 2.0))
    }
}

/// A signal that everybody should come to an end.
#[derive(Default)]
pub(super) struct Stop {
    told: Mutex<bool>,
    changed: Condvar,
}

impl Stop {
    /// Gives the signal.
    pub(super) fn tell(&self) {
        *self.told.lock() = true;
        self.changed.notify_all();
    }

    /// Whether the signal was given.
    pub(super) fn is_told(&self) -> bool {
        *self.told.lock()
    }

    /// Waits until the signal or for `time`; returns whether there was none.
    pub(super) fn pause(&self, time: Duration) -> bool {
        let end = Instant::now() + time;
        let mut told = self.told.lock();
        while !*told && !self.changed.wait_until(&mut told, end).timed_out() {}
        !*told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_vary_by_half() {
        let retries = Retries { count: 20, first: Duration::from_millis(500) };
        for (tried, full) in [(0, 0.5), (1, 1.0), (3, 4.0), (6, 30.0), (19, 30.0)] {
            let waits: Vec<f64> = (0..50).map(|_| retries.wait(tried).unwrap().as_secs_f64()).collect();
            assert!(waits.iter().all(|wait| (full / 2.0..=full).contains(wait)), "{tried}: {waits:?}");
            assert!(waits.iter().any(|wait| *wait != waits[0]), "{tried}");
        }
        assert_eq!(retries.wait(20), None);
        assert_eq!(Retries { count: 0, ..retries }.wait(0), None);
    }

    #[test]
    fn a_pause_ends_with_the_signal() {
        let stop = Stop::default();
        assert!(stop.pause(Duration::ZERO));
        std::thread::scope(|scope| {
            let waiter = scope.spawn(|| stop.pause(Duration::from_secs(3600)));
            stop.tell();
            assert!(!waiter.join().unwrap());
        });
        assert!(stop.is_told() && !stop.pause(Duration::from_secs(3600)));
    }
}
