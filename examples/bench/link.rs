//! Links of a known speed, and what columns that are compressed or not move over them.
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use clustersync::cluster::Cluster;
use clustersync::data::{Column, Datum, Type};
use clustersync::model::TableName;
use clustersync::wire::codec::{Body, Gather, Reader, Request, decode, encode};
use clustersync::wire::{Compress, Endpoint, Remote, Terms};

use crate::wire::endpoint;
use crate::{BLOCK, rows, say};

/// Megabytes of 10^6 bytes per second; none is the loopback itself.
const LINKS: [(&str, Option<f64>); 4] =
    [("12.5", Some(12.5)), ("125", Some(125.0)), ("1250", Some(1250.0)), ("loopback", None)];
/// How long a link would be kept busy by rows as they are, about.
const BUSY: f64 = 0.6;
/// Blocks that a link without a limit is given.
const MANY: usize = 64;

/// Measures every choice over every link in turns: megabytes of rows per second, as `link/choice`.
pub fn compare(rounds: usize) -> Result<(), Box<dyn Error>> {
    let rows = rows::quotes(BLOCK);
    let sink = decoder()?;
    for (link, speed) in LINKS {
        let port = speed.map_or(Ok(sink), |speed| throttled(sink, speed * 1e6))?;
        let blocks =
            speed.map_or(MANY, |speed| (speed * 1e6 * BUSY / rows.byte_len() as f64).ceil() as usize);
        for _ in 0..rounds {
            for compress in Compress::ALL {
                let terms = Terms { compress, ..Terms::default() };
                let mut remote = Remote::connect(&Endpoint { terms, ..endpoint(port) })?;
                let table = TableName::new("dfs://bench", "quotes");
                let mut send =
                    || remote.append(&table, &rows).map(|stored| assert_eq!(stored, rows.rows as u64));
                // The first one looks at the line, which is done every ten seconds: of the fraction of
                // a second that is measured here it would be too large a part.
                send()?;
                let started = Instant::now();
                for _ in 0..blocks.clamp(1, MANY) {
                    send()?;
                }
                let moved = (blocks.clamp(1, MANY) * rows.byte_len()) as f64;
                say(&format!("{link}/{}", compress.name()), moved / started.elapsed().as_secs_f64());
            }
        }
    }
    Ok(())
}

/// A peer that decodes every table, as a server has to, and answers with its rows.
fn decoder() -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that leaves is the usual end.
            thread::spawn(move || serve(stream));
        }
    });
    Ok(port)
}

fn serve(stream: TcpStream) -> clustersync::error::Result<()> {
    let mut output = stream.try_clone().map_err(clustersync::wire::codec::lost)?;
    let mut reader = Reader::new(stream);
    loop {
        let mut answer = b"1 0 1\nOK\n".to_vec();
        if let Body::Function { .. } = Request::decode(&mut reader)?.body {
            let rows = match decode(&mut reader)? {
                Datum::Table(rows) => rows.rows,
                Datum::Vector(cells) => cells.rows,
                _ => 0,
            };
            let count = Datum::Scalar(Column::fixed(Type::Int, (rows as i32).to_le_bytes()));
            let mut message = Gather::default();
            message.put(b"1 1 1\nOK\n");
            encode(&count, &mut message)?;
            answer.clear();
            message.write_to(&mut answer).map_err(clustersync::wire::codec::lost)?;
        }
        output.write_all(&answer).map_err(clustersync::wire::codec::lost)?;
    }
}

/// A line to `target` on which so many bytes pass in a second, each way.
fn throttled(target: u16, speed: f64) -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(("127.0.0.1", target)) else { continue };
            let (Ok(client_back), Ok(server_back)) = (client.try_clone(), server.try_clone()) else {
                continue;
            };
            thread::spawn(move || forward(client, server, speed));
            thread::spawn(move || forward(server_back, client_back, speed));
        }
    });
    Ok(port)
}

/// Passes bytes on, never ahead of the speed; a pause is not made up for.
fn forward(mut from: TcpStream, mut to: TcpStream, speed: f64) -> io::Result<()> {
    to.set_nodelay(true)?;
    let mut buffer = vec![0; 64 << 10];
    let mut free = Instant::now();
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return to.shutdown(std::net::Shutdown::Write);
        }
        free = free.max(Instant::now() - Duration::from_millis(2))
            + Duration::from_secs_f64(count as f64 / speed);
        thread::sleep(free.saturating_duration_since(Instant::now()));
        to.write_all(&buffer[..count])?;
    }
}
