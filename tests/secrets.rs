//! The password of the target is nowhere but in the line to it: not in messages, result tables,
//! logs or anything else that either node wrote. Every story's nodes are searched for the
//! administrator's when they end; here that search is shown to find it.
mod common;

use common::secrets::{leaks, spellings};
use common::{CREATE, Node, PASSWORD as ADMINISTRATORS, holders, holds, remote_as};

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

#[test]
fn a_password_is_found_however_it_is_spelt() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("deep/er");
    std::fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
    for before in 0..4 {
        let text = format!("{}{ADMINISTRATORS}{}", &"xyz="[..before], &"rest"[before..]);
        let hex: String = text.bytes().map(|byte| format!("{byte:02X}")).collect();
        for written in [text.clone(), hex, base64(text.as_bytes())] {
            std::fs::write(&file, [b"\xff\0", written.as_bytes(), b"\xc3"].concat()).expect("a file");
            assert_eq!(leaks(folder.path()), std::slice::from_ref(&file), "{written}");
        }
    }
    std::fs::write(&file, &ADMINISTRATORS[1..]).expect("a file");
    assert!(leaks(folder.path()).is_empty());
    assert_eq!(spellings().len(), 7);
}

fn base64(bytes: &[u8]) -> String {
    use base64ct::Encoding;
    base64ct::Base64::encode_string(bytes)
}

/// A node that kept the password would fail its own story.
#[test]
#[should_panic(expected = "the password is in")]
fn a_node_that_wrote_the_password_down_does_not_end_quietly() {
    let node = Node::start("A");
    std::fs::write(node.home.path().join("note"), ADMINISTRATORS).expect("a file");
}
