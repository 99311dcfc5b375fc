//! Several nodes with the same tables: what each sees, and who takes writes.
mod common;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use minnow::wire::{Address, Peer};

/// Three nodes in one process; killed when dropped.
struct Nodes {
    process: Child,
    ports: Vec<u16>,
    _home: tempfile::TempDir,
}

impl Nodes {
    fn start(arguments: &[&str]) -> Nodes {
        let home = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_minnow"))
            .args(["cluster", "--nodes", "3", "--home"])
            .arg(home.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().take(3);
        let ports = lines.map(|line| line.unwrap().rsplit_once(':').unwrap().1.parse().unwrap()).collect();
        Nodes { process, ports, _home: home }
    }

    fn client(&self, node: usize) -> Peer {
        let address = Address { host: "127.0.0.1", port: self.ports[node], login: Some(("admin", "123456")) };
        Peer::connect(&address, &std::sync::Arc::default()).unwrap()
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const TABLE: &str = "
    db = database('dfs://db', VALUE, 1..9)
    t = createPartitionedTable(db, table(1:0, `k`x, [INT, INT]), `t, `k)
    t.append!(table(1..9 as k, 1..9 as x))";

fn number(client: &Peer, script: &str) -> i64 {
    client.script(script).unwrap().as_i64().unwrap()
}

/// dolphindb-semantics §2.1, §13: a node lists its own replicas, all nodes together list each chunk
/// once per replica, and the controller lists it once.
#[test]
fn metadata_repeat_a_chunk_for_every_replica() {
    let nodes = Nodes::start(&[]);
    let [first, third] = [0, 2].map(|node| nodes.client(node));
    first.script(TABLE).unwrap();
    assert_eq!(number(&third, "exec count(*) from loadTable('dfs://db', `t)"), 9);
    assert_eq!(number(&third, "size(pnodeRun(getTabletsMeta{'%', , , -1}))"), 18);
    assert!(number(&third, "size(getTabletsMeta())") < 18);
    assert_eq!(number(&third, "size(distinct(exec chunkId from pnodeRun(getTabletsMeta)))"), 9);
    let chunks = "getClusterChunksStatus() where size = 0";
    assert_eq!(number(&third, &format!("exec count(*) from {chunks}")), 9);
    assert_eq!(number(&third, &format!("exec min(replicaCount) from {chunks}")), 2);
    assert_eq!(first.script("getDataNodes()").unwrap().to_string(), "[\"node1\",\"node2\",\"node3\"]");
    assert_eq!(first.script("rpc(`node2, getNodeAlias)").unwrap().as_str(), Some("node2"));
}

/// dolphindb-semantics §7.1, §1.2: jobs and the status of backups belong to their node.
#[test]
fn jobs_and_the_status_of_backups_stay_on_their_node() {
    let nodes = Nodes::start(&[]);
    let [first, second] = [0, 1].map(|node| nodes.client(node));
    first.script(TABLE).unwrap();
    first.script("getJobReturn(submitJob(`j, '', def () : 1), true)").unwrap();
    first.script("backup(getHomeDir() + '/backup', <select * from loadTable('dfs://db', `t)>)").unwrap();
    for (client, count) in [(&first, 1), (&second, 0)] {
        assert_eq!(number(client, "size(getRecentJobs())"), count);
        assert_eq!(number(client, "size(getBackupStatus())"), count);
    }
}

/// dolphindb-semantics §1.4: a backup lies where the node that wrote it runs.
#[test]
fn a_backup_is_seen_by_the_node_that_wrote_it() {
    let shared = tempfile::tempdir().unwrap();
    let dir = shared.path().join("backup").display().to_string();
    for (arguments, others) in [(&["--node-local-files"][..], 0), (&[], 1)] {
        let nodes = Nodes::start(arguments);
        nodes.client(0).script(TABLE).unwrap();
        let backup = format!("backup('{dir}', <select * from loadTable('dfs://db', `t)>)");
        nodes.client(0).script(&backup).unwrap();
        let listed = format!("size(getBackupList('{dir}', 'dfs://db', 't').chunkID)");
        assert_eq!(number(&nodes.client(0), &listed), 9);
        assert_eq!(number(&nodes.client(1), &format!("int(exists('{dir}'))")), others);
        assert_eq!(nodes.client(1).script(&listed).is_ok(), others == 1);
    }
}

/// dolphindb-semantics §4.2: a node that does not lead says who does.
#[test]
fn followers_name_the_leader() {
    let nodes = Nodes::start(&["--leader-only"]);
    nodes.client(0).script(TABLE).unwrap();
    let write = "loadTable('dfs://db', `t).tableInsert(table([1] as k, [1] as x))";
    let refused = nodes.client(1).script(write).unwrap_err();
    assert_eq!(refused.text, format!("<NotLeader>127.0.0.1:{}", nodes.ports[0]));
    for change in [
        "database('dfs://new', VALUE, 1..3)",
        "createPartitionedTable(database('dfs://db'), table(1:0, [`k], [INT]), `u, `k)",
        "dropTable(database('dfs://db'), `t)",
        "dropDatabase('dfs://db')",
        "dropPartition(database('dfs://db'), '/1', `t)",
        "truncate('dfs://db', `t)",
        "addValuePartitions(database('dfs://db'), 10)",
        "delete from loadTable('dfs://db', `t) where k = 1",
        "update loadTable('dfs://db', `t) set x = 0 where k = 1",
        "upsert!(loadTable('dfs://db', `t), table([1] as k, [1] as x), , `k)",
    ] {
        let refused = nodes.client(1).script(change).unwrap_err();
        assert!(refused.text.starts_with("<NotLeader>"), "{change}: {}", refused.text);
    }
    assert_eq!(number(&nodes.client(0), write), 1);
    assert_eq!(number(&nodes.client(1), "exec count(*) from loadTable('dfs://db', `t)"), 10);
}
