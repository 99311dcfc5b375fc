//! A server that is not the one we know is refused with one sentence, and lives.
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::server::{Row, minnow, printed, rows, run};

/// Calls the plugin twice, shows what it answers, and shows that the server still computes.
const CALL: &str = r#"
loadPlugin("{PLUGIN}")
for (turn in 1..2) {
    try { clusterSync::syncOnline(1, "dfs://none") } catch(ex) { print(ex) }
}
print("alive: " + string(40 + 2))
"#;

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

#[test]
fn every_falsified_number_of_every_row_is_refused_and_the_server_lives() {
    let rows = rows();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
            falsify_every_number(row);
        }
    };
    std::thread::scope(|scope| (0..2).for_each(|_| drop(scope.spawn(work))));
}

fn falsify_every_number(row: &Row) {
    let listed = printed(&minnow().args(["slots", "--release", &row.release]).output().expect("minnow runs"));
    let slots: Vec<_> = row.text.lines().filter_map(|line| line.strip_prefix("slot\t")).collect();
    assert!(slots.len() > 30, "{} has slots", row.name);
    let slots = slots.into_iter().map(|slot| name_of(slot, &listed));
    let objects_count = row.text.contains("Counter.size\t0");
    let counter = if objects_count { &["Object.count"][..] } else { &["Counter.object", "Counter.count"] };
    for number in slots.chain(["Constant.flag"]).chain(counter.iter().copied()) {
        // Segments of two rows, so that the slots of big arrays are used at all.
        let arguments = [row.edition(), &["--falsify", number, "--big-array", "2"]].concat();
        let text = printed(&run(&row.release, CALL, &arguments));
        let refusals = text.lines().filter(|line| line.contains("the check that failed: ")).count();
        assert_eq!(refusals, 2, "{} {number}: {text}", row.name);
        assert!(text.contains("alive: 42"), "{} {number}: {text}", row.name);
    }
    let arguments = [row.edition(), &["--falsify", "Heap.session"]].concat();
    let text = printed(&run(&row.release, CALL, &arguments));
    assert_eq!(text.matches("was called without a session").count(), 2, "{}: {text}", row.name);
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
