//! Pieces in chunks to a node that has the plugin: no directory is shared, whoever dies.
mod common;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use clustersync::cluster::Cluster;
use clustersync::model::Secret;
use clustersync::ship::contents;
use clustersync::wire::{Endpoint, Remote};
use common::Node;
use common::shown::number;
use common::sshd::Sshd;

/// Rows of each of four partitions, so many that a piece takes several messages.
const ROWS: i64 = 200_000;
const TABLE: &str = "loadTable(\"dfs://k\", \"t\")";

struct World {
    source: Node,
    target: Node,
    a: tempfile::TempDir,
    b: tempfile::TempDir,
}

impl World {
    /// Each node may use its own directory only.
    fn new() -> World {
        let (mut source, mut target) = (Node::with_plugin("A"), Node::with_plugin("B"));
        let [a, b] = [(); 2].map(|()| tempfile::tempdir().expect("a directory"));
        for (node, dir) in [(&mut source, &a), (&mut target, &b)] {
            node.run(
                "db = database(\"dfs://k\", VALUE, 1..4);
                 createPartitionedTable(db, table(1:0, `k`v, [\"INT\", \"LONG\"]), \"t\", `k); 0",
            )
            .expect("the table");
            node.run(&format!("clusterSync::setRoots(\"{}\")", dir.path().display())).expect("roots");
        }
        let all = 4 * ROWS;
        let fill = format!("tableInsert({TABLE}, table(take(1..4, {all}) as k, long(1..{all}) as v))");
        assert_eq!(source.number(&fill), all);
        World { source, target, a, b }
    }

    fn call(&self, direction: &str, more: &[(&str, &str)]) -> String {
        let dirs = [("backupDir", &self.a), ("restoreDir", &self.b)];
        let dirs = dirs.map(|(name, dir)| (name.to_owned(), format!("\"{}\"", dir.path().display())));
        let mut options = dirs.to_vec();
        options.push(("direction".into(), format!("\"{direction}\"")));
        options.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let remote = common::remote(if direction == "push" { self.target.port } else { self.source.port });
        let options = common::dict(&options);
        format!("clusterSync::syncOffline({remote}, \"dfs://k\", \"t\", , {options})")
    }

    /// The node that is called for a sync in this direction.
    fn near(&mut self, direction: &str) -> &mut Node {
        if direction == "push" { &mut self.source } else { &mut self.target }
    }

    fn require_equal(&mut self, what: &str) {
        self.require_rows(what);
        for dir in [&self.a, &self.b] {
            assert_eq!(contents(dir.path()).expect("a listing"), [], "{what}: no piece is left");
        }
    }

    fn require_rows(&mut self, what: &str) {
        for node in [&mut self.source, &mut self.target] {
            assert_eq!(node.number(&format!("exec count(*) from {TABLE}")), 4 * ROWS, "{what}");
            assert_eq!(
                node.number(&format!("exec sum(v) from {TABLE}")),
                2 * ROWS * (4 * ROWS + 1),
                "{what}"
            );
        }
    }
}

#[test]
fn shipping_alone_streams_to_a_node_and_from_one() {
    for (direction, shipper) in [("push", "stream"), ("pull", "stream"), ("push", "auto")] {
        let mut world = World::new();
        let [a, b] = [&world.a, &world.b].map(|dir| dir.path().display().to_string());
        world.source.table(&format!("clusterSync::backupTo(\"{a}\", \"dfs://k\", \"t\")"));
        let far = if direction == "push" { world.target.port } else { world.source.port };
        let mut options = vec![
            ("shipper", format!("\"{shipper}\"")),
            ("direction", format!("\"{direction}\"")),
            ("lanes", "2".to_owned()),
        ];
        let ship = |options: &[(&str, String)]| {
            format!("clusterSync::shipTo(\"{a}\", \"{b}\", {})", common::dict(options))
        };
        if shipper == "stream" {
            let error = world.near(direction).error(&ship(&options));
            assert!(error.contains("a stream needs the option `remote`"), "{error}");
        }
        options.push(("remote", common::remote(far)));
        let call = ship(&options);
        let first = world.near(direction).table(&call);
        assert_eq!((number(&first, "verified"), number(&first, "sent")), (1, number(&first, "bytes")));
        assert!(number(&first, "bytes") > 1 << 20);
        assert_eq!(contents(world.a.path()).expect("a"), contents(world.b.path()).expect("b"));
        assert_eq!(number(&world.near(direction).table(&call), "sent"), 0);

        options.push(("rateLimit", "0.01".to_owned()));
        std::fs::remove_dir_all(world.b.path().join("k+t")).expect("what came");
        let call = ship(&options).replace(&common::remote(far), &common::remote(common::unused_port()));
        let error = world.near(direction).error(&call);
        assert!(error.contains("127.0.0.1:") && error.contains("; "), "{error}");
        world.near(direction).table(&ship(&options[..4]));
        world.target.table(&format!("clusterSync::restoreFrom(\"{b}\", \"dfs://k\", \"t\")"));
        world.require_rows(direction);
    }
}

#[test]
fn where_no_directory_is_shared_a_stream_carries_pushes_and_pulls() {
    for (direction, consistent) in [("push", "true"), ("push", "false"), ("pull", "true"), ("pull", "false")]
    {
        let mut world = World::new();
        let call = world.call(direction, &[("consistent", consistent), ("lanes", "2")]);
        let near = if direction == "push" { &world.source } else { &world.target };
        let mut session = Remote::connect(&near.endpoint()).expect("a session");
        let said = Arc::new(Mutex::new(String::new()));
        let heard = said.clone();
        session.on_message(move |line| heard.lock().unwrap().push_str(line));
        session.query(&call).expect(direction);
        let said = said.lock().unwrap().clone();
        assert!(said.contains("in chunks from") && said.contains("(a stream, since no `ssh`"), "{said}");
        world.require_equal(direction);
    }
}

#[test]
fn whatever_ships_keeps_to_the_rate_of_the_call() {
    let sshd = Sshd::start();
    for shipper in ["stream", "directory", "rsync"] {
        let mut world = World::new();
        let [a, b] = [&world.a, &world.b].map(|dir| dir.path().display().to_string());
        world.source.run(&format!("clusterSync::setRoots([\"{a}\", \"{b}\"])")).expect("roots");
        world.source.table(&format!("clusterSync::backupTo(\"{a}\", \"dfs://k\", \"t\")"));
        let mut options = vec![("shipper", format!("\"{shipper}\"")), ("rateLimit", "4".to_owned())];
        if shipper == "stream" {
            options.push(("remote", common::remote(world.target.port)));
        }
        if shipper == "rsync" {
            let file = |name| format!("\"{}\"", sshd.file(name).display());
            options.push(("ssh", format!("\"{}\"", sshd.login())));
            options.extend([("sshKey", file("user")), ("knownHosts", file("known"))]);
        }
        let call = format!("clusterSync::shipTo(\"{a}\", \"{b}\", {})", common::dict(&options));
        let started = Instant::now();
        let sent = number(&world.source.table(&call), "sent") as f64;
        // Where the disk shares blocks between files, a copy sends nothing.
        assert!(sent > (1 << 20) as f64 || shipper == "directory", "{shipper}: {sent}");
        let least = sent / (4 << 20) as f64;
        assert!(
            started.elapsed().as_secs_f64() > 0.8 * least,
            "{shipper}: {sent} in {:?}",
            started.elapsed()
        );
    }
}

#[test]
fn whichever_side_dies_only_what_is_missing_is_sent_again() {
    for (direction, side, place, skip) in [
        ("push", "A", "sent", 1),
        ("push", "A", "sent", 5),
        ("push", "B", "received", 2),
        ("push", "B", "synced", 1),
        ("push", "B", "synced", 2),
        ("pull", "A", "served", 3),
        ("pull", "B", "received", 2),
        ("pull", "B", "synced", 1),
    ] {
        let what = format!("{direction} {side} {place} {skip}");
        let mut world = World::new();
        let options = [("consistent", "true"), ("lanes", "1"), ("retries", "0"), ("lease", "0")];
        let dying = if side == "A" { &world.source } else { &world.target };
        dying.die_at(place, skip);
        let call = world.call(direction, &options);
        assert!(world.near(direction).run(&call).is_err(), "{what}");
        let World { source, target, a, b } = world;
        assert!(!(if side == "A" { &source } else { &target }).spare(), "{what}");
        let arrived: u64 = contents(b.path()).expect("a listing").iter().map(|file| file.bytes).sum();
        let mut world = World { source: source.restart("A"), target: target.restart("B"), a, b };
        for node in [&mut world.source, &mut world.target] {
            node.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
        }
        let all: u64 = contents(world.a.path()).expect("a listing").iter().map(|file| file.bytes).sum();
        let call = world.call(direction, &options);
        let sent = number(&world.near(direction).table(&call), "bytes") as u64;
        // The message that was under way, at most, is sent again; so is a file of a few bytes that
        // the server itself writes anew.
        assert!(sent + arrived <= all + (1 << 20) + 4096, "{what}: {sent} of {all}, {arrived} were there");
        assert!(sent < all && arrived > 0, "{what}: {sent} of {all}, {arrived} were there");
        world.require_equal(&what);
    }
}

#[test]
fn strangers_and_paths_outside_get_nothing() {
    let mut world = World::new();
    let outside = tempfile::tempdir().expect("a directory");
    std::fs::write(outside.path().join("secret"), b"7").expect("a file");
    std::os::unix::fs::symlink(outside.path(), world.b.path().join("out")).expect("a link");
    world.target.run("createUser(`ann, \"secret-7\")").expect("a user");
    let serve = |action: &str, dir: &Path, path: &str| {
        let bytes = format!("[0l], [1l], [{}l], [char(7)]", crc32c::crc32c(&[7]));
        format!("clusterSync::serveFiles(\"{action}\", \"{}\", [\"{path}\"], {bytes})", dir.display())
    };
    for (user, password, text) in
        [("", "", "guests may not"), ("ann", "secret-7", "only an administrator may")]
    {
        let password = Secret::new(password);
        let endpoint = Endpoint { user: user.into(), password, ..world.target.endpoint() };
        let mut session = Remote::connect(&endpoint).expect("a session");
        for action in ["folders", "list", "sums", "read", "write", "finish", "remove"] {
            let error = session.query(&serve(action, world.b.path(), "p/x")).expect_err(action).to_string();
            assert!(error.contains(text), "{user} {action}: {error}");
        }
    }
    let dir = world.b.path().to_owned();
    for (dir, path, text) in [
        (outside.path().to_owned(), "secret", "is not below one that this node allows"),
        (dir.join("out"), "secret", "is not below one that this node allows"),
        (dir.join("../etc"), "x", "is not an absolute path without `..`"),
        (dir.clone(), "../x", "`../x` is no path below a directory"),
        (dir.clone(), "/etc/passwd", "`/etc/passwd` is no path below a directory"),
        (dir.clone(), "out/secret", "is, or lies below, a link"),
    ] {
        for action in ["read", "write", "finish", "remove"] {
            let error = world.target.error(&serve(action, &dir, path));
            assert!(error.contains(text) && error.contains("; "), "{action} {path}: {error}");
        }
    }
    for (action, text) in [("copy", "action must be one of"), ("finish", "of 1 bytes of p have come")] {
        let error = world.target.error(&serve(action, &dir, "p"));
        assert!(error.contains(text), "{action}: {error}");
    }
    assert_eq!(std::fs::read(outside.path().join("secret")).expect("it"), b"7");
    assert_eq!(std::fs::read_dir(outside.path()).expect("a listing").count(), 1);
}

#[test]
fn a_full_disk_of_the_receiver_and_a_missing_plugin_are_named() {
    let mut world = World::new();
    world.target.limit_files(1 << 20);
    let call = world.call("push", &[("consistent", "true"), ("lease", "0")]);
    let error = world.source.error(&call);
    assert!(error.contains("there is no room left on the disk for") && error.contains("; "), "{error}");
    world.target.limit_files(1 << 40);
    world.source.table(&call);
    world.require_equal("after room was made");

    let mut plain = Node::start("C");
    plain
        .run(
            "db = database(\"dfs://k\", VALUE, 1..4);
             createPartitionedTable(db, table(1:0, `k`v, [\"INT\", \"LONG\"]), \"t\", `k); 0",
        )
        .expect("the table");
    let call = world.call("push", &[]).replace(&world.target.port.to_string(), &plain.port.to_string());
    let error = world.source.error(&call);
    assert!(
        error.contains("no stream either") && error.contains("is not below one that this node"),
        "{error}"
    );
}
