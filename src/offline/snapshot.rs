//! A whole table at one moment, whose partitions are then shipped and restored one after the other.
//!
//! Nobody can write to the table while `backupTable` runs, so that comes first and alone. What the server
//! needs of the backup as a whole, its list of chunks, travels before the chunks; each chunk is a folder of
//! its own (dolphindb-semantics §1.4). That a server restores one partition while others have not arrived
//! is not documented: one that refuses is shown everything, and asked again.
use std::collections::HashMap;
use std::thread;
use std::time::Duration;

use parking_lot::Mutex;

use super::backup::Held;
use super::pipeline::{Connect, Target};
use super::stages::{Parcel, Run};
use crate::cluster::{Cluster, Host};
use crate::error::{Error, Kind, Result};
use crate::failpoint::reach;
use crate::model::Unit;
use crate::online;
use crate::ship::{Side, size};

/// The piece of a snapshot.
pub(super) const SNAPSHOT: &str = "snapshot";

/// What a snapshot holds, and how much of it has arrived.
pub(super) struct Snapshot {
    /// By partition.
    held: HashMap<String, Held>,
    /// The folder of the server's own files, and of chunks.
    folder: String,
    /// Whether every file has been shipped, and not only those of partitions that are on their way.
    is_whole: Mutex<bool>,
}

impl Snapshot {
    fn of(&self, unit: &Unit) -> Option<&Held> {
        self.held.get(&unit.to_string())
    }
}

impl Run<'_> {
    /// Makes the snapshot, and ships what the server needs of it as a whole.
    pub(super) fn begin_snapshot(&mut self, host: &mut dyn Host, connect: Connect) -> Result<()> {
        let (near, backup) = (self.route.near, self.backup(Side::Source, SNAPSHOT));
        let levels = self.plan.draft.units.first().map_or(0, |unit| unit.keys.len());
        let make = |source: &mut dyn Cluster| {
            backup.take_snapshot(source)?;
            backup.list(source, levels)
        };
        let held = match near {
            Side::Source => make(host)?,
            Side::Target => make(&mut *connect()?)?,
        };
        reach("backedUp");
        if near == Side::Source {
            self.require_room(size(&self.here(SNAPSHOT))?)?;
        }
        let held = held.into_iter().map(|held| (held.partition.clone(), held)).collect();
        let folder = format!("{SNAPSHOT}/{}", backup.folder());
        let run = &*self;
        run.attended(host, || run.ship(&|watch| run.route.shipper.ship_files(&folder, watch)))?;
        self.snapshot = Some(Snapshot { held, folder, is_whole: Mutex::new(false) });
        Ok(())
    }

    /// A snapshot cannot be made smaller, so what is too large is refused.
    pub(super) fn require_room(&self, bytes: u64) -> Result<()> {
        if bytes <= self.limits.disk {
            return Ok(());
        }
        let (budget, dir) = (self.limits.disk >> 20, self.route.source);
        let what = format!("the snapshot in {dir} takes {} MB, the diskBudget is {budget} MB", bytes >> 20);
        Err(Error::new(Kind::Refused, what)
            .advise("raise diskBudget, or give consistent=false to go partition by partition"))
    }

    /// Does `work` on another thread while this one hears the user.
    fn attended(&self, host: &mut dyn Host, work: impl FnOnce() -> Result<()> + Send) -> Result<()> {
        thread::scope(|scope| {
            let working = scope.spawn(work);
            while !working.is_finished() {
                self.watch_over(host);
                self.room.pause(Duration::from_millis(50));
            }
            working.join().unwrap_or_else(|_| {
                Err(Error::new(Kind::Bug, "the shipping thread panicked").advise("report this"))
            })
        })
    }

    /// The folder of a partition's files in the snapshot; nothing when it held no rows.
    pub(super) fn chunk_of(&self, number: usize) -> Option<String> {
        let snapshot = self.snapshot.as_ref()?;
        let held = snapshot.of(&self.plan.draft.units[number])?;
        Some(format!("{}/{}", snapshot.folder, held.chunk))
    }

    /// What the snapshot holds of a partition must be whole, and what the source holds.
    pub(super) fn examine(&self, source: &mut dyn Cluster, number: usize, guess: u64) -> Result<Parcel> {
        let (draft, unit) = (&self.plan.draft, &self.plan.draft.units[number]);
        let held = self.snapshot.as_ref().and_then(|snapshot| snapshot.of(unit));
        if held.is_some() {
            self.backup(Side::Source, SNAPSHOT).check_part(source, unit)?;
        }
        let found = online::look(source, draft.rows(unit), &draft.columns)?;
        let rows = held.map_or(0, |held| held.rows);
        if found.rows != rows {
            let what = format!("it has {} rows by now but {rows} were backed up", found.rows);
            return Err(Error::new(Kind::Mismatch, what)
                .advise("repeat the call while nobody writes to it, or give consistent=false"));
        }
        let mut parcel = Parcel { number, rows, sent: Some(found), bytes: guess };
        if self.route.near == Side::Source {
            self.weigh(&mut parcel)?;
        }
        Ok(parcel)
    }

    /// Whether the target has everything that it could ask for.
    pub(super) fn is_whole(&self) -> bool {
        self.snapshot.as_ref().is_none_or(|snapshot| *snapshot.is_whole.lock())
    }

    /// Ships all of the snapshot, once.
    pub(super) fn complete(&self, target: &mut Target) -> Result<()> {
        let Some(snapshot) = &self.snapshot else { return Ok(()) };
        let work = || {
            let mut is_whole = snapshot.is_whole.lock();
            if !*is_whole {
                self.ship(&|watch| self.route.shipper.ship(&[SNAPSHOT.to_owned()], watch))?;
                *is_whole = true;
            }
            Ok(())
        };
        match target {
            Target::Host(host) => self.attended(&mut **host, work),
            Target::Lane { .. } => work(),
        }
    }

    /// Checks those files of a partition that have arrived.
    pub(super) fn check_arrival(&self, server: &mut dyn Cluster, number: usize) -> Result<()> {
        match self.chunk_of(number) {
            Some(_) => self.backup(Side::Target, SNAPSHOT).check_part(server, &self.plan.draft.units[number]),
            None => Ok(()),
        }
    }
}
