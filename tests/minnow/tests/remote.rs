//! Calls from one node to another: what travels, what is looked up where, what fails how.
mod common;

use common::{Local, Running};

/// Node A with a connection `conn` to node B, the administrator logged in on both.
fn connected(b: &Running) -> Local {
    let mut a = Local::new(Some(b));
    a.run("conn = xdb('127.0.0.1', port, 'admin', '123456')");
    a
}

/// A database `dfs://db` by date with a table `t` of a day and a number.
const TABLE: &str = "
    login(`admin, `123456)
    if (!existsDatabase('dfs://db')) {
        db = database('dfs://db', VALUE, 2024.01.01..2024.01.04)
        createPartitionedTable(db, table(1:0, `d`x, [DATE, INT]), `t, `d)
    }";

#[test]
fn a_quoted_name_is_looked_up_there_and_a_function_is_shipped() {
    let b = Running::start();
    let mut a = connected(&b);
    a.run("def who() : 'A'; conn(\"def who() : 'B'\")");
    assert_eq!(a.run("conn('who()')").as_str(), Some("B"));
    assert_eq!(a.run("conn(who)").as_str(), Some("A"));
    assert_eq!(a.run("remoteRun(conn, 'who()')").as_str(), Some("B"), "what was shipped left nothing behind");
    assert_eq!(a.number("conn('add', 2, 3)"), 5);
    assert_eq!(a.number("remoteRunWithCompression(conn, add, 2, 3)"), 5);
}

#[test]
fn a_function_travels_with_those_that_it_calls() {
    let b = Running::start();
    let mut a = connected(&b);
    a.run("def double(x) : x * 2\ndef twice(f, x) { return f(f(double(x))) }");
    assert_eq!(a.number("conn(twice, double, 3)"), 24);
    assert_eq!(a.number("conn(twice{def (x) : x + 1}, 3)"), 8);
    assert_eq!(a.number("conn(twice{, 1}, x -> double(x) + 1)"), 11);
    assert!(a.fails("conn('twice', 1, 2)").contains("twice"), "B knows no such function");
}

#[test]
fn a_call_carries_tables_metacode_and_nulls() {
    let b = Running::start();
    let mut a = connected(&b);
    a.run("rows = table(1 2 3 as x, `a`b`c as s)");
    assert_eq!(a.number("conn(def (t) : exec sum(x) from t, rows)"), 6);
    assert_eq!(
        a.number(
            "def f(k) { t = table(1..9 as x); return <exec sum(x) from t where x > k> }; conn(eval, f(7))"
        ),
        17
    );
    assert!(a.run("conn(isNull, NULL)").as_i64() == Some(1));
    assert_eq!(a.run("conn(def () : dict(`a`b, (1, 'x')))['b']").as_str(), Some("x"));
}

#[test]
fn a_compiled_function_travels_as_its_name_only_s00015() {
    let b = Running::start();
    let mut a = connected(&b);
    a.run("def f() : aws::version()");
    let refused = a.fails("conn(f)");
    assert_eq!(refused, "Cannot recognize function: aws::version. RefId: S00015");
}

#[test]
fn each_connection_is_a_guest_session_of_its_own() {
    let b = Running::start();
    let mut a = Local::new(Some(&b));
    a.run("one = xdb('127.0.0.1', port); two = xdb('127.0.0.1', port); one('v = 1')");
    assert!(a.fails("two('v')").contains("v"));
    assert!(a.fails("one(\"loadTable('dfs://db', 't')\")").contains("<NotAuthenticated>"));
    a.run("one(login{`admin, `123456})");
    a.run(&format!("one({TABLE:?})"));
    assert!(a.fails("two(\"loadTable('dfs://db', 't')\")").contains("<NotAuthenticated>"));
}

#[test]
fn a_connection_that_fails_says_so_and_stays_failed() {
    let mut b = Running::start();
    let mut a = connected(&b);
    assert!(a.fails("xdb('127.0.0.1', 1)").contains("S00019"));
    assert!(a.fails("xdb('127.0.0.1', port, 'admin', 'wrong')").contains("password"));
    b.process.kill().unwrap();
    b.process.wait().unwrap();
    assert!(a.fails("conn('1 + 1')").contains("S00020"));
    assert!(a.fails("conn('1 + 1')").contains("S00020"), "nothing reconnects");
    a.run("close(conn)");
}

#[test]
fn a_newer_server_calls_no_older_one_unless_told_s00014() {
    let b = Running::start();
    let mut a = Local::new(Some(&b));
    a.session.node = minnow::node::Node::open(a.home(), &"127.0.0.1:0:A".parse().unwrap(), "4.00.0").unwrap();
    a.run("conn = xdb('127.0.0.1', port)");
    assert!(a.fails("remoteRun(conn, '1')").contains("S00014"));
    assert_eq!(a.number("remoteRunCompatible(conn, '1')"), 1);
}

#[test]
fn handles_stay_at_home() {
    let b = Running::start();
    let mut a = connected(&b);
    a.run(TABLE);
    assert!(a.fails("conn(size, loadTable('dfs://db', 't'))").contains("can't be sent"));
    assert!(a.fails("conn(size, conn)").contains("can't be sent"));
}

#[test]
fn a_cluster_of_one_node_answers_rpc_and_pnode_run() {
    let mut a = Local::new(None);
    assert_eq!(a.number("rpc(getControllerAlias(), add, 1, 2)"), 3);
    assert!(a.fails("rpc('nobody', add, 1, 2)").contains("nobody"));
    assert_eq!(a.run("exec node from pnodeRun(def () : table(1 2 as x))").to_string(), "[\"A\",\"A\"]");
    assert_eq!(a.run("pnodeRun(getNodeAlias, addNodeAlias=false).value").to_string(), "[\"A\"]");
    assert_eq!(a.run("getDataNodes()").to_string(), "[\"A\"]");
}

#[test]
fn data_sources_are_partitions_in_the_order_of_their_paths() {
    let mut a = Local::new(None);
    a.run(TABLE);
    a.run(
        "t = loadTable('dfs://db', 't'); t.append!(table(2024.01.03 2024.01.01 2024.01.01 as d, 1 2 3 as x))",
    );
    a.run("ds = sqlDS(<select x from t where d >= 2024.01.01>)");
    assert_eq!(a.run("getChunkPath(ds)").to_string(), "[\"/db/20240101/1\",\"/db/20240103/1\"]");
    assert_eq!(a.run("typestr(ds[0])").as_str(), Some("DATASOURCE"));
    assert_eq!(a.run("mr(ds, t -> exec sum(x) from t, parallel=false)").to_string(), "(5,1)");
    assert_eq!(a.number("mr(ds, t -> exec sum(x) from t, add)"), 6);
    assert_eq!(a.number("mr(ds, t -> exec sum(x) from t, add, x -> x * 10)"), 60);
    assert_eq!(a.number("size(sqlDS(<select * from t where d = 2024.01.03>))"), 1);
    assert!(a.fails("sqlDS(<select * from t order by x>)").contains("sqlDS"));
    assert_eq!(a.number("size(sqlDS(<select * from t order by x>, true))"), 2);
}

#[test]
fn a_failing_map_leaves_what_the_others_wrote() {
    let mut a = Local::new(None);
    a.run(TABLE);
    a.run("t = loadTable('dfs://db', 't'); t.append!(table(2024.01.01..2024.01.04 as d, 1..4 as x))
           copy = createPartitionedTable(database('dfs://db'), table(1:0, `d`x, [DATE, INT]), `copy, `d)
           def save(rows) { if (rows.x[0] == 2) throw 'no'; return loadTable('dfs://db', `copy).tableInsert(rows) }");
    let failed = a.fails("mr(sqlDS(<select * from t>), save)");
    assert_eq!(failed, "1 map call(s) failed. The error message for the first failed call is: no");
    assert_eq!(a.number("exec count(*) from loadTable('dfs://db', `copy)"), 3);
}
