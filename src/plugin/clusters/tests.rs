//! The four functions, called by people with and without rights.
use std::net::TcpListener;

use super::remote::resolve;
use super::*;
use crate::data::Batch;
use crate::model::TableName;

const PASSWORD: &str = "hunter2-secret";

/// A node with a home and one caller.
struct Node {
    home: tempfile::TempDir,
    user: &'static str,
    is_admin: bool,
}

impl Node {
    fn new() -> Node {
        Node { home: tempfile::tempdir().unwrap(), user: "admin", is_admin: true }
    }

    /// A node that knows the cluster `B`.
    fn with_b(sites: &str) -> Node {
        let mut node = Node::new();
        set_cluster(&mut node, &[text("B"), text(sites), text("sync"), text(PASSWORD)]).unwrap();
        node
    }

    fn become_user(&mut self, user: &'static str) {
        (self.user, self.is_admin) = (user, false);
    }
}

impl Cluster for Node {
    fn label(&self) -> &str {
        "this node"
    }

    fn query(&mut self, script: &str) -> Result<Datum> {
        let long = |value: i64| Datum::Scalar(Column::fixed(Type::Timestamp, value.to_le_bytes()));
        Ok(match script {
            "getHomeDir()" => text(self.home.path().to_str().unwrap()),
            "getCurrentSessionAndUser()" => Datum::Tuple(vec![long(7), text(self.user)]),
            "exec isAdmin from getUserAccess()" if self.user == "erin" => {
                return Err(Error::new(Kind::Login, "<NoPrivilege>Only administrators can execute it"));
            }
            "exec isAdmin from getUserAccess()" => {
                Datum::Vector(Column::fixed(Type::Bool, vec![u8::from(self.is_admin)]))
            }
            "now()" => long(1_795_364_103_000),
            other => panic!("asked {other}"),
        })
    }

    fn append(&mut self, table: &TableName, _: &Batch) -> Result<u64> {
        panic!("appended to {table}")
    }
}

impl Host for Node {
    fn print(&mut self, line: &str) {
        assert!(!line.contains(PASSWORD), "{line}");
    }

    fn is_cancelled(&mut self) -> bool {
        false
    }

    fn node(&mut self) -> &mut dyn Cluster {
        self
    }
}

fn text(value: &str) -> Datum {
    Datum::text(value)
}

fn rows(answer: Result<Datum>) -> Batch {
    match answer.unwrap() {
        Datum::Table(rows) => rows,
        other => panic!("{other:?}"),
    }
}

fn texts(rows: &Batch, column: &str) -> Vec<String> {
    let cells = rows.column(column).unwrap().texts();
    cells.map(|cell| String::from_utf8(cell.to_vec()).unwrap()).collect()
}

/// A port where nobody listens.
fn unused() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_cluster_is_created_replaced_shown_and_dropped() {
    let mut node = Node::new();
    let args = |sites| [text("B"), sites, text("sync"), text(PASSWORD)];
    let vector = Datum::Vector(Column::text(Type::Symbol, ["h:1", "i:2"]));
    for (sites, action) in [(text("10.0.0.2:8848"), "created"), (vector, "replaced")] {
        assert_eq!(texts(&rows(set_cluster(&mut node, &args(sites))), "action"), [action]);
    }
    let shown = rows(get_clusters(&mut node, &[]));
    let names: Vec<&str> = shown.columns.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["name", "sites", "userId", "createdBy", "updated", "tls"]);
    let cells: Vec<String> = names[..4].iter().flat_map(|name| texts(&shown, name)).collect();
    assert_eq!(cells, ["B", "h:1,i:2", "sync", "admin"]);
    assert_eq!(shown.column("updated").unwrap().integers().next().flatten(), Some(1_795_364_103_000));
    assert_eq!(texts(&rows(drop_cluster(&mut node, &[text("B")])), "action"), ["dropped"]);
    assert_eq!(rows(get_clusters(&mut node, &[])).rows, 0);
    assert_eq!(drop_cluster(&mut node, &[text("B")]).unwrap_err().kind(), Kind::NotFound);
}

#[test]
fn only_administrators_change_and_guests_do_not_even_look() {
    let mut node = Node::with_b("h:1");
    let set = [text("C"), text("h:1"), text("u"), text(PASSWORD)];
    for user in ["carol", "erin", "guest"] {
        node.become_user(user);
        for error in
            [set_cluster(&mut node, &set).unwrap_err(), drop_cluster(&mut node, &[text("B")]).unwrap_err()]
        {
            assert_eq!(error.kind(), Kind::Login, "{error}");
        }
    }
    let elsewhere = Datum::Dict(vec![("host".into(), text("127.0.0.1"))]);
    let looks = [
        get_clusters(&mut node, &[]),
        test_cluster(&mut node, &[text("B")]),
        test_cluster(&mut node, &[elsewhere]),
    ];
    for looked in looks {
        assert_eq!(looked.unwrap_err().message(), "guests may not use clusterSync");
    }
    node.become_user("carol");
    assert_eq!(texts(&rows(get_clusters(&mut node, &[])), "name"), ["B"]);
}

#[test]
fn wrong_arguments_are_sentences_without_the_arguments() {
    let mut node = Node::with_b("h:1");
    let number = || Datum::Scalar(Column::fixed(Type::Int, 5i32.to_le_bytes()));
    let good = || [text("B"), text("h:1"), text("u"), text(PASSWORD)];
    for (index, value, expected) in [
        (0, number(), "name must be a string"),
        (0, Datum::Void, "name must not be empty"),
        (0, text("two words"), "a cluster's name has 1 to 64 letters, digits, `_`, `-` and `.`"),
        (1, number(), "sites must be a string or a vector of strings"),
        (1, text(PASSWORD), "site 1 of 1 is not written as host:port"),
        (
            1,
            Datum::Vector(Column::text(Type::String, ["h:1", PASSWORD])),
            "site 2 of 2 is not written as host:port",
        ),
        (2, text(" "), "userId must not be empty"),
        (3, number(), "password must be a string"),
        (3, text(""), "password must not be empty"),
        (3, text("hunter2-secret\n"), "a password is not empty and has no control characters"),
    ] {
        let mut args = good();
        args[index] = value;
        let error = set_cluster(&mut node, &args).unwrap_err();
        assert_eq!((error.kind(), error.message()), (Kind::Argument, expected));
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        assert!(error.to_string().contains("; "), "{error}");
    }
    assert_eq!(set_cluster(&mut node, &good()[..3]).unwrap_err().kind(), Kind::Argument);
    assert_eq!(test_cluster(&mut node, &[number()]).unwrap_err().kind(), Kind::Argument);
    assert_eq!(texts(&rows(get_clusters(&mut node, &[])), "userId"), ["sync"]);
}

#[test]
fn a_name_means_its_sites_and_its_user() {
    let mut node = Node::with_b("10.0.0.2:8848,[::1]:1");
    let sites = resolve(&mut node, &text("B"), PATIENCE).unwrap().endpoints;
    let shown: Vec<String> = sites.iter().map(|site| format!("{site:?}")).collect();
    assert_eq!(shown, ["sync@10.0.0.2:8848", "sync@[::1]:1"]);
    assert!(sites.iter().all(|site| site.password.reveal() == PASSWORD));
    let unknown = resolve(&mut node, &text("b"), PATIENCE).err().unwrap();
    assert_eq!(unknown.message(), "this node knows no cluster called `b`, the known ones are B");
}

#[test]
fn dead_sites_are_rows_for_a_test_and_one_error_for_a_sync() {
    let (a, b) = (format!("127.0.0.1:{}", unused()), format!("127.0.0.1:{}", unused()));
    let mut node = Node::with_b(&format!("{a},{b}"));
    let tested = rows(test_cluster(&mut node, &[text("B")]));
    assert_eq!(texts(&tested, "site"), [a.clone(), b.clone()]);
    assert_eq!(tested.column("reachable").unwrap().integers().collect::<Vec<_>>(), [Some(0), Some(0)]);
    assert_eq!(texts(&tested, "version"), ["", ""]);
    assert!(texts(&tested, "message")[0].contains("refused the connection"));

    let error = resolve(&mut node, &text("B"), PATIENCE).unwrap().connect().err().unwrap();
    assert_eq!(error.kind(), Kind::Network);
    let expected = format!(
        "no site of cluster `B` can be used: {a} refused the connection, and {b} refused the connection"
    );
    assert_eq!(error.message(), expected);
}
