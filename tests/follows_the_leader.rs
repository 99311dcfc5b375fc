//! A target of several nodes of which one leads: whichever site is asked, rows arrive once.
mod common;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use clustersync::cluster::Cluster;
use clustersync::data::{Batch, Datum};
use clustersync::wire::{Endpoint, Remote};
use common::{CREATE, Node, PASSWORD, built, remote, unused_port};

/// Three nodes in one process, of which the first takes writes; killed when dropped.
struct Nodes {
    process: Child,
    ports: Vec<u16>,
    _home: tempfile::TempDir,
}

impl Nodes {
    fn start() -> Nodes {
        let home = tempfile::tempdir().expect("a home directory");
        let mut process = Command::new(built("minnow"))
            .args(["cluster", "--nodes", "3", "--leader-only", "--admin-password", PASSWORD, "--home"])
            .arg(home.path())
            .stdout(Stdio::piped())
            .spawn()
            .expect("minnow starts");
        let lines = BufReader::new(process.stdout.take().expect("its output")).lines().take(3);
        let port = |line: std::io::Result<String>| line.ok()?.rsplit_once(':')?.1.parse().ok();
        let ports = lines.map(|line| port(line).expect("a port")).collect();
        Nodes { process, ports, _home: home }
    }

    /// A session of the administrator on the node `number`.
    fn session(&self, number: usize, source: &Node) -> Remote {
        let endpoint = Endpoint { port: self.ports[number], ..source.endpoint() };
        Remote::connect(&endpoint).expect("a session")
    }
}

impl Drop for Nodes {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn statuses(report: &Batch) -> Vec<String> {
    let cells = report.column("status").expect("status").texts();
    cells.map(|cell| String::from_utf8(cell.to_vec()).expect("UTF-8")).collect()
}

fn count(session: &mut Remote) -> Option<i64> {
    session.query("exec count(*) from loadTable(\"dfs://db1\", \"t\")").ok().as_ref().and_then(Datum::as_i64)
}

/// dolphindb-semantics §4.2: `<NotLeader>` names the node to connect to instead.
#[test]
fn rows_arrive_once_whichever_site_is_asked_first() {
    let (mut source, target) = (Node::with_plugin("A"), Nodes::start());
    let mut leader = target.session(0, &source);
    source.run(CREATE).expect("the source's table");
    leader.query(CREATE).expect("the target's table");
    let follower = target.session(2, &source).query("dropTable(database(\"dfs://db1\"), \"t\")").unwrap_err();
    assert!(
        follower.to_string().contains(&format!("<NotLeader>127.0.0.1:{}", target.ports[0])),
        "{follower}"
    );
    source
        .run("tableInsert(loadTable(\"dfs://db1\", \"t\"), table([1, 2] as k, [1.0, 2.0] as v))")
        .expect("the source's rows");

    let [first, second, third] = target.ports[..] else { panic!("three nodes") };
    let ports = [unused_port(), third, second, first];
    let sites = ports.map(|port| format!("127.0.0.1:{port}")).join(",");
    source
        .run(&format!("clusterSync::setCluster(\"B\", \"{sites}\", \"admin\", \"{PASSWORD}\")"))
        .expect("set");
    let report = source.table("clusterSync::syncOnline(\"B\", \"dfs://db1\", \"t\")");
    assert_eq!((statuses(&report), count(&mut leader)), (vec!["OK".to_owned()], Some(2)));

    source
        .run("tableInsert(loadTable(\"dfs://db1\", \"t\"), table([3] as k, [4.0] as v))")
        .expect("one more row");
    // Nobody but a site that the user named gets the password.
    let refused = source.error(&format!("clusterSync::syncOnline({}, \"dfs://db1\", \"t\")", remote(second)));
    assert!(refused.contains("<NotLeader>"), "{refused}");
    assert_eq!(count(&mut leader), Some(2));
    let report = source.table("clusterSync::syncOnline(\"B\", \"dfs://db1\", \"t\")");
    assert_eq!((statuses(&report), count(&mut leader)), (vec!["OK".to_owned()], Some(3)));
}
