//! This node as the client of another one, as xdb makes it: a session of its own on the peer,
//! used by one thread at a time.
use std::fmt;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::objects::{read_object, write_object};
use crate::error::{Class, Error, Result};
use crate::script::Shipment;
use crate::value::{Resource, Value};

const CONNECT: Duration = Duration::from_secs(10);
/// A peer that takes nothing for so long is lost, as by a server's default (dolphindb-semantics §6).
const STALLED: Duration = Duration::from_secs(300);
/// How often a wait for the peer looks whether the script has been cancelled.
const GLANCE: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub struct Peer {
    site: String,
    session: String,
    /// The peer's release, such as `3.00.3`.
    pub release: String,
    /// `None` once closed or broken.
    link: Mutex<Option<Link>>,
}

/// A site with its login, if one is wanted.
pub struct Address<'a> {
    pub host: &'a str,
    pub port: u16,
    pub login: Option<(&'a str, &'a str)>,
}

impl Peer {
    /// Connects and logs in. `cancelled` ends waiting.
    pub fn connect(address: &Address, cancelled: &Arc<AtomicBool>) -> Result<Peer> {
        let site = format!("{}:{}", address.host, address.port);
        // The number is documented, the sentence is not.
        let refused = |why: &dyn fmt::Display| {
            Error::runtime(format!("Failed to connect to the remote node {site}: {why}. RefId: S00019"))
        };
        let stream = dial(address).map_err(|error| refused(&error))?;
        let mut link = Link::new(stream, cancelled.clone()).map_err(|error| refused(&error))?;
        let login = address.login.map(|(user, password)| format!("login\n{user}\n{password}\nfalse"));
        let (session, _) = link.request(&format!("connect\n{}", login.unwrap_or_default()), &[])?;
        let (_, version) = link.request("function\nversion\n0\n1", &[])?;
        let release = version.as_str().and_then(|text| text.split(' ').next()).unwrap_or_default().to_owned();
        Ok(Peer { site, session, release, link: Mutex::new(Some(link)) })
    }

    /// Runs a script in the peer's session.
    pub fn script(&self, source: &str) -> Result<Value> {
        self.ask(&format!("script\n{source}"), &[])
    }

    /// Calls what the peer finds under `name`.
    pub fn function(&self, name: &str, args: &[Value]) -> Result<Value> {
        self.ask(&format!("function\n{name}\n{}\n1", args.len()), args)
    }

    /// Runs a call that was packed here.
    pub fn shipment(&self, shipment: &Shipment) -> Result<Value> {
        let arguments = shipment.arguments();
        self.ask(&format!("shipment\n{}\n{}\n1", shipment.source, arguments.len()), &arguments)
    }

    pub fn close(&self) {
        *self.link.lock() = None;
    }

    /// After a broken transfer nothing is known about the stream's position, so the connection is
    /// given up; nothing reconnects it (dolphindb-semantics §6).
    fn ask(&self, body: &str, args: &[Value]) -> Result<Value> {
        let mut link = self.link.lock();
        let open = link.as_mut().ok_or_else(|| lost(1, &"disconnected"))?;
        let outcome = open.request(body, args).map(|(_, value)| value);
        if outcome.as_ref().is_err_and(|error| error.class == Class::Io) {
            *link = None;
        }
        outcome
    }
}

fn dial(address: &Address) -> io::Result<TcpStream> {
    let mut last = io::Error::other("the host has no address");
    for candidate in (address.host, address.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&candidate, CONNECT) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// S00020 with its I/O error type (dolphindb-semantics §6).
fn lost(kind: u8, what: &dyn fmt::Display) -> Error {
    let text = format!(
        "Failed to read the response of the remote node. IO error type {kind}: {what}. RefId: S00020"
    );
    Error { class: Class::Io, function: String::new(), text }
}

impl Resource for Peer {
    fn data_type(&self) -> u8 {
        21
    }

    fn called_as(&self) -> Option<&'static str> {
        Some("remoteRun")
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Conn[{}:{}]", self.site, self.session)
    }
}

#[derive(Debug)]
struct Link {
    input: BufReader<Patient>,
    output: TcpStream,
}

impl Link {
    fn new(stream: TcpStream, cancelled: Arc<AtomicBool>) -> io::Result<Link> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(GLANCE))?;
        stream.set_write_timeout(Some(STALLED))?;
        let output = stream.try_clone()?;
        Ok(Link { input: BufReader::with_capacity(1 << 18, Patient { stream, cancelled }), output })
    }

    /// Sends one request and reads its reply: the peer's session and the value. A failed transfer
    /// is an error of the class Io, one that the peer answers is not.
    fn request(&mut self, body: &str, args: &[Value]) -> Result<(String, Value)> {
        self.send(body, args).map_err(|error| lost(1, &error))?;
        self.receive().map_err(|error| lost(1, &error))?
    }

    fn send(&mut self, body: &str, args: &[Value]) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(1 << 18, &self.output);
        write!(out, "API 0 {} / 0_1_4_2\n{body}", body.len())?;
        args.iter().try_for_each(|arg| write_object(&mut out, arg))?;
        out.flush()
    }

    fn receive(&mut self) -> Result<Result<(String, Value)>> {
        let head = self.line()?;
        let mut fields = head.split(' ');
        let (session, count) = (fields.next().unwrap_or_default().to_owned(), fields.next());
        let status = self.line()?;
        if status != "OK" {
            return Ok(Err(Error::runtime(status)));
        }
        match count {
            Some("0") => Ok(Ok((session, Value::Void))),
            Some("1") => Ok(Ok((session, read_object(&mut self.input)?))),
            _ => Err(Error::runtime("the reply is malformed")),
        }
    }

    fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.input.read_line(&mut line)?;
        match line.strip_suffix('\n') {
            Some(line) => Ok(line.to_owned()),
            None => Err(Error::runtime("the peer has closed the connection")),
        }
    }
}

/// Reads as long as it takes, unless cancelled.
#[derive(Debug)]
struct Patient {
    stream: TcpStream,
    cancelled: Arc<AtomicBool>,
}

impl Read for Patient {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.stream.read(into) {
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    if self.cancelled.load(Ordering::Relaxed) {
                        return Err(io::Error::other("the task was cancelled"));
                    }
                }
                outcome => return outcome,
            }
        }
    }
}
