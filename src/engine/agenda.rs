//! Which unit is read next, and whether somebody else has read it already.
use std::collections::BTreeSet;
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
    seat: Option<Arc<Seat>>,
}

impl<'a> Agenda<'a> {
    /// All of them. Whoever reads beside this call is told of them.
    pub(super) fn new(host: &dyn Host, round: &'a Round<'a>) -> Self {
        let seat = host.seat();
        if let Some(seat) = &seat {
            let units = round.units.iter().map(|number| &round.draft.units[*number]);
            seat.announce(units.map(|unit| query(round, unit)));
        }
        Agenda { round, left: (0..round.units.len()).collect(), seat }
    }

    /// The number of the unit to read next: one that somebody has read, since nobody knows for how long
    /// it is kept, else the first one.
    pub(super) fn next(&mut self) -> Option<usize> {
        let at_hand = self.seat.as_ref().and_then(|seat| seat.at_hand());
        let at_hand = at_hand.filter(|place| self.left.contains(place));
        let place = at_hand.or_else(|| self.left.first().copied())?;
        self.left.remove(&place);
        Some(self.round.units[place])
    }

    /// The rows of a unit.
    pub(super) fn read(&self, host: &mut dyn Host, unit: &Unit) -> Result<Batch> {
        let draft = self.round.draft;
        let mut own = || read(host, draft.rows(unit), &draft.columns);
        let rows = match &self.seat {
            Some(seat) => seat.read(&query(self.round, unit), own),
            None => own(),
        };
        let named =
            |error: Error| error.context(format!("partition {unit} of {} at the source", draft.table));
        rows.map_err(named)
    }
}

fn query(round: &Round, unit: &Unit) -> String {
    round.draft.rows(unit).select(&round.draft.columns)
}
