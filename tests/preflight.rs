//! What would go wrong is named before the first row is written, all of it at once; partitions that
//! the target lacks are made when asked for.
mod common;

use common::{Node, remote};

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
