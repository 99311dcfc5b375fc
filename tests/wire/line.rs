//! Requests over a real socket: values, rows, printed lines, errors, and lines that break.
use std::sync::mpsc;
use std::time::{Duration, Instant};

use clustersync::cluster::Cluster;
use clustersync::data::{Batch, Column, Datum, Type};
use clustersync::error::Kind;
use clustersync::model::TableName;
use clustersync::wire::codec::Body;

use crate::peer::{Peer, Served};
use crate::show::show;

fn int(value: i32) -> Datum {
    Datum::Scalar(Column::fixed(Type::Int, value.to_le_bytes()))
}

fn rows(count: usize) -> Batch {
    let numbers: Vec<u8> = (0..count as u64).flat_map(u64::to_le_bytes).collect();
    let columns = vec![("n".to_string(), Column::fixed(Type::Long, numbers))];
    Batch { rows: count, columns }
}

fn table() -> TableName {
    TableName::new("dfs://db", "t")
}

/// A peer that takes one request after the welcome and then does `serve`.
fn asked(serve: impl FnOnce(Peer) + Send + 'static) -> Served {
    Served::by(move |mut peer| {
        peer.welcome();
        peer.request();
        serve(peer);
    })
}

#[test]
fn rows_arrive_as_the_argument_of_a_function() {
    let peer = Served::by(|mut peer| {
        peer.welcome();
        for count in [Datum::Scalar(Column::fixed(Type::Long, 3i64.to_le_bytes())), int(3)] {
            let (request, arguments) = peer.request();
            let Body::Function { name, .. } = request.body else { panic!("no function") };
            assert_eq!(name, r#"tableInsert{loadTable("dfs://db\"\\","t")}"#);
            assert_eq!(show(&arguments[0]), "table(n [LONG 0 1 2])");
            peer.answer(&count);
        }
    });
    let mut remote = peer.connect();
    let quoted = TableName::new(r#"dfs://db"\"#, "t");
    assert_eq!(remote.append(&quoted, &rows(3)).unwrap(), 3);
    assert_eq!(remote.append(&quoted, &rows(3)).unwrap(), 3);
    peer.end();
}

#[test]
fn large_tables_cross_in_both_directions() {
    let peer = Served::by(|mut peer| {
        peer.welcome();
        let (_, arguments) = peer.request();
        peer.answer(&int(1_000_000));
        peer.request();
        peer.answer(&arguments[0]);
    });
    let mut remote = peer.connect();
    assert_eq!(remote.append(&table(), &rows(1_000_000)).unwrap(), 1_000_000);
    let Datum::Table(back) = remote.query("select * from t").unwrap() else { panic!("no table") };
    let numbers = back.column("n").unwrap().integers();
    assert!(numbers.eq((0..1_000_000).map(Some)));
    peer.end();
}

#[test]
fn printed_lines_reach_their_receiver_in_order() {
    let peer = asked(|mut peer| {
        peer.send(b"MSG\nfirst\0MSG\nsecond\nline\0");
        peer.answer(&Datum::Void);
    });
    let mut remote = peer.connect();
    let (lines, printed) = mpsc::channel();
    remote.on_message(move |line| lines.send(line.to_string()).unwrap());
    remote.query("print(1)").unwrap();
    drop(remote);
    assert_eq!(printed.iter().collect::<Vec<_>>(), ["first", "second\nline"]);
    peer.end();
}

#[test]
fn an_error_line_has_the_kind_of_its_tag_and_leaves_the_line_open() {
    let cases = [
        ("Syntax Error: [line #1] foo", Kind::Server),
        ("<ChunkInTransaction>locked. RefId:S00002", Kind::Busy),
        ("<NotLeader>10.0.0.3:8848:A", Kind::Network),
        ("<NoPrivilege>Not granted to write", Kind::Login),
    ];
    let peer = Served::by(move |mut peer| {
        peer.welcome();
        for (text, _) in cases.into_iter().flat_map(|case| [case, case]) {
            peer.request();
            peer.send(format!("77 0 1\n{text}\n").as_bytes());
        }
        peer.request();
        peer.answer(&int(1));
    });
    let mut remote = peer.connect();
    for (text, kind) in cases {
        for error in [remote.query("x").unwrap_err(), remote.append(&table(), &rows(1)).unwrap_err()] {
            assert_eq!(
                (error.kind(), error.message()),
                (kind, &*format!("{} answered: {text}", remote.label()))
            );
        }
    }
    assert_eq!(remote.query("1").unwrap().as_i64(), Some(1));
    peer.end();
}

#[test]
fn a_line_lost_after_the_rows_were_sent_leaves_the_outcome_unknown() {
    for half in [&b""[..], b"77 1", b"77 1 1\nOK\n\x04\x00\x01"] {
        let peer = asked(move |mut peer| peer.send(half));
        let mut remote = peer.connect();
        let error = remote.append(&table(), &rows(2)).unwrap_err();
        let label = remote.label().to_string();
        assert_eq!(error.kind(), Kind::Network);
        assert_eq!(
            error.to_string(),
            format!(
                "whether the rows were stored in dfs://db/t is unknown: {label}: the server closed the \
                 connection; look at what the target holds before sending them again"
            )
        );
        let later = remote.append(&table(), &rows(2)).unwrap_err();
        assert_eq!(later.kind(), Kind::Network);
        assert!(later.message().contains("the rows did not reach dfs://db/t"), "{later}");
        assert!(later.message().contains("given up earlier (the server closed the connection)"), "{later}");
        assert!(remote.query("1").unwrap_err().to_string().ends_with("; connect again"));
        peer.end();
    }
}

#[test]
fn an_append_without_a_count_leaves_the_outcome_unknown() {
    for answer in [Datum::Void, int(-1), int(i32::MIN), Datum::text("3")] {
        let peer = asked(move |mut peer| peer.answer(&answer));
        let error = peer.connect().append(&table(), &rows(3)).unwrap_err();
        assert_eq!(error.kind(), Kind::Protocol);
        assert!(error.message().contains("is unknown: "), "{error}");
        peer.end();
    }
}

#[test]
fn a_server_that_stops_answering_is_given_up() {
    let part = b"77 1 1\nOK\n\x04\x01\x05\x00\x00\x00\x01\x00\x00\x00\x01";
    for (half, told) in [(&b""[..], "did not move a byte for"), (part, "moved only 21 bytes in")] {
        let mut peer = asked(move |mut peer| {
            peer.send(half);
            assert!(peer.is_left());
        });
        peer.endpoint.io_timeout = Duration::from_millis(200);
        let error = peer.connect().query("sleep(1000000)").unwrap_err();
        assert_eq!(error.kind(), Kind::Silent);
        assert!(error.message().contains(&format!("the server {told} 200ms")), "{error}");
        peer.end();
    }
}

#[test]
fn a_server_that_stops_taking_rows_is_given_up() {
    let (done, finished) = mpsc::channel::<()>();
    let mut peer = Served::by(move |mut peer| {
        peer.welcome();
        finished.recv().unwrap_err();
    });
    peer.endpoint.io_timeout = Duration::from_millis(200);
    let error = peer.connect().append(&table(), &rows(4_000_000)).unwrap_err();
    assert_eq!(error.kind(), Kind::Silent);
    assert!(error.message().starts_with("the rows did not reach dfs://db/t: "), "{error}");
    drop(done);
    peer.end();
}

#[test]
fn a_slow_server_that_keeps_moving_is_waited_for() {
    let answer = [&b"77 1 1\nOK\n\x02\x01\x00\x20\x00\x00\x01\x00\x00\x00"[..], &[7; 8192]].concat();
    let mut peer = asked(move |mut peer| {
        for part in answer.chunks(512) {
            std::thread::sleep(Duration::from_millis(40));
            peer.send(part);
        }
    });
    peer.endpoint.io_timeout = Duration::from_millis(300);
    let answer = peer.connect().query("slow()").unwrap();
    assert!(matches!(answer, Datum::Vector(column) if column.rows == 8192));
    peer.end();
}

#[test]
fn a_server_that_crawls_is_given_up() {
    let mut peer = asked(|mut peer| {
        peer.send(b"77 1 1\nOK\n\x12\x00");
        while peer.tries(b"x") {
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    peer.endpoint.io_timeout = Duration::from_millis(300);
    let error = peer.connect().query("\"never\"").unwrap_err();
    assert_eq!(error.kind(), Kind::Silent);
    assert!(error.message().contains("bytes in 300ms"), "{error}");
    peer.end();
}

#[test]
fn a_cancelled_call_waits_for_nobody() {
    let mut peer = asked(|mut peer| assert!(peer.is_left()));
    peer.endpoint.io_timeout = Duration::from_secs(600);
    let control = peer.endpoint.terms.control.clone();
    let mut session = peer.connect();
    let started = Instant::now();
    let cancel = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        control.cancel();
    });
    let error = session.query("sleep(1000000)").unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    assert_eq!(error.kind(), Kind::Silent);
    assert!(error.message().contains("the user cancelled"), "{error}");
    cancel.join().unwrap();
    drop(session);
    peer.end();
}

#[test]
fn what_cannot_be_understood_ends_the_connection() {
    let strange: [&[u8]; 4] = [
        b"77 2 1\nOK\n",
        b"77 1 1\nOK\n\x04\x63",
        b"77 1 1\nOK\n\x24\x01\x01\x00\x00\x00\x01\x00\x00\x00",
        b"MSG\n\xff\xff\0",
    ];
    for bytes in strange {
        let peer = asked(move |mut peer| {
            peer.send(bytes);
            assert!(peer.is_left());
        });
        let mut remote = peer.connect();
        assert!(matches!(remote.query("x").unwrap_err().kind(), Kind::Protocol | Kind::Schema));
        assert!(remote.query("x").unwrap_err().message().contains("given up earlier"));
        peer.end();
    }
}

#[test]
fn an_answer_to_nothing_is_not_taken_for_the_next_one() {
    let (seen, told) = mpsc::channel();
    let peer = asked(move |mut peer| {
        peer.send(b"77 0 1\nOK\n77 1 1\nOK\n\x04\x00\x09\x00\x00\x00");
        seen.send(()).unwrap();
        assert!(peer.is_left());
    });
    let mut remote = peer.connect();
    remote.query("x").unwrap();
    told.recv().unwrap();
    let error = remote.query("y").unwrap_err();
    assert_eq!(error.kind(), Kind::Protocol);
    assert!(error.message().contains("sent more than was asked for"), "{error}");
    peer.end();
}

#[test]
fn a_script_that_the_protocol_cannot_carry_is_not_sent() {
    let peer = asked(|mut peer| peer.answer(&int(1)));
    let mut remote = peer.connect();
    assert_eq!(remote.query("a\0b").unwrap_err().kind(), Kind::Argument);
    let broken = Batch { rows: 2, ..rows(1) };
    assert_eq!(remote.append(&table(), &broken).unwrap_err().kind(), Kind::Bug);
    assert_eq!(remote.query("1").unwrap().as_i64(), Some(1));
    peer.end();
}
