//! A server that is not the one we know is refused with one sentence, and lives.
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::server::{minnow, printed, run};

/// Calls the plugin twice, shows what it answers, and shows that the server still computes.
const CALL: &str = r#"
loadPlugin("{PLUGIN}")
for (turn in 1..2) {
    try { clusterSync::syncOnline(1, "dfs://none") } catch(ex) { print(ex) }
}
print("alive: " + string(40 + 2))
"#;

#[test]
fn the_known_release_is_admitted() {
    for arguments in [&[][..], &["--big-array", "2"]] {
        let text = printed(&run("3.00.3", CALL, arguments));
        assert_eq!(text.matches("remote must be a dictionary").count(), 2, "{text}");
        assert!(text.contains("alive: 42"), "{text}");
    }
}

#[test]
fn an_unknown_release_is_refused_and_the_server_lives() {
    for release in ["3.00.9", "3.00.30", "2.00.17"] {
        let text = printed(&run(release, CALL, &[]));
        let refusals: Vec<_> =
            text.lines().filter(|line| line.contains("does not run in this server")).collect();
        assert_eq!(refusals.len(), 2, "{text}");
        for part in [release, "supports 1.30.23, ", "failed: the version"] {
            assert!(refusals[0].contains(part), "{text}");
        }
        assert!(text.contains("alive: 42"), "{text}");
    }
}

/// The rows as reviewers see them, by file name.
fn rows() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/abi");
    let files = folder.read_dir().expect("the rows").map(|entry| entry.expect("a row").path());
    files
        .map(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).expect("a row"))
        })
        .collect()
}

#[test]
fn every_falsified_number_of_every_row_is_refused_and_the_server_lives() {
    let rows = rows();
    assert!(rows.len() >= 19, "the rows are where they were");
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some((name, row)) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
            falsify_every_number(name, row);
        }
    };
    std::thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(work))));
}

fn falsify_every_number(name: &str, row: &str) {
    let (release, edition) = name.split_once('-').unwrap_or((name, ""));
    let strings: &[&str] = if edition.is_empty() { &[] } else { &["--newer-strings"] };
    let listed = printed(&minnow().args(["slots", "--release", release]).output().expect("minnow runs"));
    let slots: Vec<_> = row.lines().filter_map(|line| line.strip_prefix("slot\t")).collect();
    assert!(slots.len() > 30, "{name} has slots");
    let slots = slots.into_iter().map(|slot| name_of(slot, &listed));
    let objects_count = row.contains("Counter.size\t0");
    let counter = if objects_count { &["Object.count"][..] } else { &["Counter.object", "Counter.count"] };
    for slot in slots.chain(["Constant.flag"]).chain(counter.iter().copied()) {
        // Segments of two rows, so that the slots of big arrays are used at all.
        let arguments = [&["--falsify", slot, "--big-array", "2"], strings].concat();
        let text = printed(&run(release, CALL, &arguments));
        let refusals = text.lines().filter(|line| line.contains("the check that failed: ")).count();
        assert_eq!(refusals, 2, "{name} {slot}: {text}");
        assert!(text.contains("alive: 42"), "{name} {slot}: {text}");
    }
    let text = printed(&run(release, CALL, &[&["--falsify", "Heap.session"], strings].concat()));
    assert_eq!(text.matches("was called without a session").count(), 2, "{name}: {text}");
}

#[test]
fn an_edition_without_a_known_layout_is_refused_and_the_server_lives() {
    let text = printed(&run("2.00.13", CALL, &["--newer-strings"]));
    assert_eq!(text.matches("the edition (this one has the newer std::string").count(), 2, "{text}");
    assert!(text.contains("alive: 42"), "{text}");
}

/// minnow's name for a line of our row: the same class and position.
fn name_of<'a>(slot: &str, listed: &'a str) -> &'a str {
    let fields: Vec<_> = slot.split('\t').collect();
    let class = fields[0].split('.').next().expect("a class");
    let found = listed
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .find(|line| line[0].starts_with(&format!("{class}.")) && line[1] == fields[1]);
    found.unwrap_or_else(|| panic!("minnow has no slot {slot}"))[0]
}
