//! Getting in, and what a user reads who does not.
use std::net::TcpListener;
use std::time::{Duration, Instant};

use clustersync::cluster::Cluster;
use clustersync::data::{Column, Datum, Type};
use clustersync::error::{Error, Kind};
use clustersync::model::Secret;
use clustersync::wire::codec::{Body, CALL, CONNECT};
use clustersync::wire::{Endpoint, Remote};

use crate::peer::{Served, endpoint};

fn refusal(endpoint: &Endpoint) -> Error {
    let refusal = Remote::connect(endpoint).err().expect("a refusal");
    for text in [format!("{refusal}"), format!("{refusal:?}"), format!("{endpoint:?}")] {
        assert!(!text.contains(endpoint.password.reveal()), "{text}");
    }
    refusal
}

/// What a client is told whose connect is answered with `reply`.
fn told(reply: &'static [u8]) -> Error {
    let peer = Served::by(move |mut peer| {
        peer.request();
        peer.send(reply);
        assert!(peer.is_left());
    });
    let error = refusal(&peer.endpoint);
    peer.end();
    error
}

#[test]
fn the_session_that_the_server_names_is_used() {
    let peer = Served::by(|mut peer| {
        let (connect, _) = peer.request();
        assert_eq!((connect.session.as_str(), connect.options.as_deref()), ("0", Some(CONNECT)));
        let Body::Connect(Some(login)) = connect.body else { panic!("no login") };
        assert_eq!((login.user.as_str(), login.password.reveal()), ("admin", "tell-no-one"));
        peer.send(b"4711 0 1\nOK\n");
        let (script, _) = peer.request();
        assert_eq!((script.session.as_str(), script.options.as_deref()), ("4711", Some(CALL)));
        assert!(matches!(script.body, Body::Script(text) if text == "1+1"));
        peer.answer(&Datum::Scalar(Column::fixed(Type::Int, 2i32.to_le_bytes())));
    });
    assert_eq!(peer.connect().query("1+1").unwrap().as_i64(), Some(2));
    peer.end();
}

#[test]
fn without_a_user_nobody_logs_in() {
    let mut peer = Served::by(|mut peer| {
        assert!(matches!(peer.request().0.body, Body::Connect(None)));
        peer.send(b"1 1 1\nOK\n\x01\x00\x01");
    });
    peer.endpoint.user.clear();
    peer.connect();
    peer.end();
}

#[test]
fn a_host_name_finds_whichever_address_listens() {
    let mut peer = Served::by(|mut peer| peer.welcome());
    peer.endpoint.host = "localhost".into();
    assert_eq!(peer.connect().label(), format!("localhost:{}", peer.endpoint.port));
    peer.end();
}

#[test]
fn a_wrong_password_is_told_without_the_password() {
    let error = told(b"1 0 1\nThe user name or password is incorrect: admin/tell-no-one.\n");
    assert_eq!(error.kind(), Kind::Login);
    let text = error.to_string();
    assert!(text.contains("refused the user `admin`: The user name or password is incorrect: "));
    assert!(text.ends_with("admin/***; check userId and password"), "{text}");
    assert_eq!(told(b"1 1 1\nOK\n\x01\x00\x00").kind(), Kind::Login);
}

#[test]
fn a_server_that_is_not_ready_is_worth_waiting_for() {
    assert_eq!(told(b"1 0 1\n<DataNodeNotReady>still starting\n").kind(), Kind::Busy);
}

#[test]
fn a_login_that_the_protocol_cannot_carry_is_not_sent() {
    let mut peer = Served::by(|mut peer| assert!(peer.is_left()));
    peer.endpoint.password = Secret::new("two\nlines");
    let error = refusal(&peer.endpoint);
    assert_eq!(error.kind(), Kind::Argument);
    assert!(error.message().contains("the password holds a line break"), "{error}");
    peer.end();
}

#[test]
fn another_kind_of_server_is_recognised() {
    let error = told(b"SSH-2.0-OpenSSH_9.2\r\n");
    assert_eq!(error.kind(), Kind::Protocol);
    assert!(error.message().contains("but with `SSH-2.0-OpenSSH_9.2?`"), "{error}");
    assert!(error.to_string().contains("belong to a DolphinDB server"), "{error}");
    assert_eq!(told(b"1 7 1\nOK\n").kind(), Kind::Protocol);
    assert!(told(b"1 0 0\nOK\n").message().contains("big-endian"));
}

#[test]
fn a_refused_port_is_named() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = refusal(&endpoint(port));
    assert_eq!(error.kind(), Kind::Network);
    assert_eq!(error.message(), format!("127.0.0.1:{port} refused the connection"));
    assert!(error.to_string().contains("check the port"));
}

#[test]
fn an_unknown_host_is_named() {
    let mut endpoint = endpoint(8848);
    endpoint.host = "no-such-host.invalid".into();
    endpoint.connect_timeout = Duration::from_secs(5);
    let started = Instant::now();
    let error = refusal(&endpoint);
    assert_eq!(error.kind(), Kind::Network);
    assert!(error.message().contains("`no-such-host.invalid` cannot be resolved"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(30));
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let mut peer = Served::by(|mut peer| {
        peer.request();
        assert!(peer.is_left());
    });
    peer.endpoint.connect_timeout = Duration::from_millis(200);
    let error = refusal(&peer.endpoint);
    assert_eq!(error.kind(), Kind::Silent);
    assert!(error.message().contains("the server did not move a byte for 200ms"), "{error}");
    peer.end();
}
