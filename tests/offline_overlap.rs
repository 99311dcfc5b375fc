//! Backup, shipping and restore of different partitions go on at the same time, from either side.
mod common;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clustersync::cluster::Cluster;
use clustersync::wire::Remote;
use common::Node;

const DAYS: usize = 10;
const ROWS: usize = DAYS * 100_000;
const COUNT: &str = "exec count(*) from loadTable(\"dfs://v\", \"t\")";

/// What somebody sees who looks at the target and its directory again and again.
#[derive(Default)]
struct Seen {
    /// Folders of partitions that ever lay there.
    folders: HashSet<PathBuf>,
    /// Whether rows were restored before the last of them had come.
    restored_early: bool,
    /// Whether several lay there before all rows were restored.
    shipped_ahead: bool,
}

impl Seen {
    fn look(&mut self, target: &mut Remote, arrivals: &Path) {
        let held = target.query(COUNT).ok().and_then(|rows| rows.as_i64()).expect("a count") as usize;
        let mut now = HashSet::new();
        gather(arrivals, &mut now);
        self.shipped_ahead |= now.len() > 1 && held < ROWS;
        self.folders.extend(now);
        self.restored_early |= held > 0 && self.folders.len() < DAYS;
    }
}

/// Folders below `dir` that hold a partition's file: of a copy one named by the chunk, of rows the piece's.
fn gather(dir: &Path, found: &mut HashSet<PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        match entry.path().is_dir() {
            true => gather(&entry.path(), found),
            // A name that is a chunk's id, or a file in a folder of that name.
            false if is_id(&name) => drop(found.insert(dir.to_owned())),
            false if is_id(&dir.file_name().expect("a name").to_string_lossy()) => {
                found.insert(dir.to_owned());
            }
            false => {}
        }
    }
}

fn is_id(name: &str) -> bool {
    name.len() == 36 && name.bytes().filter(|byte| *byte == b'-').count() == 4
}

fn sync_while_somebody_looks(direction: &str, consistent: bool, switches: &[&str]) -> Seen {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start_with("B", "3.00.3", switches));
    target.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
    let [a, b] = [(); 2].map(|()| tempfile::tempdir().expect("a directory"));
    for node in [&mut source, &mut target] {
        let (a, b) = (a.path().display(), b.path().display());
        node.run(&format!(
            "clusterSync::setRoots([\"{a}\", \"{b}\"]);
             createPartitionedTable(database(\"dfs://v\", VALUE, 1..{DAYS}),
               table(1:0, `k`v, [\"INT\", \"LONG\"]), \"t\", `k); 0"
        ))
        .expect("the table");
    }
    // Shipped at a pace, so that the first partition is there long before the last.
    let rows = format!("table(take(1..{DAYS}, {ROWS}) as k, long(1..{ROWS}) as v)");
    source.run(&format!("tableInsert(loadTable(\"dfs://v\", \"t\"), {rows})")).expect("rows");
    let mut onlooker = Remote::connect(&target.endpoint()).expect("a session");
    let (near, far) = if direction == "push" { (&mut source, &target) } else { (&mut target, &source) };
    let call = format!(
        "clusterSync::syncOffline({}, \"dfs://v\", \"t\", , dict([\"backupDir\", \"restoreDir\", \"direction\",
           \"consistent\", \"lanes\", \"shipper\", \"rateLimit\"],
           (\"{}\", \"{}\", \"{direction}\", {consistent}, 1, \"stream\", 8)))",
        common::remote(far.port),
        a.path().display(),
        b.path().display()
    );
    let (mut seen, done) = (Seen::default(), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                seen.look(&mut onlooker, b.path());
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let result = near.run(&call);
        done.store(true, Ordering::Relaxed);
        result.expect(direction);
    });
    assert_eq!(source.number(COUNT), target.number(COUNT));
    seen
}

#[test]
fn a_partition_is_restored_while_others_are_shipped() {
    for direction in ["push", "pull"] {
        for consistent in [true, false] {
            let seen = sync_while_somebody_looks(direction, consistent, &[]);
            let Seen { folders, restored_early, shipped_ahead } = seen;
            let when = format!("{direction}, consistent {consistent}, {} seen", folders.len());
            assert!(restored_early && shipped_ahead, "{when}: {restored_early} {shipped_ahead}");
        }
    }
}

#[test]
fn a_server_that_wants_the_whole_backup_gets_it() {
    for direction in ["push", "pull"] {
        let seen = sync_while_somebody_looks(direction, true, &["--whole-backups"]);
        assert!(!seen.restored_early, "{direction}");
    }
}
