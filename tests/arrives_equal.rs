//! A table that was synced is the same table, whatever its types and the order of its columns.
mod common;

use common::{Node, remote};

/// One column of every type that a table here can hold, with NULLs among the values.
const COLUMNS: &[(&str, &str, &str)] = &[
    ("day", "DATE", "take(2024.01.01..2024.01.07, n)"),
    ("truth", "BOOL", "take([true, false, 00b], n)"),
    ("letter", "CHAR", "char(take([1, -3, int(NULL), 127], n))"),
    ("small", "SHORT", "short(take([7, -300, int(NULL)], n))"),
    ("number", "INT", "take([1, -2147483647, int(NULL), 5], n)"),
    ("big", "LONG", "long(1..n) * 1000000007l"),
    ("monthly", "MONTH", "take([2024.01M, month(NULL), 1999.12M], n)"),
    ("clock", "TIME", "take([09:30:00.001, time(NULL)], n)"),
    ("minutes", "MINUTE", "take([09:30m, minute(NULL)], n)"),
    ("seconds", "SECOND", "take([09:30:59, second(NULL)], n)"),
    ("moment", "DATETIME", "take([2024.01.01T09:30:59, datetime(NULL)], n)"),
    ("instant", "TIMESTAMP", "timestamp(1..n) + 1704067200000"),
    ("nanoclock", "NANOTIME", "take([09:30:00.000000001, nanotime(NULL)], n)"),
    ("nanoinstant", "NANOTIMESTAMP", "take([2024.01.01T09:30:00.000000001, nanotimestamp(NULL)], n)"),
    ("ratio", "FLOAT", "float(take([1.5, double(NULL), -0.25], n))"),
    ("price", "DOUBLE", "take([1.1, double(NULL), -1e300, 0.0], n)"),
    ("sym", "SYMBOL", "symbol(take([\"AAPL\", \"\", \"中文\", \"MSFT\", \"IBM\"], n))"),
    ("note", "STRING", "take([\"a b\", \"\", \"with 'quotes' and `ticks\"], n)"),
    ("id", "UUID", "take([uuid(\"5d212a78-cc48-e3b1-4235-b4d91473ee87\"), uuid(\"\")], n)"),
    ("hour", "DATEHOUR", "take([datehour(2024.01.01T09:00:00), datehour(NULL)], n)"),
    ("address", "IPADDR", "take([ipaddr(\"192.168.1.13\"), ipaddr(\"\")], n)"),
    ("wide", "INT128", "take([int128(\"e1671797c52e15f763380b45e841ec32\"), int128(\"\")], n)"),
];

fn create(node: &mut Node, reversed: bool) {
    let mut columns: Vec<_> = COLUMNS.iter().collect();
    if reversed {
        columns.reverse();
    }
    let names: String = columns.iter().map(|(name, ..)| format!("`{name}")).collect();
    let types: Vec<_> = columns.iter().map(|(_, ty, _)| format!("\"{ty}\"")).collect();
    node.run(&format!(
        "days = database(, VALUE, 2024.01.01..2024.01.07); syms = database(, HASH, [SYMBOL, 3]);
         db = database(\"dfs://all\", COMPO, [days, syms]);
         createPartitionedTable(db, table(1:0, {names}, [{}]), \"t\", `day`sym); 0",
        types.join(", ")
    ))
    .expect("the table is created");
}

fn fill(node: &mut Node, rows: usize) {
    let values: Vec<_> = COLUMNS.iter().map(|(name, _, value)| format!("{value} as {name}")).collect();
    let stored = node.number(&format!(
        "n = {rows}; tableInsert(loadTable(\"dfs://all\", \"t\"), table({}))",
        values.join(", ")
    ));
    assert!(stored > 0 && stored <= rows as i64);
}

/// Every cell of the table, one line of text per row, sorted.
fn cells(node: &mut Node) -> Vec<String> {
    let names: Vec<_> = COLUMNS.iter().map(|(name, ..)| *name).collect();
    let rows = node.table(&format!("select {} from loadTable(\"dfs://all\", \"t\")", names.join(", ")));
    let columns: Vec<Vec<Vec<u8>>> = rows
        .columns
        .iter()
        .map(|(_, column)| match column.ty.is_text() {
            true => column.texts().map(<[u8]>::to_vec).collect(),
            false => column.fixed_cells().map(<[u8]>::to_vec).collect(),
        })
        .collect();
    let mut lines: Vec<_> = (0..rows.rows)
        .map(|row| format!("{:?}", columns.iter().map(|c| &c[row]).collect::<Vec<_>>()))
        .collect();
    lines.sort();
    lines
}

#[test]
fn every_type_arrives_equal_with_the_columns_in_another_order() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    create(&mut source, false);
    create(&mut target, true);
    fill(&mut source, 10_000);
    let result =
        source.table(&format!("clusterSync::syncOnline({}, \"dfs://all\", \"t\")", remote(target.port)));
    assert_eq!(result.rows, 1);
    let number = |name: &str| result.column(name).expect(name).integers().next().flatten();
    let expected = cells(&mut source);
    assert_eq!(number("rows"), Some(expected.len() as i64));
    assert_eq!(number("verified"), Some(1));
    assert_eq!(cells(&mut target), expected);
}

/// Columns whose names are no plain words of the language, or are some of its own.
#[test]
fn odd_column_names_arrive_equal() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    let names = r#"["select", "two words", "Order", "a\"b", "c\\d", "1st", "键", "partition", "_x"]"#;
    for (node, order) in [(&mut source, "0..8"), (&mut target, "8..0")] {
        node.run(&format!(
            "db = database(\"dfs://odd\", VALUE, 1..3); names = {names};
             createPartitionedTable(db, table(1:0, names[{order}], take(INT, 9)), \"t\", names[0]); 0"
        ))
        .expect("the table is created");
    }
    let stored = source.number(
        "tableInsert(loadTable(\"dfs://odd\", \"t\"), table(take(1..3, 30) as a, 1..30 as b, 2..31 as c,
           3..32 as d, 4..33 as e, 5..34 as f, 6..35 as g, 7..36 as h, 8..37 as i))",
    );
    assert_eq!(stored, 30);
    let result =
        source.table(&format!("clusterSync::syncOnline({}, \"dfs://odd\", \"t\")", remote(target.port)));
    assert_eq!(result.column("rows").expect("rows").integers().next(), Some(Some(30)));
    let last = "exec sum(_\"_x\") from loadTable(\"dfs://odd\", \"t\") where _\"select\" = 2";
    assert_eq!(target.number(last), source.number(last));
}
