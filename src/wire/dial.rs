//! From a host name to a connected socket, within a time.
use std::io;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::Endpoint;
use crate::error::{Error, Kind, Result};

/// Connects to the first address of the host that answers. What is left of the time is shared
/// equally among the addresses that are left, so that a dead first one does not use it all.
pub fn dial(endpoint: &Endpoint) -> Result<TcpStream> {
    let deadline = Instant::now() + endpoint.connect_timeout;
    let addresses = resolve(endpoint)?;
    let mut failure = io::Error::from(io::ErrorKind::TimedOut);
    for (tried, address) in addresses.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let share = left / (addresses.len() - tried) as u32;
        match TcpStream::connect_timeout(address, share.max(Duration::from_millis(1))) {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = error,
        }
    }
    Err(unreachable(endpoint, failure))
}

/// The system's resolver has no time-out of its own, so that it runs where it may be left alone.
fn resolve(endpoint: &Endpoint) -> Result<Vec<SocketAddr>> {
    let unknown = |reason: &dyn std::fmt::Display| {
        let message = format!("the host name `{}` cannot be resolved ({reason})", endpoint.host);
        Error::new(Kind::Network, message).advise("check the host")
    };
    if let Ok(ip) = endpoint.host.parse() {
        return Ok(vec![SocketAddr::new(ip, endpoint.port)]);
    }
    let (answer, answered) = mpsc::channel();
    let site = (endpoint.host.clone(), endpoint.port);
    let look_up = move || {
        // Nobody listens any more when the time was over: there is nobody to tell.
        let _ = answer.send(site.to_socket_addrs().map(|found| found.collect::<Vec<_>>()));
    };
    thread::Builder::new().name("resolve".into()).spawn(look_up).map_err(|error| unknown(&error))?;
    match answered.recv_timeout(endpoint.connect_timeout) {
        Ok(Ok(found)) if found.is_empty() => Err(unknown(&"it has no address")),
        Ok(found) => found.map_err(|error| unknown(&error).caused_by(error)),
        Err(_) => Err(unknown(&format!("no answer within {:?}", endpoint.connect_timeout))),
    }
}

fn unreachable(endpoint: &Endpoint, error: io::Error) -> Error {
    let label = endpoint.label();
    let (message, advice) = match error.kind() {
        io::ErrorKind::ConnectionRefused => (
            format!("{label} refused the connection"),
            "check the port and that the server is running".to_string(),
        ),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => (
            format!("{label} did not answer within {:?}", endpoint.connect_timeout),
            "check host and port, and that no firewall is in between".to_string(),
        ),
        _ => (format!("{label} cannot be reached ({error})"), "check host and port".to_string()),
    };
    Error::new(Kind::Network, message).advise(advice).caused_by(error)
}
