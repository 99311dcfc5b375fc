//! Shipping in chunks to or from a node that has the plugin, over several connections at once.
//!
//! What lies at the other end already is asked for its checksums and not sent again, half files
//! included: whichever side died, only chunks that are missing travel. Chunks of one file may come in
//! any order; it gets its name when all of them are there.
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use parking_lot::Mutex;

use super::depot::{Depot, half};
use super::end::{Chunk, End, Listed};
use super::files::require_folders;
use super::lanes::{Dial, Lanes};
use super::{Shipped, Shipper, Side, Watch};
use crate::error::{Error, Kind, Result};
use crate::failpoint::reach;

/// The most bytes in one message; a vector of more may lie in pieces in a server's memory.
const CHUNK: u64 = 1 << 20;
/// The most chunks in one message, where files are small.
const TOGETHER: usize = 256;
/// The most bytes whose checksums are asked for at once, so that the answer does not take long.
const SUMMED: u64 = 32 << 20;

/// Streams between a directory here and one that a node there has.
pub struct Stream<'a> {
    here: PathBuf,
    /// How messages name the directory there.
    there: String,
    near: Side,
    lanes: Lanes<'a>,
}

/// A chunk of the file with this number.
type Numbered = (usize, Chunk);

/// Files on both sides.
struct Lists {
    source: Vec<Listed>,
    /// Lengths at the target by path.
    target: HashMap<String, u64>,
}

impl<'a> Stream<'a> {
    /// Between `here` and the directory that `dial` reaches, called `there`; this machine is the side
    /// `near`.
    pub fn new(
        here: impl Into<PathBuf>,
        there: impl Into<String>,
        near: Side,
        dial: Dial<'a>,
        lanes: usize,
    ) -> Self {
        Stream { here: here.into(), there: there.into(), near, lanes: Lanes::new(dial, lanes) }
    }

    /// Calls `work` with the source's end and the target's.
    fn faced<T>(
        &self,
        far: &mut dyn End,
        work: impl FnOnce(&mut dyn End, &mut dyn End) -> Result<T>,
    ) -> Result<T> {
        let mut near = Depot::new(&self.here);
        match self.near {
            Side::Source => work(&mut near, far),
            Side::Target => work(far, &mut near),
        }
    }

    fn lists(&self, pieces: &[String]) -> Result<Lists> {
        require_folders(pieces)?;
        let lists = |from: &mut dyn End, to: &mut dyn End| Ok((from.list(pieces)?, to.list(pieces)?));
        let (source, target) = self.lanes.with(|far| self.faced(far, lists))?;
        let holds = |piece: &&String| {
            source
                .iter()
                .any(|file| file.path.strip_prefix(piece.as_str()).is_some_and(|rest| rest.starts_with('/')))
        };
        match pieces.iter().find(|piece| !holds(piece)) {
            Some(piece) => {
                Err(Error::new(Kind::NotFound, format!("there are no files in {piece} to be shipped"))
                    .advise("look who removes them, then repeat the call"))
            }
            None => {
                Ok(Lists { source, target: target.into_iter().map(|file| (file.path, file.bytes)).collect() })
            }
        }
    }

    /// Removes what the source does not have from the target, and half files of files that are whole.
    fn tidy(&self, lists: &Lists, is_whole: &[bool]) -> Result<()> {
        let mut stale: HashMap<String, u64> = lists.target.clone();
        for (file, is_whole) in lists.source.iter().zip(is_whole) {
            stale.remove(&file.path);
            if !is_whole {
                stale.remove(&half(&file.path));
            }
        }
        let stale: Vec<String> = stale.into_keys().collect();
        if stale.is_empty() {
            return Ok(());
        }
        self.lanes
            .with(|far| self.faced(far, |_, to| stale.chunks(TOGETHER).try_for_each(|some| to.remove(some))))
    }

    /// Which files the target has already, byte by byte.
    fn whole(&self, lists: &Lists, watch: &Watch) -> Result<Vec<bool>> {
        let same_length = |file: &Listed| lists.target.get(&file.path) == Some(&file.bytes);
        let candidates: Vec<bool> = lists.source.iter().map(same_length).collect();
        let numbered = lists.source.iter().enumerate().filter(|(number, _)| candidates[*number]);
        let batches = batches(numbered.flat_map(|(number, file)| chunks(number, file)), SUMMED);
        let whole = Mutex::new(candidates);
        self.lanes.each(&batches, watch, |far, batch| {
            let own: Vec<Chunk> = batch.iter().map(|(_, chunk)| chunk.clone()).collect();
            let (ours, theirs) = self.faced(far, |from, to| Ok((from.sums(&own)?, to.sums(&own)?)))?;
            let mut whole = whole.lock();
            for ((number, _), sums) in batch.iter().zip(ours.iter().zip(&theirs)) {
                whole[*number] &= sums.0.is_some() && sums.0 == sums.1;
            }
            Ok(())
        })?;
        Ok(whole.into_inner())
    }

    /// Sends one message's worth of chunks, and gives their names to files that are complete with them.
    fn send(&self, far: &mut dyn End, shipment: &Shipment, batch: &[Numbered], watch: &Watch) -> Result<()> {
        let missing = self.missing(far, shipment, batch)?;
        let own: Vec<Chunk> = missing.iter().map(|(_, chunk)| chunk.clone()).collect();
        let bytes: u64 = own.iter().map(|chunk| u64::from(chunk.bytes)).sum();
        self.faced(far, |from, to| {
            if !own.is_empty() {
                let bytes = from.read(&own)?;
                let sums = sums_of(&own, &bytes);
                to.write(&own, &sums, &bytes)?;
                reach("sent");
            }
            match shipment.completed(batch) {
                whole if whole.is_empty() => Ok(()),
                whole => to.finish(&whole),
            }
        })?;
        shipment.sent.fetch_add(bytes, Ordering::Relaxed);
        watch.add(bytes);
        Ok(())
    }

    /// Those of `batch` that the target's half files do not hold.
    fn missing(&self, far: &mut dyn End, shipment: &Shipment, batch: &[Numbered]) -> Result<Vec<Numbered>> {
        let is_begun =
            |number: usize| shipment.lists.target.contains_key(&half(&shipment.lists.source[number].path));
        let (begun, fresh): (Vec<Numbered>, Vec<Numbered>) =
            batch.iter().cloned().partition(|(number, _)| is_begun(*number));
        if begun.is_empty() {
            return Ok(fresh);
        }
        let own: Vec<Chunk> = begun.iter().map(|(_, chunk)| chunk.clone()).collect();
        let halves: Vec<Chunk> =
            own.iter().map(|chunk| Chunk { path: half(&chunk.path), ..chunk.clone() }).collect();
        let (ours, theirs) = self.faced(far, |from, to| Ok((from.sums(&own)?, to.sums(&halves)?)))?;
        let sums = ours.into_iter().zip(theirs);
        let differs = |(ours, theirs): (Option<u32>, Option<u32>)| ours.is_none() || ours != theirs;
        let lacking = begun.into_iter().zip(sums).filter(|(_, sums)| differs(*sums)).map(|(chunk, _)| chunk);
        Ok(fresh.into_iter().chain(lacking).collect())
    }

    /// Makes the target what `lists` say of the source.
    fn ship_listed(&self, lists: &Lists, watch: &Watch) -> Result<Shipped> {
        let is_whole = self.whole(lists, watch)?;
        self.tidy(lists, &is_whole)?;
        let files = lists.source.iter().enumerate().filter(|(number, _)| !is_whole[*number]);
        let todo: Vec<Numbered> = files.flat_map(|(number, file)| chunks(number, file)).collect();
        let left: Vec<AtomicUsize> = lists.source.iter().map(|_| AtomicUsize::new(0)).collect();
        for (number, _) in &todo {
            left[*number].fetch_add(1, Ordering::Relaxed);
        }
        let shipment = Shipment { lists, left, sent: AtomicU64::new(0) };
        self.lanes
            .each(&batches(todo, CHUNK), watch, |far, batch| self.send(far, &shipment, batch, watch))?;
        let bytes = lists.source.iter().map(|file| file.bytes).sum();
        Ok(Shipped { files: lists.source.len() as u64, bytes, sent: shipment.sent.into_inner() })
    }
}

/// What lanes share.
struct Shipment<'l> {
    lists: &'l Lists,
    /// How many chunks of each file are under way.
    left: Vec<AtomicUsize>,
    sent: AtomicU64,
}

impl Shipment<'_> {
    /// The files that have come whole with `batch`.
    fn completed(&self, batch: &[Numbered]) -> Vec<Listed> {
        let last = |(number, _): &&Numbered| self.left[*number].fetch_sub(1, Ordering::AcqRel) == 1;
        batch.iter().filter(last).map(|(number, _)| self.lists.source[*number].clone()).collect()
    }
}

impl Shipper for Stream<'_> {
    fn describe(&self) -> String {
        let (here, there) = (self.here.display(), &self.there);
        match self.near {
            Side::Source => format!("sent in chunks from {here} to {there}"),
            Side::Target => format!("fetched in chunks from {there} to {here}"),
        }
    }

    fn ship(&self, pieces: &[String], watch: &Watch) -> Result<Shipped> {
        self.ship_listed(&self.lists(pieces)?, watch)
    }

    fn ship_files(&self, folder: &str, watch: &Watch) -> Result<Shipped> {
        let lies_in = |path: &str| path.strip_prefix(folder).is_some_and(|rest| rest.rfind('/') == Some(0));
        let mut lists = self.lists(&[folder.to_owned()])?;
        lists.source.retain(|file| lies_in(&file.path));
        lists.target.retain(|path, _| lies_in(path));
        self.ship_listed(&lists, watch)
    }

    fn compare(&self, pieces: &[String], watch: &Watch) -> Result<Option<String>> {
        let lists = self.lists(pieces)?;
        let is_whole = self.whole(&lists, watch)?;
        let other = lists.source.iter().zip(is_whole).find(|(_, is_whole)| !is_whole);
        let mut stale: Vec<&String> = lists.target.keys().collect();
        stale.retain(|path| lists.source.iter().all(|file| file.path != **path));
        let first = other.map(|(file, _)| &file.path).or(stale.into_iter().min());
        Ok(first.map(|path| format!("{path} differs or is on one side only")))
    }

    fn remove(&self, pieces: &[String], side: Side, _: &Watch) -> Result<()> {
        require_folders(pieces)?;
        match side == self.near {
            true => Depot::new(&self.here).remove(pieces),
            false => self.lanes.with(|far| far.remove(pieces)),
        }
    }
}

/// The chunks of a file; one without bytes has an empty one.
fn chunks(number: usize, file: &Listed) -> impl Iterator<Item = Numbered> {
    let count = file.bytes.div_ceil(CHUNK).max(1);
    (0..count).map(move |index| {
        let at = index * CHUNK;
        let bytes = (file.bytes - at).min(CHUNK) as u32;
        (number, Chunk { path: file.path.clone(), at, bytes })
    })
}

/// `chunks` in their order, as many together as have at most so many bytes.
fn batches(chunks: impl IntoIterator<Item = Numbered>, most: u64) -> Vec<Vec<Numbered>> {
    let (mut all, mut held) = (Vec::<Vec<Numbered>>::new(), 0);
    for numbered in chunks {
        let bytes = u64::from(numbered.1.bytes);
        match all.last_mut().filter(|batch| held + bytes <= most && batch.len() < TOGETHER) {
            Some(batch) => {
                batch.push(numbered);
                held += bytes;
            }
            None => {
                all.push(vec![numbered]);
                held = bytes;
            }
        }
    }
    all
}

fn sums_of(chunks: &[Chunk], bytes: &[u8]) -> Vec<u32> {
    let mut rest = bytes;
    let sum = |chunk: &Chunk| {
        let (own, behind) = rest.split_at(chunk.bytes as usize);
        rest = behind;
        crc32c::crc32c(own)
    };
    chunks.iter().map(sum).collect()
}
