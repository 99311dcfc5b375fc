//! The stages after the backup: on the way, into the target, and away.
use std::fs;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, never, select};

use super::pipeline::{Style, Target};
use super::restore::Delivery;
use super::save::seal;
use super::snapshot::SNAPSHOT;
use super::stages::{BATCH, Parcel, Run};
use crate::cluster::Cluster;
use crate::data::Fingerprint;
use crate::error::{Error, Kind, Result, Retry};
use crate::failpoint::reach;
use crate::journal::{Effort, now};
use crate::ship::{Shipped, Side, Watch};

/// Bytes that are shipped by one call, unless the first piece has more.
const LOAD: u64 = 64 << 20;
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

    fn ship_some(&self, mut parcels: Vec<Parcel>, next: &Sender<Parcel>) {
        if self.room.watch.is_stopped() {
            return;
        }
        let folders: Vec<String> = parcels.iter().filter_map(|parcel| self.folder_of(parcel)).collect();
        let shipped = match folders.is_empty() {
            true => Ok(()),
            false => self.ship(&|watch| self.route.shipper.ship(&folders, watch)),
        };
        match shipped.and_then(|()| self.weigh_arrived(&mut parcels)) {
            Ok(()) => parcels.into_iter().for_each(|parcel| drop(next.send(parcel))),
            Err(error) => self.fail(parcels[0].number, error, "on its way"),
        }
    }

    /// Learns what pieces take that another machine has made, now that they are here.
    fn weigh_arrived(&self, parcels: &mut [Parcel]) -> Result<()> {
        if self.route.near == Side::Source {
            return Ok(());
        }
        parcels.iter_mut().try_for_each(|parcel| self.weigh(parcel))?;
        match self.style {
            Style::Rows => Ok(()),
            Style::Snapshot => self.require_room(self.moved.lock().bytes),
        }
    }

    /// Ships by `send`, again after a broken line.
    pub(super) fn ship(&self, send: &dyn Fn(&Watch) -> Result<Shipped>) -> Result<()> {
        let mut tried = 0;
        loop {
            // Two that ship the same file would take its half from each other.
            let outcome = {
                let _alone = self.shipping.lock();
                send(&self.room.watch)
            };
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
        let (lane, began) = (target.lane() as u32, now());
        let (mut delivery, mut tried) = (None, 0);
        loop {
            let was_whole = self.is_whole();
            let effort = Effort { lane, began, tried: tried + 1, bytes: parcel.bytes };
            let outcome = target.open().and_then(|server| {
                let delivery: &mut Delivery = match &mut delivery {
                    Some(delivery) => delivery,
                    none => none.insert(self.delivery(server, parcel)?),
                };
                delivery.attempt(server, effort)
            });
            let Err(error) = outcome else { return Ok(()) };
            if error.kind().retry() == Retry::Reconnect {
                target.close();
            }
            // What has not arrived may be what the server misses; a restore that differs is settled.
            let may_miss =
                error.kind() == Kind::Server || delivery.is_none() && error.kind() == Kind::Mismatch;
            match !was_whole && may_miss {
                true => self.complete(target)?,
                false if !self.is_worth_a_try(&error, tried) => return Err(error),
                false => tried += 1,
            }
        }
    }

    /// What is to be done with a parcel, whose files are checked where they have arrived.
    fn delivery(&self, server: &mut dyn Cluster, parcel: &Parcel) -> Result<Delivery<'_>> {
        let (number, unit) = (parcel.number, &self.plan.draft.units[parcel.number]);
        let is_snapshot = self.style == Style::Snapshot;
        let (piece, sent) = match (self.style, parcel.sent) {
            (Style::Snapshot, sent) => {
                self.check_arrival(server, number)?;
                (SNAPSHOT.to_owned(), sent.unwrap_or_default())
            }
            (Style::Rows, sent) => {
                let piece = self.piece_of(number);
                let sent = self.arrived(server, parcel, &piece, sent)?;
                (piece, sent)
            }
        };
        let is_there = !is_snapshot || self.chunk_of(number).is_some();
        let backup = self.backup(Side::Target, &piece);
        Ok(Delivery {
            plan: self.plan,
            journal: self.journal,
            at: (self.table, number),
            unit,
            sent,
            restore: is_there.then(|| backup.restore(unit, &self.plan.draft.table, is_snapshot)),
            overwrites: is_snapshot && is_there,
            by_count: false,
            permit: self.permit,
            doubt: None,
        })
    }

    /// Checks a piece that has arrived, and returns the fingerprint of what is in it.
    fn arrived(
        &self,
        server: &mut dyn Cluster,
        parcel: &Parcel,
        piece: &str,
        sent: Option<Fingerprint>,
    ) -> Result<Fingerprint> {
        let backup = self.backup(Side::Target, piece);
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

/// `first` and what else is waiting already, not so much that the next stage would have to wait.
fn batch(first: Parcel, more: &Receiver<Parcel>) -> Vec<Parcel> {
    let mut parcels = vec![first];
    while parcels.len() < BATCH && parcels.iter().map(|parcel| parcel.bytes).sum::<u64>() < LOAD {
        match more.try_recv() {
            Ok(parcel) => parcels.push(parcel),
            Err(_) => break,
        }
    }
    parcels
}
