//! Calls of every kind, most of them with an error on the way, under Valgrind: no byte is read that
//! was not written, none twice freed or freed by the wrong allocator, and no object is left.
use std::process::Command;

use crate::common::{CREATE, Node, PASSWORD, remote, unused_port};
use crate::have;
use crate::server::{Home, printed};

/// How many calls are made: a few, or as many as `CLUSTERSYNC_CALLS` says.
fn calls() -> usize {
    let wanted = std::env::var("CLUSTERSYNC_CALLS").ok();
    wanted.map_or(200, |wanted| wanted.parse().expect("a number of calls"))
}

/// Twenty calls in a turn. Of the ways to fail, three are the caller's, three the server's, the
/// rest the peer's; what succeeds moves rows.
const TURN: &str = r#"
def attempt(turn, remote, nobody, peer) {
    failed = 0
    try { clusterSync::syncOnline(turn, "dfs://db1") } catch(ex) { failed += 1 }
    try { clusterSync::syncOnline(remote, "dfs://db1", "t", , dict(["lane"], [turn])) } catch(ex) { failed += 1 }
    try { clusterSync::verify(dict(["host"], [string(turn)]), "dfs://db1") } catch(ex) { failed += 1 }
    try { clusterSync::fingerprint("dfs://none" + string(turn), "t") } catch(ex) { failed += 1 }
    try { clusterSync::fingerprint("dfs://db1", "t", "nothing = " + string(turn)) } catch(ex) { failed += 1 }
    try { clusterSync::planSync(remote, "dfs://db1", "none") } catch(ex) { failed += 1 }
    try { clusterSync::planSync(nobody, "dfs://db1", "t") } catch(ex) { failed += 1 }
    remoteRun(peer, "try { dropPartition(database('dfs://db1'), 1..3, 't') } catch(ex) { }
        minnow::setFault('error', 1, 'broken'); 0")
    try { clusterSync::syncOnline(remote, "dfs://db1", "t", , dict(["retries"], [0])) } catch(ex) { failed += 1 }
    remoteRun(peer, "minnow::clearFaults(); minnow::setFault('cutBeforeCommit'); 0")
    try { clusterSync::syncOnline(remote, "dfs://db1", "t", , dict(["retries"], [0])) } catch(ex) { failed += 1 }
    remoteRun(peer, "minnow::clearFaults(); 0")
    clusterSync::syncOnline(remote, "dfs://db1", "t")
    clusterSync::syncOnline(remote, "dfs://db1", "t")
    clusterSync::verify(remote, "dfs://db1", "t")
    clusterSync::planSync(remote, "dfs://db1", "t")
    clusterSync::fingerprint("dfs://db1", "t")
    clusterSync::fingerprint("dfs://db1", "t", "v > 0", ["k", "v"])
    clusterSync::setCluster("B" + string(turn % 3), ["10.0.0.2:8848", "10.0.0.3:8848"], "user", "secret")
    clusterSync::getClusters()
    clusterSync::dropCluster("B" + string(turn % 3))
    clusterSync::getRuns()
    return failed
}
"#;
/// The stand-in leaves strings inside of its objects to the end of the process.
const SUPPRESSIONS: &str =
    "{\n strings of minnow's objects\n Memcheck:Leak\n ...\n fun:*beginString*\n ...\n}\n";

const CALLS_OF_A_TURN: usize = 19;
const FAILURES_OF_A_TURN: usize = 9;

fn script(target: &Node, turns: usize) -> String {
    let (known, nobody, port) = (remote(target.port), remote(unused_port()), target.port);
    format!(
        "{TURN}
         loadPlugin(\"{{PLUGIN}}\")
         {CREATE}
         rows = table(take(1..3, 60) as k, take([1.5, double(NULL)], 60) as v)
         tableInsert(loadTable(\"dfs://db1\", \"t\"), rows)
         peer = xdb(\"127.0.0.1\", {port}, \"admin\", \"{PASSWORD}\")
         failed = 0
         for (turn in 1..{turns}) {{ failed += attempt(turn, {known}, {nobody}, peer) }}
         print(\"failed: \" + string(failed))"
    )
}

#[test]
fn calls_with_errors_on_the_way_touch_no_wrong_byte_and_leave_nothing() {
    if !have("valgrind") {
        return;
    }
    let turns = calls().div_ceil(CALLS_OF_A_TURN);
    let mut target = Node::start_with("B", "3.00.3", &["--faults"]);
    target.run(CREATE).expect("the target's table");
    let home = Home::new("3.00.3");
    let plain = home.command("3.00.3", &script(&target, turns));
    let mut command = Command::new("valgrind");
    command.args([
        "--quiet",
        "--error-exitcode=9",
        "--leak-check=full",
        "--show-leak-kinds=definite",
        "--errors-for-leak-kinds=definite",
    ]);
    let suppressions = home.plugin().join("suppressions");
    std::fs::write(&suppressions, SUPPRESSIONS).expect("the suppressions");
    command.args(["--fair-sched=yes", "--num-callers=30"]);
    command.arg(format!("--suppressions={}", suppressions.display()));
    command.arg(plain.get_program()).args(plain.get_args()).arg("--no-leftovers");
    let output = command.output().expect("valgrind runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() != Some(9), "{errors}");
    let text = printed(&output);
    assert!(text.contains(&format!("failed: {}", turns * FAILURES_OF_A_TURN)), "{text}{errors}");
}
