//! Where a real server does something else than one would hope, minnow does the same. Each trap
//! names its source; README.md lists them all.
mod common;

use common::{Local, Running};
use minnow::node::{FunctionDefaults, Node, Switches};
use minnow::store::{MissingPartitions, NewValuePolicy};

/// A node with `dfs://db`, one table `t` of these columns by the given scheme.
fn with_table(scheme: &str, columns: &str, by: &str) -> Local {
    let mut a = Local::new(None);
    make_table(&mut a, scheme, columns, by);
    a
}

fn make_table(a: &mut Local, scheme: &str, columns: &str, by: &str) {
    a.run(&format!(
        "db = database('dfs://db', {scheme})
         createPartitionedTable(db, table(1:0, {columns}), `t, `{by})
         t = loadTable('dfs://db', `t)"
    ));
}

fn switched(a: &mut Local, switches: Switches) {
    a.session.node =
        Node::open_with(a.home(), &"127.0.0.1:0:A".parse().unwrap(), "3.00.3", switches).unwrap();
}

/// dolphindb-semantics §3.2: newValuePartitionPolicy, all three ways.
#[test]
fn rows_of_unknown_values_vanish_or_grow_the_scheme_or_fail() {
    let mut a = with_table("VALUE, 1 2", "`k`x, [INT, INT]", "k");
    let insert = "t = loadTable('dfs://db', `t); t.tableInsert(table(1 2 3 as k, 1 2 3 as x))";
    assert_eq!(a.number(insert), 2, "skip is the default");
    let policy = |new_value_partition_policy| Switches { new_value_partition_policy, ..Switches::default() };
    switched(&mut a, policy(NewValuePolicy::Fail));
    assert!(a.fails(insert).contains("S01016"));
    switched(&mut a, policy(NewValuePolicy::Add));
    assert_eq!(a.number(insert), 3);
    assert_eq!(a.number("exec count(*) from loadTable('dfs://db', `t)"), 5);
}

/// dolphindb-semantics §3.2: RANGE gaps; §4.1: append! tells nothing of it, tableInsert does.
#[test]
fn rows_outside_a_range_vanish_and_only_table_insert_tells() {
    let mut a = with_table("RANGE, 0 10 20", "`k`x, [INT, INT]", "k");
    a.run("rows = table([-1, 0, 19, 20] as k, 1 2 3 4 as x)");
    assert_eq!(a.number("t.tableInsert(rows)"), 2);
    assert_eq!(a.run("typestr(t.append!(rows))").as_str(), Some("SEGMENTED DFS TABLE"));
    assert_eq!(a.number("exec count(*) from t"), 4);
}

/// dolphindb-semantics §3.2: a NULL key of a HASH level is dropped, of a VALUE level it is S01001.
#[test]
fn null_keys_vanish_from_hash_and_fail_for_value() {
    let mut a = with_table("HASH, [INT, 3]", "`k`x, [INT, INT]", "k");
    assert_eq!(a.number("t.tableInsert(table([1, 00i] as k, 1 2 as x))"), 1);
    let mut a = with_table("VALUE, 1 2", "`k`x, [INT, INT]", "k");
    assert!(a.fails("t.tableInsert(table([1, 00i] as k, 1 2 as x))").contains("S01001"));
}

/// dolphindb-semantics §4.1, §10: columns are matched by position.
#[test]
fn permuted_columns_corrupt_silently() {
    let mut a = with_table("VALUE, 1 2", "`k`price`volume, [INT, DOUBLE, DOUBLE]", "k");
    a.run("t.append!(table(1 2 as k, 100.0 200.0 as volume, 1.5 2.5 as price))");
    assert_eq!(a.run("exec sum(price) from t").to_string(), "300");
    assert!(a.fails("t.append!(table([1] as k, [`a] as price, [1.0] as volume))").contains("S05004"));
}

/// dolphindb-semantics §4.2: one writer per chunk; whoever comes second is refused.
#[test]
fn two_writers_of_one_chunk_collide_s00002() {
    let mut a = with_table("VALUE, 1 2", "`k`x, [INT, INT]", "k");
    a.run("t.append!(table(1 2 as k, 1 2 as x))");
    let table = a.session.node.store.table("dfs://db", "t").unwrap();
    table
        .locked(|| {
            let refused = a.fails("t.append!(table([1] as k, [3] as x))");
            assert!(refused.starts_with("<ChunkInTransaction>") && refused.contains("S00002"), "{refused}");
            assert_eq!(a.number("exec count(*) from t"), 2, "readers are not blocked");
            Ok(())
        })
        .unwrap();
    a.run("t.append!(table([1] as k, [3] as x))");
}

/// dolphindb-semantics §2.1, §13: both lists end after 1024 chunks unless told -1.
#[test]
fn metadata_lists_end_after_1024_chunks() {
    let mut a = with_table("VALUE, 1..1100", "`k`x, [INT, INT]", "k");
    a.run("t.append!(table(1..1100 as k, 1..1100 as x))");
    assert_eq!(a.number("size(getTabletsMeta())"), 1024);
    assert_eq!(a.number("size(getChunksMeta())"), 1024);
    assert_eq!(a.number("size(getTabletsMeta('%', top=-1))"), 1100);
    assert_eq!(a.number("exec count(*) from getClusterChunksStatus() where size = 0"), 1100);
}

/// dolphindb-semantics §2.1: getTabletsMeta skips chunks without rows, the controller does not.
#[test]
fn empty_chunks_are_missing_from_the_tablets() {
    let mut a = with_table("VALUE, 1 2 3", "`k`x, [INT, INT]", "k");
    a.run("t.append!(table(1 2 as k, 1 2 as x)); delete from t where k = 1");
    assert_eq!(
        a.run("exec dfsPath from pnodeRun(getTabletsMeta{'/db/%', `t, true, -1})").to_string(),
        "[\"/db/2/1\"]"
    );
    assert_eq!(
        a.run("exec file from getClusterChunksStatus() where size = 0").to_string(),
        "[\"/db/1/1\",\"/db/2/1\"]"
    );
    a.run("dropPartition(db, '/1', `t)");
    assert_eq!(a.number("size(rpc(getControllerAlias(), getClusterChunksStatus))"), 3);
}

/// dolphindb-semantics §2.2: versions and cids count commits of one cluster, ids differ between two.
#[test]
fn chunk_metadata_follow_commits_and_survive_a_restart() {
    let mut a = with_table("VALUE, 1 2", "`k`x, [INT, INT]", "k");
    a.run("t.append!(table([1] as k, [1] as x)); t.append!(table(1 2 as k, 2 3 as x))");
    let list = "select chunkId, file, version, versionChain, lastUpdated from getClusterChunksStatus()";
    let before = a.run(list).to_string();
    assert_eq!(a.run("exec version from getClusterChunksStatus() where size = 0").to_string(), "[2,1]");
    switched(&mut a, Switches::default());
    assert_eq!(a.run(list).to_string(), before);
    let mut other = with_table("VALUE, 1 2", "`k`x, [INT, INT]", "k");
    other.run("t.append!(table(1 2 as k, 2 3 as x))");
    let ids = "exec chunkId from getClusterChunksStatus()";
    assert_ne!(other.run(ids).to_string(), a.run(ids).to_string());
}

/// dolphindb-semantics §4.1, §13: dropping and appending are two transactions.
#[test]
fn between_drop_and_append_readers_see_the_hole() {
    let mut a = with_table("VALUE, 1 2", "`k`x, [INT, INT]", "k");
    a.run("t.append!(table([1] as k, [1] as x)); dropPartition(db, '/1', `t)");
    assert_eq!(a.number("exec count(*) from t"), 0);
}

/// dolphindb-semantics §7.1: since 2.00.10 a default may be no function; a printed recipe has one.
#[test]
fn a_function_as_default_is_refused_unless_switched_on() {
    let mut a = Local::new(None);
    let recipe = "def f(x) : x + 1\ndef g(x, f=f) : f(x)\ng(1)";
    assert!(a.fails(recipe).contains("default value"));
    switched(&mut a, Switches { function_defaults: FunctionDefaults::Allow, ..Switches::default() });
    assert_eq!(a.number(recipe), 2);
}

/// dolphindb-semantics §1.8: shell is off unless configured, and for administrators only.
#[test]
fn shell_is_off_by_default() {
    let mut a = Local::new(None);
    assert!(a.fails("shell('true')").contains("enableShellFunction"));
    switched(&mut a, Switches { enable_shell_function: true, ..Switches::default() });
    assert_eq!(a.number("shell('exit 3')"), 3);
    a.session.user = "guest".into();
    assert!(a.fails("shell('true')").contains("administrator"));
}

/// dolphindb-semantics §5.2, §13: metacode is evaluated by the clock of the node that runs it.
#[test]
fn now_in_metacode_is_evaluated_where_it_runs() {
    let b = Running::start();
    let mut a = Local::new(Some(&b));
    let sent = a.number(
        "conn = xdb('127.0.0.1', port); c = <now()>; before = now(); sleep(5); conn(eval, c) - before",
    );
    assert!(sent >= 5, "{sent}");
}

/// dolphindb-semantics §3.2: with allowMissingPartitions=false a row outside the scheme fails the write.
#[test]
fn rows_outside_the_scheme_fail_the_write_where_the_node_says_so() {
    let write = "t.tableInsert(table(5 25 as k, 1 2 as x))";
    let mut a = with_table("RANGE, 0 10 20", "`k`x, [INT, INT]", "k");
    assert_eq!(a.number(write), 1);
    switched(&mut a, Switches { missing_partitions: MissingPartitions::Refuse, ..Switches::default() });
    a.run("t = loadTable('dfs://db', `t)");
    assert!(a.fails(write).contains("allowMissingPartitions"));
    assert_eq!(a.number("exec count(*) from t"), 1);
}

/// dolphindb-semantics §5.3, §10: a query of too many partitions is refused.
#[test]
fn a_query_of_too_many_partitions_is_refused_s02039() {
    let mut a = with_table("VALUE, 1..5", "`k`x, [INT, INT]", "k");
    a.run("t.append!(table(1..5 as k, 1..5 as x))");
    switched(&mut a, Switches { max_partition_num_per_query: 4, ..Switches::default() });
    a.run("t = loadTable('dfs://db', `t)");
    assert!(a.fails("select * from t").contains("The number of partitions [5] relevant to the query"));
    assert_eq!(a.number("exec sum(x) from t where k < 5"), 10);
}

/// dolphindb-semantics §4.2, §9.1: what another cluster replicates into takes no writes of others.
#[test]
fn a_database_that_is_replicated_refuses_ordinary_writes_s01023() {
    let mut a = with_table("VALUE, 1 2", "`k`x, [INT, INT]", "k");
    a.run("t.append!(table(1 2 as k, 1 2 as x))");
    switched(&mut a, Switches { replicated: vec!["dfs://db".into()], ..Switches::default() });
    a.run("t = loadTable('dfs://db', `t)");
    for write in ["t.append!(table([1] as k, [3] as x))", "delete from t", "dropPartition(db, 1, `t)"] {
        assert!(a.fails(write).contains("is being replicated in the slave cluster"), "{write}");
    }
    assert_eq!(a.number("exec sum(x) from t"), 3);
    a.run("other = database('dfs://other', VALUE, 1 2)");
    a.run("createPartitionedTable(other, table(1:0, [`k], [INT]), `t, `k).append!(table([1] as k))");
}
