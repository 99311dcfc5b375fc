//! Of many partitions, three of which have changed, exactly three are read. With `--release` there
//! are 50,000 of them.
mod common;

use std::time::Instant;

use common::{Node, remote};

const DAYS: usize = 250;
/// Partitions of one day.
const KEYS: usize = if cfg!(debug_assertions) { 8 } else { 200 };
const OPTIONS: &str = "dict([\"incremental\", \"mode\"], (true, \"replace\"))";

fn create(node: &mut Node) {
    node.run(&format!(
        "days = database(, VALUE, 2024.01.01 + 0..{}); keys = database(, VALUE, 0..{});
         db = database(\"dfs://many\", COMPO, [days, keys]);
         createPartitionedTable(db, table(1:0, `day`k`v, [\"DATE\", \"INT\", \"LONG\"]), \"t\", `day`k); 0",
        DAYS - 1,
        KEYS - 1
    ))
    .expect("the table is created");
    let stored = node.number(&format!(
        "n = {}; tableInsert(loadTable(\"dfs://many\", \"t\"),
           table(2024.01.01 + (0..(n - 1)) % {DAYS} as day, (0..(n - 1)) / {DAYS} as k, long(1..n) as v))",
        DAYS * KEYS
    ));
    assert_eq!(stored as usize, DAYS * KEYS);
}

#[test]
fn of_many_partitions_three_that_changed_are_read() {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    create(&mut source);
    create(&mut target);
    let call =
        format!("clusterSync::syncOnline({}, \"dfs://many\", \"t\", , {OPTIONS})", remote(target.port));
    let run = |source: &mut Node| {
        let started = Instant::now();
        let result = source.table(&call);
        let number = |name: &str| result.column(name).expect(name).integers().next().flatten().unwrap_or(-1);
        let counts = [number("copied"), number("skipped"), number("rows")];
        let id = result.column("runId").expect("runId").texts().next().expect("one row");
        (counts, String::from_utf8_lossy(id).into_owned(), started.elapsed())
    };
    let all = (DAYS * KEYS) as i64;
    let unchanged = |source: &mut Node, id: &str| {
        source.number(&format!(
            "exec count(*) from clusterSync::getRunPartitions(\"{id}\") where reason = \"unchanged since it was verified\""
        ))
    };
    let (counts, id, first) = run(&mut source);
    assert_eq!((counts, unchanged(&mut source, &id)), ([0, all, 0], 0), "the first run compares them all");
    let (counts, id, again) = run(&mut source);
    assert_eq!((counts, unchanged(&mut source, &id)), ([0, all, 0], all));
    println!("{all} partitions: {first:?} compared, {again:?} unchanged");

    let changed = "tableInsert(loadTable(\"dfs://many\", \"t\"),
        table([2024.01.01, 2024.01.02, 2024.03.01] as day, [0, 1, 2] as k, [7l, 8l, 9l] as v))";
    assert_eq!(source.number(changed), 3);
    let (counts, id, _) = run(&mut source);
    assert_eq!((counts, unchanged(&mut source, &id)), ([3, all - 3, 6], all - 3));

    // A partition that was made anew with as many rows is another one.
    source
        .run("dropPartition(database(\"dfs://many\"), \"/20240105/3\", \"t\"); 0")
        .expect("a partition is dropped");
    let anew =
        "tableInsert(loadTable(\"dfs://many\", \"t\"), table([2024.01.05] as day, [3] as k, [-1l] as v))";
    assert_eq!(source.number(anew), 1);
    let (counts, ..) = run(&mut source);
    assert_eq!(counts, [1, all - 1, 1]);
    let sum = "exec sum(v) from loadTable(\"dfs://many\", \"t\")";
    assert_eq!(target.number(sum), source.number(sum));
}
