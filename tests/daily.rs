//! A day in the life of an administrator, through the vendor's own clients: from two bare nodes to a
//! job for every night, a node that is killed, and the next night that makes it good.
mod common;

use std::path::Path;
use std::process::Command;

use common::{CREATE, Node, PASSWORD};

/// Where the package managers put a client, which scripts/test says; none skips the test, but not in
/// continuous integration.
fn installed(variable: &str) -> Option<String> {
    let found = std::env::var(variable).ok().filter(|path| Path::new(path).exists());
    if found.is_none() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{variable} names nothing");
        println!("skipped: {variable} names nothing; scripts/test installs it");
    }
    found
}

fn client(name: &str) -> String {
    format!("{}/tests/clients/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn succeeds(command: &mut Command) {
    let output = command.output().expect("the client starts");
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{complained}");
    assert!(!said.contains(PASSWORD), "the password is shown");
    println!("{said}");
}

#[test]
fn from_two_bare_nodes_to_a_nightly_job_that_survives_the_death_of_its_node() {
    let Some(python) = installed("MINNOW_PYTHON") else { return };
    let arguments = ["--preload", "clusterSync", "--faults"];
    let (source, target) = (Node::start_with("A", "3.00.3", &arguments), Node::start("B"));
    let phase = |name: &str, source: &Node| {
        let ports = [source.port, target.port].map(|port| port.to_string());
        succeeds(Command::new(&python).arg(client("daily.py")).arg(name).args(ports).arg(PASSWORD));
    };
    phase("begin", &source);
    source.die_at("proven", 1);
    phase("evening", &source);
    let mut source = source;
    source.ended();
    let source = source.restart("A");
    phase("next", &source);
}

#[test]
fn the_javascript_client_shows_tables_messages_and_errors() {
    let (Some(program), Some(modules)) = (installed("MINNOW_NODE"), installed("MINNOW_NODE_MODULES")) else {
        return;
    };
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    for node in [&mut source, &mut target] {
        node.run(CREATE).expect("the table");
    }
    source
        .run("tableInsert(loadTable(\"dfs://db1\", \"t\"), table([1, 2] as k, [1.0, 2.0] as v))")
        .expect("the source's rows");
    let url = format!("ws://127.0.0.1:{}", source.port);
    let arguments = [client("gui.mjs"), modules, url, target.port.to_string(), PASSWORD.to_owned()];
    succeeds(Command::new(program).args(arguments));
}
