//! Shipping between folders: what was there, what was half there, what never should be.
mod stream;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use super::{Folder, Shipper, Side, Ssh, Watch, contents, names_one_folder};
use crate::error::Kind;
use crate::limiter::{Limiter, Rate};

fn write(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Bytes that no two places share.
fn noise(length: usize) -> Vec<u8> {
    (0..length as u64).map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

/// Two roots, and at the source the piece `p` with a large and a small file.
struct Roots {
    source: tempfile::TempDir,
    target: tempfile::TempDir,
}

const LARGE: usize = (3 << 20) + 17;

impl Roots {
    fn new() -> Roots {
        let [source, target] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        write(source.path(), "p/db/t/chunk", &noise(LARGE));
        write(source.path(), "p/db/t/_metaData", b"meta");
        Roots { source, target }
    }

    fn shipper(&self) -> Folder {
        Folder::new(self.source.path(), self.target.path(), 3)
    }

    fn ship(&self) -> u64 {
        let watch = Watch::default();
        let shipped = self.shipper().ship(&["p".into()], &watch).unwrap();
        assert_eq!((shipped.files, shipped.bytes), (2, LARGE as u64 + 4));
        assert_eq!(self.difference(), None);
        shipped.sent
    }

    fn difference(&self) -> Option<String> {
        self.shipper().compare(&["p".into()], &Watch::default()).unwrap()
    }

    fn at_target(&self, path: &str) -> std::path::PathBuf {
        self.target.path().join(path)
    }
}

#[test]
fn what_is_there_is_not_sent_again() {
    let roots = Roots::new();
    assert_eq!(roots.ship(), LARGE as u64 + 4);
    assert_eq!(roots.ship(), 0);
    write(roots.source.path(), "p/db/t/_metaData", b"META");
    assert_eq!(roots.ship(), 4);
}

#[test]
fn a_half_file_is_continued_and_has_no_name_before_it_is_whole() {
    let roots = Roots::new();
    let part = "p/db/t/chunk.clusterSync-part";
    write(roots.target.path(), part, &noise(LARGE)[..(2 << 20) + 5]);
    assert_eq!(roots.ship(), (LARGE - (2 << 20)) as u64 + 4, "two whole blocks were there");
    assert!(!roots.at_target(part).exists());
    // A half file of something else, longer than the whole, is written over and cut.
    write(roots.source.path(), "p/db/t/chunk", &[vec![1], noise(LARGE - 1)].concat());
    write(roots.target.path(), part, &noise(2 * LARGE));
    assert_eq!(roots.ship(), LARGE as u64);
}

#[test]
fn torn_truncated_swapped_and_stale_files_are_found_and_mended() {
    let harms: [fn(&Roots); 4] = [
        |roots| {
            let mut bytes = noise(LARGE);
            bytes[LARGE / 2] ^= 1;
            fs::write(roots.at_target("p/db/t/chunk"), bytes).unwrap();
        },
        |roots| fs::write(roots.at_target("p/db/t/chunk"), &noise(LARGE)[..LARGE - 1]).unwrap(),
        |roots| {
            fs::rename(roots.at_target("p/db/t/chunk"), roots.at_target("x")).unwrap();
            fs::rename(roots.at_target("p/db/t/_metaData"), roots.at_target("p/db/t/chunk")).unwrap();
            fs::rename(roots.at_target("x"), roots.at_target("p/db/t/_metaData")).unwrap();
        },
        |roots| fs::write(roots.at_target("p/db/t/older"), b"of the last backup").unwrap(),
    ];
    for harm in harms {
        let roots = Roots::new();
        roots.ship();
        harm(&roots);
        assert!(roots.difference().is_some());
        roots.ship();
    }
}

#[test]
fn a_folder_gives_way_to_a_file_and_other_pieces_stay() {
    let roots = Roots::new();
    write(roots.target.path(), "p/db/t/chunk/volume", b"a copy of before");
    write(roots.target.path(), "q/db/t/chunk", b"another piece");
    roots.ship();
    roots.shipper().remove(&["p".into(), "none".into()], Side::Target, &Watch::default()).unwrap();
    assert!(!roots.at_target("p").exists() && roots.at_target("q/db/t/chunk").exists());
}

#[test]
fn the_files_of_a_folder_travel_without_those_below_it() {
    let roots = Roots::new();
    write(roots.source.path(), "p/db/t/id/volume", b"a copy");
    write(roots.target.path(), "p/db/t/stale", b"of before");
    write(roots.target.path(), "p/db/t/other/volume", b"of another partition");
    let shipped = roots.shipper().ship_files("p/db/t", &Watch::default()).unwrap();
    assert_eq!((shipped.files, shipped.bytes), (2, LARGE as u64 + 4));
    let there = contents(&roots.at_target("p/db/t")).unwrap();
    let there: Vec<_> = there.iter().map(|entry| entry.path.to_str().unwrap()).collect();
    assert_eq!(there, ["_metaData", "chunk", "other/volume"]);
    roots.shipper().ship(&["p/db/t/id".into()], &Watch::default()).unwrap();
    assert!(roots.at_target("p/db/t/id/volume").exists() && roots.at_target("p/db/t/other/volume").exists());
}

#[test]
fn a_link_is_refused_since_it_could_lead_anywhere() {
    let roots = Roots::new();
    std::os::unix::fs::symlink("/etc", roots.source.path().join("p/etc")).unwrap();
    let error = roots.shipper().ship(&["p".into()], &Watch::default()).unwrap_err();
    assert!(error.message().ends_with("is neither a file nor a folder"), "{error}");
    assert_eq!(contents(roots.target.path()).unwrap(), []);
}

#[test]
fn a_piece_that_is_a_link_or_lies_below_one_is_refused() {
    let elsewhere = tempfile::tempdir().unwrap();
    write(elsewhere.path(), "db/t/chunk", b"secret");
    for is_source in [true, false] {
        for (link, piece) in [("l", "l"), ("l", "l/db"), ("k", "k/db")] {
            let roots = Roots::new();
            write(roots.source.path(), "l/db/t/chunk", b"mine");
            write(roots.source.path(), "k/db/t/chunk", b"mine");
            let root = if is_source { roots.source.path() } else { roots.target.path() };
            let _ = fs::remove_dir_all(root.join(link));
            std::os::unix::fs::symlink(elsewhere.path(), root.join(link)).unwrap();
            let error = roots.shipper().ship(&[piece.into()], &Watch::default()).unwrap_err();
            assert!(error.message().ends_with("is a link, which could lead anywhere"), "{error}");
            assert_eq!(fs::read(elsewhere.path().join("db/t/chunk")).unwrap(), b"secret");
            assert_eq!(contents(elsewhere.path()).unwrap().len(), 1);
        }
    }
    let outside = Roots::new().shipper().ship(&["../p".into()], &Watch::default()).unwrap_err();
    assert_eq!(outside.kind(), Kind::Argument);
}

/// Whether the disk shares blocks between files, so that a copy writes nothing.
fn shares_blocks(roots: &Roots) -> bool {
    let from = fs::File::open(roots.source.path().join("p/db/t/chunk")).unwrap();
    let to = fs::File::create(roots.at_target("shared")).unwrap();
    rustix::fs::ioctl_ficlone(&to, &from).is_ok()
}

#[test]
fn a_copy_waits_for_its_limiter_and_notices_a_file_that_changes_meanwhile() {
    let roots = Roots::new();
    if shares_blocks(&roots) {
        return;
    }
    let (limiter, watch) = (Arc::<Limiter>::default(), Watch::default());
    limiter.set(Rate::Always(0.001));
    let folder = Folder::new(roots.source.path(), roots.target.path(), 1).limited(limiter.clone());
    thread::scope(|scope| {
        let shipping = scope.spawn(|| folder.ship(&["p".into()], &watch));
        while watch.bytes() == 0 && !shipping.is_finished() {
            thread::yield_now();
        }
        // The first file waits, all of them are listed.
        let chunk = fs::File::options().write(true).open(roots.source.path().join("p/db/t/chunk"));
        chunk.unwrap().set_len(5).unwrap();
        limiter.set(Rate::Unlimited);
        let error = shipping.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), Kind::Mismatch);
        assert!(error.message().ends_with("p/db/t/chunk has changed while it was shipped"), "{error}");
    });
    limiter.set(Rate::Always(0.001));
    let watch = Watch::default();
    thread::scope(|scope| {
        let shipping = scope.spawn(|| {
            let outcome = folder.ship(&["p".into()], &watch);
            outcome.unwrap_err().kind()
        });
        watch.stop();
        assert_eq!(shipping.join().unwrap(), Kind::Cancelled, "who waits hears it");
    });
    let (roots, rate) = (Roots::new(), 4e6);
    limiter.set(Rate::Always(rate));
    let started = Instant::now();
    let folder = Folder::new(roots.source.path(), roots.target.path(), 3).limited(limiter);
    folder.ship(&["p".into()], &Watch::default()).unwrap();
    assert!(started.elapsed().as_secs_f64() > 0.8 * LARGE as f64 / rate, "{:?}", started.elapsed());
}

#[test]
fn who_is_told_to_stop_stops() {
    let roots = Roots::new();
    let watch = Watch::default();
    watch.stop();
    let error = roots.shipper().ship(&["p".into()], &watch).unwrap_err();
    assert_eq!(error.kind(), Kind::Cancelled);
    assert!(!roots.at_target("p/db/t/chunk").exists());
    assert_eq!(Watch::default().bytes(), 0);
}

#[test]
fn missing_roots_are_named() {
    let roots = Roots::new();
    let missing = roots.source.path().join("none");
    let error = Folder::new(&missing, roots.target.path(), 1).ship(&["p".into()], &Watch::default());
    let error = error.unwrap_err().to_string();
    assert!(error.contains("none/p cannot be read: it does not exist; "), "{error}");
    let same = Folder::new(roots.source.path(), roots.source.path(), 1);
    assert_eq!(same.ship(&["p".into()], &Watch::default()).unwrap_err().kind(), Kind::Argument);
}

#[test]
fn logins_are_words_and_never_options() {
    let ssh = Ssh::parse("ann@10.0.0.2:2222").unwrap();
    assert_eq!((ssh.user.as_deref(), ssh.host.as_str(), ssh.port), (Some("ann"), "10.0.0.2", 2222));
    assert_eq!(Ssh::parse("b.example").unwrap().port, 22);
    for text in
        ["", "@h", "u@", "-oProxyCommand=x", "u@-l", "u@h:0", "u@h:70000", "u@h:x", "u@h i", "a'b@h", "$x"]
    {
        assert_eq!(Ssh::parse(text).unwrap_err().kind(), Kind::Argument, "{text}");
    }
}

#[test]
fn names_that_lead_elsewhere_are_none() {
    for (name, is_one) in [("20130101+Key0", true), ("", false), ("..", false), ("a/b", false), (".x", false)]
    {
        assert_eq!(names_one_folder(name), is_one, "{name}");
    }
}
