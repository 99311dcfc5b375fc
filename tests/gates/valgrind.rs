//! Calls of every kind, most of them with an error on the way, under Valgrind: no byte is read that
//! was not written, none twice freed or freed by the wrong allocator, and no object is left.
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::{CREATE, Node, PASSWORD, remote, remote_as, unused_port};
use crate::have;
use crate::server::{Home, printed};

/// How many calls are made: a few, or as many as `CLUSTERSYNC_CALLS` says.
fn calls() -> usize {
    let wanted = std::env::var("CLUSTERSYNC_CALLS").ok();
    wanted.map_or(CALLS_OF_A_CYCLE, |wanted| wanted.parse().expect("a number of calls"))
}

/// Of the ways in which `attempt` fails, some are the caller's, some the peer's. It makes no run: a
/// run asks for the journals of all before it, so that many of them would take the square of the time.
/// In `transfer` the peer fails two runs in the middle of a write; what then succeeds moves rows.
const TURN: &str = r#"
def attempt(turn, remote, nobody, stranger) {
    failed = 0
    try { clusterSync::syncOnline(turn, "dfs://db1") } catch(ex) { failed += 1 }
    try { clusterSync::syncOnline(remote, "dfs://db1", "t", , dict(["lane"], [turn])) } catch(ex) { failed += 1 }
    try { clusterSync::verify(dict(["host"], [string(turn)]), "dfs://db1") } catch(ex) { failed += 1 }
    try { clusterSync::fingerprint("dfs://none" + string(turn), "t") } catch(ex) { failed += 1 }
    try { clusterSync::fingerprint("dfs://db1", "t", "nothing = " + string(turn)) } catch(ex) { failed += 1 }
    try { clusterSync::planSync(remote, "dfs://db1", "none") } catch(ex) { failed += 1 }
    try { clusterSync::planSync(nobody, "dfs://db1", "t") } catch(ex) { failed += 1 }
    try { clusterSync::verify(stranger, "dfs://db1", "t") } catch(ex) { failed += 1 }
    try { clusterSync::getRunTables("run" + string(turn)) } catch(ex) { failed += 1 }
    try { clusterSync::setCluster("B", [turn], "user", "secret") } catch(ex) { failed += 1 }
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
def transfer(remote, peer) {
    failed = 0
    remoteRun(peer, "try { dropPartition(database('dfs://db1'), 1..3, 't') } catch(ex) { }
        minnow::setFault('error', 1, 'broken'); 0")
    try { clusterSync::syncOnline(remote, "dfs://db1", "t", , dict(["retries"], [0])) } catch(ex) { failed += 1 }
    remoteRun(peer, "minnow::clearFaults(); minnow::setFault('cutBeforeCommit'); 0")
    try { clusterSync::syncOnline(remote, "dfs://db1", "t", , dict(["retries"], [0])) } catch(ex) { failed += 1 }
    remoteRun(peer, "minnow::clearFaults(); 0")
    clusterSync::syncOnline(remote, "dfs://db1", "t")
    clusterSync::syncOnline(remote, "dfs://db1", "t")
    return failed
}
"#;
const CALLS_OF_A_TURN: usize = 18;
const FAILURES_OF_A_TURN: usize = 10;

/// A transfer begins every so many turns.
const TURNS_OF_A_CYCLE: usize = 9;
const CALLS_OF_A_TRANSFER: usize = 4;
const FAILURES_OF_A_TRANSFER: usize = 2;
const CALLS_OF_A_CYCLE: usize = TURNS_OF_A_CYCLE * CALLS_OF_A_TURN + CALLS_OF_A_TRANSFER;
const FAILURES_OF_A_CYCLE: usize = TURNS_OF_A_CYCLE * FAILURES_OF_A_TURN + FAILURES_OF_A_TRANSFER;

/// A server makes no more of them; the next begins with an empty home.
const CYCLES_OF_A_SERVER: usize = 8;

/// The stand-in leaves strings inside of its objects to the end of the process.
const SUPPRESSIONS: &str =
    "{\n strings of minnow's objects\n Memcheck:Leak\n ...\n fun:*beginString*\n ...\n}\n";

fn script(target: &Node, cycles: usize) -> String {
    let (known, nobody, port) = (remote(target.port), remote(unused_port()), target.port);
    let stranger = remote_as("127.0.0.1", port, "admin", "wrong");
    format!(
        "{TURN}
         loadPlugin(\"{{PLUGIN}}\")
         {CREATE}
         rows = table(take(1..3, 60) as k, take([1.5, double(NULL)], 60) as v)
         tableInsert(loadTable(\"dfs://db1\", \"t\"), rows)
         peer = xdb(\"127.0.0.1\", {port}, \"admin\", \"{PASSWORD}\")
         failed = 0
         for (cycle in 1..{cycles}) {{
             failed += transfer({known}, peer)
             for (turn in 1..{TURNS_OF_A_CYCLE}) {{ failed += attempt(turn, {known}, {nobody}, {stranger}) }}
         }}
         print(\"failed: \" + string(failed))"
    )
}

fn check(cycles: usize, scram: &str) {
    let mut target = Node::start_with("B", "3.00.3", &["--faults", "--scram", scram]);
    target.run(CREATE).expect("the target's table");
    let home = Home::new("3.00.3");
    let plain = home.command("3.00.3", &script(&target, cycles));
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
    assert!(text.contains(&format!("failed: {}", cycles * FAILURES_OF_A_CYCLE)), "{text}{errors}");
}

#[test]
fn calls_with_errors_on_the_way_touch_no_wrong_byte_and_leave_nothing() {
    if !have("valgrind") {
        return;
    }
    let cycles = calls().div_ceil(CALLS_OF_A_CYCLE);
    let begun = AtomicUsize::new(0);
    // Valgrind runs the threads of a server one after the other, so that two servers take two cores.
    let work = || loop {
        let first = begun.fetch_add(CYCLES_OF_A_SERVER, Ordering::Relaxed);
        match cycles.saturating_sub(first).min(CYCLES_OF_A_SERVER) {
            0 => return,
            // A proof is thousands of hashes, which take most of the time: once is enough.
            some => check(some, if first == 0 { "proves" } else { "unknown" }),
        }
    };
    std::thread::scope(|scope| {
        [scope.spawn(work), scope.spawn(work)].map(|worker| worker.join().expect("clean"))
    });
}
