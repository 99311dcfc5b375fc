//! Nodes for tests: served by a process of their own, which is killed when dropped, or in this one.
#![allow(dead_code, reason = "each test uses its own part")]
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use minnow::node::{Node, Site, Switches};
use minnow::script::Session;
use minnow::value::Value;
use tempfile::TempDir;

pub struct Running {
    pub port: u16,
    pub process: Child,
    home: TempDir,
}

impl Running {
    /// Starts a node in a new home and waits until it is ready.
    pub fn start() -> Running {
        Running::start_with(&[])
    }

    /// Starts a node with more arguments.
    pub fn start_with(arguments: &[&str]) -> Running {
        Running::start_in(arguments, &[])
    }

    /// Starts a node in an environment with more variables.
    pub fn start_in(arguments: &[&str], variables: &[(&str, &str)]) -> Running {
        Running::start_with_all(|_| (), arguments, variables)
    }

    /// Starts a node whose home is made ready first.
    pub fn start_prepared(prepare: impl FnOnce(&Path), arguments: &[&str]) -> Running {
        Running::start_with_all(prepare, arguments, &[])
    }

    fn start_with_all(
        prepare: impl FnOnce(&Path),
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Running {
        let home = TempDir::new().unwrap();
        prepare(home.path());
        let (process, port) = serve(home.path(), arguments, variables);
        Running { port, process, home }
    }

    /// The node again on the same home, after its process has ended.
    pub fn again(&mut self, arguments: &[&str]) {
        let _ = self.process.kill();
        self.process.wait().unwrap();
        (self.process, self.port) = serve(self.home.path(), arguments, &[]);
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// What the node has logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.home().join("log/minnow.log")).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn serve(home: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> (Child, u16) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_minnow"))
        .args(["serve", "--site", "127.0.0.1:0:local", "--home"])
        .arg(home)
        .args(arguments)
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut ready = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let port = ready.trim_end().rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    let port = port.unwrap_or_else(|| panic!("not ready: {ready}"));
    (process, port)
}

/// A node in this process with one session of the administrator, who knows the port of a peer as
/// the variable `port`.
pub struct Local {
    pub session: Session,
    home: TempDir,
}

impl Local {
    pub fn new(peer: Option<&Running>) -> Local {
        Local::of("3.00.3", Switches::default(), peer)
    }

    /// A node of another release or with other switches.
    pub fn with(release: &str, switches: Switches) -> Local {
        Local::of(release, switches, None)
    }

    fn of(release: &str, switches: Switches, peer: Option<&Running>) -> Local {
        let home = TempDir::new().unwrap();
        let site = Site { host: "127.0.0.1".into(), port: 0, alias: "A".into() };
        let mut session = Session::new(Node::open_with(home.path(), &site, release, switches).unwrap());
        session.user = "admin".into();
        if let Some(peer) = peer {
            session.set("port", Value::int(peer.port.into()));
        }
        Local { session, home }
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Ends the node and opens its home again.
    pub fn reopen(&mut self) {
        self.session.node = Node::open(self.home(), &"127.0.0.1:0:A".parse().unwrap(), "3.00.3").unwrap();
    }

    pub fn run(&mut self, source: &str) -> Value {
        self.session.run(source).unwrap_or_else(|error| panic!("{source}: {error}"))
    }

    /// The integer that a script yields.
    pub fn number(&mut self, source: &str) -> i64 {
        let value = self.run(source);
        value.as_i64().unwrap_or_else(|| panic!("{source} gave {value}"))
    }

    /// What a script fails with.
    pub fn fails(&mut self, source: &str) -> String {
        match self.session.run(source) {
            Ok(value) => panic!("{source} must fail, but is {value}"),
            Err(error) => error.text,
        }
    }
}
