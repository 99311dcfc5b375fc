//! How often what happened, over all seeds.
use std::collections::BTreeMap;
use std::fmt;

/// A call that succeeded in slices.
pub const SLICED: &str = "succeeded in slices";

/// Counts of what happened.
#[derive(Default)]
pub struct Tally {
    /// Seeds that were played.
    pub seeds: u64,
    events: BTreeMap<String, u64>,
}

impl Tally {
    /// Counts one `event`.
    pub fn count(&mut self, event: impl Into<String>) {
        *self.events.entry(event.into()).or_default() += 1;
    }

    /// Whether the syncing node died at `place`.
    pub fn has_killed_at(&self, place: &str) -> bool {
        self.events.contains_key(&format!("killed at {place}"))
    }

    /// Whether any call went in slices.
    pub fn has_sliced(&self) -> bool {
        self.events.contains_key(SLICED)
    }

    /// Both together.
    pub fn with(mut self, other: Tally) -> Tally {
        self.seeds += other.seeds;
        other.events.into_iter().for_each(|(event, times)| *self.events.entry(event).or_default() += times);
        self
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} seeds", self.seeds)?;
        self.events.iter().try_for_each(|(event, times)| write!(f, "\n{times:8} {event}"))
    }
}
