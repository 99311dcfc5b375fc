//! What the modes and the mirror do to rows that are at the target already.
mod common;

use common::shown::{number, texts};
use common::{Node, remote};

const TABLE: &str = "loadTable(\"dfs://m\", \"t\")";

/// A node with the table `t` of days and minutes, 2024.01.01 to `last`, and its engine.
fn node(alias: &str, last: u32, engine: &str, options: &str) -> Node {
    let mut node = if alias == "A" { Node::with_plugin(alias) } else { Node::start(alias) };
    let script = format!(
        "db = database(\"dfs://m\", VALUE, 2024.01.01..2024.01.{last:02}, , \"{engine}\");
         createPartitionedTable(db, table(1:0, `day`id`v, [\"DATE\", \"INT\", \"DOUBLE\"]), \"t\", `day{options}); 0"
    );
    node.run(&script).expect("the table is created");
    node
}

fn olap(alias: &str, last: u32) -> Node {
    node(alias, last, "OLAP", "")
}

/// Ten rows of each day from `from` to `to`, whose values are `value` and the id.
fn fill(node: &mut Node, (from, to): (u32, u32), value: u32) {
    let rows = (to - from + 1) * 10;
    let stored = node.number(&format!(
        "tableInsert({TABLE}, table(take(2024.01.{from:02}..2024.01.{to:02}, {rows}) as day,
           (0..{last}) / {days} as id, double({value} + (0..{last}) / {days}) as v))",
        last = rows - 1,
        days = to - from + 1
    ));
    assert_eq!(stored, i64::from(rows));
}

fn call(name: &str, port: u16, names: &str, values: &str) -> String {
    format!(
        "clusterSync::{name}({}, \"dfs://m\", \"t\", , dict([\"lanes\", {names}], (2, {values})))",
        remote(port)
    )
}

fn rows(node: &mut Node, condition: &str) -> i64 {
    node.number(&format!("exec count(*) from {TABLE} where {condition}"))
}

#[test]
fn upsert_changes_and_adds_by_key_and_leaves_the_rest() {
    for (engine, options) in [("OLAP", ""), ("PKEY", ", , `day`id")] {
        let (mut a, mut b) = (node("A", 3, engine, options), node("B", 3, engine, options));
        fill(&mut a, (1, 2), 100);
        fill(&mut b, (2, 3), 0);
        let own =
            "tableInsert(loadTable(\"dfs://m\", \"t\"), table([2024.01.02] as day, [99] as id, [1.0] as v))";
        assert_eq!(b.number(own), 1);
        let script = call("syncOnline", b.port, "\"mode\", \"keyColumns\"", "\"upsert\", [\"id\"]");
        let result = a.table(&script);
        assert_eq!((number(&result, "copied"), number(&result, "verified")), (2, 1), "{engine}");
        assert_eq!((rows(&mut b, "v >= 100"), rows(&mut b, "v < 100")), (20, 11), "{engine}");
        assert_eq!(rows(&mut b, "day = 2024.01.02, v < 100"), 1, "the row that the source lacks stays");
        a.table(&script);
        assert_eq!(rows(&mut b, "v >= 0"), 31, "{engine}: twice is once");
    }
}

#[test]
fn upsert_needs_keys_that_identify_a_row() {
    let (mut a, mut b) = (olap("A", 2), olap("B", 2));
    fill(&mut a, (1, 2), 0);
    let with = |names, values| call("syncOnline", b.port, names, values);
    let without = with("\"mode\", \"wait\"", "\"upsert\", 0");
    let day = with("\"mode\", \"keyColumns\"", "\"upsert\", \"day\"");
    assert!(a.error(&without).contains("the mode `upsert` needs the option `keyColumns`"));
    let message = a.error(&day);
    assert!(message.contains("two of its rows at the source have the same day"), "{message}");
    assert_eq!(rows(&mut b, "v >= 0"), 0);
}

#[test]
fn replacing_a_window_leaves_the_rest_of_the_partition() {
    let (mut a, mut b) = (olap("A", 3), olap("B", 3));
    fill(&mut a, (1, 3), 0);
    fill(&mut b, (1, 3), 500);
    let window = "\"mode\", \"column\", \"from\", \"to\"";
    let result = a.table(&call("syncOnline", b.port, window, "\"replace\", \"id\", 2, 5"));
    assert_eq!((number(&result, "copied"), number(&result, "rows")), (3, 9));
    assert_eq!((rows(&mut b, "v < 500"), rows(&mut b, "v >= 500")), (9, 21));
    assert_eq!(rows(&mut b, "v < 500, id >= 2, id < 5"), 9);
}

#[test]
fn a_mirror_removes_what_the_source_lacks_and_says_so_before() {
    let (mut a, mut b) = (olap("A", 20), olap("B", 25));
    fill(&mut a, (2, 20), 0);
    fill(&mut b, (1, 20), 0);
    fill(&mut b, (24, 24), 0);
    let plain = call("syncOnline", b.port, "\"mode\"", "\"auto\"");
    let message = a.error(&plain);
    assert!(
        message.contains("partition /20240101 is not empty: 10 rows where the source has none"),
        "{message}"
    );
    let strict = call("syncOnline", b.port, "\"mirror\"", "true");
    let message = a.error(&strict);
    assert!(message.contains("2 of its 21 partitions would be removed, more than 5 percent"), "{message}");
    assert_eq!(rows(&mut b, "v >= 0"), 210, "nothing was removed");
    let plan = a.table(&call("planSync", b.port, "\"mirror\", \"maxDelete\"", "true, 10"));
    let deleted: Vec<_> = texts(&plan, "action").into_iter().zip(texts(&plan, "partition")).collect();
    let deleted: Vec<_> = deleted.into_iter().filter(|(action, _)| action == "Delete").collect();
    assert_eq!(deleted.iter().map(|(_, path)| path.as_str()).collect::<Vec<_>>(), ["/20240101", "/20240124"]);
    let result = a.table(&call("syncOnline", b.port, "\"mirror\", \"maxDelete\"", "true, 10"));
    assert_eq!(
        (number(&result, "removed"), number(&result, "copied"), number(&result, "verified")),
        (2, 0, 1)
    );
    assert_eq!(rows(&mut b, "v >= 0"), 190);
    let again = a.table(&strict);
    assert_eq!(number(&again, "removed"), 0);
}

#[test]
fn a_mirror_that_dies_is_finished_and_removes_nothing_else() {
    for place in ["intended", "appended", "proven"] {
        let (mut a, mut b) = (olap("A", 4), olap("B", 4));
        fill(&mut a, (3, 4), 0);
        fill(&mut b, (1, 3), 0);
        let script = call("syncOnline", b.port, "\"mirror\", \"maxDelete\"", "true, 100");
        a.die_at(place, 1);
        a.run(&script).expect_err("the node died");
        let mut a = a.restart("A");
        a.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
        assert_eq!(number(&a.table(&script), "verified"), 1, "{place}");
        assert_eq!((rows(&mut b, "v >= 0"), rows(&mut b, "day >= 2024.01.03")), (20, 20), "{place}");
    }
}

#[test]
fn a_mirror_within_a_window_removes_nothing_outside_of_it() {
    let (mut a, mut b) = (olap("A", 3), olap("B", 3));
    fill(&mut a, (1, 1), 0);
    fill(&mut b, (1, 3), 0);
    let names = "\"mirror\", \"maxDelete\", \"column\", \"from\", \"to\"";
    let result = a.table(&call("syncOnline", b.port, names, "true, 100, \"id\", 0, 4"));
    assert_eq!(number(&result, "removed"), 2);
    assert_eq!((rows(&mut b, "day > 2024.01.01"), rows(&mut b, "day > 2024.01.01, id < 4")), (12, 0));
    assert_eq!(rows(&mut b, "day = 2024.01.01"), 10);
}
