//! One file from one folder to another: whole and on disk, or not there under its name.
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::Watch;
use super::files::{BLOCK, checksum, failed, fill};
use crate::error::{Error, Kind, Result};
use crate::failpoint::reach;
use crate::limiter::Limiter;

/// What the name of a file ends in while it is on its way.
pub(super) const PART: &str = ".clusterSync-part";

/// Makes the file `to` equal to `from`, as fast as `limiter` lets it, and returns how many bytes had to
/// be written. A half file that an earlier try left is continued: what it holds already is compared,
/// not written again.
pub(super) fn copy(from: &Path, to: &Path, limiter: &Limiter, watch: &Watch) -> Result<u64> {
    let part = part_of(to);
    // A whole file of before is compared in place, so that an equal one costs no write.
    if is_same_length(from, to) && checksum_of(from, watch)? == checksum_of(to, watch)? {
        return Ok(0);
    }
    let (crc, written) = fill_part(from, &part, limiter, watch)?;
    if checksum_of(&part, watch)? != crc {
        let what = format!("{} is not what was written to it", part.display());
        return Err(Error::new(Kind::Mismatch, what).advise("check the disk, then repeat the call"));
    }
    fs::rename(&part, to).map_err(|error| failed("written", to, error))?;
    Ok(written)
}

pub(super) fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(PART);
    name.into()
}

fn is_same_length(one: &Path, other: &Path) -> bool {
    match (fs::symlink_metadata(one), fs::symlink_metadata(other)) {
        (Ok(one), Ok(other)) => other.is_file() && one.len() == other.len(),
        _ => false,
    }
}

fn checksum_of(path: &Path, watch: &Watch) -> Result<u32> {
    checksum(path, |_| watch.go_on())
}

/// Fills `part` with what `from` holds and syncs it; returns the checksum of what was read and how
/// much was written.
fn fill_part(from: &Path, part: &Path, limiter: &Limiter, watch: &Watch) -> Result<(u32, u64)> {
    let unread = |error| failed("read", from, error);
    let unwritten = |error| failed("written", part, error);
    let mut source = File::open(from).map_err(unread)?;
    let mut options = OpenOptions::new();
    let mut target = options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o644)
        .open(part)
        .map_err(unwritten)?;
    let length = source.metadata().map_err(unread)?.len();
    // Where the file system can share blocks between files, no byte moves at all.
    if length > 0 && rustix::fs::ioctl_ficlone(&target, &source).is_ok() {
        reach("copying");
        target.sync_all().map_err(unwritten)?;
        return Ok((checksum(from, |bytes| tell(watch, bytes))?, 0));
    }
    let (mut crc, mut written, mut at) = (0, 0, 0u64);
    let (mut block, mut old) = (vec![0; BLOCK], vec![0; BLOCK]);
    let mut held = target.metadata().map_err(unwritten)?.len();
    loop {
        let read = fill(&mut source, &mut block).map_err(unread)?;
        if read == 0 {
            break;
        }
        tell(watch, read as u64)?;
        crc = crc32c::crc32c_append(crc, &block[..read]);
        let is_there = at + read as u64 <= held
            && fill(&mut Read::by_ref(&mut target), &mut old[..read]).map_err(unwritten)? == read
            && old[..read] == block[..read];
        if !is_there {
            // From the first difference on nothing that is there is worth a look.
            held = 0;
            pass(limiter, read, watch)?;
            target.seek(SeekFrom::Start(at)).map_err(unwritten)?;
            target.write_all(&block[..read]).map_err(unwritten)?;
            written += read as u64;
            reach("copying");
        }
        at += read as u64;
    }
    target.set_len(at).and_then(|()| target.sync_all()).map_err(unwritten)?;
    Ok((crc, written))
}

/// Waits until so many bytes may be written.
fn pass(limiter: &Limiter, bytes: usize, watch: &Watch) -> Result<()> {
    let mut left = bytes;
    while left > 0 {
        watch.go_on()?;
        left -= limiter.take(left, &|| watch.is_stopped()).unwrap_or(0);
    }
    Ok(())
}

fn tell(watch: &Watch, bytes: u64) -> Result<()> {
    watch.add(bytes);
    watch.go_on()
}
