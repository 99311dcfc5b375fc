//! What goes wrong with a node's own files and its users: said clearly, and nothing comes to harm.
mod common;

use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::PermissionsExt;

use clustersync::cluster::Cluster;
use clustersync::model::Secret;
use clustersync::wire::{Endpoint, Remote};
use common::{CREATE, Node, PASSWORD, remote};

const SYNC: &str = "clusterSync::syncOnline(\"B\", \"dfs://db1\", \"t\")";
const COUNT: &str = "exec count(*) from loadTable(\"dfs://db1\", \"t\")";

/// A source with two rows that knows the target as `B`.
fn pair() -> (Node, Node) {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start_with("B", "3.00.3", &["--faults"]));
    for node in [&mut source, &mut target] {
        node.run(CREATE).expect("the table");
    }
    source
        .run("tableInsert(loadTable(\"dfs://db1\", \"t\"), table([1, 2] as k, [1.0, 2.0] as v))")
        .expect("the source's rows");
    source.run(&set(&target)).expect("a cluster");
    (source, target)
}

fn set(target: &Node) -> String {
    format!("clusterSync::setCluster(\"B\", \"127.0.0.1:{}\", \"admin\", \"{PASSWORD}\")", target.port)
}

#[test]
fn a_key_that_others_can_read_is_refused_until_it_is_closed() {
    let (mut source, mut target) = pair();
    let key = source.home.path().join("clusterSync/key");
    for mode in [0o644, 0o660, 0o602] {
        fs::set_permissions(&key, Permissions::from_mode(mode)).expect("a loose key");
        let refused = source.error(SYNC);
        assert!(
            refused.contains(&format!("is open to other users of this machine (mode {mode:o})")),
            "{refused}"
        );
        assert!(refused.contains("chmod 600"), "{refused}");
    }
    assert_eq!(target.number(COUNT), 0);
    fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("a closed key");
    source.run(SYNC).expect("the sync");
    assert_eq!(target.number(COUNT), 2);
}

#[test]
fn a_deleted_state_directory_costs_the_clusters_and_no_rows() {
    let (mut source, mut target) = pair();
    source.run(SYNC).expect("the sync");
    fs::remove_dir_all(source.home.path().join("clusterSync")).expect("somebody tidied up");
    let unknown = source.error(SYNC);
    assert!(unknown.contains("this node knows no cluster called `B`"), "{unknown}");
    assert_eq!(source.number("size(clusterSync::getRuns())"), 0);
    source.run(&set(&target)).expect("the cluster anew");
    source.run(SYNC).expect("what is equal is left alone");
    assert_eq!((target.number(COUNT), source.number("size(clusterSync::getRuns())")), (2, 1));
    // And the node still keeps others out.
    let owner =
        OpenOptions::new().read(true).open(source.home.path().join("clusterSync/owner")).expect("a file");
    assert!(owner.try_lock_shared().is_err());
}

#[test]
fn a_second_node_in_the_same_home_is_refused_by_name() {
    let (mut source, mut target) = pair();
    let path = source.home.path().join("clusterSync/owner");
    fs::write(&path, "node C, process 7").expect("another node's name");
    let other = OpenOptions::new().read(true).open(&path).expect("its file");
    other.lock().expect("its lock");
    let refused = source.error(SYNC);
    assert!(refused.contains("clusterSync is in use by another node (node C, process 7)"), "{refused}");
    let checked = source.table("select * from clusterSync::checkSetup() where severity = \"ERROR\"");
    let findings: Vec<_> =
        checked.column("finding").expect("findings").texts().map(String::from_utf8_lossy).collect();
    assert!(findings.iter().any(|finding| finding.contains("node C, process 7")), "{findings:?}");
    assert_eq!(target.number(COUNT), 0);
    drop(other);
    source.run(SYNC).expect("the other node is gone");
    assert!(fs::read_to_string(&path).expect("our name").starts_with("node A, process "));
}

#[test]
fn users_without_rights_change_nothing() {
    let (mut source, mut target) = pair();
    source.run("createUser(`carol, \"Pa55word\")").expect("a user");
    let carol = Endpoint { user: "carol".into(), password: Secret::new("Pa55word"), ..source.endpoint() };
    let mut carol = Remote::connect(&carol).expect("a session");
    for call in [
        set(&target),
        "clusterSync::dropCluster(\"B\")".into(),
        "clusterSync::setRoots([\"/tmp\"])".into(),
        "clusterSync::setConfig(dict([\"lanes\"], [2]))".into(),
    ] {
        let refused = carol.query(&call).expect_err("a refusal").to_string();
        assert!(refused.contains("only an administrator") && !refused.contains(PASSWORD), "{refused}");
    }
    // The stored user's rights are those of the target, which answers in its own words.
    target
        .run("minnow::setFault(\"error\", 100, \"<NoPrivilege>Not granted to write table t\")")
        .expect("a fault");
    let dictionary = format!(
        "clusterSync::syncOnline({}, \"dfs://db1\", \"t\", , dict([\"lease\"], [0]))",
        remote(target.port)
    );
    let refused = source.error(&dictionary);
    assert!(refused.contains("<NoPrivilege>") && refused.contains("partition /"), "{refused}");
    target.run("minnow::clearFaults()").expect("rights");
    assert_eq!(target.number(COUNT), 0);
    source.run(&dictionary).expect("the sync");
    assert_eq!(target.number(COUNT), 2);
}
