//! Columns that only one side has, and columns that are wider at the target.
mod common;

use common::{Node, remote};

const TABLE: &str = "loadTable(\"dfs://d\", \"t\")";

fn create(node: &mut Node, columns: &[(&str, &str)], engine: &str) {
    let list =
        |texts: Vec<&str>| texts.iter().map(|text| format!("\"{text}\"")).collect::<Vec<_>>().join(",");
    let names = list(columns.iter().map(|(name, _)| *name).collect());
    let types = list(columns.iter().map(|(_, ty)| *ty).collect());
    let sorted = if engine == "TSDB" { ", , `k`id" } else { "" };
    node.run(&format!(
        "db = database(directory=\"dfs://d\", partitionType=VALUE, partitionScheme=1..3, engine=\"{engine}\");
         createPartitionedTable(db, table(1:0, [{names}], [{types}]), \"t\", `k{sorted}); 0"
    ))
    .expect("the table is made");
}

fn call(node: &Node, function: &str, options: &str) -> String {
    format!("clusterSync::{function}({}, \"dfs://d\", \"t\", , {options})", remote(node.port))
}

fn drift(name: &str) -> String {
    format!("dict([\"drift\"], [\"{name}\"])")
}

/// The table of either node as text, sorted.
fn shown(node: &mut Node, columns: &str) -> String {
    let rows = node.table(&format!("select {columns} from {TABLE} order by id"));
    let cells = |(name, column): &(String, clustersync::data::Column)| {
        let each: Vec<_> = column.each().map(|cell| cell.into_owned()).collect();
        format!("{name}: {each:?}")
    };
    rows.columns.iter().map(cells).collect::<Vec<_>>().join("\n")
}

/// Four columns at the source, two at the target, which holds one partition of the same rows.
fn lacking(engine: &str) -> (Node, Node) {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::with_plugin("B"));
    let all = [("k", "INT"), ("note", "STRING"), ("id", "LONG"), ("price", "DECIMAL64(3)")];
    create(&mut source, &all, engine);
    create(&mut target, &[("id", "LONG"), ("k", "INT")], engine);
    let rows = "table(take(2, 3) as k, take(`a`b, 3) as note, long(4..6) as id, decimal64(4..6, 3) as price)";
    source.run(&format!("tableInsert({TABLE}, table(take(1, 3) as k, take(\"\", 3) as note, long(1..3) as id, take(decimal64(NULL, 3), 3) as price)); 0")).expect("empty rows");
    source.run(&format!("tableInsert({TABLE}, {rows}); 0")).expect("rows");
    target
        .run(&format!("tableInsert({TABLE}, table(long(1..3) as id, take(1, 3) as k)); 0"))
        .expect("rows there");
    (source, target)
}

#[test]
fn columns_that_the_target_lacks_are_added_when_asked_for() {
    for engine in ["OLAP", "TSDB"] {
        let (mut source, mut target) = lacking(engine);
        let message = source.error(&call(&target, "syncOnline", ""));
        assert!(
            message.contains("the target lacks the column `note`, the target lacks the column `price`"),
            "{message}"
        );
        let message = source.error(&call(&target, "syncOnline", &drift("addColumn")));
        assert!(
            message.contains(
                "`drift` must be one of fail, addColumns, ignoreExtra, the nearest is `addColumns`"
            ),
            "{message}"
        );
        let adds = drift("addColumns");
        let plan = source.table(&call(&target, "planSync", &adds));
        let actions: Vec<_> = plan.column("action").expect("actions").texts().map(<[u8]>::to_vec).collect();
        // What the target holds is what it will hold: rows without these values.
        assert_eq!(actions, ["Make", "Skip", "Copy"].map(|action| action.as_bytes().to_vec()), "{engine}");
        assert_eq!(target.number(&format!("size(schema({TABLE}).colDefs)")), 2, "a plan adds nothing");
        source.table(&call(&target, "syncOnline", &adds));
        let columns = "k, note, id, price";
        assert_eq!(shown(&mut target, columns), shown(&mut source, columns), "{engine}");
        assert_eq!(source.table(&call(&target, "verify", "")).rows, 0);
        assert_eq!(source.table(&call(&target, "syncOnline", &adds)).rows, 1, "nothing is left to do");
    }
}

#[test]
fn rows_that_would_differ_by_a_new_column_are_refused() {
    let (mut source, mut target) = lacking("OLAP");
    source.run(&format!("update {TABLE} set note = `x where id = 2; 0")).expect("a value");
    let message = source.error(&call(&target, "syncOnline", &drift("addColumns")));
    assert!(message.contains("partition /1 is not empty: 3 rows that differ"), "{message}");
    assert_eq!(target.number(&format!("size(schema({TABLE}).colDefs)")), 2, "a refusal adds nothing");
    let options = "dict([\"drift\", \"column\", \"from\"], [\"addColumns\", \"price\", \"1\"])";
    let message = source.error(&call(&target, "syncOnline", options));
    assert!(message.contains("price"), "{message}");
}

#[test]
fn columns_of_one_side_are_left_out_when_asked_for() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    create(&mut source, &[("k", "INT"), ("note", "STRING"), ("id", "LONG")], "OLAP");
    create(&mut target, &[("mark", "DOUBLE"), ("id", "LONG"), ("k", "INT"), ("tag", "SYMBOL")], "OLAP");
    source
        .run(&format!("tableInsert({TABLE}, table(1 2 2 as k, `a`b`c as note, long(1..3) as id)); 0"))
        .expect("rows");
    let ignores = drift("ignoreExtra");
    source.table(&call(&target, "syncOnline", &ignores));
    assert_eq!(shown(&mut target, "k, id"), shown(&mut source, "k, id"));
    let count = |what: &str| format!("exec count(*) from {TABLE} where {what}");
    assert_eq!(target.number(&count("isNull(mark), isNull(tag)")), 3);
    // What the target knows besides is no difference, and is not lost to a replace.
    target.run(&format!("update {TABLE} set mark = 1.5; 0")).expect("a mark");
    assert_eq!(source.table(&call(&target, "verify", &ignores)).rows, 0);
    source.run(&format!("update {TABLE} set id = 9 where id = 3; 0")).expect("a change");
    let options = "dict([\"drift\", \"mode\"], [\"ignoreExtra\", \"replace\"])";
    let message = source.error(&call(&target, "syncOnline", options));
    assert!(message.contains("the mode `replace` would empty the target's `mark`, `tag`"), "{message}");
    assert_eq!(target.number(&count("mark == 1.5")), 3);
    // Without its partitioning column a row has no place.
    let mut other = Node::start("C");
    create(&mut other, &[("k", "INT"), ("id", "LONG")], "OLAP");
    let options = "dict([\"drift\", \"column\", \"from\"], [\"ignoreExtra\", \"note\", \"1\"])";
    let message = source.error(&call(&other, "syncOnline", options));
    assert!(message.contains("the target lacks `note`, which is the window's"), "{message}");
}

#[test]
fn numbers_go_into_wider_columns_and_are_proven_there() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::with_plugin("B"));
    create(
        &mut source,
        &[
            ("k", "INT"),
            ("c", "CHAR"),
            ("h", "SHORT"),
            ("i", "INT"),
            ("f", "FLOAT"),
            ("d", "INT"),
            ("id", "INT"),
        ],
        "OLAP",
    );
    create(
        &mut target,
        &[
            ("k", "INT"),
            ("f", "DOUBLE"),
            ("c", "SHORT"),
            ("h", "INT"),
            ("i", "LONG"),
            ("d", "DOUBLE"),
            ("id", "LONG"),
        ],
        "OLAP",
    );
    source
        .run(&format!(
            "tableInsert({TABLE}, table(1 1 2 2 as k, [char(-5), char(NULL), char(127), char(0)] as c, [short(-300), short(7), short(NULL), short(1)] as h,
               [-70000, NULL, 2147483647, 0] as i, [float(1.5), float(NULL), float(-0.1), float(0)] as f, [1, -2, NULL, 3] as d, 1..4 as id)); 0"
        ))
        .expect("rows");
    source.table(&call(&target, "syncOnline", ""));
    assert_eq!(source.table(&call(&target, "verify", "")).rows, 0);
    assert_eq!(source.table(&call(&target, "verifyRows", "")).rows, 0);
    for (condition, rows) in [
        ("c = -5 and h = -300 and i = -70000 and f = 1.5 and d = 1.0 and id = 1", 1),
        ("isNull(c) and isNull(i) and isNull(f) and id = 2", 1),
        ("isNull(h) and isNull(d) and i = 2147483647 and f = double(float(-0.1))", 1),
    ] {
        assert_eq!(
            target.number(&format!("exec count(*) from {TABLE} where {condition}")),
            rows,
            "{condition}"
        );
    }
    target.run(&format!("update {TABLE} set i = 1 where id = 4; 0")).expect("a change");
    assert_eq!(source.table(&call(&target, "verify", "")).rows, 1);
    source.table(&call(&target, "syncOnline", "dict([\"mode\"], [\"replace\"])"));
    assert_eq!(source.table(&call(&target, "verify", "")).rows, 0);
    // Never the other way.
    let message = target.error(&call(&source, "syncOnline", ""));
    assert!(message.contains("the column `f` is DOUBLE at the source and FLOAT at the target"), "{message}");
}
