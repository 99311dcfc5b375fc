//! Offline syncs that come again and again: what changed, what went, what came since, and who else
//! is at it.
mod common;

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use clustersync::cluster::Cluster;
use clustersync::wire::Remote;
use common::Node;
use common::shown::number;

const TABLE: &str = "loadTable(\"dfs://d\", \"t\")";
const LEDGER: &str = "loadTable(\"dfs://clusterSync\", \"leases\")";
const DAYS: i64 = 12;

struct World {
    source: Node,
    target: Node,
    a: tempfile::TempDir,
    b: tempfile::TempDir,
}

impl World {
    /// So many rows on each of the days.
    fn new(rows: i64) -> World {
        let (mut source, mut target) = (Node::with_plugin("A"), Node::with_plugin("B"));
        let [a, b] = [(); 2].map(|()| tempfile::tempdir().expect("a directory"));
        for node in [&mut source, &mut target] {
            node.run(
                "db = database(\"dfs://d\", VALUE, 2024.01.01..2024.01.12);
                 createPartitionedTable(db, table(1:0, `day`v, [\"DATE\", \"LONG\"]), \"t\", `day); 0",
            )
            .expect("the table");
            let [a, b] = [&a, &b].map(|dir| dir.path().display().to_string());
            node.run(&format!("clusterSync::setRoots([\"{a}\", \"{b}\"])")).expect("roots");
        }
        let mut world = World { source, target, a, b };
        world.add("2024.01.01..2024.01.12", DAYS * rows);
        world
    }

    fn add(&mut self, days: &str, rows: i64) {
        let rows = format!("table(take({days}, {rows}) as day, long(1..{rows}) as v)");
        self.source.run(&format!("tableInsert({TABLE}, {rows})")).expect("rows");
    }

    fn call(&self, direction: &str, more: &[(&str, &str)]) -> String {
        let dirs = [("backupDir", &self.a), ("restoreDir", &self.b)];
        let mut options = vec![("direction".to_owned(), format!("\"{direction}\""))];
        options.extend(dirs.map(|(name, dir)| (name.to_owned(), format!("\"{}\"", dir.path().display()))));
        options.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let remote = common::remote(if direction == "push" { self.target.port } else { self.source.port });
        let options = common::dict(&options);
        format!("clusterSync::syncOffline({remote}, \"dfs://d\", \"t\", , {options})")
    }

    fn near(&mut self, direction: &str) -> &mut Node {
        if direction == "push" { &mut self.source } else { &mut self.target }
    }

    /// The numbers of what one call copied, skipped and removed.
    fn sync(&mut self, direction: &str, more: &[(&str, &str)]) -> [i64; 3] {
        let call = self.call(direction, more);
        let result = self.near(direction).table(&call);
        ["copied", "skipped", "removed"].map(|name| number(&result, name))
    }

    fn require_equal(&mut self) {
        for what in ["count(*)", "sum(v)", "sum(v * long(day))"] {
            let query = format!("exec {what} from {TABLE}");
            assert_eq!(self.source.number(&query), self.target.number(&query), "{what}");
        }
    }
}

#[test]
fn an_incremental_call_reads_and_ships_only_what_has_changed() {
    for direction in ["push", "pull"] {
        let mut world = World::new(100);
        let options = [("incremental", "true"), ("mode", "\"replace\"")];
        assert_eq!(world.sync(direction, &options), [DAYS, 0, 0]);
        assert_eq!(world.sync(direction, &options), [0, DAYS, 0]);
        world.add("[2024.01.02]", 1);
        // An update that leaves the number of rows alone, and whose sum is the same.
        let swap = "update loadTable(\"dfs://d\", \"t\") set v = -v where day = 2024.01.05";
        world.source.run(swap).expect("an update");
        let dry = world.call(direction, &[options[0], options[1], ("dryRun", "true")]);
        let plan = world.near(direction).table(&dry);
        let reasons = plan.column("reason").expect("reasons").texts();
        let unchanged = reasons.filter(|reason| reason.starts_with(b"unchanged since")).count();
        assert_eq!(unchanged as i64, DAYS - 2, "{direction}");
        assert_eq!(world.sync(direction, &options), [2, DAYS - 2, 0]);
        world.require_equal();
        assert_eq!(world.sync(direction, &options), [0, DAYS, 0]);
    }
}

#[test]
fn a_mirror_removes_what_the_source_no_longer_has_and_not_too_much() {
    for direction in ["push", "pull"] {
        let mut world = World::new(50);
        world.sync(direction, &[("mode", "\"auto\"")]);
        world
            .source
            .run(&format!("delete from {TABLE} where day in [2024.01.03, 2024.01.04]"))
            .expect("gone");
        let kept = world.call(direction, &[("mode", "\"replace\"")]);
        let kept = world.near(direction).error(&kept);
        assert!(kept.contains("where the source has none"), "{kept}");
        let much = world.call(direction, &[("mirror", "true")]);
        let much = world.near(direction).error(&much);
        assert!(much.contains("2 of its 12 partitions would be removed, more than 5 percent"), "{much}");
        let options = [("mirror", "true"), ("maxDelete", "20")];
        assert_eq!(world.sync(direction, &options), [0, DAYS - 2, 2]);
        world.require_equal();
        assert_eq!(world.sync(direction, &options), [0, DAYS - 2, 0]);
    }
}

#[test]
fn a_window_without_a_beginning_goes_on_where_the_last_one_ended() {
    let mut world = World::new(10);
    let upto = |to: &'static str| [("column", "\"day\""), ("to", to), ("mode", "\"replace\"")];
    assert_eq!(world.sync("push", &upto("2024.01.05")), [4, 0, 0]);
    assert_eq!(world.sync("push", &upto("2024.01.09")), [4, 0, 0]);
    world.add("[2024.01.08]", 5);
    let late = [upto("2024.01.11").as_slice(), &[("lookBack", "\"4d\"")]].concat();
    assert_eq!(world.sync("push", &late), [3, 3, 0], "the two new days and the one that grew");
    assert_eq!(world.sync("push", &upto("2024.01.13")), [2, 0, 0]);
    world.require_equal();
    let pull = world.call("pull", &upto("2024.01.13"));
    let refused = world.target.error(&pull);
    assert!(refused.contains("needs the option `from` in a pull"), "{refused}");
}

#[test]
fn a_pull_and_a_restore_wait_for_whoever_has_the_table() {
    let mut world = World::new(10);
    world.sync("pull", &[("mode", "\"auto\"")]);
    assert_eq!(world.target.number(&format!("exec count(*) from {LEDGER}")), 0, "it was given back");
    world
        .target
        .run(&format!(
            "tableInsert({LEDGER}, table([\"dfs://d\"] as dbPath, [\"t\"] as tableName, [\"r-1\"] as runId,
               [\"ann on C\"] as holder, [now()] as since, [now() + 60000] as expires, [0l] as beat))"
        ))
        .expect("somebody else's claim");
    world.add("[2024.01.02]", 1);
    let pull = world.call("pull", &[("mode", "\"replace\"")]);
    let dir = world.a.path().display().to_string();
    world.source.run(&format!("clusterSync::backupTo(\"{dir}\", \"dfs://d\", \"t\")")).expect("a backup");
    let restore =
        format!("clusterSync::restoreFrom(\"{dir}\", \"dfs://d\", \"t\", dict([\"mode\"], [\"replace\"]))");
    let skipped = "exec last(message) from clusterSync::getRuns() where status = \"SKIPPED\"";
    world.target.run(&pull).expect("another run's table is left to it");
    let why = world.target.run(skipped).expect("the runs");
    for said in [why.as_str().expect("a reason").to_owned(), world.target.error(&restore)] {
        assert!(said.contains("ann on C") && said.contains("r-1"), "{said}");
    }
    world.target.run(&format!("delete from {LEDGER}")).expect("the claim is gone");
    world.target.run(&restore).expect("restored");
    world.require_equal();
}

#[test]
fn rows_that_come_while_a_restore_waits_for_its_turn_are_not_replaced_by_files() {
    let mut world = World::new(10);
    world.sync("pull", &[("mode", "\"auto\"")]);
    let dir = world.a.path().display().to_string();
    world.source.run(&format!("clusterSync::backupTo(\"{dir}\", \"dfs://d\", \"t\")")).expect("a backup");
    let claim =
        "table([\"dfs://d\"] as dbPath, [\"t\"] as tableName, [\"r-1\"] as runId, [\"ann on C\"] as holder,
        [now()] as since, [now() + 60000] as expires, [0l] as beat)";
    world.target.run(&format!("delete from {TABLE}; tableInsert({LEDGER}, {claim})")).expect("its turn");
    let mut other = Remote::connect(&world.target.endpoint()).expect("a session");
    let restore = format!(
        "clusterSync::restoreFrom(\"{dir}\", \"dfs://d\", \"t\", dict([\"mode\", \"wait\"], (\"append\", 60)))"
    );
    let said = std::thread::scope(|scope| {
        let call = scope.spawn(|| world.target.error(&restore));
        let running = "exec count(*) from clusterSync::getRuns() where status = \"RUNNING\"";
        while other.query(running).expect("the runs").as_i64() == Some(0) && !call.is_finished() {}
        let come =
            format!("tableInsert({TABLE}, table([2024.01.03] as day, [-1l] as v)); delete from {LEDGER}");
        other.query(&come).expect("somebody's rows, and the end of the run");
        call.join().expect("a refusal")
    });
    assert!(said.contains("partition /20240103") && said.contains("it holds 1 rows"), "{said}");
    let left = world.target.number(&format!("exec count(*) from {TABLE} where v = -1"));
    assert_eq!(left, 1, "what has come stays");
}

/// As a server does that takes longer to restore a partition than the lease lasts.
#[test]
fn a_lease_that_a_restore_outlives_is_taken_again() {
    let mut world = World::new(33_000);
    let call = world.call("pull", &[("lease", "1"), ("consistent", "false")]);
    let mut onlooker = Remote::connect(&world.target.endpoint()).expect("a session");
    let mut held = move || onlooker.query(&format!("exec count(*) from {TABLE}")).expect("rows").as_i64();
    let (target, all) = (world.target.pid().to_string(), 33_000 * DAYS);
    let signal = |what: &str| Command::new("kill").args([what, &target]).status().expect("kill runs");
    std::thread::scope(|scope| {
        let call = scope.spawn(|| world.target.run(&call));
        while held() == Some(0) {}
        assert!(held() < Some(all) && signal("-STOP").success());
        std::thread::sleep(Duration::from_millis(1500));
        assert!(signal("-CONT").success());
        call.join().expect("no panic").expect("the sync");
    });
    world.require_equal();
    assert_eq!(world.target.number(&format!("exec count(*) from {LEDGER}")), 0, "it was given back");
}

#[test]
fn pieces_never_take_more_than_the_disk_budget_on_either_side() {
    // A piece of some 0.4 MB each.
    for direction in ["push", "pull"] {
        let mut world = World::new(33_000);
        let options = [("consistent", "false"), ("diskBudget", "1"), ("lanes", "1")];
        let call = world.call(direction, &options);
        let (most, done) = ([AtomicU64::new(0), AtomicU64::new(0)], AtomicBool::new(false));
        let dirs = [world.a.path().to_owned(), world.b.path().to_owned()];
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    for (dir, most) in dirs.iter().zip(&most) {
                        most.fetch_max(size(dir), Ordering::Relaxed);
                    }
                    std::thread::sleep(Duration::from_millis(2));
                }
            });
            let result = world.near(direction).run(&call);
            done.store(true, Ordering::Relaxed);
            result.expect(direction);
        });
        world.require_equal();
        let most = most.map(AtomicU64::into_inner);
        assert!(most.iter().all(|most| (300_000..1 << 20).contains(most)), "{direction}: {most:?}");
    }
}

#[test]
fn a_full_disk_on_either_side_is_named_and_nothing_is_lost() {
    let mut world = World::new(33_000);
    let call = world.call("push", &[("consistent", "false"), ("retries", "0"), ("lease", "0")]);
    for source_is_full in [true, false] {
        let full = if source_is_full { &world.source } else { &world.target };
        full.limit_files(200_000);
        let error = world.source.error(&call);
        let side = if source_is_full { "at the source" } else { "at the target" };
        assert!(error.contains("partition /2024") && error.contains(side), "{error}");
        assert!(error.contains("File too large"), "{error}");
        for node in [&world.source, &world.target] {
            node.limit_files(1 << 40);
        }
    }
    world.source.table(&call);
    world.require_equal();
}

/// Bytes of all files below `dir` that are there at the moment.
fn size(dir: &Path) -> u64 {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let each = entries.map(|entry| match entry.metadata() {
        Ok(found) if found.is_dir() => size(&entry.path()),
        Ok(found) => found.len(),
        Err(_) => 0,
    });
    each.sum()
}
