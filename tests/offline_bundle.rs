//! Tables that reach a cluster in bundles: sealed, in volumes, base and delta.
mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use clustersync::data::Batch;
use common::Node;
use common::shown::{number, texts};

struct World {
    source: Node,
    target: Node,
    root: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        let (mut source, mut target) = (Node::with_plugin("A"), Node::with_plugin("B"));
        let root = tempfile::tempdir().expect("a directory");
        for node in [&mut source, &mut target] {
            node.run(
                "db = database(\"dfs://c\", VALUE, 1..5);
                 createPartitionedTable(db, table(1:0, `k`v, [\"INT\", \"LONG\"]), \"t\", `k); 0",
            )
            .expect("the table");
            node.run(&format!("clusterSync::setRoots([\"{}\"])", root.path().display())).expect("roots");
        }
        let world = World { source, target, root };
        fs::write(world.path("key"), "5a".repeat(32)).expect("a key");
        fs::set_permissions(world.path("key"), fs::Permissions::from_mode(0o600)).expect("its mode");
        world
    }

    fn path(&self, name: &str) -> String {
        self.root.path().join(name).display().to_string()
    }

    fn fill(&mut self, keys: &str, rows: i64) {
        let script = format!(
            "tableInsert(loadTable(\"dfs://c\", \"t\"), table(take({keys}, {rows}) as k, long(1..{rows}) as v))"
        );
        assert_eq!(self.source.number(&script), rows);
    }

    /// Backs up what the source holds and exports it as `name`, without what `base` has.
    fn export(&mut self, name: &str, base: Option<&str>) -> Batch {
        let pieces = self.path(&format!("pieces-{name}"));
        self.source.table(&format!(
            "clusterSync::backupTo(\"{pieces}\", \"dfs://c\", \"t\", , dict([\"consistent\"], [false]))"
        ));
        let (media, key) = (self.path(name), self.path("key"));
        let options = match base {
            None => format!("dict([\"keyFile\", \"volumeSize\"], (\"{key}\", 1))"),
            Some(base) => {
                format!(
                    "dict([\"keyFile\", \"volumeSize\", \"base\"], (\"{key}\", 1, \"{}\"))",
                    self.path(base)
                )
            }
        };
        self.source.table(&format!("clusterSync::exportBundle(\"{pieces}\", \"{media}\", {options})"))
    }

    fn import(&mut self, name: &str, mode: &str) -> Batch {
        let (media, key, out) = (self.path(name), self.path("key"), self.path(&format!("out-{name}")));
        let options = format!("dict([\"keyFile\"], [\"{key}\"])");
        for _ in 0..2 {
            self.target.table(&format!("clusterSync::importBundle(\"{media}\", \"{out}\", {options})"));
        }
        let mode = format!("dict([\"mode\"], [\"{mode}\"])");
        self.target.table(&format!("clusterSync::restoreFrom(\"{out}\", \"dfs://c\", \"t\", {mode})"))
    }

    /// What an inspection says of the partitions, in their order.
    fn states(&mut self, name: &str, more: &str) -> Vec<String> {
        let (media, key) = (self.path(name), self.path("key"));
        let options = match more {
            "" => format!("dict([\"keyFile\"], [\"{key}\"])"),
            report => format!("dict([\"keyFile\", \"report\"], [\"{key}\", \"{}\"])", self.path(report)),
        };
        let found = self.target.table(&format!("clusterSync::inspectBundle(\"{media}\", {options})"));
        texts(&found, "state")
    }

    fn require_equal(&mut self) {
        let remote = common::remote(self.target.port);
        let verify = format!("clusterSync::verify({remote}, \"dfs://c\", \"t\")");
        assert_eq!(self.source.table(&verify).rows, 0);
    }
}

#[test]
fn a_base_then_a_delta_bring_everything_once() {
    let mut world = World::new();
    world.fill("1..4", 200_000);
    let base = world.export("one", None);
    assert_eq!((number(&base, "pieces"), number(&base, "inBase")), (4, 0));
    assert!(number(&base, "volumes") > 1, "a megabyte each");
    assert_eq!(world.states("one", ""), ["MISSING"; 4]);
    assert_eq!(number(&world.import("one", "auto"), "rows"), 200_000);
    assert_eq!(number(&world.import("one", "auto"), "rows"), 0, "any number of times");
    world.require_equal();
    assert_eq!(world.states("one", "report"), ["PRESENT"; 4]);

    world.fill("[2, 5]", 10);
    for base in ["one", "report"] {
        let name = format!("delta-{base}");
        let delta = world.export(&name, Some(base));
        assert_eq!((number(&delta, "pieces"), number(&delta, "inBase")), (2, 3), "{base}");
    }
    assert_eq!(world.states("delta-one", ""), ["PRESENT", "DIFFERENT", "PRESENT", "PRESENT", "MISSING"]);
    assert_eq!(number(&world.import("delta-one", "replace"), "copied"), 2);
    world.require_equal();
    assert_eq!(number(&world.import("delta-report", "auto"), "copied"), 0);
}

#[test]
fn a_bundle_of_another_key_database_or_media_is_refused() {
    let mut world = World::new();
    world.fill("1..4", 100);
    world.export("one", None);
    let (media, out) = (world.path("one"), world.path("out"));
    let import = format!("clusterSync::importBundle(\"{media}\", \"{out}\"");
    let sealed = world.target.error(&format!("{import})"));
    assert!(sealed.contains("is sealed; give the option keyFile"), "{sealed}");
    let other = world.path("other");
    fs::write(&other, "00".repeat(32)).unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o600)).unwrap();
    let wrong = world.target.error(&format!("{import}, dict([\"keyFile\"], [\"{other}\"]))"));
    assert!(wrong.contains("was sealed with another key, or changed"), "{wrong}");
    assert!(!std::path::Path::new(&out).exists());

    world.import("one", "auto");
    world
        .target
        .run(
            "d = database(\"dfs://else\", VALUE, 1..5);
        createPartitionedTable(d, table(1:0, `k`v, [\"INT\", \"LONG\"]), \"t\", `k); 0",
        )
        .unwrap();
    let unpacked = world.path("out-one");
    let other_db =
        world.target.error(&format!("clusterSync::restoreFrom(\"{unpacked}\", \"dfs://else\", \"t\")"));
    assert!(other_db.contains("; "), "{other_db}");
    let outside = world.target.error(&format!("clusterSync::importBundle(\"{media}\", \"/var/tmp/x\")"));
    assert!(outside.contains("is not below one that this node allows"), "{outside}");
    let full = world.path("pieces-one");
    let again = world.source.error(&format!("clusterSync::exportBundle(\"{full}\", \"{media}\")"));
    assert!(again.contains("holds a bundle already"), "{again}");
}

#[test]
fn an_export_and_an_import_that_die_anywhere_are_repeated() {
    let mut world = World::new();
    world.fill("1..4", 200_000);
    let (pieces, media, out) = (world.path("pieces"), world.path("media"), world.path("out"));
    world.source.table(&format!(
        "clusterSync::backupTo(\"{pieces}\", \"dfs://c\", \"t\", , dict([\"consistent\"], [false]))"
    ));
    let export = format!("clusterSync::exportBundle(\"{pieces}\", \"{media}\", dict([\"volumeSize\"], [1]))");
    let import = format!("clusterSync::importBundle(\"{media}\", \"{out}\")");
    for skip in [0, 2] {
        world.source.die_at("packed", skip);
        assert!(world.source.run(&export).is_err() && !world.source.spare(), "packed {skip}");
        let error = world.target.error(&import);
        assert!(error.contains("there is no complete bundle"), "{error}");
        world.source.revive("A");
        world.source.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
    }
    world.source.limit_files(100_000);
    let full = world.source.error(&export);
    assert!(full.contains("there is no room left on the disk for"), "{full}");
    world.source.limit_files(1 << 40);
    world.source.table(&export);
    world.target.limit_files(100_000);
    let full = world.target.error(&import);
    assert!(full.contains("there is no room left on the disk for"), "{full}");
    world.target.limit_files(1 << 40);
    for (place, skip) in [("unpacked", 0), ("unpacked", 3), ("replacing", 0), ("replacing", 2)] {
        world.target.die_at(place, skip);
        assert!(world.target.run(&import).is_err() && !world.target.spare(), "{place} {skip}");
        world.target.revive("B");
        world.target.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
    }
    world.target.table(&import);
    let restore = format!("clusterSync::restoreFrom(\"{out}\", \"dfs://c\", \"t\")");
    assert_eq!(number(&world.target.table(&restore), "rows"), 200_000);
    world.target.table(&import);
    assert_eq!(number(&world.target.table(&restore), "rows"), 0, "imported and restored again");
    world.require_equal();
}

#[test]
fn a_delta_is_refused_where_its_base_is_not() {
    let mut world = World::new();
    world.fill("1..4", 1000);
    world.export("one", None);
    world.fill("[2, 5]", 10);
    world.export("delta", Some("one"));
    let (delta, out, options) =
        (world.path("delta"), world.path("out"), format!("dict([\"keyFile\"], [\"{}\"])", world.path("key")));
    let import = format!("clusterSync::importBundle(\"{delta}\", \"{out}\", {options})");
    let error = world.target.error(&import);
    assert!(error.contains("goes without partition /1 of dfs://c t, which its base"), "{error}");
    assert!(error.contains("import and restore the base first, or export without `base`"), "{error}");
    assert!(!std::path::Path::new(&out).exists());

    // Other rows than those of the base are no base.
    world
        .target
        .run("tableInsert(loadTable(\"dfs://c\", \"t\"), table(take([1, 3, 4], 9) as k, long(1..9) as v))")
        .unwrap();
    assert!(world.target.error(&import).contains("here it is different"));
    world.target.run("delete from loadTable(\"dfs://c\", \"t\")").unwrap();

    // A base that was imported there and not restored yet is one.
    let one = world.path("one");
    world.target.table(&format!("clusterSync::importBundle(\"{one}\", \"{out}\", {options})"));
    world.target.table(&import);
    world.target.table(&format!("clusterSync::restoreFrom(\"{out}\", \"dfs://c\", \"t\")"));
    world.require_equal();
}
