//! The archives of `scripts/package`.
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::workshop::{PACKAGES, archives, on_minnow, pack, release, root, said};

/// What a build reads; tests of the stand-in server are only there because the workspace names them.
const SOURCES: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "LICENSE",
    "README.md",
    "build.rs",
    "include",
    "plugin-descriptor",
    "scripts",
    "src",
    "tests",
];

#[test]
fn two_builds_in_different_places_give_the_same_bytes() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let sources = elsewhere.path().join("a longer name/of another depth");
    fs::create_dir_all(&sources).expect("a folder for the sources");
    for source in SOURCES {
        said(Command::new("cp").arg("-r").arg(root().join(source)).arg(&sources), 0);
    }
    let packages = elsewhere.path().join("packages");
    pack(&sources, &elsewhere.path().join("products"), &packages);
    let releases =
        |folder: &Path| archives(folder).iter().map(|archive| release(archive)).collect::<Vec<_>>();
    assert_eq!(releases(&PACKAGES), releases(&packages));
    for (first, second) in archives(&PACKAGES).iter().zip(archives(&packages)) {
        assert!(fs::read(first).unwrap() == fs::read(&second).unwrap(), "{} differs", first.display());
    }
}

#[test]
fn every_release_with_a_row_has_an_archive_that_loads() {
    let rows = fs::read_dir(root().join("include/abi")).expect("the rows");
    let rows: BTreeSet<String> = rows
        .map(|row| row.expect("a row").path().file_stem().expect("a name").to_string_lossy().into_owned())
        .map(|name| name.split('-').next().expect("a release").to_owned())
        .collect();
    let packed: BTreeSet<String> = archives(&PACKAGES).iter().map(|archive| release(archive)).collect();
    assert_eq!(rows, packed);
    for archive in archives(&PACKAGES) {
        let home = unpacked(&archive);
        let release = release(&archive);
        // Older servers do not look a bare name up.
        let plugin = match release.as_str() {
            "2.00.9" | "2.00.10" => home.path().join("plugins/clusterSync/PluginClusterSync.txt"),
            _ => "clusterSync".into(),
        };
        let script = format!("loadPlugin({plugin:?}); print(clusterSync::getClusters().size())");
        let printed = on_minnow(home.path(), &release, &script);
        assert_eq!(printed.trim(), "0", "{}", archive.display());
    }
}

#[test]
fn the_descriptor_has_the_fields_and_the_version_that_a_server_reads() {
    for archive in archives(&PACKAGES) {
        let home = unpacked(&archive);
        let text = fs::read_to_string(home.path().join("plugins/clusterSync/PluginClusterSync.txt")).unwrap();
        let mut lines = text.lines();
        let header = format!("clusterSync,libPluginClusterSync.so,{}", release(&archive));
        assert_eq!(lines.next(), Some(header.as_str()));
        let is_helped = ["2.00.15", "2.00.16", "3.00.3"].contains(&release(&archive).as_str());
        let fits = |line: &str| match is_helped {
            true => {
                line.splitn(8, ',').nth(7).is_some_and(|help| help.starts_with('(') && help.ends_with(')'))
            }
            false => line.split(',').count() == 6,
        };
        assert!(lines.all(fits), "{text}");
    }
}

#[test]
fn the_bill_of_materials_names_the_library_and_every_crate_with_its_licence() {
    let home = unpacked(&archives(&PACKAGES)[0]);
    let folder = home.path().join("plugins/clusterSync");
    let bill = fs::read_to_string(folder.join("sbom.cdx.json")).expect("the bill");
    let sum = said(Command::new("sha256sum").arg(folder.join("libPluginClusterSync.so")), 0);
    assert!(bill.contains(&sum[..64]), "the library's hash");

    let mut tree = Command::new(env!("CARGO"));
    tree.args(["tree", "--package", "clustersync", "--edges", "normal,no-proc-macro", "--prefix", "none"]);
    let tree =
        said(tree.args(["--locked", "--format", "{p}", "--manifest-path"]).arg(root().join("Cargo.toml")), 0);
    let crates: BTreeSet<(&str, &str)> = tree
        .lines()
        .filter_map(|line| line.split_once(" v"))
        .map(|(name, rest)| (name, rest.split(' ').next().expect("a version")))
        .filter(|(name, _)| *name != "clustersync")
        .collect();
    assert!(crates.len() > 10, "{tree}");
    for (name, version) in crates {
        assert!(bill.contains(&format!("\"pkg:cargo/{name}@{version}\"")), "{name}");
        let licences = folder.join(format!("licences/{name}-{version}"));
        assert!(fs::read_dir(&licences).is_ok_and(|mut files| files.next().is_some()), "{name}");
    }
}

#[test]
fn the_library_names_no_path_of_the_machine_that_built_it() {
    let home = unpacked(&archives(&PACKAGES)[0]);
    let library =
        fs::read(home.path().join("plugins/clusterSync/libPluginClusterSync.so")).expect("the library");
    let own = [root().to_path_buf(), std::env::home_dir().expect("a home directory").join(".cargo")];
    for path in own {
        let path = path.to_str().expect("a path of letters");
        let found = library.windows(path.len()).any(|bytes| bytes == path.as_bytes());
        assert!(!found, "the library names {path}");
    }
}

/// What CentOS 7 has, on which servers run: glibc 2.17 and the libraries of g++ 4.8.5.
const OLDEST: &[(&str, &[u32])] =
    &[("GLIBC", &[2, 17]), ("GLIBCXX", &[3, 4, 19]), ("CXXABI", &[1, 3, 7]), ("GCC", &[4, 8, 0])];

#[test]
fn the_library_runs_with_what_the_oldest_system_of_a_server_has() {
    let home = unpacked(&archives(&PACKAGES)[0]);
    let library = home.path().join("plugins/clusterSync/libPluginClusterSync.so");
    let needed = said(Command::new("readelf").args(["--version-info", "--wide"]).arg(library), 0);
    let versions = needed.split_whitespace().filter_map(|word| word.split_once('_'));
    let mut seen = BTreeSet::new();
    for (name, version) in versions.filter(|(name, _)| OLDEST.iter().any(|(own, _)| own == name)) {
        let parts: Vec<u32> = version.split('.').map(|part| part.parse().expect("a number")).collect();
        let (_, oldest) = OLDEST.iter().find(|(own, _)| *own == name).expect("one of the list");
        assert!(parts.as_slice() <= *oldest, "{name}_{version}");
        seen.insert(name);
    }
    assert_eq!(seen.len(), OLDEST.len(), "{needed}");
}

/// A server's home directory into which the archive was unpacked.
fn unpacked(archive: &Path) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a home directory");
    said(Command::new("tar").arg("xzf").arg(archive).arg("-C").arg(home.path()), 0);
    home
}
