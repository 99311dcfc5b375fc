//! What each stage of a run does with one partition.
use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use parking_lot::Mutex;

use super::backup::Backup;
use super::piece::name_of;
use super::pipeline::{Limits, Permit, Route, Style};
use super::room::Room;
use super::save::{save, seal, sweep};
use super::snapshot::{SNAPSHOT, Snapshot};
use crate::cluster::{Cluster, Host};
use crate::data::Fingerprint;
use crate::error::{Error, Kind, Result};
use crate::failpoint::reach;
use crate::journal::{Journal, Progress, now};
use crate::plan::Plan;
use crate::ship::{Side, size};

/// How many pieces are shipped or removed by one call: each call of rsync greets the other machine
/// anew.
pub(super) const BATCH: usize = 200;
/// How often progress is shown.
const INTERVAL: Duration = Duration::from_secs(1);

/// One partition on its way.
pub(super) struct Parcel {
    /// Its number in the plan.
    pub(super) number: usize,
    /// Rows in the backup.
    pub(super) rows: u64,
    /// The fingerprint of what the backup holds, where this side has read it.
    pub(super) sent: Option<Fingerprint>,
    /// Bytes set aside for its piece.
    pub(super) bytes: u64,
}

/// What was done so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moved {
    pub(super) partitions: u64,
    pub(super) rows: u64,
    pub(super) bytes: u64,
}

/// What all stages share.
pub(super) struct Run<'a> {
    pub(super) plan: &'a Plan,
    pub(super) journal: &'a Mutex<Journal>,
    pub(super) table: usize,
    pub(super) route: Route<'a>,
    pub(super) style: Style,
    /// Whether the run may still write to the target.
    pub(super) permit: Permit<'a>,
    pub(super) limits: Limits,
    pub(super) room: Room,
    pub(super) snapshot: Option<Snapshot>,
    /// Held by the one who ships.
    pub(super) shipping: Mutex<()>,
    pub(super) moved: Mutex<Moved>,
    shown: Mutex<Instant>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        plan: &'a Plan,
        journal: &'a Mutex<Journal>,
        table: usize,
        route: Route<'a>,
        (style, permit): (Style, Permit<'a>),
        limits: Limits,
    ) -> Self {
        // Pieces that stay cannot be waited for, and a snapshot is there as a whole.
        let disk = if limits.keep || style == Style::Snapshot { u64::MAX } else { limits.disk };
        let (room, moved) = (Room::new(disk), Mutex::default());
        Run {
            plan,
            journal,
            table,
            route,
            style,
            permit,
            limits,
            room,
            snapshot: None,
            shipping: Mutex::default(),
            moved,
            shown: Mutex::new(Instant::now()),
        }
    }

    pub(super) fn backup(&self, side: Side, piece: &str) -> Backup {
        let dir = if side == Side::Source { self.route.source } else { self.route.target };
        Backup { dir: format!("{dir}/{piece}"), table: self.plan.draft.table.clone() }
    }

    pub(super) fn here(&self, piece: &str) -> PathBuf {
        self.route.here().join(piece)
    }

    pub(super) fn piece_of(&self, number: usize) -> String {
        name_of(&self.plan.draft, &self.plan.draft.units[number])
    }

    /// Waits for room for a unit's piece; `None` when the run ends.
    pub(super) fn enter(&self, number: usize, look: impl FnMut()) -> Option<u64> {
        self.room.enter(self.plan.decisions[number].rows, look)
    }

    /// Backs up one unit and hands it to the next stage.
    pub(super) fn back_up(&self, source: &mut dyn Cluster, number: usize, guess: u64, next: &Sender<Parcel>) {
        let outcome = match self.style {
            Style::Rows => self.take_rows(source, number, guess),
            Style::Snapshot => self.examine(source, number, guess),
        };
        match outcome {
            Ok(parcel) => drop(next.send(parcel)),
            Err(error) => self.fail(number, error, "at the source"),
        }
    }

    fn take_rows(&self, source: &mut dyn Cluster, number: usize, guess: u64) -> Result<Parcel> {
        let (draft, piece) = (&self.plan.draft, self.piece_of(number));
        let (backup, folder) = (self.backup(Side::Source, &piece), self.here(&piece));
        let is_near = self.route.near == Side::Source;
        if is_near {
            sweep(&folder, draft)?;
        }
        let held = save(source, &backup, draft, &draft.units[number])?;
        let mut parcel = Parcel { number, rows: held.rows, sent: None, bytes: guess };
        if is_near {
            parcel.sent = Some(seal(source, &backup, &folder, draft, &held)?);
            self.weigh(&mut parcel)?;
        }
        reach("backedUp");
        Ok(parcel)
    }

    /// The folder that a parcel travels in; nothing when a snapshot held no rows of it.
    pub(super) fn folder_of(&self, parcel: &Parcel) -> Option<String> {
        match self.style {
            Style::Rows => Some(self.piece_of(parcel.number)),
            Style::Snapshot => self.chunk_of(parcel.number),
        }
    }

    /// Learns what the files of a parcel that lie on this node take.
    pub(super) fn weigh(&self, parcel: &mut Parcel) -> Result<()> {
        let bytes = self.folder_of(parcel).map_or(Ok(0), |folder| size(&self.here(&folder)))?;
        self.room.measure(parcel.bytes, parcel.rows, bytes);
        parcel.bytes = bytes;
        Ok(())
    }

    /// Why a unit could not be finished; the run ends, and its journal keeps the reason.
    pub(super) fn fail(&self, number: usize, error: Error, side: &str) {
        let draft = &self.plan.draft;
        // A stage that was told to stop tells nothing new.
        if error.kind() == Kind::Cancelled && self.room.watch.is_stopped() {
            return;
        }
        let error = error.context(format!("partition {} of {} {side}", draft.units[number], draft.table));
        // The unit's own failure is what counts; a journal that cannot take the note has failed the run
        // before, or leaves the unit doubtful.
        let _ = self.journal.lock().give_up((self.table, number), error.message());
        self.room.fail(error);
    }

    /// Shows how far the run is, and ends it when the user has cancelled.
    pub(super) fn watch_over(&self, host: &mut dyn Host) {
        // Asked after a failure too: whoever hears the user releases stages that wait for a silent peer.
        if host.is_cancelled() && !self.room.watch.is_stopped() {
            let advice = "partitions restored so far stay, and pieces for the next call";
            self.room.fail(Error::new(Kind::Cancelled, "the user cancelled").advise(advice));
        }
        let mut shown = self.shown.lock();
        if shown.elapsed() >= INTERVAL {
            *shown = Instant::now();
            host.print(&self.progress());
        }
    }

    /// Removes the snapshot, and pieces whose partitions a run before had restored when it died.
    fn remove_leftovers(&self) -> Result<()> {
        // One look at the directory, however many partitions there are.
        let there: HashSet<String> = match fs::read_dir(self.route.here()) {
            Ok(entries) => {
                entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
            }
            Err(_) => HashSet::new(),
        };
        if there.is_empty() {
            return Ok(());
        }
        let units = (0..self.plan.draft.units.len()).map(|number| self.piece_of(number));
        let pieces: Vec<String> =
            units.chain([SNAPSHOT.to_owned()]).filter(|piece| there.contains(piece)).collect();
        pieces.chunks(BATCH).try_for_each(|some| self.remove(some))
    }

    fn progress(&self) -> String {
        let progress = Progress::of_table(self.journal.lock().told(), self.table, now());
        let (table, shipped) = (&self.plan.draft.table, self.room.watch.bytes() as f64 / 1e6);
        format!("{table}: {progress}, {shipped:.1} MB shipped")
    }

    /// What was moved, or why not everything.
    pub(super) fn finish(self, host: &mut dyn Host) -> Result<Moved> {
        let (moved, all) = (*self.moved.lock(), self.plan.sent().count());
        host.print(&self.progress());
        let table = &self.plan.draft.table;
        if !self.room.has_failed() && !self.limits.keep {
            self.remove_leftovers()?;
        }
        let done = moved.partitions;
        match self.room.into_failure() {
            Some(error) => Err(error.context(format!("stopped after {done} of {all} partitions of {table}"))),
            None => Ok(moved),
        }
    }
}
