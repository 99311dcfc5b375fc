//! Clusters by name: set once by an administrator, used by name, and their passwords seen by nobody.
mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use clustersync::cluster::Cluster;
use clustersync::data::Datum;
use clustersync::model::Secret;
use clustersync::wire::{Endpoint, Remote};
use common::shown::texts;
use common::{CREATE, Node, holders, unused_port};

/// The password of the user `sync` on the target; nothing else looks like it.
const SECRET: &str = "Qb0507-zebra~crossing";

/// What a target's user needs: the data of its database, and a database of the plugin's own.
const GRANTS: &str = "grant(`sync, DB_READ, \"dfs://db1\"); grant(`sync, DB_WRITE, \"dfs://db1\")
    grant(`sync, DB_OWNER, \"dfs://clusterSync*\")";

/// A source with three rows and the plugin, and a target where `sync` may log in.
fn pair() -> (Node, Node) {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    for node in [&mut source, &mut target] {
        node.run(CREATE).expect("the table");
    }
    source
        .run("tableInsert(loadTable(\"dfs://db1\", \"t\"), table([1, 2, 3] as k, [1.0, 2.0, 3.0] as v))")
        .expect("the source's rows");
    target.run(&format!("createUser(`sync, \"{SECRET}\"); {GRANTS}")).expect("the target's user");
    (source, target)
}

fn set(name: &str, sites: &str) -> String {
    format!("clusterSync::setCluster(\"{name}\", \"{sites}\", \"sync\", \"{SECRET}\")")
}

/// A session of `user` on `node`; without a password that of a guest.
fn session(node: &Node, user: &str, password: &str) -> Remote {
    let endpoint = Endpoint { user: user.into(), password: Secret::new(password), ..node.endpoint() };
    Remote::connect(&endpoint).expect("a session")
}

#[test]
fn a_table_is_synced_by_name_past_a_dead_site() {
    let (mut source, mut target) = pair();
    let sites = format!("127.0.0.1:{},127.0.0.1:{}", unused_port(), target.port);
    assert_eq!(texts(&source.table(&set("B", &sites)), "action"), ["created"]);
    let tested = source.table("clusterSync::testCluster(\"B\")");
    let reachable = tested.column("reachable").expect("reachable");
    assert_eq!(reachable.integers().collect::<Vec<_>>(), [Some(0), Some(1)]);
    assert!(texts(&tested, "version")[1].starts_with("3.00.3"));
    assert!(texts(&tested, "message")[0].contains("refused the connection"));

    let report = source.table("clusterSync::syncOnline(\"B\", \"dfs://db1\", \"t\")");
    assert_eq!(texts(&report, "status"), ["OK"]);
    assert_eq!(target.number("exec count(*) from loadTable(\"dfs://db1\", \"t\")"), 3);
}

#[test]
fn a_user_without_the_right_to_write_is_refused_before_anything_moves() {
    let (mut source, mut target) = pair();
    target.run("deny(`sync, DB_INSERT, \"dfs://db1\")").expect("the denial");
    source.run(&set("B", &format!("127.0.0.1:{}", target.port))).expect("set");
    let error = source.error("clusterSync::syncOnline(\"B\", \"dfs://db1\", \"t\")");
    assert!(error.contains("`sync` may not add rows to dfs://db1/t at the target"), "{error}");
    assert_eq!(target.number("exec count(*) from loadTable(\"dfs://db1\", \"t\")"), 0);
    target.run("grant(`sync, DB_INSERT, \"dfs://db1\")").expect("the grant");
    source.run("clusterSync::syncOnline(\"B\", \"dfs://db1\", \"t\")").expect("the sync");
    assert_eq!(target.number("exec count(*) from loadTable(\"dfs://db1\", \"t\")"), 3);
}

#[test]
fn a_cluster_outlives_the_node_that_set_it() {
    let (mut source, target) = pair();
    source.run(&set("B", &format!("127.0.0.1:{}", target.port))).expect("set");
    let mut source = source.restart("A");
    source.run("loadPlugin(\"clusterSync\")").expect("the plugin loads again");
    let shown = source.table("clusterSync::getClusters()");
    let names: Vec<&str> = shown.columns.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["name", "sites", "userId", "createdBy", "updated", "tls"]);
    assert_eq!(texts(&shown, "createdBy"), ["admin"]);
    assert_eq!(
        source.number("exec count(*) from clusterSync::getClusters() where updated > now() - 600000"),
        1
    );
    source.run("clusterSync::syncOnline(\"B\", \"dfs://db1\", \"t\")").expect("a sync by name");
    assert_eq!(texts(&source.table("clusterSync::dropCluster(\"B\")"), "action"), ["dropped"]);
    let gone = source.error("clusterSync::syncOnline(\"B\", \"dfs://db1\", \"t\")");
    assert!(gone.contains("no cluster called `B`") && gone.contains("setCluster"), "{gone}");
}

#[test]
fn only_administrators_change_clusters() {
    let (mut source, target) = pair();
    let site = format!("127.0.0.1:{}", target.port);
    source.run(&set("B", &site)).expect("set by the administrator");
    source.run("createUser(`carol, \"Pa55word\"); createUser(`dave, \"Pa55word\", , true)").expect("users");
    let mut carol = session(&source, "carol", "Pa55word");
    let mut guest = session(&source, "", "");
    for script in [set("B", "127.0.0.1:1"), "clusterSync::dropCluster(\"B\")".into()] {
        let error = carol.query(&script).expect_err("carol is no administrator").to_string();
        assert!(error.contains("only an administrator") && error.contains("`carol`"), "{error}");
        assert!(!error.contains(SECRET));
        guest.query(&script).expect_err("a guest");
    }
    for script in ["clusterSync::getClusters()", "clusterSync::testCluster(\"B\")"] {
        assert!(matches!(carol.query(script), Ok(Datum::Table(rows)) if rows.rows == 1), "{script}");
        let error = guest.query(script).expect_err("a guest").to_string();
        assert!(error.contains("guest") && error.contains("log in"), "{error}");
    }
    let mut dave = session(&source, "dave", "Pa55word");
    dave.query(&set("B", &site)).expect("dave is an administrator");
    assert_eq!(texts(&source.table("clusterSync::getClusters()"), "createdBy"), ["dave"]);
}

#[test]
fn the_password_appears_nowhere() {
    let (mut source, target) = pair();
    let site = format!("127.0.0.1:{}", target.port);
    let mut said = Vec::new();
    let mut say = |source: &mut Node, script: &str| match source.run(script) {
        Ok(Datum::Table(rows)) => {
            for (_, column) in rows.columns.iter().filter(|(_, column)| column.ty.is_text()) {
                said.extend(column.texts().map(|text| String::from_utf8_lossy(text).into_owned()));
            }
        }
        other => said.push(format!("{other:?}")),
    };
    for script in [
        set("B", &site),
        set("B", &site),
        set("two words", &site),
        set("dead", &format!("127.0.0.1:{}", unused_port())),
        format!("clusterSync::setCluster(\"C\", \"{SECRET}\", \"{site}\", \"sync\")"),
        format!("clusterSync::setCluster(\"C\", \"{site}\", \"nobody\", \"{SECRET}\")"),
        "clusterSync::getClusters()".into(),
        "clusterSync::testCluster(\"B\")".into(),
        "clusterSync::testCluster(\"C\")".into(),
        "clusterSync::syncOnline(\"C\", \"dfs://db1\", \"t\")".into(),
        "clusterSync::syncOnline(\"dead\", \"dfs://db1\", \"t\")".into(),
        "clusterSync::syncOnline(\"B\", \"dfs://db1\", \"t\")".into(),
        "tableInsert(loadTable(\"dfs://db1\", \"t\"), table([2] as k, [7.0] as v))".into(),
        "clusterSync::syncOnline(\"B\", \"dfs://db1\", \"t\")".into(),
        format!("clusterSync::setCluster(\"B\", \"{site}\", \"sync\", [\"{SECRET}\"])"),
    ] {
        say(&mut source, &script);
    }
    assert!(said.iter().any(|text| text.contains("nobody")), "the wrong login was tried: {said:?}");
    assert!(said.iter().any(|text| text.contains("not empty")), "the second sync was refused: {said:?}");
    assert!(!said.iter().any(|text| text.contains(SECRET)), "{said:?}");
    assert!(source.home.path().join("clusterSync/clusters").exists());
    for node in [&source, &target] {
        let holders = holders(node.home.path(), SECRET);
        assert!(holders.is_empty(), "on disk: {holders:?}");
        let line = fs::read(format!("/proc/{}/cmdline", node.pid())).expect("its command line");
        assert!(!String::from_utf8_lossy(&line).contains(SECRET));
    }
}

#[test]
fn files_that_were_touched_are_refused_and_the_node_lives() {
    let (mut source, target) = pair();
    source.run(&set("B", &format!("127.0.0.1:{}", target.port))).expect("set");
    let folder = source.home.path().join("clusterSync");
    let (key, clusters) = (folder.join("key"), folder.join("clusters"));
    let sync = "clusterSync::syncOnline(\"B\", \"dfs://db1\", \"t\")";

    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("chmod");
    let error = source.error(sync);
    assert!(error.contains("chmod 600") && error.contains(key.to_str().expect("a path")), "{error}");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("chmod");

    let good = fs::read_to_string(&clusters).expect("the clusters");
    fs::write(&clusters, good.replace("127.0.0.1", "127.0.0.2")).expect("a redirected login");
    let error = source.error(sync);
    assert!(error.contains("was changed") && error.contains(clusters.to_str().expect("a path")), "{error}");
    fs::write(&clusters, good).expect("the clusters again");

    source.run(sync).expect("a sync after all");
    fs::remove_dir_all(&folder).expect("no state any more");
    let error = source.error(sync);
    assert!(error.contains("no cluster called `B`, none is set"), "{error}");
    assert_eq!(source.number("1 + 1"), 2);
}
