//! What would go wrong is named before the first row is written, all of it at once; partitions that
//! the target lacks are made when asked for.
mod common;

use clustersync::cluster::Cluster;
use clustersync::model::Secret;
use clustersync::wire::{Endpoint, Remote};
use common::{Node, remote, remote_as};

const COUNT: &str = "exec count(*) from loadTable(\"dfs://p\", \"t\")";

fn create(node: &mut Node, days: &str, ranges: &str) {
    node.run(&format!(
        "days = database(, VALUE, {days}); ids = database(, RANGE, {ranges});
         db = database(\"dfs://p\", COMPO, [days, ids]);
         createPartitionedTable(db, table(1:0, `day`id`v, [\"DATE\", \"INT\", \"LONG\"]), \"t\", `day`id); 0"
    ))
    .expect("the table is created");
}

fn call(port: u16, function: &str, options: &str) -> String {
    format!("clusterSync::{function}({}, \"dfs://p\", , , {options})", remote(port))
}

/// Ten days and three ranges at the source, two days and one range at the target.
fn pair() -> (Node, Node) {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    create(&mut source, "2024.01.01..2024.01.10", "0 10 20 30");
    create(&mut target, "2024.01.01..2024.01.02", "0 10");
    let stored = source.number(
        "n = 300; tableInsert(loadTable(\"dfs://p\", \"t\"),
           table(2024.01.01 + (0..299) % 10 as day, (0..299) % 30 as id, long(1..n) as v))",
    );
    assert_eq!(stored, 300);
    (source, target)
}

#[test]
fn partitions_that_the_target_lacks_are_named_compared_and_made() {
    let (mut source, mut target) = pair();
    let message = source.error(&call(target.port, "syncOnline", ""));
    for part in [
        "the target lacks 8 partition values of `day`: 2024.01.03",
        "the target lacks the last 2 ranges of `id`",
        "use the option `createPartitions`",
        "addValuePartitions(database(\"dfs://p\"), [2024.01.03,",
        "addRangePartitions(database(\"dfs://p\"), [10,20,30], 1)",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let missing = source.table(&call(target.port, "verify", ""));
    assert_eq!(missing.rows, 30);
    let makes = "dict([\"createPartitions\"], [true])";
    let plan = source.table(&call(target.port, "planSync", makes));
    assert_eq!(plan.rows, 30);
    assert!(source.error(&call(target.port, "syncOnline", "")).contains("lacks 8"), "a plan makes nothing");
    source.table(&call(target.port, "syncOnline", makes));
    assert_eq!(target.number(COUNT), 300);
    assert_eq!(source.table(&call(target.port, "verify", "")).rows, 0);
}

#[test]
fn what_differs_is_repaired_and_nothing_else() {
    let (mut source, mut target) = pair();
    source.table(&call(target.port, "syncOnline", "dict([\"createPartitions\"], [true])"));
    target
        .run("dropPartition(database(\"dfs://p\"), \"/20240103/0_10\", \"t\"); 0")
        .expect("a partition is dropped");
    assert_eq!(source.table(&call(target.port, "verify", "")).rows, 1);
    let result = source.table(&call(target.port, "verify", "dict([\"repair\"], [true])"));
    assert_eq!(result.column("copied").expect("copied").integers().next(), Some(Some(1)));
    assert_eq!(source.table(&call(target.port, "verify", "")).rows, 0);
    let message = source.error(&call(target.port, "syncOnline", "dict([\"repair\"], [true])"));
    assert!(message.contains("`repair` belongs to clusterSync::verify"), "{message}");
}

#[test]
fn every_table_is_looked_at_before_the_first_is_refused() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    for (node, keep, ty) in [(&mut source, "ALL", "LONG"), (&mut target, "LAST", "INT")] {
        node.run(&format!(
            "db = database(directory=\"dfs://p\", partitionType=VALUE, partitionScheme=1..3, engine=\"TSDB\");
             createPartitionedTable(db, table(1:0, `k`v, [\"INT\", \"LONG\"]), \"a\", `k, , `k`v, {keep});
             createPartitionedTable(db, table(1:0, `k`w, [\"INT\", \"{ty}\"]), \"b\", `k, , `k`w); 0"
        ))
        .expect("two tables");
    }
    let message = source.error(&call(target.port, "syncOnline", ""));
    for part in [
        "dfs://p/a cannot be synced",
        "the target keeps only the LAST of rows with the same `k`, `v`, and the source does not",
        "dfs://p/b cannot be synced",
        "the column `w` is LONG at the source and INT at the target",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
}

/// What a user without rights is told at once, with what is wrong with the tables.
#[test]
fn rights_that_are_missing_are_named_with_all_else_before_anything_is_written() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    for (node, ty) in [(&mut source, "LONG"), (&mut target, "INT")] {
        node.run(&format!(
            "db = database(\"dfs://p\", VALUE, 1..3);
             createPartitionedTable(db, table(1:0, `k`v, [\"INT\", \"LONG\"]), \"a\", `k);
             createPartitionedTable(db, table(1:0, `k`w, [\"INT\", \"{ty}\"]), \"b\", `k); 0"
        ))
        .expect("two tables");
    }
    source
        .run("tableInsert(loadTable(\"dfs://p\", \"a\"), table(1 2 as k, long(1 2) as v)); 0")
        .expect("rows");
    target
        .run("createUser(`sync, \"Pa55word\"); grant(`sync, TABLE_READ, \"dfs://p/b\"); 0")
        .expect("a user");
    let remote = remote_as("127.0.0.1", target.port, "sync", "Pa55word");
    let call = |function: &str, table: &str, more: &str, values: &str| {
        let options = format!("dict([\"lease\"{more}], (0{values}))");
        format!("clusterSync::{function}({remote}, \"dfs://p\", {table}, , {options})")
    };
    for function in ["planSync", "syncOnline"] {
        let message = source.error(&call(function, "", ", \"mode\"", ", \"replace\""));
        for part in [
            "`sync` may not read dfs://p/a at the target",
            "`sync` may not add rows to dfs://p/a at the target",
            "the column `w` is LONG at the source and INT at the target",
            "`sync` may not add rows to dfs://p/b at the target",
            "`sync` may not drop partitions of dfs://p at the target",
            "let an administrator there run grant(\"sync\", ",
        ] {
            assert!(message.contains(part), "{part}: {message}");
        }
    }
    let leased = source.error(&format!("clusterSync::planSync({remote}, \"dfs://p\", \"b\")"));
    assert!(leased.contains("`sync` may not make dfs://clusterSync at the target"), "{leased}");
    assert_eq!(source.number("exec count(*) from clusterSync::getRuns()"), 0, "nothing was begun");
    // Each right lets one thing more happen, and no other is asked for.
    let count = "exec count(*) from loadTable(\"dfs://p\", \"a\")";
    let mut granted = |right: &str, object: &str| {
        target.run(&format!("grant(`sync, {right}, \"{object}\"); 0")).expect("a right");
        target.number(count)
    };
    assert_eq!(granted("TABLE_READ", "dfs://p/a"), 0);
    assert!(source.error(&call("syncOnline", "\"a\"", "", "")).contains("may not add rows"));
    assert_eq!(source.table(&call("verify", "\"a\"", "", "")).rows, 2, "comparing writes nothing");
    granted("TABLE_INSERT", "dfs://p/a");
    source.table(&call("syncOnline", "\"a\"", "", ""));
    source.run("update loadTable(\"dfs://p\", \"a\") set v = 7 where k = 1; 0").expect("a change");
    let replaces = call("syncOnline", "\"a\"", ", \"mode\"", ", \"replace\"");
    assert!(source.error(&replaces).contains("may not drop partitions of dfs://p"));
    assert_eq!(granted("DB_DELETE", "dfs://p"), 2);
    source.table(&replaces);
    assert_eq!(source.table(&call("verify", "\"a\"", "", "")).rows, 0);
}

#[test]
fn who_may_not_read_at_the_source_learns_it_of_every_table() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    for node in [&mut source, &mut target] {
        node.run(
            "db = database(\"dfs://p\", VALUE, 1..3); model = table(1:0, `k`v, [\"INT\", \"LONG\"]);
             createPartitionedTable(db, model, \"a\", `k); createPartitionedTable(db, model, \"b\", `k); 0",
        )
        .expect("two tables");
    }
    source.run("createUser(`carol, \"Pa55word\"); 0").expect("a user");
    let endpoint = Endpoint { user: "carol".into(), password: Secret::new("Pa55word"), ..source.endpoint() };
    let mut carol = Remote::connect(&endpoint).expect("carol logs in");
    let call = call(target.port, "planSync", "");
    let found = carol.query(&call).expect_err("carol may read nothing").to_string();
    for table in ["Not granted to read table dfs://p/a", "Not granted to read table dfs://p/b"] {
        assert!(found.contains(table), "{table}: {found}");
    }
    source.run("grant(`carol, DB_READ, \"dfs://p\"); 0").expect("a right");
    carol.query(&call).map(drop).expect("a plan");
}

#[test]
fn what_the_target_does_with_new_values_is_said_and_what_it_would_add_is_made() {
    for (policy, said) in [("skip", "drops, without an error,"), ("fail", "refuses"), ("add", "")] {
        let mut source = Node::with_plugin("A");
        let mut target = Node::start_with("B", "3.00.3", &["--new-value-partition-policy", policy]);
        create(&mut source, "2024.01.01..2024.01.04", "0 10");
        create(&mut target, "2024.01.01..2024.01.02", "0 10");
        source
            .run("tableInsert(loadTable(\"dfs://p\", \"t\"), table(2024.01.01..2024.01.04 as day, 1 2 3 4 as id, long(1 2 3 4) as v)); 0")
            .expect("rows");
        let sync = call(target.port, "syncOnline", "");
        if policy == "add" {
            source.table(&sync);
            assert_eq!(target.number(COUNT), 4);
            continue;
        }
        let message = source.error(&sync);
        for part in [
            "the target lacks 2 partition values of `day`",
            &format!("its newValuePartitionPolicy is {policy}, which {said} rows"),
            "use the option `createPartitions`",
            "set newValuePartitionPolicy=add there",
        ] {
            assert!(message.contains(part), "{part}: {message}");
        }
        assert_eq!(target.number(COUNT), 0);
    }
}
