//! A tap in the line between two nodes: forwards bytes and lets a story interfere.
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::thread;
use std::time::Duration;

/// What a story does with bytes on their way to the target. `sent` counts the bytes of this
/// connection before `bytes`.
pub type Meddler = dyn Fn(u64, &mut Vec<u8>) -> Verdict + Send + Sync;

/// What happens to a connection next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The bytes go on, changed or not.
    Pass,
    /// The line is cut in both directions, these bytes undelivered.
    Cut,
}

/// Listens on a free port and forwards every connection to `target`; returns the port.
pub fn open(target: u16, meddle: Arc<Meddler>) -> u16 {
    both_ways(target, meddle, Arc::new(|_, _| Verdict::Pass))
}

fn both_ways(target: u16, there: Arc<Meddler>, back: Arc<Meddler>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(("127.0.0.1", target)) else { continue };
            let (client_back, server_back) = (client.try_clone(), server.try_clone());
            let (Ok(client_back), Ok(server_back)) = (client_back, server_back) else { continue };
            let (there, back) = (Arc::clone(&there), Arc::clone(&back));
            thread::spawn(move || forward(client, server, &*there));
            thread::spawn(move || forward(server_back, client_back, &*back));
        }
    });
    port
}

/// As [`open`], of bytes on their way back.
pub fn open_back(target: u16, meddle: Arc<Meddler>) -> u16 {
    both_ways(target, Arc::new(|_, _| Verdict::Pass), meddle)
}

fn forward(mut from: TcpStream, mut to: TcpStream, meddle: &Meddler) {
    let mut sent = 0;
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let mut bytes = buffer[..count].to_vec();
        if meddle(sent, &mut bytes) == Verdict::Cut || to.write_all(&bytes).is_err() {
            break;
        }
        sent += count as u64;
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

/// Listens on a free port and forwards to `target`, cutting every connection after `life`.
pub fn short_lived(target: u16, life: Duration) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(("127.0.0.1", target)) else { continue };
            let ends = [client.try_clone(), server.try_clone(), client.try_clone(), server.try_clone()];
            let Ok([client_in, server_in, client_end, server_end]) =
                <[_; 4]>::try_from(ends.into_iter().flatten().collect::<Vec<_>>())
            else {
                continue;
            };
            thread::spawn(move || forward(client, server_in, &|_, _| Verdict::Pass));
            thread::spawn(move || forward(server, client_in, &|_, _| Verdict::Pass));
            thread::spawn(move || {
                thread::sleep(life);
                let _ = client_end.shutdown(Shutdown::Both);
                let _ = server_end.shutdown(Shutdown::Both);
            });
        }
    });
    port
}

/// Listens on a free port and forwards to whatever port `target` holds at the moment; nothing passes
/// while it is `shut`.
pub fn switched(target: Arc<AtomicU16>, shut: Arc<AtomicBool>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(("127.0.0.1", target.load(Ordering::SeqCst))) else {
                continue;
            };
            let (client_back, server_back) = (client.try_clone(), server.try_clone());
            let (Ok(client_back), Ok(server_back)) = (client_back, server_back) else { continue };
            let shut = Arc::clone(&shut);
            let hold = move |_: u64, _: &mut Vec<u8>| {
                while shut.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(10));
                }
                Verdict::Pass
            };
            thread::spawn(move || forward(client, server, &hold));
            thread::spawn(move || forward(server_back, client_back, &|_, _| Verdict::Pass));
        }
    });
    port
}
