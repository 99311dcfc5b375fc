//! All connections of a call together keep to their rate, and to another one as soon as it is set.
use std::io::Read;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clustersync::cluster::Cluster;
use clustersync::data::{Batch, Bytes, Cells, Column, Type};
use clustersync::limiter::Rate;
use clustersync::model::TableName;
use clustersync::wire::{Compress, Control, Endpoint, Remote, Terms};

use crate::peer::endpoint;

const MEGABYTE: f64 = (1 << 20) as f64;

/// Takes everything that connections send and answers nothing but logins; counts every byte.
fn sink() -> (u16, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let counted = Arc::<AtomicU64>::default();
    let count = counted.clone();
    thread::spawn(move || {
        for mut client in listener.incoming().flatten() {
            let count = count.clone();
            thread::spawn(move || {
                std::io::Write::write_all(&mut client, b"77 0 1\nOK\n").unwrap();
                let mut buffer = vec![0; 256 << 10];
                while let Ok(taken @ 1..) = client.read(&mut buffer) {
                    count.fetch_add(taken as u64, Ordering::Relaxed);
                }
            });
        }
    });
    (port, counted)
}

/// Rows that never end, in little memory.
fn endless() -> Batch {
    let megabyte = Bytes::new(vec![7u8; 1 << 20]);
    let segments = 2000;
    let cells = Cells::Fixed(vec![megabyte; segments]);
    let rows = segments << 17;
    Batch { rows, columns: vec![("v".into(), Column { ty: Type::Long, rows, cells })] }
}

/// Bytes per second that arrive from now on.
fn speed(counted: &AtomicU64, time: Duration) -> f64 {
    let (before, started) = (counted.load(Ordering::Relaxed), Instant::now());
    thread::sleep(time);
    (counted.load(Ordering::Relaxed) - before) as f64 / started.elapsed().as_secs_f64()
}

#[test]
fn lanes_together_keep_to_twenty_megabytes_and_then_to_fifty() {
    let (port, counted) = sink();
    let control = Arc::<Control>::default();
    control.limiter.set(Rate::Always(20.0 * MEGABYTE));
    let terms = Terms { plain_login: true, compress: Compress::None, control: control.clone(), tls: None };
    let endpoint = Endpoint { terms, ..endpoint(port) };
    thread::scope(|scope| {
        for _ in 0..3 {
            let mut lane = Remote::connect(&endpoint).unwrap();
            scope.spawn(move || lane.append(&TableName::new("dfs://db", "t"), &endless()).unwrap_err());
        }
        // What lies in the system's buffers when it starts is no part of the rate.
        thread::sleep(Duration::from_millis(500));
        let slow = speed(&counted, Duration::from_secs(10)) / MEGABYTE;
        assert!((19.0..21.0).contains(&slow), "{slow} MB/s instead of 20");
        control.limiter.set(Rate::Always(50.0 * MEGABYTE));
        thread::sleep(Duration::from_millis(500));
        let fast = speed(&counted, Duration::from_secs(4)) / MEGABYTE;
        assert!((47.5..52.5).contains(&fast), "{fast} MB/s instead of 50");
        control.cancel();
    });
}
