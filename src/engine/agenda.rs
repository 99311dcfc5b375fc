//! Which unit is read next, and whether somebody else has read it already.
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::round::Round;
use crate::cluster::{Host, Seat, read};
use crate::data::Batch;
use crate::error::{Error, Result};
use crate::model::Unit;

/// The units of a round that are still to be read.
pub(super) struct Agenda<'a> {
    round: &'a Round<'a>,
    /// By their places in the round.
    left: BTreeSet<usize>,
    /// The places of those whose rows are read at all.
    read: Vec<usize>,
    seat: Option<Arc<Seat>>,
}

impl<'a> Agenda<'a> {
    /// All of them. Whoever reads beside this call is told of them.
    pub(super) fn new(host: &dyn Host, round: &'a Round<'a>) -> Self {
        let seat = host.seat();
        let is_read = |place: &usize| round.job.reads(round.units[*place]);
        let read: Vec<usize> = (0..round.units.len()).filter(is_read).collect();
        if let Some(seat) = &seat {
            let units = read.iter().map(|place| &round.draft.units[round.units[*place]]);
            seat.announce(units.map(|unit| query(round, unit)));
        }
        Agenda { round, left: (0..round.units.len()).collect(), read, seat }
    }

    /// The number of the unit at a place.
    pub(super) fn number(&self, place: usize) -> usize {
        self.round.units[place]
    }

    /// Takes the unit at a place off the agenda.
    pub(super) fn take(&mut self, place: usize) {
        self.left.remove(&place);
    }

    /// The place of the unit to read next: one that somebody has read, since nobody knows for how long
    /// it is kept, else the first one. Slices of the partitions in `taken` come later, if others are left.
    pub(super) fn next(&self, taken: &HashSet<String>) -> Option<usize> {
        let at_hand = self.seat.as_ref().and_then(|seat| self.read.get(seat.at_hand()?).copied());
        let at_hand = at_hand.filter(|place| self.left.contains(place) && self.is_free(*place, taken));
        let first = || self.left.iter().copied().find(|place| self.is_free(*place, taken));
        at_hand.or_else(first).or_else(|| self.left.first().copied())
    }

    /// Whether nothing of the same partition is under way or has to come before.
    fn is_free(&self, place: usize, taken: &HashSet<String>) -> bool {
        let unit = &self.round.draft.units[self.round.units[place]];
        if unit.slice.is_none() {
            return true;
        }
        let path = unit.path();
        let clears = |before: &usize| {
            let number = self.round.units[*before];
            !self.round.job.reads(number) && self.round.draft.units[number].path() == path
        };
        !taken.contains(&path) && !self.left.range(..place).any(clears)
    }

    /// The rows of a unit; none of one that is not read.
    pub(super) fn read(&self, host: &mut dyn Host, number: usize) -> Result<Batch> {
        if !self.round.job.reads(number) {
            return Ok(Batch::default());
        }
        let draft = self.round.draft;
        let unit = &draft.units[number];
        let mut own = |columns: &[String]| read(host, draft.rows(unit), columns);
        let rows = match &self.seat {
            Some(seat) => {
                let rows = seat.read(&query(self.round, unit), || own(&sorted(&draft.columns)));
                rows.map(|rows| in_order(&rows, &draft.columns))
            }
            None => own(&draft.columns),
        };
        let named =
            |error: Error| error.context(format!("partition {unit} of {} at the source", draft.table));
        rows.map_err(named)
    }
}

fn query(round: &Round, unit: &Unit) -> String {
    round.draft.rows(unit).select(&sorted(&round.draft.columns))
}

/// In an order that does not depend on the target, so that others ask for the same.
fn sorted(columns: &[String]) -> Vec<String> {
    let mut columns = columns.to_vec();
    columns.sort_unstable();
    columns
}

/// The same rows with their columns in this order.
fn in_order(rows: &Batch, columns: &[String]) -> Batch {
    let column = |name: &String| Some((name.clone(), rows.column(name)?.clone()));
    Batch { rows: rows.rows, columns: columns.iter().filter_map(column).collect() }
}
