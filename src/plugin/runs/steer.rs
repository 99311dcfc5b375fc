//! The orders by which other sessions pause and cancel a run.
use std::thread;
use std::time::{Duration, Instant};

use crate::cluster::Host;
use crate::journal::{Order, Runs};

/// How often orders are looked for.
const GLANCE: Duration = Duration::from_millis(100);

/// What a run has heard of its orders. Whoever asks whether it is cancelled waits while it is
/// paused: the calling thread then reads nothing, and lanes run out of work.
pub(in crate::plugin) struct Orders<'a> {
    runs: &'a Runs,
    run: &'a str,
    next: Instant,
    is_cancelled: bool,
}

impl<'a> Orders<'a> {
    /// Those to `run`.
    pub(in crate::plugin) fn to(run: &'a str, runs: &'a Runs) -> Self {
        Orders { runs, run, next: Instant::now(), is_cancelled: false }
    }

    /// Whether the run is cancelled, by an order or by the user of `host`.
    pub(in crate::plugin) fn cancel(&mut self, host: &mut dyn Host) -> bool {
        if !self.is_cancelled && Instant::now() >= self.next {
            self.look(host);
            self.wait_while_paused(host);
        }
        self.is_cancelled || host.is_cancelled()
    }

    fn look(&mut self, host: &mut dyn Host) {
        self.next = Instant::now() + GLANCE;
        self.is_cancelled = host.is_cancelled() || self.runs.has(self.run, Order::Cancel);
    }

    fn wait_while_paused(&mut self, host: &mut dyn Host) {
        let mut was_paused = false;
        while !self.is_cancelled && self.runs.has(self.run, Order::Pause) {
            if !was_paused {
                host.print(&format!("run {} is paused", self.run));
            }
            was_paused = true;
            thread::sleep(GLANCE);
            self.look(host);
        }
        if was_paused && !self.is_cancelled {
            host.print(&format!("run {} goes on", self.run));
        }
    }
}
