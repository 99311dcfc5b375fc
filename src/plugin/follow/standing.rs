//! What a look at a followed table changes about its standing, and what is worth saying of it.
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::round::Outcome;
use crate::error::Result;
use crate::memory::{Followed, Standing};
use crate::plugin::runs::notices::Notice;

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

impl Standing {
    /// That the table has fallen behind, or is followed again.
    pub(super) fn notice(&self, key: &Followed) -> Notice {
        let behind = self.through.map_or(0, |through| (now_ms() - through).max(0) as u64);
        Notice {
            run: self.run.clone(),
            event: "lag",
            db: key.db.clone(),
            table: key.table.clone(),
            status: if self.failures > 0 { "FAILING" } else { "FOLLOWING" },
            rows: self.rows,
            took: Duration::from_millis(behind),
            message: self.message.clone(),
            ..Notice::default()
        }
    }
}

/// Milliseconds since 1970, UTC.
pub(super) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Error, Kind};

    #[test]
    fn a_table_is_verified_up_to_the_beginning_of_the_look_and_a_failure_moves_nothing() {
        let mut standing = Standing::default();
        assert_eq!(standing.take(Ok(Outcome::Same), 5_000, "t"), None);
        assert_eq!(standing.through, Some(5_000));
        let broken = || Err(Error::new(Kind::Network, "the line broke"));
        assert!(
            standing
                .take(broken(), 6_000, "t")
                .is_some_and(|line| line.contains("t is behind: the line broke"))
        );
        assert_eq!(standing.take(broken(), 7_000, "t"), None, "said once");
        assert_eq!(standing.take(Ok(Outcome::Left), 8_000, "t"), None);
        assert_eq!((standing.through, standing.failures), (Some(5_000), 2));
        let sent = Outcome::Sent { run: "r".into(), partitions: 2, rows: 3 };
        let line = standing.take(Ok(sent), 9_000, "t").unwrap_or_default();
        assert!(
            line.contains("t is followed again after") && line.contains("3 rows of 2 partitions"),
            "{line}"
        );
        assert_eq!((standing.through, standing.failures, standing.rounds), (Some(9_000), 0, 5));
        standing.take(Ok(Outcome::Same), 1_000, "t");
        assert_eq!(standing.through, Some(9_000), "a clock that was set back");
    }
}
