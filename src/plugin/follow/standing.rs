//! What a look at a followed table changes about its standing, and what is worth saying of it.
use std::time::{SystemTime, UNIX_EPOCH};

use super::round::Outcome;
use crate::error::Result;
use crate::memory::Standing;

impl Standing {
    /// Takes in what became of a look that began at `began`; returns what is new, for people.
    pub(super) fn take(&mut self, outcome: Result<Outcome>, began: i64, label: &str) -> Option<String> {
        let now = now_ms();
        self.rounds += 1;
        self.looked = Some(now);
        match outcome {
            // Whoever is at it will be through by the next round.
            Ok(Outcome::Left) => None,
            Err(error) => {
                self.failures += 1;
                let message = error.to_string();
                let is_new = self.message != message;
                self.message = message;
                is_new.then(|| format!("{label} is behind: {}", self.message))
            }
            Ok(done) => {
                let back = (!self.message.is_empty()).then(|| {
                    let away = self.through.map_or(0.0, |through| (now - through) as f64 / 1e3);
                    format!("{label} is followed again after {away:.1} s")
                });
                self.failures = 0;
                self.message.clear();
                // A clock that was set back takes nothing back.
                self.through = self.through.max(Some(began));
                let Outcome::Sent { run, partitions, rows } = done else { return back };
                self.changes += 1;
                self.rows += rows;
                let took = (now - began) as f64 / 1e3;
                let sent =
                    format!("{label}: {rows} rows of {partitions} partitions in {took:.1} s, run {run}");
                self.last_run = run;
                Some(back.map_or(sent.clone(), |back| format!("{back}; {sent}")))
            }
        }
    }
}

/// Milliseconds since 1970, UTC.
pub(super) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
