//! The password of the target is nowhere but in the line to it: not in messages, result tables,
//! logs or anything else that either node wrote.
mod common;

use common::{CREATE, Node, holders, holds, remote_as};

/// Long enough that no other file holds it by chance.
const PASSWORD: &str = "correct-horse-battery-staple";

fn call(port: u16, password: &str) -> String {
    let remote = remote_as("127.0.0.1", port, "keeper", password);
    format!("clusterSync::syncOnline({remote}, \"dfs://db1\", \"t\")")
}

/// An administrator that is made has no rights in the data.
const GRANTS: &str =
    "grant(`keeper, DB_READ, \"*\"); grant(`keeper, DB_WRITE, \"*\"); grant(`keeper, DB_OWNER)";

#[test]
fn the_password_is_in_no_message_table_log_or_file() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    source.run(CREATE).expect("the source's table");
    target.run(CREATE).expect("the target's table");
    source
        .run("tableInsert(loadTable(\"dfs://db1\", \"t\"), table([1, 2] as k, [1.0, 2.0] as v))")
        .expect("the source's rows");

    let unknown_user = source.error(&call(target.port, PASSWORD));
    target.run(&format!("createUser(\"keeper\", \"{PASSWORD}\", , true); {GRANTS}")).expect("the user");
    let wrong = source.error(&call(target.port, &format!("{PASSWORD}!")));
    let synced = source.run(&call(target.port, PASSWORD)).expect("the sync");
    target
        .run("tableInsert(loadTable(\"dfs://db1\", \"t\"), table([2] as k, [7.0] as v))")
        .expect("a foreign row");
    let refused = source.error(&call(target.port, PASSWORD));
    for message in [unknown_user, wrong, refused, format!("{synced:?}")] {
        assert!(!holds(message.as_bytes(), PASSWORD), "{message}");
    }
    for node in [&source, &target] {
        let holders = holders(node.home.path(), PASSWORD);
        assert!(holders.is_empty(), "{holders:?}");
    }
}
