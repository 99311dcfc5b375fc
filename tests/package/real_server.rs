//! The questions for real servers, asked of two stand-ins.
use std::fs;
use std::process::Command;

use crate::common::{Node, PASSWORD};
use crate::workshop::root;

/// What the stand-in need not answer; its answers prove nothing about a server anyhow.
const UNANSWERED: &[&str] = &[
    "backup_files",
    "decimal_scale",
    "incremental_where",
    "last_updated",
    "list_folder_names",
    "list_partition_keys",
    "primary_key_schema",
    "restore_twice",
];

#[test]
fn every_question_is_asked_the_flights_are_synced_and_nothing_is_left() {
    let Some(python) = std::env::var_os("MINNOW_PYTHON") else {
        return eprintln!("skipped: MINNOW_PYTHON names no Python with the official client");
    };
    let (mut source, mut target) = (Node::start("A"), Node::start("B"));
    let folder = tempfile::tempdir().expect("a folder");
    let result = folder.path().join("result.txt");
    let site = |node: &Node| format!("127.0.0.1:{}", node.port);
    let mut command = Command::new(python);
    command.arg(root().join("scripts/lib/real_server.py")).args([&site(&source), "admin", &site(&target)]);
    let output = command.arg(&result).env("DOLPHINDB_PASSWORD", PASSWORD).output().expect("python runs");
    let text = fs::read_to_string(&result).unwrap_or_else(|_| panic!("{output:?}"));

    let failed: Vec<&str> = text.split("\n[").filter(|part| part.contains("FAILED")).collect();
    let names: Vec<&str> = failed.iter().filter_map(|part| part.split(']').next()).collect();
    assert!(names.iter().all(|name| UNANSWERED.contains(name)), "{text}");
    assert_eq!(output.status.code(), Some(i32::from(!names.is_empty())));
    for script in fs::read_dir(root().join("tests/scripts")).expect("the scripts") {
        let path = script.expect("a script").path();
        if path.is_dir() {
            continue;
        }
        let name = path.file_stem().expect("a name").to_string_lossy();
        assert!(text.contains(&format!("[{name}] ")), "{name} was not asked: {text}");
    }
    for answer in [
        "answer: verified: flights 336776 rows",
        "answer: skipped (",
        " s after cancelJob: ",
        "answer: OK, ['192.168.1.13'",
    ] {
        assert!(text.contains(answer), "no {answer}: {text}");
    }
    assert!(!text.contains(PASSWORD));
    // Leases stay where they are kept: another node may be about to ask for one.
    for (node, left) in [(&mut source, 0), (&mut target, 1)] {
        assert_eq!(node.number("size(getClusterDFSDatabases())"), left);
    }
    assert_eq!(target.number("existsDatabase(\"dfs://clusterSync\")"), 1);
}
