//! Which journals nobody needs any more.
use super::folder::Entry;
use super::state::State;

/// So many runs are kept, and all that a later run may have to finish.
pub(super) const KEPT: usize = 500;

/// Whether nothing depends on the run of `entry`: it ended well, or nothing of it can be at a target.
pub(super) fn is_spare(entry: &Entry) -> bool {
    let Some(ended) = &entry.run.ended else { return false };
    let mut units = entry.run.tables.iter().flat_map(|table| &table.units);
    !entry.is_live && (ended.failure.is_none() || units.all(|unit| unit.left() == State::Waiting))
}
