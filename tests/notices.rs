//! Who is told how a run ended: a function of the user's, and files that monitoring reads.
mod common;

use std::path::Path;
use std::process::Command;

use common::{CREATE, Node};

const NOTED: &str = "def note(notice) {
    tableInsert(loadTable(\"dfs://notes\", \"n\"), table([1] as k, [notice[\"event\"]] as event, [notice[\"status\"]] as status,
        [notice[\"runId\"]] as run, [long(notice[\"rows\"])] as amount, [notice[\"tableName\"]] as name, [notice[\"message\"]] as message))
}
0";
const NOTES: &str = "db = database(\"dfs://notes\", VALUE, 1..3);
    createPartitionedTable(db, table(1:0, `k`event`status`run`amount`name`message,
        [\"INT\", \"STRING\", \"STRING\", \"STRING\", \"LONG\", \"STRING\", \"STRING\"]), \"n\", `k); 0";

fn pair() -> (Node, Node) {
    let (mut source, mut target) = (Node::with_plugin("A"), Node::start("B"));
    for node in [&mut source, &mut target] {
        node.run(CREATE).expect("a table");
    }
    source.run(NOTES).expect("a table of notes");
    source.run(NOTED).expect("a function");
    source.number(
        "tableInsert(loadTable(\"dfs://db1\", \"t\"), table([1,2,2,3] as k, [1.0,2.0,3.0,4.0] as v))",
    );
    (source, target)
}

fn sync(port: u16, options: &str) -> String {
    format!("clusterSync::syncOnline({}, \"dfs://db1\", \"t\", , {options})", common::remote(port))
}

fn column(node: &mut Node, name: &str) -> Vec<String> {
    let rows = node.table("select * from loadTable(\"dfs://notes\", \"n\")");
    let column = rows.column(name).expect(name);
    match column.ty.is_text() {
        true => column.texts().map(|text| String::from_utf8_lossy(text).into_owned()).collect(),
        false => column.integers().flatten().map(|number| number.to_string()).collect(),
    }
}

#[test]
fn a_function_of_the_user_is_told_once_of_an_end_and_of_a_failure() {
    let (mut source, mut target) = pair();
    let options = "dict([\"notify\"], [\"note\"])";
    source.table(&sync(target.port, options));
    assert_eq!(column(&mut source, "event"), ["end"]);
    assert_eq!(
        (column(&mut source, "status"), column(&mut source, "amount")),
        (vec!["OK".into()], vec!["4".into()])
    );
    let run = source.table("select * from clusterSync::getRuns()");
    let run = run.column("runId").expect("runId").texts().next().expect("a run").to_vec();
    assert_eq!(column(&mut source, "run"), [String::from_utf8_lossy(&run)]);
    source.table(&format!(
        "clusterSync::planSync({}, \"dfs://db1\", \"t\", , {options})",
        common::remote(target.port)
    ));
    assert_eq!(column(&mut source, "event").len(), 1, "a plan is no run");

    target.number("tableInsert(loadTable(\"dfs://db1\", \"t\"), table([1] as k, [9.0] as v))");
    let message = source.error(&sync(target.port, options));
    assert_eq!(column(&mut source, "event"), ["end", "failure"]);
    let told = column(&mut source, "message").pop().expect("a message");
    assert!(message.contains("cannot be synced") && told.contains("cannot be synced"), "{message} {told}");

    let nobody = common::unused_port();
    source.error(&sync(nobody, options));
    assert_eq!(
        (column(&mut source, "event").len(), column(&mut source, "run").pop()),
        (3, Some(String::new()))
    );
}

#[test]
fn events_are_rows_of_a_stream_table_that_every_session_sees() {
    let (mut source, target) = pair();
    for _ in 0..2 {
        source.table(&sync(target.port, "dict([\"events\"], [true])"));
    }
    source.error(&sync(common::unused_port(), "dict([\"events\"], [true])"));
    let mut other = clustersync::wire::Remote::connect(&source.endpoint()).expect("a session");
    let events = clustersync::cluster::Cluster::query(&mut other, "exec event from clusterSyncEvents");
    let clustersync::data::Datum::Vector(events) = events.expect("the events") else { panic!("no events") };
    assert!(events.texts().eq([&b"end"[..], b"end", b"failure"]));
    assert_eq!(source.number("exec sum(rows) from clusterSyncEvents"), 4);
}

#[test]
fn a_notice_that_fails_fails_nothing_and_text_is_no_script() {
    let (mut source, target) = pair();
    for name in ["nobodyHasThis", "clusterSync::noSuch"] {
        assert_eq!(source.table(&sync(target.port, &format!("dict([\"notify\"], [\"{name}\"])"))).rows, 1);
    }
    for wrong in ["f(1);dropDatabase(`x);g", "a b", "", "1f"] {
        let message = source.error(&sync(target.port, &format!("dict([\"notify\"], [\"{wrong}\"])")));
        assert!(message.contains("must be the name of a function"), "{message}");
    }
    let hostile = "sym = \\\"\\\\\\\"), dropDatabase(\\\\\\\"dfs://notes\\\\\\\")//";
    source.error(&format!(
        "clusterSync::syncOnline({}, \"dfs://db1\", \"{hostile}\", , dict([\"notify\"], [\"note\"]))",
        common::remote(target.port)
    ));
    assert_eq!(column(&mut source, "event"), ["failure"], "the notes are still there");
}

#[test]
fn metrics_are_written_where_they_may_and_read_by_a_real_parser() {
    let (mut source, mut target) = pair();
    let folder = source.home.path().join("metrics");
    std::fs::create_dir(&folder).expect("a folder");
    let file = folder.join("sync.prom");
    let options = format!("dict([\"metricsFile\"], [\"{}\"])", file.display());
    let message = source.error(&sync(target.port, &options));
    assert!(message.contains("is not below one that this node allows"), "{message}");
    source.table(&format!("clusterSync::setRoots(\"{}\")", folder.display()));
    source.table(&sync(target.port, &options));
    source.table(&sync(target.port, &options));
    target.number("tableInsert(loadTable(\"dfs://db1\", \"t\"), table([1] as k, [9.0] as v))");
    source.error(&sync(target.port, &options));
    let sample = |name: &str| parsed(&file, name);
    assert_eq!(
        (sample("clustersync_runs_total"), sample("clustersync_failures_total")),
        ("3.0".into(), "1.0".into())
    );
    assert_eq!(
        (sample("clustersync_rows_total"), sample("clustersync_sent_bytes_total")),
        ("4.0".into(), "48.0".into())
    );
    assert!(sample("clustersync_last_success_timestamp_seconds").parse::<f64>().expect("a time") > 1.7e9);

    let mut source = source.restart("A");
    source.run("loadPlugin(\"clusterSync\")").expect("the plugin loads");
    source.error(&sync(target.port, &options));
    assert_eq!(sample("clustersync_runs_total"), "4.0", "a restart forgets nothing");
    std::fs::write(folder.join("other.prom"), "up 1\n").expect("a file");
    let other = options.replace("sync.prom", "other.prom");
    let message = source.error(&sync(target.port, &other));
    assert!(message.contains("not a file of clusterSync"), "{message}");
}

/// The value of the only sample called `name`, by the parser of PyPI's prometheus-client.
fn parsed(file: &Path, name: &str) -> String {
    let script = "import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as families
samples = [s for f in families(open(sys.argv[1]).read()) for s in f.samples if s.name == sys.argv[2]]
assert len(samples) == 1 and samples[0].labels['table'] == 't', samples
print(float(samples[0].value))";
    let python = std::env::var("MINNOW_PYTHON").unwrap_or_else(|_| "python3".into());
    let output = Command::new(python).args(["-c", script]).arg(file).arg(name).output().expect("python runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said.trim().to_owned()
}
