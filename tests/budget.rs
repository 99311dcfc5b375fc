//! The memory of the node that syncs stays within the budget however large a partition is.
mod common;

use std::fs;

use common::Node;

/// Rows of the one partition, of 40 bytes.
const ROWS: i64 = 500_000;
const BUDGET: u64 = 2 << 20;
/// What threads, connections and the allocator take besides, however large the table is.
const BESIDES: u64 = 8 << 20;

fn create(node: &mut Node) {
    node.run(
        "db = database(\"dfs://b\", VALUE, 2024.01.01..2024.01.02);
         types = [\"DATE\", \"TIMESTAMP\", \"LONG\", \"DOUBLE\", \"DOUBLE\", \"INT\"];
         createPartitionedTable(db, table(1:0, `day`at`id`bid`ask`size, types), \"t\", `day); 0",
    )
    .expect("the table is created");
}

fn fill(node: &mut Node, day: &str, rows: i64) {
    let stored = node.number(&format!(
        "n = {rows}; id = long(1..n); v = double(1..n);
         tableInsert(loadTable(\"dfs://b\", \"t\"),
           table(take({day}, n) as day, timestamp({day}) + id * 100 as at, id as id, v as bid, v as ask, int(1..n) as size))"
    ));
    assert_eq!(stored, rows);
}

/// The most memory that the node's process has held since the peak was reset, and what it holds.
fn memory(node: &Node) -> (u64, u64) {
    let status = fs::read_to_string(format!("/proc/{}/status", node.pid())).expect("its status");
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("kilobytes") << 10
    };
    (of("VmHWM:"), of("VmRSS:"))
}

fn sync(node: &mut Node, options: &[(&str, String)]) -> i64 {
    let common = [("source", "\"A\"".to_owned()), ("lanes", "2".to_owned())];
    let budget = [("memoryBudget", (BUDGET >> 20).to_string())];
    let options = common::dict(&[&common[..], &budget, options].concat());
    node.number(&format!(
        "exec sum(rows) from clusterSync::syncOnline(\"B\", \"dfs://b\", \"t\", , {options})"
    ))
}

#[test]
fn a_partition_of_ten_budgets_is_synced_within_one() {
    let (mut source, mut target) = (Node::start("A"), Node::start("B"));
    let mut between = Node::with_plugin("C");
    between.know("A", source.port);
    between.know("B", target.port);
    create(&mut source);
    create(&mut target);
    fill(&mut source, "2024.01.01", 1_000);
    assert_eq!(sync(&mut between, &[]), 1_000, "what every sync needs is there now");
    fill(&mut source, "2024.01.02", ROWS);
    fs::write(format!("/proc/{}/clear_refs", between.pid()), "5").expect("the peak is reset");
    let (_, before) = memory(&between);
    assert_eq!(sync(&mut between, &[]), ROWS);
    let (peak, _) = memory(&between);
    let grown = peak.saturating_sub(before);
    println!("{} MB more for a partition of {} MB", grown >> 20, (ROWS * 40) >> 20);
    assert!(grown <= BUDGET + BESIDES, "{grown} bytes more, with a budget of {BUDGET}");
    let all = "exec sum(id) from loadTable(\"dfs://b\", \"t\")";
    assert_eq!(source.number(all), target.number(all));
    let slices = "exec count(*) from clusterSync::getRunPartitions(last(exec runId from clusterSync::getRuns())) \
                  where partition like \"%where%\"";
    assert!(between.number(slices) > 10);
}
