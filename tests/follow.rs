//! Tables that are followed keep up, whoever dies, and a follow ends when it is told to.
mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clustersync::data::{Batch, Datum};
use common::shown::last_text;
use common::{Node, tap};

const TABLES: [&str; 2] = ["t", "u"];
const PATIENCE: Duration = Duration::from_secs(60);

/// Two nodes with the same empty tables, and a line between them that can be led elsewhere and shut.
struct Pair {
    source: Node,
    target: Node,
    port: Arc<AtomicU16>,
    shut: Arc<AtomicBool>,
    next: i64,
}

impl Pair {
    fn start() -> Pair {
        let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
        for node in [&mut source, &mut target] {
            node.run("db = database(\"dfs://f\", VALUE, 2024.01.01..2024.01.05); 0").expect("a database");
            for table in TABLES {
                node.run(&format!(
                    "createPartitionedTable(database(\"dfs://f\"), table(1:0, `day`v, [\"DATE\", \"LONG\"]), \"{table}\", `day); 0"
                ))
                .expect("a table");
            }
        }
        let (port, shut) = (Arc::new(AtomicU16::new(target.port)), Arc::<AtomicBool>::default());
        let line = tap::switched(port.clone(), shut.clone());
        source.know("B", line);
        Pair { source, target, port, shut, next: 0 }
    }

    /// Adds rows to one partition of a table, and changes others.
    fn write(&mut self, table: &str) {
        self.next += 1;
        let (day, from) = (self.next % 5 + 1, self.next * 100);
        let rows = format!("table(take(2024.01.0{day}, 50) as day, long({from}..{}) as v)", from + 49);
        let stored = self.source.number(&format!("tableInsert(loadTable(\"dfs://f\", \"{table}\"), {rows})"));
        assert_eq!(stored, 50);
        if self.next % 3 == 0 {
            let change = format!(
                "update loadTable(\"dfs://f\", \"{table}\") set v = v + 1 where day = 2024.01.0{day}"
            );
            self.source.run(&change).expect("rows change");
        }
    }

    fn follow(&mut self) -> String {
        let script = "clusterSync::follow(\"B\", \"dfs://f\", , dict([\"period\", \"background\", \"retries\"], (1, true, 0)))";
        match self.source.run(script) {
            Ok(Datum::Scalar(run)) => {
                String::from_utf8_lossy(run.texts().next().expect("a name")).into_owned()
            }
            other => panic!("{other:?}"),
        }
    }

    fn is_same(&mut self) -> bool {
        TABLES.iter().all(|table| {
            let rows = format!("select day, v from loadTable(\"dfs://f\", \"{table}\") order by day, v");
            let cells = |rows: Batch| {
                let of = |name: &str| rows.column(name).expect(name).integers().collect::<Vec<_>>();
                (of("day"), of("v"))
            };
            cells(self.source.table(&rows)) == cells(self.target.table(&rows))
        })
    }

    fn await_same(&mut self) {
        let end = Instant::now() + PATIENCE;
        while !self.is_same() {
            assert!(Instant::now() < end, "{:?}", self.source.table("clusterSync::getFollows()"));
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn await_follows(&mut self, condition: &str) {
        let count = format!("exec count(*) from clusterSync::getFollows() where {condition}");
        let end = Instant::now() + PATIENCE;
        while self.source.number(&count) == 0 {
            assert!(
                Instant::now() < end,
                "{condition}: {:?}",
                self.source.table("clusterSync::getFollows()")
            );
            thread::sleep(Duration::from_millis(50));
        }
    }
}

#[test]
fn followed_tables_keep_up_though_target_and_source_are_killed() {
    let mut pair = Pair::start();
    let run = pair.follow();
    (0..6).for_each(|at| pair.write(TABLES[at % 2]));
    pair.await_same();
    pair.await_follows("status = \"FOLLOWING\" and not isNull(replicatedThrough)");
    // The target dies, and comes again elsewhere.
    kill(&mut pair.target);
    (0..4).for_each(|at| pair.write(TABLES[at % 2]));
    pair.await_follows("status = \"FAILING\" and lagSeconds > 0");
    pair.target.revive("B");
    pair.port.store(pair.target.port, Ordering::SeqCst);
    pair.await_same();
    pair.await_follows("failures = 0");
    // The source dies in the middle of a change.
    pair.source.die_at("intended", 1);
    pair.write("t");
    pair.write("t");
    pair.source.ended();
    pair.source.revive("A");
    pair.source.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
    pair.await_follows("status = \"STOPPED\"");
    pair.write("u");
    let again = pair.follow();
    assert_ne!(run, again);
    pair.await_same();
    pair.await_follows("status = \"FOLLOWING\"");
    // A second call finds it going on, and a dropped table is in nobody's way.
    let second = pair
        .source
        .table("clusterSync::follow(\"B\", \"dfs://f\", , dict([\"period\", \"retries\"], [1, 0]))");
    assert_eq!(last_text(&second, "status"), "SKIPPED");
    for node in [&mut pair.source, &mut pair.target] {
        node.run("dropTable(database(\"dfs://f\"), \"u\")").expect("the table goes");
    }
    pair.await_follows("tableName = \"u\" and message like \"%gone at the source%\"");
    let before =
        pair.source.number("exec max(rounds) from clusterSync::getFollows() where tableName = \"t\"");
    pair.await_follows(&format!("tableName = \"t\" and rounds > {before} and failures = 0"));
    pair.source.run(&format!("clusterSync::cancelRun(\"{again}\")")).expect("it is told to end");
    let ended = pair.source.table(&format!("clusterSync::waitRun(\"{again}\", 30)"));
    assert_eq!((last_text(&ended, "status"), last_text(&ended, "mode")), ("OK".into(), "follow".into()));
    assert!(pair.source.error(&format!("clusterSync::resumeRun(\"{again}\")")).contains("follow again"));
}

fn kill(node: &mut Node) {
    let status = std::process::Command::new("kill").args(["-9", &node.pid().to_string()]).status();
    assert!(status.expect("kill runs").success());
    node.ended();
}

#[test]
fn a_follow_ends_at_once_though_its_peer_is_silent() {
    for cancel in ["clusterSync::cancelRun", "cancelJob"] {
        let mut pair = Pair::start();
        let run = pair.follow();
        pair.write("t");
        pair.await_same();
        pair.shut.store(true, Ordering::SeqCst);
        pair.write("t");
        let rounds = "exec max(lagSeconds) from clusterSync::getFollows()";
        let end = Instant::now() + PATIENCE;
        while !matches!(pair.source.run(rounds), Ok(Datum::Scalar(lag)) if seconds(&lag) > 2.5) {
            assert!(Instant::now() < end, "the peer is silent");
            thread::sleep(Duration::from_millis(50));
        }
        let asked = Instant::now();
        pair.source.run(&format!("{cancel}(\"{run}\")")).expect("it is told to end");
        let ended = pair.source.table(&format!("clusterSync::waitRun(\"{run}\", 60)"));
        let took = asked.elapsed();
        assert_eq!(last_text(&ended, "status"), "OK", "{cancel}");
        println!("{cancel}: {took:?}");
        assert!(took < Duration::from_secs(5), "{cancel} took {took:?}");
        pair.shut.store(false, Ordering::SeqCst);
    }
}

fn seconds(lag: &clustersync::data::Column) -> f64 {
    lag.fixed_cells().next().map_or(0.0, |cell| f64::from_le_bytes(cell.try_into().expect("eight bytes")))
}

/// Writers go on all the time; once they stop, both sides are equal within a few rounds.
#[test]
fn random_changes_arrive_while_they_are_made() {
    let mut pair = Pair::start();
    let run = pair.follow();
    let end = Instant::now() + Duration::from_secs(12);
    while Instant::now() < end {
        let table = TABLES[(pair.next % 2) as usize];
        pair.write(table);
        thread::sleep(Duration::from_millis(100));
    }
    pair.await_same();
    let journals = pair.source.number("exec count(*) from clusterSync::getRuns()");
    assert!(journals <= 12, "{journals} journals");
    pair.source.run(&format!("clusterSync::pauseRun(\"{run}\")")).expect("it rests");
    pair.await_follows("status = \"PAUSED\"");
    pair.source.run(&format!("clusterSync::cancelRun(\"{run}\")")).expect("it ends");
    let ended = pair.source.table(&format!("clusterSync::waitRun(\"{run}\", 30)"));
    assert_eq!(last_text(&ended, "status"), "OK");
}
