//! The server as a hostile or careless client meets it, byte by byte.
mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::thread::JoinHandle;
use std::time::Duration;

use common::Running;
use minnow::node::{Node, Site};
use minnow::wire::{Limits, Server};
use tempfile::TempDir;

/// A node inside this process, so that its limits can be chosen.
struct Local {
    port: u16,
    stopper: UnixStream,
    thread: Option<JoinHandle<std::io::Result<()>>>,
    home: TempDir,
}

impl Local {
    fn start(limits: Limits) -> Local {
        let home = TempDir::new().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let site = Site { host: "127.0.0.1".into(), port, alias: "local".into() };
        let server =
            Server::new(Node::open(home.path(), &site, "3.00.3").unwrap(), listener, limits).unwrap();
        let stopper = server.stopper().unwrap();
        Local { port, stopper, thread: Some(std::thread::spawn(move || server.run())), home }
    }

    fn stop(mut self) -> String {
        self.stopper.write_all(b"x").unwrap();
        self.thread.take().unwrap().join().unwrap().unwrap();
        std::fs::read_to_string(self.home.path().join("log/minnow.log")).unwrap()
    }
}

/// A client that says exactly what it is told.
struct Raw(BufReader<TcpStream>);

impl Raw {
    fn new(port: u16) -> Raw {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Raw(BufReader::new(stream))
    }

    fn send(&mut self, bytes: &[u8]) -> &mut Self {
        // The server may have hung up in the middle, which is what some tests look for.
        let _ = self.0.get_mut().write_all(bytes);
        self
    }

    fn request(&mut self, flags: &str, body: &str) -> &mut Self {
        self.send(format!("API2 0 {}{flags}\n{body}", body.len()).as_bytes())
    }

    /// One line, empty where the connection has ended.
    fn line(&mut self) -> String {
        let mut line = Vec::new();
        ended(self.0.read_until(b'\n', &mut line));
        String::from_utf8(line).unwrap()
    }

    /// The second line of a reply without an object.
    fn reply(&mut self) -> String {
        assert!(self.line().ends_with(" 0 1\n"));
        self.line()
    }

    /// Everything up to the end, which must come.
    fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        ended(self.0.read_to_end(&mut rest));
        rest
    }
}

/// A server that hangs up on unread bytes resets the connection, which is an end like another.
fn ended(read: std::io::Result<usize>) {
    if let Err(error) = read {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
}

#[test]
fn a_login_inside_the_connect_is_checked_and_never_logged() {
    let node = Running::start();
    assert_eq!(Raw::new(node.port).request(" / 32_1_4_2", "connect\n").reply(), "OK\n");
    let login = |password: &str| {
        let body = format!("connect\nlogin\nadmin\n{password}\nfalse");
        Raw::new(node.port).request(" / 32_1_4_2", &body).reply()
    };
    assert_eq!(login("123456"), "OK\n");
    assert_eq!(login("not-the-secret"), "The user name or password is incorrect.\n");
    let log = node.log();
    assert!(log.contains("connect failed"), "{log}");
    assert!(!log.contains("123456") && !log.contains("not-the-secret"), "{log}");
}

#[test]
fn garbage_is_hung_up_on_and_others_are_served() {
    let node = Running::start();
    for garbage in [&b"PUT / HTTP/1.1\r\n\r\n"[..], b"\n", b"API2\n", &[0xff; 4096], &[b'A'; 100_000]] {
        assert!(Raw::new(node.port).send(garbage).rest().is_empty());
    }
    assert_eq!(Raw::new(node.port).request("", "connect\n").reply(), "OK\n");
}

#[test]
fn a_request_that_cannot_be_read_is_answered_before_the_connection_ends() {
    let node = Running::start();
    let mut client = Raw::new(node.port);
    client.request("", "variable\na\n1\n1").send(b"\x1a\x01").send(&[0; 100_000]);
    assert_eq!(client.reply(), "A compressed column has no size.\n");
    client.0.get_ref().shutdown(Shutdown::Write).unwrap();
    assert!(client.rest().is_empty());
}

#[test]
fn an_asynchronous_request_gets_no_reply_but_its_connect_does() {
    let node = Running::start();
    let mut client = Raw::new(node.port);
    assert_eq!(client.request(" / 36_1_4_2", "connect\n").reply(), "OK\n");
    client.request(" / 36_1_4_64", "script\nprint('unheard'); no such thing");
    assert_eq!(client.request("", "connect\n").reply(), "OK\n");
}

#[test]
fn a_half_sent_request_ends_in_time_and_an_idle_client_stays() {
    let node = Local::start(Limits { stall: Duration::from_millis(100), connections: 8 });
    let mut idle = Raw::new(node.port);
    assert_eq!(idle.request("", "connect\n").reply(), "OK\n");
    for half in
        [&b"API2 0 1"[..], b"API2 0 2147483647\nscript\n", b"API2 0 14\nvariable\na\n1\n1\x04\x01\xff\xff"]
    {
        Raw::new(node.port).send(half).rest();
    }
    assert_eq!(idle.request("", "connect\n").reply(), "OK\n");
    node.stop();
}

#[test]
fn connections_beyond_the_limit_are_closed_and_places_come_free() {
    let node = Local::start(Limits { connections: 1, ..Limits::default() });
    let mut first = Raw::new(node.port);
    assert_eq!(first.request("", "connect\n").reply(), "OK\n");
    assert!(Raw::new(node.port).request("", "connect\n").rest().is_empty());
    first.0.get_ref().shutdown(Shutdown::Write).unwrap();
    assert!(first.rest().is_empty());
    // The place is free once the server has let go of it, which may be after the client saw it.
    while Raw::new(node.port).request("", "connect\n").line().is_empty() {}
    assert!(node.stop().contains("too many connections"));
}

#[test]
fn a_script_stops_when_its_client_leaves() {
    let node = Local::start(Limits { connections: 1, ..Limits::default() });
    let mut client = Raw::new(node.port);
    client.request("", "script\nprint('running'); while(true) {}");
    assert_eq!(client.line(), "MSG\n");
    drop(client);
    while Raw::new(node.port).request("", "connect\n").line().is_empty() {}
    node.stop();
}

#[test]
fn a_script_stops_when_the_node_stops() {
    let node = Local::start(Limits::default());
    let mut client = Raw::new(node.port);
    client.request("", "script\nprint('running'); while(true) {}");
    assert_eq!(client.line(), "MSG\n");
    let log = node.stop();
    assert!(log.contains("script failed") && log.contains("session 1: closed"), "{log}");
}

#[test]
fn stopping_closes_every_connection() {
    let node = Local::start(Limits::default());
    let mut client = Raw::new(node.port);
    assert_eq!(client.request("", "connect\n").reply(), "OK\n");
    assert!(node.stop().ends_with("stopped\n"));
    assert!(client.rest().is_empty());
}

#[test]
fn a_signal_ends_the_process_well() {
    let mut node = Running::start();
    let pid = node.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(node.process.wait().unwrap().success());
    assert!(node.log().ends_with("stopped\n"));
}

#[test]
fn a_script_that_fails_makes_the_command_fail() {
    let directory = TempDir::new().unwrap();
    let script = directory.path().join("broken.dos");
    std::fs::write(&script, "thisIsNoFunction(1)").unwrap();
    let run =
        |script: &Path| Command::new(env!("CARGO_BIN_EXE_minnow")).arg("run").arg(script).output().unwrap();
    let output = run(&script);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("thisIsNoFunction"));
    assert_eq!(run(&directory.path().join("missing.dos")).status.code(), Some(1));
}
