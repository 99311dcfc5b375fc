//! A server that is not the one we know is refused with one sentence, and lives.
use crate::server::{minnow, printed, run};

/// Calls the plugin twice, shows what it answers, and shows that the server still computes.
const CALL: &str = r#"
loadPlugin("clusterSync")
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

#[test]
fn every_falsified_slot_is_refused_and_the_server_lives() {
    let listed = printed(&minnow().arg("slots").output().expect("minnow runs"));
    let row = include_str!("../../include/abi/3.00.3.tsv");
    let slots: Vec<_> = row.lines().filter_map(|line| line.strip_prefix("slot\t")).collect();
    assert!(slots.len() > 30, "the row has slots");
    for slot in slots {
        let name = name_of(slot, &listed);
        // Segments of two rows, so that the slots of big arrays are used at all.
        let text = printed(&run("3.00.3", CALL, &["--falsify", name, "--big-array", "2"]));
        let refusals = text.lines().filter(|line| line.contains("the check that failed: ")).count();
        assert_eq!(refusals, 2, "{name}: {text}");
        assert!(text.contains("alive: 42"), "{name}: {text}");
    }
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
