//! What the user sees while a run goes on.
use std::time::{Duration, Instant};

use super::round::{Moved, Round};
use crate::cluster::Host;
use crate::journal;

const INTERVAL: Duration = Duration::from_secs(1);

/// Prints how far a run has come, at most once a second and once at the end.
pub(super) struct Progress<'a> {
    round: &'a Round<'a>,
    started: Instant,
    next: Instant,
}

impl<'a> Progress<'a> {
    /// Of a run that starts now.
    pub(super) fn new(round: &'a Round<'a>) -> Self {
        let now = Instant::now();
        Progress { round, started: now, next: now + INTERVAL }
    }

    /// Prints if the last line is a second old.
    pub(super) fn update(&mut self, host: &mut dyn Host, moved: &Moved) {
        let now = Instant::now();
        if now >= self.next {
            self.next = now + INTERVAL;
            host.print(&self.line(moved));
        }
    }

    /// Prints the last line.
    pub(super) fn finish(self, host: &mut dyn Host, moved: &Moved) {
        host.print(&self.line(moved));
    }

    /// What the journal tells of a round that writes; one that only looks has none.
    fn line(&self, moved: &Moved) -> String {
        let table = &self.round.draft.table;
        match self.round.job.progress() {
            Some(progress) => format!("{table}: {progress}"),
            None => looking(self.round, moved, self.started.elapsed()),
        }
    }
}

fn looking(round: &Round, moved: &Moved, elapsed: Duration) -> String {
    let (done, all) = (moved.settled(), round.units.len() as u64);
    let (megabytes, seconds) = (moved.bytes as f64 / 1e6, elapsed.as_secs_f64());
    let rate = if seconds > 0.0 { megabytes / seconds } else { 0.0 };
    let eta = (done > 0).then(|| seconds * (all - done) as f64 / done as f64);
    let (table, rows, left) = (&round.draft.table, moved.rows, journal::left(eta));
    format!(
        "{table}: comparing, {done} of {all} partitions, {rows} rows, {megabytes:.1} MB, {rate:.1} MB/s, {left}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::lane::{Job, Link, Work};
    use crate::error::Result;
    use crate::model::TableName;
    use crate::plan::{Counterpart, Draft};

    struct Nothing;

    impl Job for Nothing {
        fn work(&self, _: &mut Link, _: &Work) -> Result<()> {
            Ok(())
        }

        fn reads_back(&self, _: usize) -> bool {
            false
        }
    }

    #[test]
    fn a_line_says_how_far_how_fast_and_how_long() {
        let draft = Draft {
            counterpart: Counterpart::same(&TableName::new("dfs://db", "t"), None),
            table: TableName::new("dfs://db", "t"),
            target: "b".into(),
            destination: "b".into(),
            columns: Vec::new(),
            filter: None,
            window: None,
            creation: crate::plan::Creation::default(),
            makes: Vec::new(),
            remembered: None,
            marks: Vec::new(),
            notes: Vec::new(),
            units: Vec::new(),
        };
        let round = Round { draft: &draft, units: &[0; 10], looks: &[], job: &Nothing };
        let moved = Moved { units: 3, partitions: 3, empty: 1, rows: 99, bytes: 8_000_000 };
        assert_eq!(
            looking(&round, &moved, Duration::from_secs(4)),
            "dfs://db/t: comparing, 4 of 10 partitions, 99 rows, 8.0 MB, 2.0 MB/s, 6 s left"
        );
    }
}
