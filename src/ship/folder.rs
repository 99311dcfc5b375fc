//! Shipping between two folders that this machine sees: local disks, or mounted ones.
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use parking_lot::Mutex;

use super::copy::copy;
use super::files::{Entry, changed, checksum, contents, failed, require_folders, require_no_link, surface};
use super::{Shipped, Shipper, Side, Watch};
use crate::error::{Error, Kind, Result};
use crate::limiter::Limiter;

/// Copies between the folders `source` and `target`, several files at a time.
#[derive(Clone, Debug)]
pub struct Folder {
    source: PathBuf,
    target: PathBuf,
    lanes: usize,
    limiter: Arc<Limiter>,
}

impl Folder {
    /// From below `source` to below `target`, at least one file at a time.
    pub fn new(source: impl Into<PathBuf>, target: impl Into<PathBuf>, lanes: usize) -> Self {
        Folder { source: source.into(), target: target.into(), lanes: lanes.max(1), limiter: Arc::default() }
    }

    /// As fast as `limiter` lets it. Where the file system shares blocks between files, nothing is
    /// written and nothing is held back.
    pub fn limited(self, limiter: Arc<Limiter>) -> Self {
        Folder { limiter, ..self }
    }

    fn root(&self, side: Side) -> &Path {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }

    /// Ships what `listed` finds in each of `pieces`, the files of all of them side by side.
    fn ship_all(
        &self,
        pieces: &[String],
        listed: fn(&Path) -> Result<Vec<Entry>>,
        watch: &Watch,
    ) -> Result<Shipped> {
        if self.source == self.target {
            return Err(Error::new(Kind::Argument, "backupDir and restoreDir are the same directory")
                .advise("give two, or leave the shipping out"));
        }
        require_folders(pieces)?;
        for piece in pieces {
            require_no_link(&self.source, piece)?;
            require_no_link(&self.target, piece)?;
        }
        let (mut all, mut folders) = (Vec::new(), BTreeSet::from([self.target.clone()]));
        for piece in pieces {
            let (from, to) = (self.source.join(piece), self.target.join(piece));
            let entries = listed(&from)?;
            folders.extend(prepare(&to, &entries, listed)?);
            // Names above the piece may be new as well.
            folders.extend(to.ancestors().take_while(|above| *above != self.target).map(Path::to_owned));
            let below = Path::new(piece);
            all.extend(
                entries.into_iter().map(|Entry { path, bytes }| Entry { path: below.join(path), bytes }),
            );
        }
        let copied = self.each(&all, |entry| {
            let (from, to) = (self.source.join(&entry.path), self.target.join(&entry.path));
            let written = copy(&from, &to, &self.limiter, watch)?;
            match fs::metadata(&from).map_err(|error| failed("read", &from, error))?.len() {
                length if length == entry.bytes => Ok(written),
                _ => Err(changed(&from.to_string_lossy())),
            }
        })?;
        // A new name is durable only when its folder is.
        let folders: Vec<PathBuf> = folders.into_iter().collect();
        self.each(&folders, |folder| {
            let synced = File::open(folder).and_then(|open| open.sync_all());
            synced.map(|()| 0).map_err(|error| failed("written", folder, error))
        })?;
        let bytes = all.iter().map(|entry| entry.bytes).sum();
        Ok(Shipped { files: all.len() as u64, bytes, sent: copied })
    }

    /// The sum of what `work` returns for each of `items`, several at a time; the first failure ends all.
    fn each<T: Sync>(&self, items: &[T], work: impl Fn(&T) -> Result<u64> + Sync) -> Result<u64> {
        let (next, outcome) = (AtomicUsize::new(0), Mutex::new(Ok(0)));
        let lane = || {
            while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                let done = work(item);
                let mut outcome = outcome.lock();
                match (&mut *outcome, done) {
                    (Ok(sum), Ok(sent)) => *sum += sent,
                    (Ok(_), Err(error)) => *outcome = Err(error),
                    (Err(_), _) => {}
                }
                if outcome.is_err() {
                    return;
                }
            }
        };
        let helpers = self.lanes.min(items.len()).saturating_sub(1);
        thread::scope(|scope| {
            // This thread copies too, so that a machine without threads to spare only takes longer.
            for _ in 0..helpers {
                let _ = thread::Builder::new().name("clusterSyncShip".into()).spawn_scoped(scope, lane);
            }
            lane();
        });
        outcome.into_inner()
    }
}

/// Makes the folders of `entries` below `to` and removes what else `listed` finds there. Half files of
/// its own stay, to be continued. Returns every folder.
fn prepare(
    to: &Path,
    entries: &[Entry],
    listed: fn(&Path) -> Result<Vec<Entry>>,
) -> Result<BTreeSet<PathBuf>> {
    fs::create_dir_all(to).map_err(|error| failed("made", to, error))?;
    let wanted: BTreeSet<PathBuf> =
        entries.iter().flat_map(|entry| [entry.path.clone(), super::copy::part_of(&entry.path)]).collect();
    for stale in listed(to)?.into_iter().filter(|entry| !wanted.contains(&entry.path)) {
        let path = to.join(&stale.path);
        fs::remove_file(&path).map_err(|error| failed("removed", &path, error))?;
    }
    let mut folders = BTreeSet::from([to.to_owned()]);
    for entry in entries {
        let mut folder = entry.path.parent();
        while let Some(below) = folder.filter(|below| !below.as_os_str().is_empty()) {
            folders.insert(to.join(below));
            folder = below.parent();
        }
        // A folder of the source may be a file of an older piece here.
        let whole = to.join(&entry.path);
        if whole.is_dir() {
            fs::remove_dir_all(&whole).map_err(|error| failed("removed", &whole, error))?;
        }
    }
    folders
        .iter()
        .try_for_each(|folder| fs::create_dir_all(folder).map_err(|e| failed("made", folder, e)))?;
    Ok(folders)
}

impl Shipper for Folder {
    fn describe(&self) -> String {
        format!("copied from {} to {}", self.source.display(), self.target.display())
    }

    fn ship(&self, pieces: &[String], watch: &Watch) -> Result<Shipped> {
        self.ship_all(pieces, contents, watch)
    }

    fn ship_files(&self, folder: &str, watch: &Watch) -> Result<Shipped> {
        self.ship_all(&[folder.to_owned()], surface, watch)
    }

    fn compare(&self, pieces: &[String], watch: &Watch) -> Result<Option<String>> {
        for piece in pieces {
            let (from, to) = (self.source.join(piece), self.target.join(piece));
            let (ours, theirs) = (contents(&from)?, contents(&to)?);
            if let Some(lone) = ours.iter().find(|entry| !theirs.contains(entry)) {
                return Ok(Some(format!("{piece}/{} is missing or of another length", lone.path.display())));
            }
            if let Some(lone) = theirs.iter().find(|entry| !ours.contains(entry)) {
                return Ok(Some(format!("{piece}/{} is not of this piece", lone.path.display())));
            }
            for entry in ours {
                let sum = |root: &Path| checksum(&root.join(&entry.path), |_| watch.go_on());
                if sum(&from)? != sum(&to)? {
                    return Ok(Some(format!("{piece}/{} has other bytes", entry.path.display())));
                }
            }
        }
        Ok(None)
    }

    fn remove(&self, pieces: &[String], side: Side, _: &Watch) -> Result<()> {
        pieces.iter().map(|piece| self.root(side).join(piece)).try_for_each(|path| {
            match fs::remove_dir_all(&path) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(failed("removed", &path, error)),
                _ => Ok(()),
            }
        })
    }
}
