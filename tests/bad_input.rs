//! Whatever a user gets wrong gives one sentence with the cause and what to do; nothing is written
//! and the node lives.
mod common;

use common::{CREATE, Node, remote, remote_as, unused_port};

fn pair() -> (Node, Node) {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    source.run(CREATE).expect("the source's table");
    target.run(CREATE).expect("the target's table");
    source
        .run("tableInsert(loadTable(\"dfs://db1\", \"t\"), table([1, 2, 3] as k, [1.0, 2.0, 3.0] as v))")
        .expect("the source's rows");
    (source, target)
}

/// Runs `call` on the source and checks the sentence it ends in, and that nothing else happened.
fn refused(source: &mut Node, target: &mut Node, call: &str, expected: &[&str]) {
    let before = target.number("exec count(*) from loadTable(\"dfs://db1\", \"t\")");
    let message = source.error(call);
    for part in expected {
        assert!(message.contains(part), "{call}\n  gave: {message}\n  without: {part}");
    }
    assert!(!message.contains('\n'), "more than one line: {message}");
    assert!(!message.contains("wrong horse") && !message.contains(common::PASSWORD), "a password: {message}");
    assert!(message.contains("; "), "no advice: {message}");
    assert_eq!(target.number("exec count(*) from loadTable(\"dfs://db1\", \"t\")"), before, "{call} wrote");
    assert_eq!(source.number("1 + 1"), 2, "the node is dead after {call}");
}

#[test]
fn an_unreachable_or_unwilling_peer() {
    let (mut source, mut target) = pair();
    let port = target.port;
    let unused = unused_port();
    let call = |remote: String| format!("clusterSync::syncOnline({remote}, \"dfs://db1\", \"t\")");
    let mut check = |remote, expected: &[&str]| refused(&mut source, &mut target, &call(remote), expected);
    check(remote_as("no-such-host.invalid", port, "admin", "x"), &["no-such-host.invalid"]);
    check(remote_as("127.0.0.1", unused, "admin", "x"), &["127.0.0.1", &unused.to_string(), "refused"]);
    check(remote_as("127.0.0.1", port, "admin", "wrong horse"), &["127.0.0.1", "admin"]);
}

#[test]
fn names_that_do_not_exist() {
    let (mut source, mut target) = pair();
    let remote = remote(target.port);
    source.run(&CREATE.replace("dfs://db1", "dfs://here")).expect("a database of the source only");
    source
        .run("createPartitionedTable(database(\"dfs://db1\"), table(1:0, `k`v, [\"INT\", \"DOUBLE\"]), \"here\", `k); 0")
        .expect("a table of the source only");
    let mut check = |rest: &str, expected: &[&str]| {
        refused(&mut source, &mut target, &format!("clusterSync::syncOnline({remote}, {rest})"), expected);
    };
    check("\"dfs://nowhere\", \"t\"", &["dfs://nowhere", "this node"]);
    check("\"dfs://db1\", \"nothing\"", &["nothing", "this node"]);
    check("\"dfs://here\", \"t\"", &["dfs://here", "127.0.0.1"]);
    check("\"dfs://db1\", \"here\"", &["here", "127.0.0.1"]);
}

#[test]
fn filters_that_the_server_cannot_read() {
    let (mut source, mut target) = pair();
    let remote = remote(target.port);
    let mut check = |filter: &str, expected: &[&str]| {
        let call = format!("clusterSync::syncOnline({remote}, \"dfs://db1\", \"t\", \"{filter}\")");
        refused(&mut source, &mut target, &call, expected);
    };
    check("v >", &["filter"]);
    check("nonsense = 1", &["filter", "nonsense"]);
    check("v > 0) limit 1 //", &["filter", "closes nothing"]);
    check("v > 0) order by (v", &["filter", "closes nothing"]);
}

#[test]
fn tables_that_do_not_fit() {
    let (mut source, mut target) = pair();
    let remote = remote(target.port);
    for (name, columns) in [
        ("lacks", "`k, [\"INT\"]"),
        ("differs", "`k`v, [\"INT\", \"STRING\"]"),
        ("more", "`k`v`w, [\"INT\", \"DOUBLE\", \"INT\"]"),
    ] {
        source
            .run(&format!("createPartitionedTable(database(\"dfs://db1\"), table(1:0, `k`v, [\"INT\", \"DOUBLE\"]), \"{name}\", `k); 0"))
            .expect("the source's table");
        target
            .run(&format!(
                "createPartitionedTable(database(\"dfs://db1\"), table(1:0, {columns}), \"{name}\", `k); 0"
            ))
            .expect("the target's table");
    }
    let mut check = |table: &str, expected: &[&str]| {
        let call = format!("clusterSync::syncOnline({remote}, \"dfs://db1\", \"{table}\")");
        refused(&mut source, &mut target, &call, expected);
    };
    check("lacks", &["lacks", "v"]);
    check("differs", &["v", "DOUBLE", "STRING"]);
    check("more", &["w"]);
}

#[test]
fn a_target_partition_that_is_not_empty() {
    let (mut source, mut target) = pair();
    target
        .run("tableInsert(loadTable(\"dfs://db1\", \"t\"), table([2] as k, [9.0] as v))")
        .expect("a foreign row");
    let call = format!("clusterSync::syncOnline({}, \"dfs://db1\", \"t\")", remote(target.port));
    refused(&mut source, &mut target, &call, &["/2", "not empty"]);
}

#[test]
fn arguments_of_the_wrong_kind() {
    let (mut source, mut target) = pair();
    let remote = remote(target.port);
    let mut check = |arguments: &str, expected: &[&str]| {
        refused(&mut source, &mut target, &format!("clusterSync::syncOnline({arguments})"), expected);
    };
    check(&format!("{remote}, 5, \"t\""), &["dbPath"]);
    check(&format!("{remote}, \"dfs://db1\", 5"), &["tableName"]);
    check(&format!("{remote}, \"dfs://db1\", \"t\", 5"), &["filter"]);
    check("\"B\", \"dfs://db1\", \"t\"", &["remote"]);
    check("dict([\"host\"], [\"127.0.0.1\"]), \"dfs://db1\", \"t\"", &["port"]);
    check(&format!("{remote}, \"dfs://db1\", \"t\", , dict([\"lane\"], [2])"), &["lane", "lanes"]);
    check(&format!("{remote}, \"dfs://db1\", \"t\", , dict([\"lanes\"], [0])"), &["lanes", "16"]);
}
