//! The password of the target is nowhere but in the line to it: not in messages, result tables,
//! logs or anything else that either node wrote.
mod common;

use std::fs;
use std::path::Path;

use common::Node;

/// Long enough that no other file holds it by chance.
const PASSWORD: &str = "correct-horse-battery-staple";

const CREATE: &str = "db = database(\"dfs://db1\", VALUE, 1..3);
    createPartitionedTable(db, table(1:0, `k`v, [\"INT\", \"DOUBLE\"]), \"t\", `k); 0";

fn call(port: u16, password: &str) -> String {
    format!(
        "remote = dict([\"host\",\"port\",\"userId\",\"password\"], (\"127.0.0.1\", {port}, \"keeper\", \"{password}\"));
         clusterSync::syncOnline(remote, \"dfs://db1\", \"t\")"
    )
}

/// Every file below `folder` that holds the password.
fn holders(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(holders(&path));
        } else if fs::read(&path).is_ok_and(|bytes| contains(&bytes, PASSWORD)) {
            found.push(path.display().to_string());
        }
    }
    found
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn the_password_is_in_no_message_table_log_or_file() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    source.run(CREATE).expect("the source's table");
    target.run(CREATE).expect("the target's table");
    source
        .run("tableInsert(loadTable(\"dfs://db1\", \"t\"), table([1, 2] as k, [1.0, 2.0] as v))")
        .expect("the source's rows");

    let unknown_user = source.error(&call(target.port, PASSWORD));
    target.run(&format!("createUser(\"keeper\", \"{PASSWORD}\", , true)")).expect("the user");
    let wrong = source.error(&call(target.port, &format!("{PASSWORD}!")));
    let synced = source.run(&call(target.port, PASSWORD)).expect("the sync");
    let refused = source.error(&call(target.port, PASSWORD));
    for message in [unknown_user, wrong, refused, format!("{synced:?}")] {
        assert!(!contains(message.as_bytes(), PASSWORD), "{message}");
    }
    for node in [&source, &target] {
        let holders = holders(node.home.path());
        assert!(holders.is_empty(), "{holders:?}");
    }
}
