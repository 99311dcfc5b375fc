//! A job that runs every evening with the same arguments loses nothing: not the evening, not
//! midnight, not rows that come late, not a night that was missed.
mod common;

use common::Node;

const CREATE: &str = "db = database(\"dfs://n\", VALUE, 2024.01.01..2024.01.10);
    createPartitionedTable(db, table(1:0, `ts`v, [\"TIMESTAMP\", \"LONG\"]), \"t\", `ts); 0";
const WINDOW: &str = "dict([\"column\", \"lookBack\", \"mode\"], [\"ts\", \"2d\", \"replace\"])";
const COUNT: &str = "exec count(*) from loadTable(\"dfs://n\", \"t\")";
const ROWS: &str = "select ts, v from loadTable(\"dfs://n\", \"t\") order by ts, v";

fn pair() -> (Node, Node) {
    let mut source = Node::start_with("A", "3.00.3", &["--faults"]);
    let mut target = Node::start("B");
    for node in [&mut source, &mut target] {
        node.run(CREATE).expect("the table is created");
    }
    source.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
    source.know("B", target.port);
    (source, target)
}

/// Adds rows at these moments, numbered on.
fn add(node: &mut Node, moments: &[&str], next: &mut i64) {
    for moment in moments {
        *next += 1;
        let row = format!("table([{moment}] as ts, [{next}l] as v)");
        assert_eq!(node.number(&format!("tableInsert(loadTable(\"dfs://n\", \"t\"), {row})")), 1);
    }
}

fn rows(node: &mut Node, query: &str) -> Vec<(i64, i64)> {
    let table = node.table(query);
    let cells = |name: &str| table.column(name).expect(name).integers().flatten().collect::<Vec<_>>();
    cells("ts").into_iter().zip(cells("v")).collect()
}

/// Moves the clock to the evening of a day, and waits for the jobs that start there.
fn evening(node: &mut Node, day: u32, jobs: i64) {
    node.run(&format!("minnow::setClock(2024.01.{day:02}T22:30:00.000)")).expect("a clock");
    assert_eq!(node.number("size(getRecentJobs())"), jobs);
    node.run("each(getJobReturn{, true}, exec jobId from getRecentJobs())").expect("every job ends well");
}

#[test]
fn five_evenings_with_late_rows_a_missed_night_and_an_overlap_lose_and_double_nothing() {
    let (mut source, mut target) = pair();
    let job = format!("clusterSync::syncOnline{{\"B\", \"dfs://n\", \"t\", , {WINDOW}}}");
    source.run("minnow::setClock(2024.01.01T12:00:00.000)").expect("a clock");
    source
        .run(&format!("scheduleJob(\"nightly\", \"n\", {job}, 22:30m, 2024.01.01, 2024.12.31, 'D')"))
        .expect("a scheduled job");
    let mut next = 0;
    let mut jobs = 0;
    for day in [1, 2, 4, 5, 6] {
        let own = |time: &str| format!("2024.01.{day:02}T{time}");
        add(&mut source, &[&own("00:00:00.000"), &own("09:30:00.001"), &own("22:29:59.999")], &mut next);
        jobs += 1;
        evening(&mut source, day, jobs);
        let before = format!(
            "select ts, v from loadTable(\"dfs://n\", \"t\") where ts < {} order by ts, v",
            own("22:30:00.000")
        );
        assert_eq!(rows(&mut target, &before), rows(&mut source, &before), "day {day}");
        // The evening, the moment itself, and rows that belong to yesterday come after the run.
        add(&mut source, &[&own("22:30:00.000"), &own("23:59:59.999")], &mut next);
        if day > 1 {
            let late = format!("2024.01.{:02}T10:00:00.000", day - 1);
            add(&mut source, &[&late], &mut next);
        }
    }
    assert!(target.number(COUNT) < source.number(COUNT), "the last evening is not over");
    // Somebody runs the same by hand, over the same days and some more.
    source.run("minnow::setClock(2024.01.07T12:00:00.000)").expect("a clock");
    for window in
        [WINDOW, "dict([\"column\", \"from\", \"mode\"], (\"ts\", 2024.01.02, \"replace\"))", WINDOW]
    {
        let result = source.table(&format!("clusterSync::syncOnline(\"B\", \"dfs://n\", \"t\", , {window})"));
        assert_eq!(result.column("verified").expect("verified").integers().next(), Some(Some(1)));
        assert_eq!(rows(&mut target, ROWS), rows(&mut source, ROWS));
    }
}

/// The same with the mode `auto`, which adds what came since and never replaces: the left edge of
/// each window is where the last one ended.
#[test]
fn every_evening_adds_what_came_since_the_last_one() {
    let (mut source, mut target) = pair();
    let call = "clusterSync::syncOnline(\"B\", \"dfs://n\", \"t\", , dict([\"column\"], [\"ts\"]))";
    let mut next = 0;
    for day in 1..6 {
        let own = |time: &str| format!("2024.01.{day:02}T{time}");
        source.run(&format!("minnow::setClock({})", own("22:30:00.000"))).expect("a clock");
        add(&mut source, &[&own("00:00:00.000"), &own("22:29:59.999")], &mut next);
        source.table(call);
        add(&mut source, &[&own("22:30:01.000"), &own("23:59:59.999")], &mut next);
    }
    source.run("minnow::setClock(2024.01.06T00:00:00.000)").expect("a clock");
    source.table(call);
    assert_eq!(rows(&mut target, ROWS), rows(&mut source, ROWS));
    add(&mut source, &["2024.01.01T01:00:00.000"], &mut next);
    source.run("minnow::setClock(2024.01.06T00:01:00.000)").expect("a clock");
    source.table(call);
    assert_eq!(target.number(COUNT) + 1, source.number(COUNT), "a late row needs lookBack");
    let back = "clusterSync::syncOnline(\"B\", \"dfs://n\", \"t\", , dict([\"column\", \"lookBack\"], [\"ts\", \"1w\"]))";
    source.run("minnow::setClock(2024.01.06T00:02:00.000)").expect("a clock");
    let message = source.error(back);
    assert!(message.contains("/20240101 is not empty"), "{message}");
}
