//! Tables that travel as backups: through directories and through a real rsync, from either side.
mod common;

use std::path::Path;

use clustersync::ship::contents;
use common::Node;
use common::shown::number;
use common::sshd::Sshd;

/// Days, each of as many rows.
const DAYS: usize = 6;
const ROWS: usize = DAYS * 500;

/// Makes `dfs://o` with the table `t`, whose columns come in the order of `columns`.
fn create(node: &mut Node, columns: &str, types: &str, days: &str) {
    node.run(&format!(
        "db = database(\"dfs://o\", COMPO, [database(, VALUE, {days}), database(, HASH, [SYMBOL, 2])]);
         createPartitionedTable(db, table(1:0, {columns}, {types}), \"t\", `day`code); 0"
    ))
    .expect("the table is created");
}

fn fill(node: &mut Node) {
    let stored = node.number(&format!(
        "n = {ROWS}; tableInsert(loadTable(\"dfs://o\", \"t\"),
           table(take(2024.01.01..2024.01.0{DAYS}, n) as day, take(`A`B`C, n) as code, double(1..n) as price))"
    ));
    assert_eq!(stored as usize, ROWS);
}

/// A source with rows, and a target whose columns come in another order and that lacks two days.
fn pair() -> World {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::with_plugin("B"));
    create(&mut source, "`day`code`price", "[\"DATE\", \"SYMBOL\", \"DOUBLE\"]", "2024.01.01..2024.01.06");
    create(&mut target, "`price`code`day", "[\"DOUBLE\", \"SYMBOL\", \"DATE\"]", "2024.01.01..2024.01.04");
    fill(&mut source);
    World::of(source, target)
}

/// Two tables built alike.
fn alike() -> World {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::with_plugin("B"));
    for node in [&mut source, &mut target] {
        create(node, "`day`code`price", "[\"DATE\", \"SYMBOL\", \"DOUBLE\"]", "2024.01.01..2024.01.06");
    }
    fill(&mut source);
    World::of(source, target)
}

struct World {
    source: Node,
    target: Node,
    a: tempfile::TempDir,
    b: tempfile::TempDir,
}

impl World {
    fn of(mut source: Node, mut target: Node) -> World {
        let [a, b] = [(); 2].map(|()| tempfile::tempdir().expect("a directory"));
        for node in [&mut source, &mut target] {
            allow(node, a.path(), b.path());
        }
        World { source, target, a, b }
    }

    /// `dict` of the directories and `more` options, such as `("keep", "true")`.
    fn options(&self, more: &[(&str, &str)]) -> String {
        let dirs = [("backupDir", self.a.path()), ("restoreDir", self.b.path())];
        let mut all: Vec<(String, String)> =
            dirs.map(|(name, path)| (name.to_owned(), format!("\"{}\"", path.display()))).to_vec();
        all.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        common::dict(&all)
    }

    fn push(&self, filter: &str, more: &[(&str, &str)]) -> String {
        let remote = common::remote(self.target.port);
        format!("clusterSync::syncOffline({remote}, \"dfs://o\", \"t\", {filter}, {})", self.options(more))
    }

    fn pull(&self, more: &[(&str, &str)]) -> String {
        let remote = common::remote(self.source.port);
        let more: Vec<(&str, &str)> = more.iter().copied().chain([("direction", "\"pull\"")]).collect();
        format!("clusterSync::syncOffline({remote}, \"dfs://o\", \"t\", , {})", self.options(&more))
    }

    /// Both sides hold the same, each row once.
    fn require_equal(&mut self) {
        let remote = common::remote(self.target.port);
        let differences = self.source.table(&format!("clusterSync::verify({remote}, \"dfs://o\", \"t\")"));
        assert_eq!(differences.rows, 0);
        let count = "exec count(*) from loadTable(\"dfs://o\", \"t\")";
        assert_eq!(self.source.number(count), self.target.number(count));
    }

    /// No piece is left anywhere.
    fn require_clean(&self) {
        for dir in [&self.a, &self.b] {
            assert_eq!(contents(dir.path()).expect("a listing"), []);
        }
    }
}

fn allow(node: &mut Node, a: &Path, b: &Path) {
    node.run(&format!("clusterSync::setRoots([\"{}\", \"{}\"])", a.display(), b.display())).expect("roots");
}

#[test]
fn a_push_adds_partitions_and_reorders_columns_and_repeats_for_nothing() {
    let mut world = pair();
    let push = world.push("", &[]);
    let result = world.source.table(&push);
    assert_eq!(number(&result, "rows") as usize, ROWS);
    assert_eq!((number(&result, "copied"), number(&result, "verified")), (DAYS as i64, 1));
    assert!(number(&result, "bytes") > 0);
    world.require_equal();
    world.require_clean();
    let again = world.source.table(&push);
    assert_eq!((number(&again, "copied"), number(&again, "skipped"), number(&again, "bytes")), (0, 6, 0));
    world.require_equal();
}

#[test]
fn a_whole_table_is_taken_at_one_moment_where_both_are_built_alike() {
    let mut world = alike();
    let push = world.push("", &[("keep", "true")]);
    let result = world.source.table(&push);
    assert_eq!(number(&result, "rows") as usize, ROWS);
    world.require_equal();
    let pieces: Vec<_> = std::fs::read_dir(world.a.path().join("o+t")).expect("pieces").collect();
    assert_eq!(pieces.len(), 1, "one piece for all: {pieces:?}");
}

#[test]
fn one_changed_day_travels_alone() {
    let mut world = alike();
    world.source.table(&world.push("", &[]));
    world
        .source
        .run("delete from loadTable(\"dfs://o\", \"t\") where day = 2024.01.02, price < 100")
        .unwrap();
    let refused = world.source.error(&world.push("", &[]));
    assert!(refused.contains("/20240102/Key") && refused.contains("differ"), "{refused}");
    let result = world.source.table(&world.push("", &[("mode", "\"replace\"")]));
    assert!((1..=2).contains(&number(&result, "copied")), "{result:?}");
    world.require_equal();
    world.require_clean();
}

#[test]
fn a_filter_takes_its_rows_and_no_others() {
    let mut world = alike();
    let push = world.push("\"price > 1000\"", &[]);
    assert_eq!(number(&world.source.table(&push), "rows") as usize, ROWS - 1000);
    assert_eq!(number(&world.source.table(&push), "rows"), 0);
    let least = world.target.number("long(exec min(price) from loadTable(\"dfs://o\", \"t\"))");
    assert_eq!(least, 1001);
}

#[test]
fn a_pull_brings_the_same() {
    for mut world in [pair(), alike()] {
        let pull = world.pull(&[]);
        let result = world.target.table(&pull);
        assert_eq!((number(&result, "rows") as usize, number(&result, "verified")), (ROWS, 1));
        world.require_equal();
        world.require_clean();
        assert_eq!(number(&world.target.table(&pull), "copied"), 0);
    }
}

#[test]
fn rsync_carries_pushes_and_pulls() {
    let sshd = Sshd::start();
    let ssh = [("ssh", sshd.login()), ("sshKey", sshd.file("user").display().to_string())];
    let known = ("knownHosts", sshd.file("known").display().to_string());
    let ssh: Vec<(&str, String)> =
        ssh.into_iter().chain([known]).map(|(name, value)| (name, format!("\"{value}\""))).collect();
    let ssh: Vec<(&str, &str)> = ssh.iter().map(|(name, value)| (*name, value.as_str())).collect();

    let mut world = pair();
    let result = world.source.table(&world.push("", &ssh));
    assert_eq!(number(&result, "rows") as usize, ROWS);
    world.require_equal();
    world.require_clean();

    let mut world = pair();
    let result = world.target.table(&world.pull(&ssh));
    assert_eq!(number(&result, "rows") as usize, ROWS);
    world.require_equal();
    world.require_clean();
}

#[test]
fn the_three_steps_stand_alone() {
    for consistent in ["true", "false"] {
        let mut world = alike();
        let (a, b) = (world.a.path().display().to_string(), world.b.path().display().to_string());
        let saved = world.source.table(&format!(
            "clusterSync::backupTo(\"{a}\", \"dfs://o\", \"t\", , dict([\"consistent\"], [{consistent}]))"
        ));
        assert_eq!(number(&saved, "rows") as usize, ROWS);
        let ship = format!("clusterSync::shipTo(\"{a}\", \"{b}\")");
        assert_eq!(number(&world.source.table(&ship), "verified"), 1);
        assert_eq!(number(&world.source.table(&ship), "sent"), 0);
        let restore = format!("clusterSync::restoreFrom(\"{b}\", \"dfs://o\", \"t\")");
        assert_eq!(number(&world.target.table(&restore), "rows") as usize, ROWS);
        assert_eq!(number(&world.target.table(&restore), "rows"), 0);
        world.require_equal();
    }
}

#[test]
fn a_directory_of_the_servers_own_backup_is_restored_once() {
    let mut world = alike();
    let (a, rows) = (world.a.path().display().to_string(), ROWS as i64);
    world.source.run(&format!("backup(\"{a}\", <select * from loadTable(\"dfs://o\", \"t\")>)")).unwrap();
    let restore = format!("clusterSync::restoreFrom(\"{a}\", \"dfs://o\", \"t\")");
    assert_eq!(number(&world.target.table(&restore), "rows"), rows);
    assert_eq!(number(&world.target.table(&restore), "rows"), 0);
    world.require_equal();

    let mut world = alike();
    let a = world.a.path().display().to_string();
    world.source.run(&format!("backupTable(\"{a}\", \"dfs://o\", \"t\")")).unwrap();
    let restore = format!("clusterSync::restoreFrom(\"{a}\", \"dfs://o\", \"t\")");
    assert_eq!(number(&world.target.table(&restore), "rows"), rows);
    world.require_equal();
}
