//! Streams between two directories: whatever was there, whoever dies, however a path is written.
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::error::{Error, Result};
use crate::ship::{Chunk, Depot, End, Listed, Stream};

/// A far end whose node dies after so many more messages with bytes.
struct Mortal {
    depot: Depot,
    left: Arc<AtomicU64>,
}

impl Mortal {
    fn live(&self) -> Result<()> {
        match self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)) {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::new(Kind::Network, "the line broke")),
        }
    }
}

impl End for Mortal {
    fn folders(&mut self) -> Result<Vec<String>> {
        self.depot.folders()
    }
    fn list(&mut self, folders: &[String]) -> Result<Vec<Listed>> {
        self.depot.list(folders)
    }
    fn sums(&mut self, chunks: &[Chunk]) -> Result<Vec<Option<u32>>> {
        self.depot.sums(chunks)
    }
    fn read(&mut self, chunks: &[Chunk]) -> Result<Vec<u8>> {
        self.live()?;
        self.depot.read(chunks)
    }
    fn write(&mut self, chunks: &[Chunk], sums: &[u32], bytes: &[u8]) -> Result<()> {
        self.live()?;
        self.depot.write(chunks, sums, bytes)
    }
    fn finish(&mut self, files: &[Listed]) -> Result<()> {
        self.live()?;
        self.depot.finish(files)
    }
    fn remove(&mut self, paths: &[String]) -> Result<()> {
        self.depot.remove(paths)
    }
}

/// Ships `p` between the roots, whose far side lives for so many messages.
fn ship(roots: &Roots, near: Side, messages: u64) -> Result<u64> {
    let left = Arc::new(AtomicU64::new(messages));
    let (here, there) = match near {
        Side::Source => (roots.source.path(), roots.target.path()),
        Side::Target => (roots.target.path(), roots.source.path()),
    };
    let dial =
        || Ok(Box::new(Mortal { depot: Depot::new(there), left: left.clone() }) as Box<dyn End + Send>);
    let stream = Stream::new(here, "there", near, &dial, 3);
    stream.ship(&["p".into()], &Watch::default()).map(|shipped| {
        assert_eq!((shipped.files, shipped.bytes), (2, LARGE as u64 + 4));
        assert_eq!(roots.difference(), None);
        assert_eq!(stream.compare(&["p".into()], &Watch::default()).unwrap(), None);
        shipped.sent
    })
}

#[test]
fn a_stream_brings_everything_once_and_nothing_twice_in_both_directions() {
    for near in [Side::Source, Side::Target] {
        let roots = Roots::new();
        write(roots.target.path(), "q/db/t/chunk", b"another piece");
        assert_eq!(ship(&roots, near, u64::MAX).unwrap(), LARGE as u64 + 4);
        assert_eq!(ship(&roots, near, u64::MAX).unwrap(), 0);
        write(roots.source.path(), "p/db/t/_metaData", b"META");
        assert_eq!(ship(&roots, near, u64::MAX).unwrap(), 4);
        assert!(roots.at_target("q/db/t/chunk").exists());
    }
}

/// How many bytes of whole chunks lie at the target, under the file's name or its half name.
fn arrived(roots: &Roots, path: &str, whole: &[u8]) -> u64 {
    let read = |path: String| fs::read(roots.at_target(&path)).unwrap_or_default();
    let (named, half) = (read(path.to_owned()), read(format!("{path}.clusterSync-part")));
    let held = if named == whole { named } else { half };
    let pairs = whole.chunks(1 << 20).zip(held.chunks(1 << 20));
    pairs.filter(|(ours, theirs)| theirs.starts_with(ours)).map(|(ours, _)| ours.len() as u64).sum()
}

#[test]
fn whenever_the_far_side_dies_only_what_is_missing_is_sent_again() {
    for near in [Side::Source, Side::Target] {
        let mut met_a_half = false;
        for messages in 0.. {
            let roots = Roots::new();
            let Err(error) = ship(&roots, near, messages) else { break };
            assert_eq!(error.kind(), Kind::Network);
            let there =
                arrived(&roots, "p/db/t/chunk", &noise(LARGE)) + arrived(&roots, "p/db/t/_metaData", b"meta");
            assert_eq!(
                ship(&roots, near, u64::MAX).unwrap(),
                LARGE as u64 + 4 - there,
                "{near:?} {messages}"
            );
            met_a_half |=
                roots.at_target("p/db/t/chunk").exists() && (1 << 20..LARGE as u64).contains(&there);
            assert_eq!(ship(&roots, near, u64::MAX).unwrap(), 0);
        }
        assert!(met_a_half);
    }
}

#[test]
fn torn_swapped_and_stale_files_are_mended_whether_whole_or_half() {
    let chunk = "p/db/t/chunk";
    let half = "p/db/t/chunk.clusterSync-part";
    let torn = || {
        let mut bytes = noise(LARGE);
        bytes[LARGE / 2] ^= 1;
        bytes
    };
    let harms: [(&str, Vec<u8>); 5] = [
        (chunk, torn()),
        (chunk, noise(LARGE - 1)),
        (half, torn()),
        (half, noise(2 * LARGE)),
        ("p/db/t/older/volume", b"of the last backup".to_vec()),
    ];
    for (path, bytes) in harms {
        let roots = Roots::new();
        ship(&roots, Side::Source, u64::MAX).unwrap();
        if path == half {
            fs::remove_file(roots.at_target(chunk)).unwrap();
        }
        write(roots.target.path(), path, &bytes);
        assert!(roots.difference().is_some());
        ship(&roots, Side::Source, u64::MAX).unwrap();
        assert!(!roots.at_target(half).exists());
    }
    // A folder gives way to a file of its name, and a file to a folder.
    let roots = Roots::new();
    write(roots.target.path(), "p/db/t/chunk/volume", b"a copy of before");
    write(roots.target.path(), "p/db2", b"a file");
    ship(&roots, Side::Source, u64::MAX).unwrap();
}

#[test]
fn empty_files_arrive_too() {
    let roots = Roots::new();
    fs::write(roots.source.path().join("p/db/t/_metaData"), b"").unwrap();
    let left = Arc::new(AtomicU64::new(u64::MAX));
    let dial = || {
        Ok(Box::new(Mortal { depot: Depot::new(roots.target.path()), left: left.clone() })
            as Box<dyn End + Send>)
    };
    let stream = Stream::new(roots.source.path(), "there", Side::Source, &dial, 2);
    assert_eq!(stream.ship(&["p".into()], &Watch::default()).unwrap().sent, LARGE as u64);
    assert_eq!(roots.difference(), None);
    let error = stream.ship(&["none".into()], &Watch::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
}

#[test]
fn no_path_and_no_link_leads_out_of_a_depot() {
    let roots = Roots::new();
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "chunk", b"secret");
    std::os::unix::fs::symlink(outside.path(), roots.at_target("out")).unwrap();
    fs::create_dir(roots.at_target("p")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("chunk"), roots.at_target("p/link")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("new"), roots.at_target("p/new.clusterSync-part"))
        .unwrap();
    let mut depot = Depot::new(roots.target.path());
    let chunk = |path: &str| [Chunk { path: path.to_owned(), at: 0, bytes: 6 }];
    let file = |path: &str| [Listed { path: path.to_owned(), bytes: 6 }];
    for path in ["../x", "/etc/passwd", "p/../../x", "p//x", "", ".", "p/.", "p/\nx", "out/chunk", "p/link"] {
        assert!(depot.read(&chunk(path)).is_err(), "{path}");
        assert!(!matches!(depot.sums(&chunk(path)), Ok(sums) if sums[0].is_some()), "{path}");
        if path != "p/link" {
            assert!(depot.write(&chunk(path), &[crc32c::crc32c(b"stolen")], b"stolen").is_err(), "{path}");
            assert!(depot.finish(&file(path)).is_err(), "{path}");
            assert!(depot.remove(&[path.to_owned()]).is_err(), "{path}");
        }
    }
    assert!(depot.write(&chunk("p/new"), &[crc32c::crc32c(b"stolen")], b"stolen").is_err());
    assert!(depot.list(&["out".into()]).is_err() && depot.list(&["p".into()]).is_err());
    // A link itself may go; what it leads to stays.
    depot.remove(&["p/link".into(), "out".into()]).unwrap();
    assert_eq!(fs::read(outside.path().join("chunk")).unwrap(), b"secret");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
}

#[test]
fn a_depot_takes_no_bytes_that_are_not_what_was_sent() {
    let roots = Roots::new();
    let mut depot = Depot::new(roots.target.path());
    let chunks = [Chunk { path: "p/x".into(), at: 0, bytes: 3 }];
    let sum = crc32c::crc32c(b"abc");
    for (sums, bytes) in [(&[sum][..], &b"abd"[..]), (&[sum], b"ab"), (&[], b"abc"), (&[sum, sum], b"abc")] {
        assert_eq!(depot.write(&chunks, sums, bytes).unwrap_err().kind(), Kind::Mismatch);
    }
    depot.write(&chunks, &[sum], b"abc").unwrap();
    let gone = [Chunk { path: "p/x.clusterSync-part".into(), at: 1, bytes: 3 }];
    let changed = depot.read(&gone).unwrap_err();
    assert!(
        changed.message().ends_with("has changed while it was shipped"),
        "it was longer when it was listed"
    );
    let short = [Listed { path: "p/x".into(), bytes: 4 }];
    assert_eq!(depot.finish(&short).unwrap_err().kind(), Kind::Mismatch, "a byte is missing");
    assert!(!roots.at_target("p/x").exists());
    // No room: a device that is always full stands in the way.
    let full = Depot::new("/dev/full").write(&chunks, &[sum], b"abc").unwrap_err();
    assert_eq!(full.kind(), Kind::State);
}
