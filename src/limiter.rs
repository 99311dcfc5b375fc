//! How many bytes may pass in a second: all connections of a call, both directions and what is copied
//! between directories together.
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use parking_lot::{Condvar, Mutex};

/// What may pass at once after a pause: as much as in this time.
const BURST: Duration = Duration::from_millis(100);
/// No less is handed out while anybody waits, so that packets stay worth their headers.
const LEAST: f64 = 1024.0;
/// Who waits looks this often whether there is still a reason to.
const GLANCE: Duration = Duration::from_millis(100);
const MINUTES_PER_DAY: i64 = 24 * 60;

/// Bytes per second, by the clock of the node.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Rate {
    /// As fast as it goes.
    #[default]
    Unlimited,
    /// The same at all times.
    Always(f64),
    /// By minutes of the day: the first span that holds the minute counts, and none is unlimited.
    Hours {
        /// The spans.
        spans: Vec<Span>,
        /// How far the node's clock is ahead of UTC, in minutes.
        ahead: i64,
    },
}

/// A part of every day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// Its first minute of the day.
    pub from: i64,
    /// The minute after its last one; before `from` when midnight lies inside.
    pub to: i64,
    /// Bytes per second.
    pub rate: f64,
}

impl Span {
    fn holds(&self, minute: i64) -> bool {
        match self.from < self.to {
            true => (self.from..self.to).contains(&minute),
            false => minute >= self.from || minute < self.to,
        }
    }
}

impl Rate {
    /// Bytes per second at a time, none when there is no limit.
    fn at(&self, time: SystemTime) -> Option<f64> {
        match self {
            Rate::Unlimited => None,
            Rate::Always(rate) => Some(*rate),
            Rate::Hours { spans, ahead } => {
                let utc = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() as i64 / 60;
                let minute = (utc + ahead).rem_euclid(MINUTES_PER_DAY);
                spans.iter().find(|span| span.holds(minute)).map(|span| span.rate)
            }
        }
    }
}

/// Hands out the right to move bytes.
#[derive(Debug)]
pub struct Limiter {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    rate: Rate,
    /// Bytes that may pass, as of a moment.
    stock: f64,
    as_of: Instant,
}

impl Default for Limiter {
    fn default() -> Self {
        let state = State { rate: Rate::Unlimited, stock: 0.0, as_of: Instant::now() };
        Limiter { state: Mutex::new(state), changed: Condvar::new() }
    }
}

impl Limiter {
    /// Changes the rate for everybody, those who wait included.
    pub fn set(&self, rate: Rate) {
        let mut state = self.state.lock();
        *state = State { rate, stock: 0.0, as_of: Instant::now() };
        self.changed.notify_all();
    }

    /// The bytes per second that count now, none without a limit.
    pub fn rate(&self) -> Option<f64> {
        self.state.lock().rate.at(SystemTime::now())
    }

    /// Waits until some of `wanted` bytes may pass, and returns how many; `None` as soon as
    /// `gives_up` says so.
    pub fn take(&self, wanted: usize, gives_up: &dyn Fn() -> bool) -> Option<usize> {
        let mut state = self.state.lock();
        loop {
            let Some(rate) = state.rate.at(SystemTime::now()) else { return Some(wanted) };
            state.refill(rate);
            let least = LEAST.min(wanted as f64);
            if state.stock >= least {
                let taken = state.stock.min(wanted as f64).floor();
                state.stock -= taken;
                return Some(taken as usize);
            }
            if gives_up() {
                return None;
            }
            let wait = Duration::from_secs_f64((least - state.stock) / rate).min(GLANCE);
            self.changed.wait_for(&mut state, wait);
        }
    }

    /// Gives back what was taken and not used.
    pub fn give_back(&self, unused: usize) {
        if unused > 0 {
            self.state.lock().stock += unused as f64;
            self.changed.notify_one();
        }
    }
}

impl State {
    fn refill(&mut self, rate: f64) {
        let now = Instant::now();
        let most = (rate * BURST.as_secs_f64()).max(LEAST);
        let earned = rate * (now - self.as_of).as_secs_f64();
        self.stock = (self.stock + earned).min(most.max(self.stock));
        self.as_of = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hours_of_the_day_choose_the_rate() {
        let span = |from: i64, to: i64, rate| Span { from: from * 60, to: to * 60, rate };
        let rate = Rate::Hours { spans: vec![span(9, 17, 1e6), span(22, 6, 5e6)], ahead: 60 };
        let at = |hour: u64| rate.at(UNIX_EPOCH + Duration::from_secs(86_400 * 9 + hour * 3600));
        assert_eq!(at(7), None);
        assert_eq!(at(8), Some(1e6), "nine o'clock by the node's clock");
        assert_eq!(at(16), None);
        assert_eq!(at(21), Some(5e6));
        assert_eq!(at(23), Some(5e6), "midnight lies inside");
        assert_eq!(at(5), None);
        assert_eq!(Rate::Unlimited.at(UNIX_EPOCH), None);
    }

    #[test]
    fn all_takers_together_stay_within_the_rate() {
        let limiter = Limiter::default();
        limiter.set(Rate::Always(10e6));
        let started = Instant::now();
        let take = || {
            let mut taken = 0;
            while started.elapsed() < Duration::from_millis(400) {
                taken += limiter.take(64 << 10, &|| false).unwrap();
            }
            taken
        };
        let total: usize = std::thread::scope(|scope| {
            let takers: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            takers.into_iter().map(|taker| taker.join().unwrap()).sum()
        });
        let most = 10e6 * started.elapsed().as_secs_f64() + 2e6;
        assert!((2e6..most).contains(&(total as f64)), "{total} of {most}");
    }

    #[test]
    fn a_change_reaches_those_who_wait() {
        let limiter = Limiter::default();
        limiter.set(Rate::Always(0.001));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| limiter.take(1 << 20, &|| false));
            limiter.set(Rate::Unlimited);
            assert_eq!(waiting.join().unwrap(), Some(1 << 20));
        });
        limiter.set(Rate::Always(0.001));
        assert_eq!(limiter.take(9, &|| true), None);
    }

    #[test]
    fn what_was_not_used_is_there_for_the_next() {
        let limiter = Limiter::default();
        limiter.set(Rate::Always(1.0));
        limiter.give_back(5000);
        assert_eq!(limiter.take(9000, &|| true), Some(5000));
        assert_eq!(limiter.take(9000, &|| true), None);
    }
}
