//! Pieces that travel through a real rsync and a real sshd.
mod common;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use clustersync::error::Kind;
use clustersync::limiter::{Limiter, Rate};
use clustersync::ship::{Rsync, Shipper, Side, Ssh, Watch, contents};
use common::sshd::{Sshd, write};

fn ssh(sshd: &Sshd) -> Ssh {
    let ssh = Ssh::parse(&sshd.login()).expect("a login");
    Ssh { key: Some(sshd.file("user")), known_hosts: Some(sshd.file("known")), ..ssh }
}

/// Two pieces with names that a shell would not leave alone.
fn pieces(root: &Path) -> [String; 2] {
    let large: Vec<u8> = (0..3_000_000u32).flat_map(|i| i.to_le_bytes()).collect();
    write(root, "d $(touch x);é/db/t/chunk", &large);
    write(root, "d $(touch x);é/db/t/_metaData", b"m");
    write(root, "e*'/db/t/chunk", b"small");
    ["d $(touch x);é".to_owned(), "e*'".to_owned()]
}

fn bytes_of(root: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let entries = contents(root).expect("a listing");
    entries
        .into_iter()
        .map(|entry| (entry.path.clone(), fs::read(root.join(entry.path)).expect("it")))
        .collect()
}

#[test]
fn rsync_ships_both_ways_and_sends_nothing_twice() {
    let sshd = Sshd::start();
    let [a, b, c] = [(); 3].map(|()| tempfile::tempdir().expect("a root"));
    let pieces = pieces(a.path());
    let watch = Watch::default();
    let push = Rsync::new(ssh(&sshd), a.path(), b.path().to_string_lossy(), Side::Source);
    let shipped = push.ship(&pieces, &watch).expect("the first shipment");
    assert_eq!((shipped.files, shipped.bytes, shipped.sent), (3, 12_000_006, 12_000_006));
    assert_eq!(bytes_of(b.path()), bytes_of(a.path()));
    assert!(watch.bytes() > 0);
    assert_eq!(push.ship(&pieces, &watch).expect("the second").sent, 0);
    assert_eq!(push.compare(&pieces, &watch).expect("a comparison"), None);

    // Of the same length and date, which a plain rsync would believe.
    let harmed = b.path().join("e*'/db/t/chunk");
    let date = fs::metadata(a.path().join("e*'/db/t/chunk")).unwrap().modified().unwrap();
    fs::write(&harmed, b"smaLl").unwrap();
    fs::File::open(&harmed).unwrap().set_modified(date).unwrap();
    write(b.path(), "e*'/db/t/stale", b"old");
    let difference = push.compare(&pieces, &watch).expect("a comparison").expect("a difference");
    assert!(difference.contains("e*'/db/t/"), "{difference}");
    assert_eq!(push.ship(&pieces, &watch).expect("mending").sent, 5);
    assert_eq!(bytes_of(b.path()), bytes_of(a.path()));

    let pull = Rsync::new(ssh(&sshd), c.path(), b.path().to_string_lossy(), Side::Target);
    assert_eq!(pull.ship(&pieces, &watch).expect("fetching").sent, 12_000_006);
    assert_eq!(bytes_of(c.path()), bytes_of(a.path()));

    push.remove(&pieces[1..], Side::Target, &watch).expect("removal there");
    assert!(!b.path().join(&pieces[1]).exists() && b.path().join(&pieces[0]).exists());
    pull.remove(&pieces, Side::Source, &watch).expect("removal at the far source");
    pull.remove(&pieces, Side::Target, &watch).expect("removal here");
    assert_eq!((bytes_of(b.path()).len(), bytes_of(c.path()).len()), (0, 0));
    assert_eq!(fs::read_dir(a.path()).unwrap().count(), 2, "nothing of ours stays at the source");
}

#[test]
fn what_goes_wrong_on_the_way_is_one_sentence_each() {
    let sshd = Sshd::start();
    let [a, b] = [(); 2].map(|()| tempfile::tempdir().expect("a root"));
    let pieces = pieces(a.path());
    let there = b.path().to_string_lossy().into_owned();
    let other_key = Sshd::start();
    let stranger = Ssh { key: Some(other_key.file("user")), ..ssh(&sshd) };
    let unknown = Ssh { known_hosts: Some(sshd.file("nobody")), ..ssh(&sshd) };
    let nobody_there = Ssh { port: common::unused_port(), ..ssh(&sshd) };
    let blocked = format!("{there}/file/below");
    write(b.path(), "file", b"no folder");
    let cases = [
        (stranger, there.clone(), Kind::Login, "is refused"),
        (unknown, there.clone(), Kind::Login, "ssh does not know the key of 127.0.0.1 port"),
        (nobody_there, there.clone(), Kind::Network, "ssh cannot reach 127.0.0.1 port"),
        (ssh(&sshd), blocked, Kind::State, ""),
    ];
    for (ssh, there, kind, text) in cases {
        let error = Rsync::new(ssh, a.path(), there, Side::Source).ship(&pieces, &Watch::default());
        let error = error.expect_err(text);
        assert_eq!(error.kind(), kind, "{error}");
        let shown = error.to_string();
        assert!(shown.contains(text) && shown.contains("; ") && !shown.contains('\n'), "{shown}");
    }
    assert_eq!(bytes_of(b.path()).len(), 1, "nothing arrived");

    let trusting = Ssh { known_hosts: Some(sshd.file("learnt")), accepts_new: true, ..ssh(&sshd) };
    Rsync::new(trusting, a.path(), there, Side::Source).ship(&pieces, &Watch::default()).expect("a new host");
    assert!(sshd.file("learnt").exists());
}

#[test]
fn a_name_that_leads_out_of_the_root_is_refused() {
    let sshd = Sshd::start();
    let root = tempfile::tempdir().expect("a root");
    let rsync = Rsync::new(ssh(&sshd), root.path(), "/nowhere", Side::Source);
    for piece in ["../etc", "/etc", "a/../..", ""] {
        let error = rsync.ship(&[piece.to_owned()], &Watch::default()).expect_err(piece);
        assert_eq!(error.kind(), Kind::Argument, "{error}");
    }
}

#[test]
fn rsync_keeps_to_its_rate_in_both_directions_and_refuses_links() {
    let sshd = Sshd::start();
    let [a, b] = [(); 2].map(|()| tempfile::tempdir().expect("a root"));
    // Nothing that could be squeezed on the way.
    let noise = |i: u32| i.wrapping_mul(0x9e37_79b9).to_le_bytes();
    write(a.path(), "p/chunk", &(0..1_000_000).flat_map(noise).collect::<Vec<u8>>());
    let limiter = Arc::<Limiter>::default();
    limiter.set(Rate::Always(2e6));
    for (near, here, there) in [(Side::Source, a.path(), b.path()), (Side::Target, b.path(), a.path())] {
        let _ = fs::remove_dir_all(b.path().join("p"));
        let rsync = Rsync::new(ssh(&sshd), here, there.to_string_lossy(), near).limited(limiter.clone());
        let started = Instant::now();
        assert_eq!(rsync.ship(&["p".into()], &Watch::default()).expect("a shipment").sent, 4_000_000);
        assert!(started.elapsed().as_secs_f64() > 1.5, "{near:?}: {:?}", started.elapsed());
    }
    std::os::unix::fs::symlink("/etc/hostname", a.path().join("p/link")).expect("a link");
    let push = Rsync::new(ssh(&sshd), a.path(), b.path().to_string_lossy(), Side::Source);
    let error = push.ship(&["p".into()], &Watch::default()).expect_err("a link").to_string();
    assert!(error.contains("p/link is neither a file nor a folder; "), "{error}");
}
