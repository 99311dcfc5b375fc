//! Rows with equal keys: what each engine keeps of them, and what `upsert!` does to them.
mod common;

use common::Local;
use minnow::node::{Node, Switches};

/// A node with `dfs://db` of this engine and a table `t` of the columns k, s, x, by VALUE of k.
fn with_engine(engine: &str, options: &str) -> Local {
    let mut a = Local::new(None);
    a.run(&format!(
        "db = database('dfs://db', VALUE, 1 2, , '{engine}')
         t = createPartitionedTable(db, table(1:0, `k`s`x, [INT, INT, DOUBLE]), `t, `k{options})"
    ));
    a
}

fn rows(a: &mut Local) -> String {
    a.run("exec string(k) + '/' + string(s) + '/' + string(x) from t order by k, s, x").to_string()
}

const TWICE: &str = "t.tableInsert(table(1 1 1 as k, 5 5 6 as s, [1.0, 2.0, 3.0] as x))";

/// dolphindb-semantics §4.3: ALL shows every row, FIRST and LAST one of equal sort columns, within
/// a partition, whether the rows came together or not; counts of what was written tell nothing.
#[test]
fn tsdb_shows_all_or_the_first_or_the_last_of_equal_sort_columns() {
    for (keep, once, again) in [
        ("", "[\"1/5/1\",\"1/5/2\",\"1/6/3\"]", 7),
        (", , `s, FIRST", "[\"1/5/1\",\"1/6/3\"]", 3),
        (", , `s, LAST", "[\"1/5/2\",\"1/6/3\"]", 3),
    ] {
        let mut a = with_engine("TSDB", if keep.is_empty() { ", , `s" } else { keep });
        assert_eq!(a.number(TWICE), 3);
        assert_eq!(rows(&mut a), once, "{keep}");
        assert_eq!(
            a.number("t.tableInsert(table(1 1 1 2 as k, 5 5 6 6 as s, [1.0, 2.0, 3.0, 4.0] as x))"),
            4
        );
        assert_eq!(a.number("exec count(*) from t"), again, "{keep}: another partition is another row");
        assert_eq!(a.number("size(t)"), again);
        assert_eq!(a.number("exec sum(rowNum) from getTabletsMeta()"), 7, "{keep}: not yet merged");
    }
}

/// dolphindb-semantics §3.4: the keys that a TSDB table adds, and that others lack.
#[test]
fn schema_tells_how_tsdb_keeps_duplicates() {
    let mut a = with_engine("TSDB", ", , `s`k, LAST, , true");
    assert_eq!(a.run("schema(t).keepDuplicates").as_str(), Some("LAST"));
    assert_eq!(a.run("schema(t).sortColumns").to_string(), "[\"s\",\"k\"]");
    assert_eq!(a.number("int(schema(t).softDelete)"), 1);
    a.session.node = Node::open(a.home(), &"127.0.0.1:0:A".parse().unwrap(), "3.00.3").unwrap();
    assert_eq!(a.run("schema(loadTable('dfs://db', `t)).keepDuplicates").as_str(), Some("LAST"));
    let mut a = with_engine("OLAP", "");
    assert_eq!(a.number("int(in(`keepDuplicates, schema(t).keys()))"), 0);
}

/// dolphindb-semantics §3.3.
#[test]
fn options_that_the_engine_does_not_take_are_refused() {
    let mut a = with_engine("TSDB", ", , `s");
    let create = |by: &str| {
        format!(
            "createPartitionedTable(db, table(1:0, `k`s`x`at, [INT, SYMBOL, DOUBLE, TIMESTAMP]), `u, `k, , {by})"
        )
    };
    for wrong in ["`nothing", "`x", "`k`s", "`at`k", "`k, 'MANY'", "`k, FIRST, , true"] {
        assert!(a.fails(&create(wrong)).contains("createPartitionedTable"), "{wrong}");
    }
    a.run(&create("`s`at, FIRST"));
    let mut a = with_engine("OLAP", "");
    assert!(a.fails(&create("`k")).contains("TSDB"));
    let mut old = Local::new(None);
    old.session.node = Node::open(old.home(), &"127.0.0.1:0:A".parse().unwrap(), "2.00.16").unwrap();
    assert!(old.fails("database('dfs://p', VALUE, 1 2, , 'PKEY')").contains("engine"));
}

/// dolphindb-semantics §3.3: a new row replaces the old one of the same primary key, which must
/// contain the partition columns; schema() has no documented key that tells it (§3.4).
#[test]
fn pkey_keeps_the_last_row_of_a_primary_key() {
    let mut a = with_engine("PKEY", ", , primaryKey=`k`s");
    a.run(TWICE);
    a.run("t.append!(table(1 2 as k, 6 6 as s, [30.0, 4.0] as x))");
    assert_eq!(rows(&mut a), "[\"1/5/2\",\"1/6/30\",\"2/6/4\"]");
    assert_eq!(a.run("schema(t).engineType").as_str(), Some("PKEY"));
    assert!(a.fails("upsert!(t, table(1 as k, 5 as s, 9.0 as x), true)").contains("PKEY"));
    a.run("upsert!(t, table([1] as k, [5] as s, [9.0] as x))");
    assert_eq!(rows(&mut a), "[\"1/5/9\",\"1/6/30\",\"2/6/4\"]");
    let other = "createPartitionedTable(db, table(1:0, `k`s, [INT, INT]), `u, `k, , `s)";
    assert!(a.fails(other).contains("partition columns"));
}

/// dolphindb-semantics §4.1: the key is keyColNames and the partition columns; only the first of
/// several matches is changed; rows without a match are added.
#[test]
fn upsert_changes_the_first_match_and_adds_the_rest() {
    let mut a = with_engine("OLAP", "");
    a.run(TWICE);
    let pair =
        a.run("tableUpsert(t, table(1 1 2 as k, 5 7 5 as s, [10.0, 11.0, 12.0] as x), keyColNames=`s)");
    assert_eq!(pair.to_string(), "2:1");
    assert_eq!(rows(&mut a), "[\"1/5/2\",\"1/5/10\",\"1/6/3\",\"1/7/11\",\"2/5/12\"]");
    assert_eq!(
        a.run("typestr(upsert!(t, table([2] as k, [5] as s, [13.0] as x), , `s))").as_str(),
        Some("SEGMENTED DFS TABLE")
    );
    assert_eq!(a.number("int(exec x from t where k = 2)[0]"), 13);
    assert!(a.fails("upsert!(t, table([2] as k, [5] as s), , `s)").contains("S01015"));
    assert!(a.fails("upsert!(t, table([2] as k, [5] as s, [1.0] as x))").contains("keyColNames"));
    assert!(a.fails("upsert!(t, table([2] as k, [5] as s, [1.0] as x), , `y)").contains("[y]"));
}

/// dolphindb-semantics §4.1: ignoreNull leaves cells; sortColumns orders the touched partitions.
#[test]
fn upsert_may_leave_cells_and_sort_partitions() {
    let mut a = with_engine("OLAP", "");
    a.run("t.append!(table(1 1 as k, 6 5 as s, [1.0, 2.0] as x))");
    a.run("upsert!(t, table(1 1 as k, 6 4 as s, [00F, 3.0] as x), true, `s, `s)");
    assert_eq!(a.run("exec x from t").to_string(), "[3,2,1]");
    a.run("upsert!(t, table([1] as k, [6] as s, [00F] as x), false, `s)");
    assert_eq!(a.number("exec count(x) from t"), 2);
    let mut a = with_engine("TSDB", ", , `s");
    assert!(a.fails("upsert!(t, table([1] as k, [6] as s, [1.0] as x), , `s, `s)").contains("OLAP"));
}

/// dolphindb-semantics §4.1: a NULL key finds nothing, so it is inserted again, unless
/// enableNullSafeJoin is set.
#[test]
fn null_keys_are_inserted_again_unless_switched() {
    let again = "upsert!(t, table([1] as k, [00i] as s, [1.0] as x), , `s)";
    let mut a = with_engine("OLAP", "");
    a.run(again);
    a.run(again);
    assert_eq!(a.number("exec count(*) from t"), 2);
    let switches = Switches { enable_null_safe_join: true, ..Switches::default() };
    a.session.node =
        Node::open_with(a.home(), &"127.0.0.1:0:A".parse().unwrap(), "3.00.3", switches).unwrap();
    a.run("t = loadTable('dfs://db', `t)");
    a.run(again);
    assert_eq!(a.number("exec count(*) from t"), 2);
}
