//! The store against clumsy and hostile hands.
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::thread;

use super::{Peer, Peers, Site};
use crate::error::{Error, Kind};
use crate::model::Secret;

const PASSWORD: &str = "correct horse §7";

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        Home(tempfile::tempdir().unwrap())
    }

    /// A home that knows the clusters `A` and `B`.
    fn with_two() -> Home {
        let home = Home::new();
        for (name, password) in [("B", PASSWORD), ("A", "another one")] {
            home.peers().set(peer(name), &Secret::new(password)).unwrap();
        }
        home
    }

    fn peers(&self) -> Peers {
        Peers::under(self.0.path())
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join("clusterSync").join(name)
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file("clusters")).unwrap()
    }

    fn chmod(&self, name: &str, mode: u32) {
        fs::set_permissions(self.file(name), Permissions::from_mode(mode)).unwrap();
    }

    /// What every way in says; all say the same, and none changes the file.
    fn refusal(&self) -> Error {
        let before = fs::read(self.file("clusters")).ok();
        let peers = self.peers();
        let errors = [
            peers.list().unwrap_err(),
            peers.find("B").unwrap_err(),
            peers.set(peer("C"), &Secret::new("x")).unwrap_err(),
            peers.remove("B").unwrap_err(),
        ];
        assert!(errors.iter().all(|error| error.to_string() == errors[0].to_string()), "{errors:?}");
        assert_eq!(fs::read(self.file("clusters")).ok(), before);
        errors.into_iter().next().unwrap()
    }
}

fn peer(name: &str) -> Peer {
    Peer {
        name: name.into(),
        sites: Site::list("10.0.0.2:8848, [fe80::1]:8849,node-3.example:1").unwrap(),
        user: "sync user".into(),
        security: super::Security::default(),
        created_by: "admin".into(),
        updated: 1_795_364_103_000,
    }
}

fn names(peers: &Peers) -> Vec<String> {
    peers.list().unwrap().into_iter().map(|peer| peer.name).collect()
}

#[test]
fn what_is_set_is_found_until_it_is_dropped() {
    let home = Home::with_two();
    assert_eq!(names(&home.peers()), ["A", "B"]);
    let (found, password) = home.peers().find("B").unwrap();
    assert_eq!((found, password.reveal()), (peer("B"), PASSWORD));

    let moved = Peer { sites: Site::list("h:1").unwrap(), ..peer("B") };
    assert!(home.peers().set(moved.clone(), &Secret::new("new")).unwrap());
    let (found, password) = home.peers().find("B").unwrap();
    assert_eq!((found, password.reveal()), (moved, "new"));

    home.peers().remove("B").unwrap();
    assert_eq!(names(&home.peers()), ["A"]);
    for error in [home.peers().remove("B").unwrap_err(), home.peers().find("B").unwrap_err()] {
        assert_eq!(error.kind(), Kind::NotFound);
        assert_eq!(error.message(), "this node knows no cluster called `B`, the known ones are A");
    }
}

#[test]
fn files_are_the_servers_alone_and_hold_no_password() {
    let home = Home::with_two();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
    assert_eq!(mode(home.file("")), 0o700);
    let mut files: Vec<_> =
        fs::read_dir(home.file("")).unwrap().map(|file| file.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["clusters", "key", "lock"]);
    for file in files {
        let path = home.file(file.to_str().unwrap());
        assert_eq!(mode(path.clone()), 0o600);
        let bytes = fs::read(path).unwrap();
        assert!(!bytes.windows(7).any(|part| PASSWORD.as_bytes().windows(7).any(|own| own == part)));
    }
}

#[test]
fn equal_passwords_look_different() {
    let home = Home::new();
    for name in ["A", "B"] {
        home.peers().set(peer(name), &Secret::new(PASSWORD)).unwrap();
    }
    let text = home.text();
    let sealed: Vec<_> = text.lines().filter_map(|line| line.split('\t').nth(6)).collect();
    assert_eq!(sealed.len(), 2);
    assert_ne!(sealed[0], sealed[1]);
}

#[test]
fn no_byte_of_a_file_can_change_go_or_come() {
    let home = Home::with_two();
    for name in ["clusters", "key"] {
        let good = fs::read(home.file(name)).unwrap();
        let refused = |bytes: &[u8], what: String| {
            fs::write(home.file(name), bytes).unwrap();
            let error = home.peers().find("B").err().unwrap_or_else(|| panic!("{name}: {what} was accepted"));
            assert_eq!(error.kind(), Kind::State, "{what}: {error}");
            assert!(error.message().contains(home.file("").to_str().unwrap()), "{error}");
        };
        for at in 0..good.len() {
            for bit in [0x01, 0x20, 0x80] {
                let mut bad = good.clone();
                bad[at] ^= bit;
                refused(&bad, format!("bit {bit:#x} of byte {at}"));
            }
            let mut bad = good.clone();
            bad.remove(at);
            refused(&bad, format!("a file without byte {at}"));
            refused(&good[..at], format!("a file cut at byte {at}"));
        }
        refused(&[&good[..], b"\n"].concat(), "a line more".into());
        refused(&[&good[..], &good[..]].concat(), "the file twice".into());
        fs::write(home.file(name), &good).unwrap();
        home.peers().find("B").unwrap();
    }
}

#[test]
fn lines_cannot_be_moved_exchanged_or_dropped() {
    let home = Home::with_two();
    let good = home.text();
    let lines: Vec<&str> = good.lines().collect();
    let [head, a, b, seal] = lines[..] else { panic!("{good}") };
    let sealed = |line: &str| line.rsplit('\t').next().unwrap().to_owned();
    let exchanged = [a.replace(&sealed(a), &sealed(b)), b.replace(&sealed(b), &sealed(a))];
    for lines in [
        vec![head, b, a, seal],
        vec![head, a, seal],
        vec![head, a, b, b, seal],
        vec![head, &exchanged[0], &exchanged[1], seal],
        vec![head, seal],
        vec![head, a, b],
    ] {
        fs::write(home.file("clusters"), lines.join("\n") + "\n").unwrap();
        let error = home.refusal();
        assert!(error.message().ends_with("clusters was changed, damaged or sealed with another key"));
    }
}

#[test]
fn a_password_moved_to_another_cluster_opens_nothing_even_under_a_good_seal() {
    use super::{key::Key, register};
    let home = Home::with_two();
    let key = Key::read(&home.file("key")).unwrap().unwrap();
    let text = home.text();
    let forged = text.replace("10.0.0.2:8848", "10.6.6.6:8848");
    let (body, _) = forged.split_at(forged.rfind("seal ").unwrap());
    let seal = key.seal(format!("clusters\n{body}").as_bytes(), b"").unwrap();
    let entries = register::decode(format!("{body}seal {seal}\n").as_bytes(), &key).unwrap();
    assert_eq!(entries.len(), 2);
    assert!(entries.iter().all(|entry| entry.password(&key).is_none()));
}

#[test]
fn files_of_another_node_are_refused() {
    let (home, other) = (Home::with_two(), Home::with_two());
    let own = fs::read(home.file("key")).unwrap();
    fs::copy(other.file("key"), home.file("key")).unwrap();
    assert_eq!(home.refusal().kind(), Kind::State);
    fs::write(home.file("key"), own).unwrap();
    fs::copy(other.file("clusters"), home.file("clusters")).unwrap();
    assert_eq!(home.refusal().kind(), Kind::State);
}

#[test]
fn a_file_of_another_version_is_named_as_such() {
    let home = Home::with_two();
    let later = home.text().replace("clusters 2", "clusters 1");
    fs::write(home.file("clusters"), later).unwrap();
    assert!(home.refusal().message().ends_with("was written by another version of clusterSync"));
}

#[test]
fn rights_of_others_are_refused() {
    let home = Home::with_two();
    for (name, modes, right) in
        [("key", &[0o644, 0o640, 0o620, 0o601][..], 0o600), ("", &[0o777, 0o770, 0o702, 0o1777], 0o700)]
    {
        for mode in modes {
            home.chmod(name, *mode);
            let error = home.refusal();
            assert!(error.message().ends_with(&format!("(mode {mode:o})")), "{error}");
            assert!(error.to_string().contains(&format!("chmod {right:o}")), "{error}");
        }
        home.chmod(name, right);
        home.peers().find("B").unwrap();
    }
    home.chmod("key", 0o400);
    home.peers().find("B").unwrap();
}

#[test]
fn a_lost_key_is_not_replaced_in_silence() {
    let home = Home::with_two();
    fs::remove_file(home.file("key")).unwrap();
    assert!(home.refusal().message().contains("key is missing"), "{}", home.refusal());
    assert!(!home.file("key").exists());
}

#[test]
fn a_lost_folder_is_an_empty_list_and_comes_back() {
    let home = Home::with_two();
    fs::remove_dir_all(home.file("")).unwrap();
    assert!(names(&home.peers()).is_empty());
    let error = home.peers().remove("B").unwrap_err();
    assert_eq!(error.message(), "this node knows no cluster called `B`, none is set");
    assert!(!home.file("").exists());
    assert!(!home.peers().set(peer("B"), &Secret::new(PASSWORD)).unwrap());
    assert_eq!(names(&home.peers()), ["B"]);

    fs::remove_dir_all(home.0.path()).unwrap();
    let error = home.peers().set(peer("B"), &Secret::new(PASSWORD)).unwrap_err();
    assert!(error.message().contains("clusterSync cannot be made"), "{error}");
}

#[test]
fn drafts_of_the_dead_are_in_nobodys_way() {
    let home = Home::with_two();
    for name in ["clusters.draft", "key.draft"] {
        fs::write(home.file(name), "half a li").unwrap();
    }
    assert_eq!(names(&home.peers()), ["A", "B"]);
    home.peers().set(peer("C"), &Secret::new("x")).unwrap();
    assert_eq!(names(&home.peers()), ["A", "B", "C"]);
    assert!(!home.file("clusters.draft").exists());
}

#[test]
fn writers_wait_for_each_other_and_readers_see_whole_files() {
    const WRITERS: usize = 8;
    const EACH: usize = 6;
    let home = Home::new();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let peers = home.peers();
            scope.spawn(move || {
                for number in 0..EACH {
                    let name = format!("{writer}-{number}");
                    peers.set(peer(&name), &Secret::new(&name)).unwrap();
                    assert_eq!(peers.find(&name).unwrap().1.reveal(), name);
                    if number % 2 == 0 {
                        peers.remove(&name).unwrap();
                    }
                }
            });
        }
    });
    assert_eq!(names(&home.peers()).len(), WRITERS * EACH / 2);
}

#[test]
fn what_cannot_be_kept_is_refused_without_repeating_it() {
    let home = Home::new();
    let with = |change: fn(&mut Peer)| {
        let mut peer = peer("B");
        change(&mut peer);
        peer
    };
    let long = "x".repeat(65);
    for name in ["", "a b", "a\tb", "ä", "a:1", "a/b", &long] {
        let error = home.peers().set(peer(name), &Secret::new("x")).unwrap_err();
        assert_eq!(error.kind(), Kind::Argument, "{name}");
    }
    for (peer, password) in [
        (with(|peer| peer.sites.clear()), PASSWORD),
        (with(|peer| peer.user = "hid\nden".into()), PASSWORD),
        (with(|peer| peer.user.clear()), PASSWORD),
        (peer("B"), ""),
        (peer("B"), "hid\nden"),
        (peer("B"), "hid\0den"),
    ] {
        let error = home.peers().set(peer, &Secret::new(password)).unwrap_err();
        assert!(error.kind() == Kind::Argument && !error.to_string().contains("hid"), "{error}");
    }
    assert!(!home.file("").exists());
}

#[test]
fn sites_are_hosts_and_ports() {
    let sites = Site::list(" 10.0.0.2:8848,[fe80::1%eth0]:1 , a-b_c.d:65535").unwrap();
    let shown: Vec<String> = sites.iter().map(Site::to_string).collect();
    assert_eq!(shown, ["10.0.0.2:8848", "[fe80::1%eth0]:1", "a-b_c.d:65535"]);
    for wrong in [
        "",
        "h",
        "h:",
        ":1",
        "h:0",
        "h:+1",
        "h:65536",
        "fe80::1:1",
        "[fe80::1]",
        "[::1:1",
        "h h:1",
        "u@h:1",
        "h\t:1",
        "[]:1",
        "h:1:2",
    ] {
        let error = Site::list(&format!("10.0.0.2:8848,{wrong}")).unwrap_err();
        assert_eq!(error.message(), "site 2 of 2 is not written as host:port", "{wrong}");
    }
    assert_eq!(Site::list("a:1,").unwrap_err().message(), "site 2 of 2 is not written as host:port");
}
