//! A table with a partition for each day: 20 bytes a row, so that a story can count on what travels.
use super::Node;

/// Makes the table `t` of the database `db` for `days`, such as `2024.01.01..2024.01.30`.
pub fn create(node: &mut Node, db: &str, days: &str) {
    node.run(&format!(
        "db = database(\"{db}\", VALUE, {days});
         createPartitionedTable(db, table(1:0, `day`price`volume, [\"DATE\", \"DOUBLE\", \"LONG\"]), \"t\", `day); 0"
    ))
    .expect("the table is created");
}

/// Spreads `rows` rows over `days`.
pub fn fill(node: &mut Node, db: &str, days: &str, rows: i64) {
    let stored = node.number(&format!(
        "n = {rows}; tableInsert(loadTable(\"{db}\", \"t\"),
           table(take({days}, n) as day, double(1..n) as price, long(1..n) as volume))"
    ));
    assert_eq!(stored, rows);
}

/// A source with the plugin and so many rows, and a target without any.
pub fn pair(db: &str, days: &str, rows: i64) -> (Node, Node) {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    create(&mut source, db, days);
    create(&mut target, db, days);
    fill(&mut source, db, days, rows);
    (source, target)
}
