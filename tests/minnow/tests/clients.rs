//! A node as the vendor's other clients see it: the Python one over TLS and with compression, the
//! JavaScript one over WebSocket, the Rust one.
mod common;

use std::path::Path;
use std::process::Command;

use common::Running;

/// A certificate for 127.0.0.1, laid where a node with `--enable-https` looks.
fn certify(home: &Path) {
    let keys = home.join("keys");
    std::fs::create_dir_all(&keys).unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(keys.join("server.crt"), made.cert.pem()).unwrap();
    std::fs::write(keys.join("server.key"), made.signing_key.serialize_pem()).unwrap();
}

/// Where the package managers put a client, which scripts/test says; none skips the test, but not
/// in continuous integration.
fn installed(variable: &str) -> Option<String> {
    let found = std::env::var(variable).ok().filter(|path| Path::new(path).exists());
    if found.is_none() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{variable} names nothing");
        println!("skipped: {variable} names nothing; scripts/test installs it");
    }
    found
}

fn succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{complained}");
    println!("{said}");
}

fn client(name: &str) -> String {
    format!("{}/clients/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_python_client_speaks_tls_and_compresses() {
    let Some(python) = installed("MINNOW_PYTHON") else { return };
    let node = Running::start_prepared(certify, &["--enable-https"]);
    succeeds(Command::new(python).arg(client("python_secure.py")).arg(node.port.to_string()));
}

#[test]
fn the_javascript_client_speaks_websocket() {
    let (Some(program), Some(modules)) = (installed("MINNOW_NODE"), installed("MINNOW_NODE_MODULES")) else {
        return;
    };
    let run = |url: String, node: &Running| {
        let mut command = Command::new(&program);
        command.env("NODE_EXTRA_CA_CERTS", node.home().join("keys/server.crt"));
        succeeds(command.arg(client("javascript.mjs")).arg(&modules).arg(url));
    };
    let node = Running::start();
    run(format!("ws://127.0.0.1:{}", node.port), &node);
    let node = Running::start_prepared(certify, &["--enable-https"]);
    run(format!("wss://127.0.0.1:{}", node.port), &node);
}

#[test]
fn the_rust_client_finds_what_it_expects() {
    let Some(program) = installed("MINNOW_RUST_CLIENT") else { return };
    let node = Running::start();
    succeeds(Command::new(program).arg(format!("127.0.0.1:{}", node.port)));
}

/// Who speaks without TLS to a node that has it gets no answer that could be taken for one.
#[test]
fn a_plain_client_is_turned_away_by_tls() {
    use std::io::{Read, Write};
    let node = Running::start_prepared(certify, &["--enable-https"]);
    let mut plain = std::net::TcpStream::connect(("127.0.0.1", node.port)).unwrap();
    plain.write_all(b"API 0 8 / 32_1_4_2\nconnect\n").unwrap();
    let mut answer = Vec::new();
    let _closed = plain.read_to_end(&mut answer);
    assert!(!answer.windows(2).any(|two| two == b"OK"), "{answer:?}");
}
