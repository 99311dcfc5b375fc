//! Scripts against what they must print or fail with.
mod calls;
mod hostile;
mod language;
mod metacode;
mod queries;
mod types;

use std::sync::Arc;

use parking_lot::Mutex;

use super::Session;
use crate::node::{Node, Site};
use crate::value::Value;

/// A session of the administrator on a new node; the directory lives as long as the node.
struct Fixture {
    session: Session,
    printed: Arc<Mutex<Vec<String>>>,
    _home: tempfile::TempDir,
}

fn fixture() -> Fixture {
    let home = tempfile::tempdir().unwrap();
    let site = Site { host: "127.0.0.1".into(), port: 0, alias: "A".into() };
    let mut session = Session::new(Node::open(home.path(), &site, "3.00.3").unwrap());
    session.user = "admin".into();
    let printed: Arc<Mutex<Vec<String>>> = Arc::default();
    let lines = printed.clone();
    session.out = Box::new(move |line| lines.lock().push(line.to_owned()));
    Fixture { session, printed, _home: home }
}

impl Fixture {
    fn run(&mut self, source: &str) -> String {
        self.value(source).to_string()
    }

    fn value(&mut self, source: &str) -> Value {
        self.session.run(source).unwrap_or_else(|error| panic!("{source}: {error}"))
    }

    fn fails(&mut self, source: &str) -> String {
        match self.session.run(source) {
            Ok(value) => panic!("{source} must fail, but is {value}"),
            Err(error) => error.text,
        }
    }
}

/// Each script on a new session, and how its last value reads.
fn check(cases: &[(&str, &str)]) {
    let mut fixture = fixture();
    for (source, expected) in cases {
        fixture.session.clear();
        assert_eq!(fixture.run(source), *expected, "{source}");
    }
}
