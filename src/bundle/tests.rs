//! Bundles that were harmed on their way.
use std::fs;
use std::path::Path;

use super::{Key, Manifest, examine, pack, unpack};
use crate::error::{Error, Kind};
use crate::ship::contents;

struct World {
    root: tempfile::TempDir,
    media: tempfile::TempDir,
    out: tempfile::TempDir,
}

fn noise(seed: u64, length: usize) -> Vec<u8> {
    (0..length as u64).map(|i| ((i + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect()
}

impl World {
    fn new() -> World {
        let [root, media, out] = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let world = World { root, media, out };
        world.put("t/1/db/a", &noise(1, 70_000));
        world.put("t/1/empty", b"");
        world.put("t/2/db/b", &noise(2, 40_000));
        world
    }

    fn put(&self, path: &str, bytes: &[u8]) {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn pieces(&self) -> Vec<(String, String)> {
        ["t/1", "t/2"]
            .map(|folder| {
                let entries = contents(&self.root.path().join(folder)).unwrap();
                let text: Vec<u8> = entries
                    .iter()
                    .flat_map(|e| fs::read(self.root.path().join(folder).join(&e.path)).unwrap())
                    .collect();
                (folder.to_owned(), format!("{:x}", crc32c::crc32c(&text)))
            })
            .to_vec()
    }

    fn pack(&self, key: Option<&Key>, base: Option<&Manifest>) -> Manifest {
        pack(self.root.path(), &self.pieces(), self.media.path(), (30_000, key, base)).unwrap()
    }

    fn media(&self, name: &str) -> std::path::PathBuf {
        self.media.path().join(name)
    }

    fn require_equal(&self) {
        let [ours, theirs] = [self.root.path(), self.out.path()].map(all);
        assert_eq!(ours, theirs);
    }
}

fn all(root: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    contents(root)
        .unwrap()
        .into_iter()
        .map(|e| (e.path.clone(), fs::read(root.join(e.path)).unwrap()))
        .collect()
}

#[test]
fn what_is_packed_is_unpacked_any_number_of_times() {
    for key in [None, Some(Key::of(7))] {
        let world = World::new();
        let manifest = world.pack(key.as_ref(), None);
        assert!(manifest.volumes.len() >= 4, "{manifest:?}");
        assert!(manifest.volumes.iter().all(|volume| volume.bytes <= 30_000), "{manifest:?}");
        for _ in 0..2 {
            assert_eq!(
                unpack(world.media.path(), world.out.path(), key.as_ref(), |_| Ok(())).unwrap(),
                manifest
            );
            world.require_equal();
        }
        fs::write(world.out.path().join("t/1/stale"), b"of an older piece").unwrap();
        unpack(world.media.path(), world.out.path(), key.as_ref(), |_| Ok(())).unwrap();
        world.require_equal();
        let error = pack(world.root.path(), &world.pieces(), world.media.path(), (30_000, None, None));
        assert!(error.unwrap_err().message().ends_with("holds a bundle already"));
    }
}

#[test]
fn a_delta_names_what_the_base_has_and_carries_what_it_has_not() {
    let world = World::new();
    let base = world.pack(None, None);
    world.put("t/2/db/b", &noise(3, 40_000));
    let media = tempfile::tempdir().unwrap();
    let delta = pack(world.root.path(), &world.pieces(), media.path(), (1 << 30, None, Some(&base))).unwrap();
    assert_eq!(delta.base.as_deref(), Some(base.id.as_str()));
    assert_eq!(delta.pieces.iter().map(|piece| piece.is_here).collect::<Vec<_>>(), [false, true]);
    unpack(world.media.path(), world.out.path(), None, |_| Ok(())).unwrap();
    unpack(media.path(), world.out.path(), None, |_| Ok(())).unwrap();
    world.require_equal();
}

#[test]
fn harmed_volumes_are_refused_by_name_and_nothing_is_written() {
    type Harm = (&'static str, fn(&World));
    let harms: [Harm; 7] = [
        ("bundle.0002", |world| {
            let mut bytes = fs::read(world.media("bundle.0002")).unwrap();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(world.media("bundle.0002"), bytes).unwrap();
        }),
        ("bundle.0003 is cut off", |world| {
            let bytes = fs::read(world.media("bundle.0003")).unwrap();
            fs::write(world.media("bundle.0003"), &bytes[..bytes.len() - 1]).unwrap();
        }),
        ("bundle.0001 is cut off", |world| fs::write(world.media("bundle.0001"), b"CSB").unwrap()),
        ("bundle.0002 is missing", |world| fs::remove_file(world.media("bundle.0002")).unwrap()),
        ("bundle.0001 is not the one of this number", |world| {
            fs::rename(world.media("bundle.0001"), world.media("x")).unwrap();
            fs::rename(world.media("bundle.0002"), world.media("bundle.0001")).unwrap();
            fs::rename(world.media("x"), world.media("bundle.0002")).unwrap();
        }),
        ("bundle.0001 is of another bundle", |world| {
            let other = World::new();
            other.pack(Some(&Key::of(7)), None);
            fs::copy(other.media("bundle.0001"), world.media("bundle.0001")).unwrap();
        }),
        ("bundle.manifest", |world| fs::remove_file(world.media("bundle.manifest")).unwrap()),
    ];
    for key in [None, Some(Key::of(7))] {
        for (text, harm) in &harms {
            let world = World::new();
            world.pack(key.as_ref(), None);
            harm(&world);
            let error =
                unpack(world.media.path(), world.out.path(), key.as_ref(), |_| Ok(())).expect_err(text);
            assert!(error.message().contains(text), "{text}: {error}");
            assert_eq!(all(world.out.path()), []);
        }
    }
}

#[test]
fn a_sealed_bundle_opens_with_its_key_only_and_tells_nothing_without() {
    let world = World::new();
    world.put("t/1/db/secret-name", b"plain words of a table");
    world.pack(Some(&Key::of(7)), None);
    for entry in contents(world.media.path()).unwrap() {
        let bytes = fs::read(world.media.path().join(entry.path)).unwrap();
        for word in [&b"plain words"[..], b"secret-name"] {
            assert!(!bytes.windows(word.len()).any(|window| window == word));
        }
    }
    for key in [None, Some(Key::of(8))] {
        let error = examine(world.media.path(), key.as_ref()).unwrap_err();
        assert_eq!(error.kind(), crate::error::Kind::Login, "{error}");
    }
    // A forger has no key, but may pack a bundle of his own.
    let forger = World::new();
    forger.pack(None, None);
    let error = examine(forger.media.path(), Some(&Key::of(7))).unwrap_err();
    assert!(error.message().contains("is not sealed, but a key is given"), "{error}");
}

#[test]
fn a_manifest_of_changed_bytes_is_not_believed() {
    let world = World::new();
    world.pack(None, None);
    let text = fs::read_to_string(world.media("bundle.manifest")).unwrap();
    fs::write(world.media("bundle.manifest"), text.replace("t/2", "t/3")).unwrap();
    let error = examine(world.media.path(), None).unwrap_err();
    assert!(error.message().ends_with("was changed or damaged"), "{error}");
}

#[test]
fn a_forged_manifest_leads_nowhere() {
    for folder in ["../victim", "", "t/../../victim", "/tmp/victim", ".hidden"] {
        let world = World::new();
        let mut manifest = world.pack(None, None);
        manifest.pieces[0].folder = folder.to_owned();
        manifest.write(world.media.path(), None).unwrap();
        fs::write(world.out.path().join("kept"), b"mine").unwrap();
        let error = unpack(world.media.path(), world.out.path(), None, |_| Ok(())).unwrap_err();
        assert!(error.message().ends_with("names what no export writes"), "{folder}: {error}");
        assert!(world.out.path().join("kept").exists());
    }
    // Pieces of which the volumes hold other files, or none.
    let forgeries: [fn(&mut Manifest); 4] = [
        |manifest| manifest.pieces[0].folder = "t/7".into(),
        |manifest| manifest.pieces[1].bytes += 1,
        |manifest| manifest.pieces.swap(0, 1),
        |manifest| manifest.pieces[1].is_here = false,
    ];
    for forge in forgeries {
        let world = World::new();
        let mut manifest = world.pack(None, None);
        forge(&mut manifest);
        manifest.write(world.media.path(), None).unwrap();
        let error = unpack(world.media.path(), world.out.path(), None, |_| Ok(())).unwrap_err();
        assert!(error.message().ends_with("holds what no export writes"), "{error}");
        assert!(!world.out.path().join("t/2").exists(), "no piece that is not whole has its name");
    }
}

#[test]
fn no_link_leads_an_import_away_and_no_piece_is_seen_before_it_is_whole() {
    let world = World::new();
    world.pack(None, None);
    let elsewhere = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), world.out.path().join("t")).unwrap();
    let error = unpack(world.media.path(), world.out.path(), None, |_| Ok(())).unwrap_err();
    assert!(error.message().ends_with("t is a link, which could lead anywhere"), "{error}");
    assert_eq!(all(elsewhere.path()), []);
    fs::remove_file(world.out.path().join("t")).unwrap();

    // What an import that was killed has left.
    fs::create_dir_all(world.out.path().join("t/.clusterSync-part/db")).unwrap();
    fs::write(world.out.path().join("t/.clusterSync-part/db/torn"), b"half").unwrap();
    let refused = unpack(world.media.path(), world.out.path(), None, |_| {
        Err(Error::new(Kind::Refused, "another base is needed"))
    });
    assert_eq!(refused.unwrap_err().kind(), Kind::Refused);
    assert!(!world.out.path().join("t/1").exists());
    unpack(world.media.path(), world.out.path(), None, |_| Ok(())).unwrap();
    world.require_equal();
}

#[test]
fn a_key_file_is_for_its_owner() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    fs::write(&file, "00".repeat(32) + "\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(Key::read(&file).err().unwrap().to_string().contains("chmod 600"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(Key::read(&file).is_ok());
    for text in ["", "00", "zz", &"0".repeat(63)] {
        fs::write(&file, text).unwrap();
        assert!(Key::read(&file).err().unwrap().message().contains("holds no key"), "{text}");
    }
}
