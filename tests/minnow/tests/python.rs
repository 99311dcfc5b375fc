//! A node as the official Python client sees it.
mod common;

use std::process::Command;

use common::Running;

/// The interpreter that has the client, such as that of a virtual environment.
fn python() -> String {
    std::env::var("MINNOW_PYTHON").unwrap_or_else(|_| "python3".into())
}

fn has_client() -> bool {
    let imported = Command::new(python()).args(["-c", "import dolphindb"]).output();
    imported.is_ok_and(|output| output.status.success())
}

#[test]
fn the_official_client_finds_what_it_expects() {
    if !has_client() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{} lacks the dolphindb module", python());
        return println!("skipped: {} lacks the dolphindb module; see MINNOW_PYTHON", python());
    }
    let node = Running::start();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python_client.py");
    let output = Command::new(python()).arg(script).arg(node.port.to_string()).output().unwrap();
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{complained}");
    println!("{said}");
    let log = node.log();
    assert!(!log.contains("123456") && !log.contains("not-the-secret"), "{log}");
}
