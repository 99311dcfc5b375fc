//! What is made is made whole: after a death, in many calls, and in every direction.
use clustersync::data::Datum;

use crate::common::{self, Node, remote};
use crate::ddl_of;

const COUNT: &str = "exec count(*) from loadTable(\"dfs://s\", \"t\")";
const CREATES: &str = "dict([\"createIfMissing\"], [true])";

fn sync(remote: &str, options: &str) -> String {
    format!("clusterSync::syncOnline({remote}, \"dfs://s\", , , {options})")
}

/// Ten rows with comments, in two partitions.
fn fill(node: &mut Node) {
    node.run(
        "db = database(\"dfs://s\", RANGE, 0 5 10);
         t = createPartitionedTable(db, table(1:0, `k`v, [\"INT\", \"LONG\"]), \"t\", \"k\");
         setColumnComment(t, dict([\"v\", \"k\"], [\"the value\", \"the key\"])); setTableComment(t, \"a table\");
         tableInsert(t, table(0..9 as k, long(0..9) as v)); 0",
    )
    .expect("the source is made");
}

#[test]
fn a_node_that_dies_between_a_table_and_its_comments_makes_both_when_it_is_back() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::with_plugin("B"));
    fill(&mut source);
    let call = sync(&remote(target.port), CREATES);
    source.die_at("made", 0);
    source.run(&call).map(drop).expect_err("the node dies");
    assert!(!source.spare(), "it died where it was told to");
    assert_eq!(target.number(COUNT), 0, "the table is there, and no row");
    assert!(!ddl_of(&mut target, "dfs://s").contains("Comment"), "and no comment");
    source.revive("A");
    source.run("loadPlugin(\"clusterSync\")").expect("it loads");
    source.table(&call);
    assert_eq!(target.number(COUNT), 10);
    assert_eq!(ddl_of(&mut target, "dfs://s"), ddl_of(&mut source, "dfs://s"));
}

/// No script is so long that a server would not take it (dolphindb-semantics §6): the database gets its
/// first values, and the others a thousand at a time.
#[test]
fn thousands_of_values_come_in_many_calls_and_what_broke_off_between_them_is_completed() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    source
        .run(
            "db = database(\"dfs://s\", COMPO, [database(\"\", VALUE, 1 + 3 * 0..3499), database(\"\", VALUE, symbol(`a`b))]);
             t = createPartitionedTable(db, table(1:0, `k`s`v, [\"INT\", \"SYMBOL\", \"LONG\"]), \"t\", `k`s);
             k = 1 + 3 * [0, 999, 1000, 2001, 3499];
             tableInsert(t, table(k as k, symbol(`a`b`a`b`a) as s, long(k) as v)); 0",
        )
        .expect("the source is made");
    let call = sync(&remote(target.port), CREATES);
    let values = "size(schema(database(\"dfs://s\")).partitionSchema[0])";
    source.table(&call);
    assert_eq!((target.number(COUNT), target.number(values)), (5, 3500));
    assert_eq!(source.table(&format!("clusterSync::verify({}, \"dfs://s\")", remote(target.port))).rows, 0);
    // As a run leaves it that dies after the first of the calls.
    target
        .run(
            "dropDatabase(\"dfs://s\");
             database(\"dfs://s\", COMPO, [database(\"\", VALUE, 1 + 3 * 0..999), database(\"\", VALUE, symbol(`a`b))]); 0",
        )
        .expect("a database without tables");
    source.table(&call);
    assert_eq!((target.number(COUNT), target.number(values)), (5, 3500));
}

#[test]
fn what_is_missing_is_made_by_pulls_and_between_two_others() {
    let (mut far, mut here, mut third) =
        (Node::with_plugin("B"), Node::with_plugin("A"), Node::with_plugin("C"));
    fill(&mut far);
    for (node, name, other) in [(&mut here, "B", &far), (&mut third, "B", &far)] {
        let (port, password) = (other.port, common::PASSWORD);
        node.run(&format!(
            "clusterSync::setCluster(\"{name}\", \"127.0.0.1:{port}\", \"admin\", \"{password}\")"
        ))
        .expect("a cluster gets a name");
    }
    let pulls = |more: &str, values: &str| {
        sync("\"B\"", &format!("dict([\"direction\", \"createIfMissing\"{more}], (\"pull\", true{values}))"))
    };
    let mut other = Node::with_plugin("D");
    let between = |more: &str, values: &str| {
        let options = format!("dict([\"source\", \"createIfMissing\"{more}], (\"B\", true{values}))");
        sync(&remote(other.port), &options)
    };
    let (made, between) = (pulls("", ""), [between("", ""), between(", \"drift\"", ", \"addColumns\"")]);
    here.table(&made);
    third.table(&between[0]);
    let whole = ddl_of(&mut far, "dfs://s");
    assert_eq!((ddl_of(&mut here, "dfs://s"), here.number(COUNT)), (whole.clone(), 10));
    assert_eq!((ddl_of(&mut other, "dfs://s"), other.number(COUNT)), (whole, 10));
    // The source gets a column and rows that have it.
    far.run("addColumn(loadTable(\"dfs://s\", \"t\"), `w, DOUBLE); 0").expect("a column");
    far.run("tableInsert(loadTable(\"dfs://s\", \"t\"), table([3, 7] as k, long([30, 70]) as v, [1.5, 2.5] as w)); 0")
        .expect("rows");
    for message in [here.error(&made), third.error(&between[0])] {
        assert!(message.contains("the target lacks the column `w`"), "{message}");
    }
    let replaces = pulls(", \"drift\", \"mode\"", ", \"addColumns\", \"replace\"");
    here.table(&replaces);
    let message = third.error(&between[1]);
    assert!(message.contains("partition /0_5 is not empty"), "{message}");
    third.table(
        &between[1]
            .replace("\"drift\"]", "\"drift\", \"mode\"]")
            .replace("\"addColumns\")", "\"addColumns\", \"replace\")"),
    );
    for node in [&mut here, &mut other] {
        let sum = node.run("exec sum(w) from loadTable(\"dfs://s\", \"t\")").expect("a sum");
        let Datum::Scalar(sum) = sum else { panic!("{sum:?}") };
        assert_eq!(sum.fixed_cells().next(), Some(&4.0_f64.to_le_bytes()[..]));
        assert_eq!(node.number(COUNT), 12);
    }
}

#[test]
fn whoever_may_make_nothing_there_is_told_what_to_ask_for() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    fill(&mut source);
    target.run("createUser(`sync, \"Pa55word\")").expect("a user there");
    let remote = common::remote_as("127.0.0.1", target.port, "sync", "Pa55word");
    let call = sync(&remote, "dict([\"createIfMissing\", \"lease\"], (true, 0))");
    let message = source.error(&call);
    for part in [
        "`sync` may not make dfs://s at the target",
        "let an administrator there run grant(\"sync\", DB_OWNER, \"dfs://s*\")",
    ] {
        assert!(message.contains(part), "{part}: {message}");
    }
    let makes = "database(\"dfs://s\", RANGE, 0 5 10); 0";
    target.run(makes).expect("a database of the administrator");
    let message = source.error(&call);
    let asked = "grant(\"sync\", DBOBJ_CREATE, \"dfs://s\")";
    assert!(
        message.contains("`sync` may not make or change tables in dfs://s") && message.contains(asked),
        "{message}"
    );
    assert_eq!(target.number("existsTable(\"dfs://s\", \"t\")"), 0);
    // As told, and no more.
    target.run(&format!("{}; 0", asked.replace("\"sync\"", "`sync"))).expect("the right");
    source.table(&call);
    assert_eq!(target.number(COUNT), 10);
    target.run("dropDatabase(\"dfs://s\"); revoke(`sync, DBOBJ_CREATE, \"dfs://s\"); grant(`sync, DB_OWNER, \"dfs://s*\"); 0").expect("another right");
    source.table(&call);
    assert_eq!(target.number(COUNT), 10);
}
