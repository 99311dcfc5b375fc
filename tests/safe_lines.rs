//! Lines that others may read or change: TLS and whose certificates are believed, logins that hide the
//! password, and compressed columns.
mod common;

use std::sync::Arc;

use clustersync::cluster::Cluster;
use clustersync::error::Kind;
use clustersync::wire::{Compress, Remote, Terms, Tls};
use common::tap::{self, Verdict};
use common::{CREATE, Node, PASSWORD, holds, unused_port};
use parking_lot::Mutex;

const ROWS: &str = "rows = table(take(1..3, 30000) as k, ((1..30000) * 7919 % 97) \\ 4.0 as v)
    tableInsert(loadTable(\"dfs://db1\", \"t\"), rows)";
const COUNT: &str = "exec count(*) from loadTable(\"dfs://db1\", \"t\")";

/// A source with rows and the plugin.
fn source() -> Node {
    let mut source = Node::with_plugin("A");
    source.run(CREATE).expect("the table");
    source.run(ROWS).expect("its rows");
    source
}

/// A script's dictionary for `remote` with further members, as names and values of a script.
fn remote(port: u16, names: &str, values: &str) -> String {
    let all = format!("[\"host\",\"port\",\"userId\",\"password\"{names}]");
    format!("dict({all}, (\"127.0.0.1\", {port}, \"admin\", \"{PASSWORD}\"{values}))")
}

fn sync(remote: &str, options: &str) -> String {
    format!("clusterSync::syncOnline({remote}, \"dfs://db1\", \"t\", , {options})")
}

/// Every byte that passes on the way to `target`, and the port to take.
fn overheard(target: u16) -> (u16, Arc<Mutex<Vec<u8>>>) {
    let heard = Arc::<Mutex<Vec<u8>>>::default();
    let ear = heard.clone();
    let port = tap::open(
        target,
        Arc::new(move |_, bytes: &mut Vec<u8>| {
            ear.lock().extend_from_slice(bytes);
            Verdict::Pass
        }),
    );
    (port, heard)
}

#[test]
fn a_table_is_synced_over_tls_and_nobody_reads_along() {
    let (mut source, mut target) = (source(), Node::secure("B", "127.0.0.1"));
    target.run(CREATE).expect("the table");
    let (port, heard) = overheard(target.port);
    let ca = target.home.path().join("keys/server.crt");
    let remote = remote(port, ",\"tls\",\"ca\"", &format!(", true, \"{}\"", ca.display()));
    source.run(&sync(&remote, "")).expect("a sync over TLS");
    assert_eq!(target.number(COUNT), 30_000);
    let heard = heard.lock();
    assert!(heard.len() > 100_000, "the rows came along here");
    for text in [PASSWORD, "tableInsert", "admin"] {
        assert!(!holds(&heard, text), "{text} can be read on the way");
    }
}

#[test]
fn a_named_cluster_remembers_its_authority() {
    let (mut source, mut target) = (source(), Node::secure("B", "127.0.0.1"));
    target.run(CREATE).expect("the table");
    let ca = target.home.path().join("keys/server.crt");
    let options = format!("dict([\"tls\",\"ca\"], (true, \"{}\"))", ca.display());
    let set = format!(
        "clusterSync::setCluster(\"B\", \"127.0.0.1:{}\", \"admin\", \"{PASSWORD}\", {options})",
        target.port
    );
    source.run(&set).expect("set");
    std::fs::remove_file(&ca).expect("the file is not needed any more");
    assert_eq!(source.number("exec count(*) from clusterSync::getClusters() where tls"), 1);
    source.run(&sync("\"B\"", "")).expect("a sync by name");
    let wrong = source.error(&set.replace("server.crt", "server.key"));
    assert!(
        wrong.contains("`ca` in options cannot be read") || wrong.contains("no usable certificate"),
        "{wrong}"
    );
}

#[test]
fn certificates_of_others_are_refused_in_one_sentence() {
    let (mut source, target, other) =
        (source(), Node::secure("B", "db.example.com"), Node::secure("C", "127.0.0.1"));
    let text = |node: &Node| {
        format!("\"{}\"", node.certificate.clone().expect("a certificate").replace('\n', "\\n"))
    };
    let refused = |source: &mut Node, port: u16, ca: &str| {
        let error = source.error(&sync(&remote(port, ",\"tls\",\"ca\"", &format!(", true, {ca}")), ""));
        assert!(!error.contains(PASSWORD) && !error.contains('\n'), "{error}");
        error
    };
    let error = refused(&mut source, target.port, &text(&target));
    assert!(
        error.contains(&format!(
            "the certificate of 127.0.0.1:{} is that of another host, not of `127.0.0.1`",
            target.port
        )),
        "{error}"
    );
    let error = refused(&mut source, other.port, &text(&target));
    assert!(error.contains("signed by nobody whom this node believes") && error.contains("`ca`"), "{error}");
    let plain = Node::start("D");
    let error = refused(&mut source, plain.port, &text(&target));
    assert!(error.contains("TLS"), "{error}");
    // Without TLS such a server is no server.
    let error = source.error(&sync(&remote(other.port, "", ""), ""));
    assert!(error.contains("belong to a DolphinDB server"), "{error}");
    let error = source.error(&sync(&remote(unused_port(), ",\"ca\"", ", \"/nowhere\""), ""));
    assert!(error.contains("`ca`"), "{error}");
}

#[test]
fn only_administrators_name_files_and_the_password_is_in_no_error() {
    let mut source = source();
    source.run("createUser(`carol, \"Pa55word\")").expect("a user");
    let endpoint = clustersync::wire::Endpoint {
        user: "carol".into(),
        password: clustersync::model::Secret::new("Pa55word"),
        ..source.endpoint()
    };
    let mut carol = Remote::connect(&endpoint).expect("a session");
    let remote = remote(1, ",\"tls\",\"ca\"", ", true, \"/etc/hostname\"");
    let error = carol.query(&sync(&remote, "")).expect_err("a file").to_string();
    assert!(error.contains("only an administrator") && !error.contains(PASSWORD), "{error}");
}

#[test]
fn a_login_hides_the_password_from_listeners_whatever_the_server_knows() {
    for scram in ["unknown", "proves", "logs-in"] {
        let target = Node::start_with("B", "3.00.3", &["--scram", scram]);
        let (port, heard) = overheard(target.port);
        let endpoint = clustersync::wire::Endpoint { port, ..target.endpoint() };
        let mut session = Remote::connect(&endpoint).expect("a session");
        let user = session.query("getCurrentSessionAndUser()[1]").expect("a user");
        assert_eq!(user.as_str(), Some("admin"), "{scram}");
        assert!(holds(&heard.lock(), "getDynamicPublicKey") && !holds(&heard.lock(), PASSWORD), "{scram}");

        let wrong = clustersync::model::Secret::new("not-the-secret");
        let error = Remote::connect(&clustersync::wire::Endpoint { password: wrong, ..endpoint.clone() });
        let error = error.err().expect("a refusal");
        assert_eq!(error.kind(), Kind::Login, "{error}");
        assert!(!error.to_string().contains("not-the-secret") && !holds(&heard.lock(), "not-the-secret"));

        let terms = Terms { plain_login: true, ..Terms::default() };
        Remote::connect(&clustersync::wire::Endpoint { terms, ..endpoint }).expect("a plain login");
        assert!(holds(&heard.lock(), PASSWORD), "the ear hears what is said aloud");
    }
}

#[test]
fn compressed_columns_arrive_equal_both_ways() {
    let mut source = Node::with_plugin("A");
    let mut target = Node::start("B");
    let create = "db = database(\"dfs://db1\", VALUE, 1..3)
        t = table(1:0, `k`l`s`d`f`ts`n`sym`u, [INT, LONG, SHORT, DOUBLE, FLOAT, TIMESTAMP, STRING, SYMBOL, UUID])
        createPartitionedTable(db, t, `t, `k)";
    for node in [&mut source, &mut target] {
        node.run(create).expect("the table");
    }
    let rows = "n = 60000
        r = table(take(1..3, n) as k, (1..n) * 3 + 5 as l, short((1..n) % 100) as s, ((1..n) * 7919 % 1000) \\ 8.0 as d,
            float((1..n) % 10) as f, 2026.01.01T00:00:00.000 + 1..n as ts, \"name \" + string((1..n) % 500) as n,
            symbol(take(`a`b`c, n)) as sym, take(uuid([\"5d212a78-cc48-e3b1-4235-b4d91473ee87\", \"\"]), n) as u)
        tableInsert(loadTable(\"dfs://db1\", \"t\"), r)";
    assert_eq!(source.number(rows), 60_000);
    let mut sizes = Vec::new();
    for compress in Compress::ALL {
        let (port, heard) = overheard(target.port);
        target.run("truncate(\"dfs://db1\", \"t\")").expect("emptied");
        let options = format!("dict([\"compress\"], [\"{}\"])", compress.name());
        source
            .run(&sync(&remote(port, "", ""), &options))
            .unwrap_or_else(|error| panic!("{compress:?}: {error}"));
        assert_eq!(target.number(COUNT), 60_000, "{compress:?}");
        sizes.push(heard.lock().len());
    }
    let [none, _auto, lz4, delta] = sizes[..] else { panic!("four ways") };
    assert!(lz4 < none * 3 / 4 && delta < lz4, "{sizes:?}");
}

#[test]
fn a_session_over_tls_reads_large_answers() {
    let node = Node::secure("B", "localhost");
    let tls = Tls::new(node.certificate.as_deref()).expect("a certificate");
    let terms = Terms { tls: Some(tls), ..Terms::default() };
    let endpoint = clustersync::wire::Endpoint { host: "localhost".into(), terms, ..node.endpoint() };
    let mut session = Remote::connect(&endpoint).expect("a session");
    let sum = session.query("sum(1..1000000)").expect("a sum");
    assert_eq!(sum.as_i64(), Some(500_000_500_000));
    let rows = session.query("table(1..1000000 as a)").expect("rows");
    assert!(matches!(rows, clustersync::data::Datum::Table(rows) if rows.rows == 1_000_000));
}
