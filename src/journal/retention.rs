//! Which journals nobody needs any more.
use super::folder::Entry;
use super::record::FOLLOW;
use super::state::State;

const DAY: i64 = 24 * 3_600 * 1_000;

/// How many runs are kept, and how long, besides all that a later run may have to finish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// So many of the newest.
    pub runs: usize,
    /// And of these only those that began within so many days, if there is a limit.
    pub days: Option<u32>,
}

impl Default for Keep {
    fn default() -> Self {
        Keep { runs: 500, days: None }
    }
}

impl Keep {
    /// Whether the run that began at `at` and has so many `newer` ones is old by `now`. A clock that
    /// was set back makes nothing old.
    pub(super) fn is_old(self, newer: usize, at: i64, now: i64) -> bool {
        let is_past = |days: u32| now.saturating_sub(at) > i64::from(days) * DAY;
        newer >= self.runs || self.days.is_some_and(is_past)
    }
}

/// Whether nothing depends on the run of `entry`: it ended well, or nothing of it can be at a target.
pub(super) fn is_spare(entry: &Entry) -> bool {
    if entry.run.begun.mode == FOLLOW {
        return !entry.is_live;
    }
    let Some(ended) = &entry.run.ended else { return false };
    let mut units = entry.run.tables.iter().flat_map(|table| &table.units);
    !entry.is_live && (ended.failure.is_none() || units.all(|unit| unit.left() == State::Waiting))
}
