//! The stages after the backup: on the way, into the target, and away.
use std::fs;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, never, select};

use super::pipeline::{Style, Target};
use super::restore::Delivery;
use super::save::seal;
use super::stages::{BATCH, Parcel, Run};
use crate::data::Fingerprint;
use crate::error::{Error, Kind, Result, Retry};
use crate::failpoint::reach;
use crate::ship::{Side, Watch};

/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(30);

impl Run<'_> {
    /// Ships what was backed up, and removes what was restored, until both queues end.
    pub(super) fn ship_all(&self, todo: &Receiver<Parcel>, next: Sender<Parcel>, done: &Receiver<Parcel>) {
        let (mut todo, mut done) = (Some(todo.clone()), Some(done.clone()));
        let mut next = Some(next);
        while todo.is_some() || done.is_some() {
            let (ended_todo, ended_done) = (never(), never());
            let (to_ship, to_remove) =
                (todo.as_ref().unwrap_or(&ended_todo), done.as_ref().unwrap_or(&ended_done));
            select! {
                recv(to_ship) -> parcel => match (parcel, &next) {
                    (Ok(parcel), Some(next)) => self.ship_some(batch(parcel, to_ship), next),
                    // The lanes end when nothing more can come.
                    _ => (todo, next) = (None, None),
                },
                recv(to_remove) -> parcel => match parcel {
                    Ok(parcel) => self.remove_some(&batch(parcel, to_remove)),
                    Err(_) => done = None,
                },
            }
        }
    }

    fn ship_some(&self, parcels: Vec<Parcel>, next: &Sender<Parcel>) {
        if self.room.watch.is_stopped() {
            return;
        }
        let pieces: Vec<String> = parcels.iter().map(|parcel| self.piece_of(parcel.number)).collect();
        let outcome = match self.style {
            Style::Rows => self.ship(&pieces),
            // Its piece was shipped before the first unit was begun.
            Style::Snapshot => Ok(()),
        };
        match outcome {
            Ok(()) => parcels.into_iter().for_each(|parcel| drop(next.send(parcel))),
            Err(error) => self.fail(parcels[0].number, error, "on its way"),
        }
    }

    /// Ships `pieces`, again after a broken line.
    pub(super) fn ship(&self, pieces: &[String]) -> Result<()> {
        let mut tried = 0;
        loop {
            let outcome = self.route.shipper.ship(pieces, &self.room.watch);
            match outcome {
                Ok(shipped) => {
                    self.moved.lock().bytes += shipped.sent;
                    reach("shipped");
                    return Ok(());
                }
                Err(error) if !self.is_worth_a_try(&error, tried) => return Err(error),
                Err(_) => tried += 1,
            }
        }
    }

    fn remove_some(&self, parcels: &[Parcel]) {
        let pieces: Vec<String> = parcels.iter().map(|parcel| self.piece_of(parcel.number)).collect();
        if self.style == Style::Rows && !self.limits.keep {
            if let Err(error) = self.remove(&pieces) {
                return self.room.fail(error);
            }
            reach("removed");
        }
        parcels.iter().for_each(|parcel| self.room.leave(parcel.bytes));
    }

    /// Removes pieces on both sides, and this side's folder when it is empty.
    pub(super) fn remove(&self, pieces: &[String]) -> Result<()> {
        // Not told to stop: what is verified may be tidied up even when the run ends.
        let watch = Watch::default();
        // This side comes last: while a piece is here, whoever comes after knows that it may be there.
        let far = if self.route.near == Side::Source { Side::Target } else { Side::Source };
        for side in [far, self.route.near] {
            self.route.shipper.remove(pieces, side, &watch)?;
        }
        // Whether others are left in it does not matter.
        let _ = fs::remove_dir(self.route.here());
        Ok(())
    }

    /// Restores one unit; a failure ends the run.
    pub(super) fn take_in(&self, target: &mut Target, parcel: Parcel, done: &Sender<Parcel>) {
        if self.room.watch.is_stopped() {
            return;
        }
        let (number, rows) = (parcel.number, parcel.rows);
        match self.restore(target, &parcel) {
            Ok(()) => {
                let mut moved = self.moved.lock();
                moved.partitions += 1;
                moved.rows += rows;
                drop(moved);
                drop(done.send(parcel));
            }
            Err(error) => self.fail(number, error, "at the target"),
        }
    }

    fn restore(&self, target: &mut Target, parcel: &Parcel) -> Result<()> {
        let unit = &self.plan.draft.units[parcel.number];
        let piece = match self.style {
            Style::Rows => self.piece_of(parcel.number),
            Style::Snapshot => super::stages::SNAPSHOT.to_owned(),
        };
        let backup = self.backup(Side::Target, &piece);
        let sent = match (self.style, parcel.sent) {
            (Style::Snapshot, Some(sent)) => sent,
            (_, sent) => self.arrived(target, parcel, &piece, sent)?,
        };
        let is_snapshot = self.style == Style::Snapshot;
        let mut delivery = Delivery {
            plan: self.plan,
            journal: self.journal,
            at: (self.table, parcel.number),
            unit,
            sent,
            restore: Some(backup.restore(unit, &self.plan.draft.table, is_snapshot)),
            overwrites: is_snapshot,
            by_count: false,
            permit: self.permit,
            doubt: None,
        };
        let mut tried = 0;
        loop {
            let Err(error) = target.open().and_then(|server| delivery.attempt(server)) else { return Ok(()) };
            if error.kind().retry() == Retry::Reconnect {
                target.close();
            }
            if !self.is_worth_a_try(&error, tried) {
                return Err(error);
            }
            tried += 1;
        }
    }

    /// Checks a piece that has arrived, and returns the fingerprint of what is in it.
    fn arrived(
        &self,
        target: &mut Target,
        parcel: &Parcel,
        piece: &str,
        sent: Option<Fingerprint>,
    ) -> Result<Fingerprint> {
        let (server, backup) = (target.open()?, self.backup(Side::Target, piece));
        backup.check(server)?;
        let held = backup.list(server, self.plan.draft.units[parcel.number].keys.len())?;
        match &held[..] {
            [only] if only.rows == parcel.rows => match sent {
                Some(sent) => Ok(sent),
                None => seal(server, &backup, &self.here(piece), &self.plan.draft, only),
            },
            other => {
                let rows: u64 = other.iter().map(|held| held.rows).sum();
                let what = format!("{} rows were backed up but {rows} have arrived", parcel.rows);
                Err(Error::new(Kind::Mismatch, what)
                    .advise("look whether somebody else uses the directory, then repeat the call"))
            }
        }
    }

    /// Waits for the next try after `error` and returns whether there is one.
    fn is_worth_a_try(&self, error: &Error, tried: u32) -> bool {
        let wait = self.limits.first.saturating_mul(1 << tried.min(16)).min(LONGEST);
        error.kind().retry() != Retry::Never && tried < self.limits.retries && self.room.pause(wait)
    }
}

/// `first` and what else is waiting already.
fn batch(first: Parcel, more: &Receiver<Parcel>) -> Vec<Parcel> {
    [first].into_iter().chain(more.try_iter().take(BATCH - 1)).collect()
}
