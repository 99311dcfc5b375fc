//! What lanes move into a sink that parses and forgets, beside what a bare socket moves.
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use clustersync::cluster::Cluster;
use clustersync::data::{Batch, Fingerprint};
use clustersync::model::{Secret, TableName};
use clustersync::wire::{Endpoint, Remote, Terms};

use crate::{BLOCK, fingerprint_of, rows, say, sink};

/// Measures both in turns, moving so many megabytes each time.
pub fn compare(rounds: usize, megabytes: usize) -> Result<(), Box<dyn Error>> {
    let rows = rows::trades(BLOCK);
    let blocks = (megabytes << 20) / rows.byte_len();
    let port = sink::start()?;
    for _ in 0..rounds {
        say("loopback", socket(&rows, blocks)?);
        say("one", lanes(port, &rows, blocks, 1)?);
        say("two", lanes(port, &rows, blocks, 2)?);
    }
    Ok(())
}

/// Bytes per second when `lanes` connections hash every block and send it as a table.
fn lanes(port: u16, rows: &Batch, blocks: usize, lanes: usize) -> Result<f64, Box<dyn Error>> {
    let remotes: Vec<Remote> =
        (0..lanes).map(|_| Remote::connect(&endpoint(port))).collect::<Result<_, _>>()?;
    let started = Instant::now();
    let sent: usize = thread::scope(|scope| {
        let lane = |mut remote| scope.spawn(move || send(&mut remote, rows, blocks / lanes));
        let running: Vec<_> = remotes.into_iter().map(lane).collect();
        let ended = running.into_iter().map(|lane| lane.join().expect("a lane ends"));
        ended.sum::<clustersync::error::Result<usize>>()
    })?;
    Ok((sent * rows.byte_len()) as f64 / started.elapsed().as_secs_f64())
}

/// The work of a lane on each block; returns how many the sink took.
fn send(remote: &mut Remote, rows: &Batch, blocks: usize) -> clustersync::error::Result<usize> {
    let table = TableName::new("dfs://bench", "trades");
    let mut all = Fingerprint::default();
    let mut taken = 0;
    for _ in 0..blocks {
        all = all + fingerprint_of(rows);
        taken += usize::from(remote.append(&table, rows)? == rows.rows as u64);
    }
    assert_eq!(all.rows as usize, blocks * rows.rows);
    Ok(taken)
}

/// Bytes per second through one socket in writes of the same size, with nothing done to them.
fn socket(rows: &Batch, blocks: usize) -> io::Result<f64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let block = vec![7; rows.byte_len()];
    let reader = thread::spawn(move || -> io::Result<()> {
        let (mut stream, _) = listener.accept()?;
        let mut buffer = vec![0; sink::BUFFER];
        while stream.read(&mut buffer)? > 0 {}
        stream.write_all(&[1])
    });
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let started = Instant::now();
    (0..blocks).try_for_each(|_| stream.write_all(&block))?;
    stream.shutdown(std::net::Shutdown::Write)?;
    stream.read_exact(&mut [0])?;
    let speed = (blocks * block.len()) as f64 / started.elapsed().as_secs_f64();
    reader.join().expect("the reader ends")?;
    Ok(speed)
}

/// A guest's way to a peer.
pub fn endpoint(port: u16) -> Endpoint {
    Endpoint {
        host: "127.0.0.1".into(),
        port,
        user: String::new(),
        password: Secret::new(""),
        connect_timeout: Duration::from_secs(5),
        io_timeout: Duration::from_secs(60),
        terms: Terms::default(),
    }
}
