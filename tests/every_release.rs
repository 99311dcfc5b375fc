//! One library for every server: the same bytes load, sync and refuse in each release and edition.
mod common;

use common::{Node, remote};

/// Every release, and whether its ABI edition's layout is known.
const RELEASES: &[(&str, bool)] = &[
    ("1.30.23", false),
    ("2.00.9", false),
    ("2.00.10", false),
    ("2.00.11", false),
    ("2.00.12", true),
    ("2.00.13", false),
    ("2.00.14", false),
    ("2.00.15", false),
    ("2.00.16", true),
    ("3.00.0", true),
    ("3.00.1", false),
    ("3.00.2", true),
    ("3.00.3", true),
    ("3.00.4", false),
];

const NEWER_STRINGS: &[&str] = &["--newer-strings"];

/// A server of `release` with the plugin; the first releases do not find it by its name.
fn server(release: &str, arguments: &[&str]) -> Node {
    let mut node = Node::start_with("A", release, arguments);
    let file = node.home.path().join("plugins/clusterSync/PluginClusterSync.txt");
    node.run(&format!("loadPlugin(\"{}\")", file.display())).expect(release);
    node
}

fn create(node: &mut Node) {
    node.run(
        "db = database(\"dfs://every\", VALUE, 2024.01.01..2024.01.03)
         createPartitionedTable(db, table(1:0, `day`sym`note`price, [DATE, SYMBOL, STRING, DOUBLE]), \"t\", `day)
         0",
    )
    .expect("the table is created");
}

/// Copies a table with texts short and long from a server of `release`.
fn syncs(release: &str, arguments: &[&str]) {
    let (mut source, mut target) = (server(release, arguments), Node::start("B"));
    create(&mut source);
    create(&mut target);
    source
        .run(
            "t = table(take(2024.01.01..2024.01.03, 999) as day, take(`AAPL`MSFT, 999) as sym,
                       take([\"short\", \"\", \"longer than the fifteen characters kept inside\"], 999) as note,
                       take([1.5, double(NULL)], 999) as price)
             tableInsert(loadTable(\"dfs://every\", \"t\"), t)",
        )
        .expect("rows are stored");
    let call = format!("clusterSync::syncOnline({}, \"dfs://every\", \"t\")", remote(target.port));
    let result = source.table(&call);
    let rows = result.column("rows").expect("a count of rows").integers().next().flatten();
    assert_eq!(rows, Some(999), "{release} {arguments:?}");
    let sum = "select count(*) as n, sum(price) as p, sum(strlen(note)) as s from loadTable(\"dfs://every\", \"t\")";
    let (left, right) = (source.table(sum), target.table(sum));
    assert_eq!(format!("{left:?}"), format!("{right:?}"), "{release} {arguments:?}");
}

/// Errors that the plugin throws arrive as the server's own classes, message and all.
fn throws(release: &str, arguments: &[&str]) {
    let mut node = server(release, arguments);
    let nobody = format!("clusterSync::syncOnline({}, \"dfs://none\")", remote(1));
    for (call, part) in [
        ("clusterSync::syncOnline(1, \"dfs://none\")", "remote must be a dictionary"),
        (&nobody, "there is no database dfs://none"),
    ] {
        let error = node.error(call);
        assert!(error.contains(part), "{release} {arguments:?}: {error}");
        assert!(!error.contains("An exception of class"), "{release} {arguments:?}: {error}");
    }
}

#[test]
fn the_default_edition_of_every_release_syncs() {
    for (release, _) in RELEASES {
        syncs(release, &[]);
        throws(release, &["--big-array", "2"]);
    }
}

#[test]
fn the_edition_with_newer_strings_syncs_where_its_layout_is_known() {
    for (release, _) in RELEASES.iter().filter(|(_, known)| *known) {
        syncs(release, NEWER_STRINGS);
        throws(release, NEWER_STRINGS);
    }
}
