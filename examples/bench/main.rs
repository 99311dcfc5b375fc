//! The speeds of the plugin's own code, without a server: what `scripts/bench` measures in Rust.
//!
//! `bench fingerprint ROUNDS` hashes rows in memory; `bench wire ROUNDS MEGABYTES` sends rows to a
//! sink on loopback, and as many bytes through a bare socket in between; `bench compress ROUNDS` sends
//! them over links of four speeds in every way of compressing; `bench ship FROM TO` ships folders, for
//! whoever takes the time. Every measured speed is one
//! line: its name and its value per second. Whoever reads them takes medians and judges.
mod clock;
mod link;
mod rows;
mod ship;
mod sink;
mod wire;

use std::error::Error;
use std::hint::black_box;
use std::io;

use clustersync::data::{Batch, Fingerprint};

/// Rows of one block: its cells do not fit the second-level cache, as those of a partition do not.
const BLOCK: usize = 1 << 17;

/// Blocks of one round, so that it takes a good part of a second.
const BLOCKS: usize = 128;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["fingerprint", rounds] => fingerprint(rounds.parse()?)?,
        ["compress", rounds] => link::compare(rounds.parse()?)?,
        ["ship", from, to] => ship::ship(from, to)?,
        ["wire", rounds, megabytes] => wire::compare(rounds.parse()?, megabytes.parse()?)?,
        _ => {
            return Err(
                "usage: bench fingerprint ROUNDS | bench compress ROUNDS | bench wire ROUNDS MEGABYTES | \
                 bench ship FROM TO"
                    .into(),
            );
        }
    }
    Ok(())
}

/// Rows per second of this thread's own time, of numbers only and with a text column among them.
fn fingerprint(rounds: usize) -> io::Result<()> {
    let (numbers, trades) = (rows::numbers(BLOCK), rows::trades(BLOCK));
    for _ in 0..rounds {
        say("numbers", speed(&numbers)?);
        say("trades", speed(&trades)?);
    }
    Ok(())
}

fn speed(rows: &Batch) -> io::Result<f64> {
    let started = clock::of_thread()?;
    for _ in 0..BLOCKS {
        black_box(fingerprint_of(black_box(rows)));
    }
    let used = clock::of_thread()? - started;
    Ok((BLOCKS * rows.rows) as f64 / used.as_secs_f64())
}

/// The fingerprint of all columns of `rows`.
fn fingerprint_of(rows: &Batch) -> Fingerprint {
    Fingerprint::of(rows.rows, rows.columns.iter().map(|(_, column)| column))
}

fn say(name: &str, per_second: f64) {
    println!("{name} {per_second:.0}");
}
