//! One client's connection, from its first request to its last.
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustls::ServerConfig;

use super::clients::{Clients, Seat};
use super::line::Line;
use super::objects::{read_object, write_object};
use super::packing::write_packed;
use super::request::{Body, Header, read_body, read_header};
use super::server::Limits;
use super::websocket::handshake;
use crate::error::{Error, Result};
use crate::node::Node;
use crate::script::{Cut, Session, Shipment};
use crate::value::Value;

const BUFFER: usize = 1 << 18;
/// How long and how much a closing connection still reads, so that the peer sees the last error
/// instead of a reset.
const LINGER: (Duration, u64) = (Duration::from_secs(1), 1 << 26);

/// What every connection of a node is served with.
#[derive(Clone)]
pub struct Service {
    pub node: Arc<Node>,
    pub clients: Arc<Clients>,
    pub limits: Limits,
    /// Where TLS is switched on.
    pub tls: Option<Arc<ServerConfig>>,
}

/// Serves `stream` until its client leaves, sends garbage or the node stops.
pub fn serve(service: &Service, id: u64, stream: TcpStream) {
    let Service { node, clients, limits, tls } = service;
    let mut session = Session::new(node.clone());
    session.id = id;
    session.peer = stream.peer_addr().ok();
    let peer = session.peer.map_or("nowhere".into(), |peer| peer.to_string());
    let stream = Arc::new(stream);
    let Some(seat) = clients.enter(id, limits.connections, &stream, &session.cancelled) else {
        return node.log(&format!("session {id} from {peer}: refused, too many connections"));
    };
    node.log(&format!("session {id} from {peer}: open"));
    let end = Connection::new(session, stream.clone(), *limits, tls.as_ref())
        .and_then(|mut connection| connection.run(&seat));
    let _ = stream.shutdown(Shutdown::Both);
    match end {
        Ok(()) => node.log(&format!("session {id}: closed")),
        Err(error) => node.log(&format!("session {id}: closed: {error}")),
    }
}

struct Connection {
    session: Session,
    stream: Arc<TcpStream>,
    line: Line,
    input: BufReader<Line>,
    /// Whether the running request's client reads print frames.
    prints: Arc<AtomicBool>,
    limits: Limits,
}

impl Connection {
    fn new(
        mut session: Session,
        stream: Arc<TcpStream>,
        limits: Limits,
        tls: Option<&Arc<ServerConfig>>,
    ) -> Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(limits.stall))?;
        let line = Line::over(stream.try_clone()?, tls)?;
        let prints = Arc::<AtomicBool>::default();
        session.out = printer(line.clone(), prints.clone(), session.cancelled.clone());
        let input = BufReader::with_capacity(BUFFER, line.clone());
        Ok(Connection { session, stream, line, input, prints, limits })
    }

    fn run(&mut self, seat: &Seat) -> Result<()> {
        if self.wait()? && self.input.buffer().starts_with(b"G") {
            self.upgrade()?;
        }
        while self.wait()? {
            let header = read_header(&mut self.input, Instant::now() + self.limits.stall)?;
            let request = read_body(&mut self.input, &header).and_then(|body| self.arguments(body));
            let (body, arguments) = match request {
                Ok(request) => request,
                Err(error) => return self.give_up(error),
            };
            let connects = matches!(body, Body::Connect { .. });
            self.prints.store(header.prints && !header.silent(), Ordering::Relaxed);
            let result = seat.watched(|| self.execute(body, arguments));
            if let Some(cut) = self.session.cut {
                return self.cut(cut, &result);
            }
            if !header.silent() || connects {
                self.reply(&result, header.compresses())?;
            }
            self.finish(&header);
        }
        Ok(())
    }

    /// Waits for the next request as long as it takes; false when the client has left.
    fn wait(&mut self) -> Result<bool> {
        self.stream.set_read_timeout(None)?;
        let more = !self.input.fill_buf()?.is_empty();
        self.stream.set_read_timeout(Some(self.limits.stall))?;
        Ok(more)
    }

    /// Answers the HTTP request with which the JavaScript client begins.
    fn upgrade(&mut self) -> Result<()> {
        match handshake(&mut self.input) {
            Ok(answer) => {
                self.line.send_part(answer.as_bytes())?;
                self.line.upgrade();
                Ok(())
            }
            Err((answer, error)) => {
                self.line.send_part(answer.as_bytes())?;
                Err(error)
            }
        }
    }

    fn arguments(&mut self, body: Body) -> Result<(Body, Vec<Value>)> {
        let count = match &body {
            Body::Function { arguments, .. } | Body::Shipment { arguments, .. } => *arguments,
            Body::Variables(names) => names.len(),
            Body::Connect { .. } | Body::Script(_) => 0,
        };
        let arguments = (0..count).map(|_| read_object(&mut self.input)).collect::<Result<_>>()?;
        Ok((body, arguments))
    }

    fn execute(&mut self, body: Body, arguments: Vec<Value>) -> Result<Value> {
        let kind = match &body {
            Body::Connect { .. } => "connect",
            Body::Script(_) => "script",
            Body::Function { .. } => "function",
            Body::Variables(_) => "variable",
            Body::Shipment { .. } => "shipment",
        };
        let session = &mut self.session;
        let work = AssertUnwindSafe(|| perform(session, body, arguments));
        let result = catch_unwind(work)
            .unwrap_or_else(|_| Err(Error::runtime("minnow panicked; its standard error says where.")));
        if let Err(error) = &result {
            let (user, class) = (&self.session.user, error.class);
            self.session
                .node
                .log(&format!("session {} of {user}: {kind} failed: {class:?}", self.session.id));
        }
        result
    }

    fn reply(&mut self, result: &Result<Value>, compressed: bool) -> Result<()> {
        let id = self.session.id;
        self.line.send(|out| match result {
            Ok(Value::Table(table)) if compressed => {
                write!(out, "{id} 1 1\nOK\n")?;
                Ok(write_packed(out, table)?)
            }
            _ => write_reply(out, id, result),
        })
    }

    /// Ends the connection as a fault asks.
    fn cut(&mut self, cut: Cut, result: &Result<Value>) -> Result<()> {
        if cut == Cut::WithinReply {
            let mut whole = Vec::new();
            write_reply(&mut whole, self.session.id, result)?;
            self.line.send_part(&whole[..whole.len() / 2])?;
        }
        Err(Error::runtime("cut by a fault"))
    }

    fn finish(&mut self, header: &Header) {
        self.prints.store(false, Ordering::Relaxed);
        if header.clears() {
            let old = &mut self.session;
            let mut fresh = Session::new(old.node.clone());
            fresh.out = std::mem::replace(&mut old.out, Box::new(|_| ()));
            fresh.cancelled = old.cancelled.clone();
            (fresh.id, fresh.peer, fresh.user) = (old.id, old.peer, std::mem::take(&mut old.user));
            self.session = fresh;
        }
    }

    /// Says what is wrong with a request that could not be read, then closes: where the next one
    /// begins is unknown.
    fn give_up(&mut self, error: Error) -> Result<()> {
        self.reply(&Err(error.clone()), false)?;
        let (patience, most) = LINGER;
        self.stream.shutdown(Shutdown::Write)?;
        self.stream.set_read_timeout(Some(patience))?;
        io::copy(&mut self.input.by_ref().take(most), &mut io::sink())?;
        Err(error)
    }
}

fn write_reply(mut out: &mut dyn Write, id: u64, result: &Result<Value>) -> Result<()> {
    match result {
        Ok(Value::Void) => write!(out, "{id} 0 1\nOK\n")?,
        Ok(value) => {
            write!(out, "{id} 1 1\nOK\n")?;
            write_object(&mut out, value)?;
        }
        Err(error) => write!(out, "{id} 0 1\n{}\n", one_line(&error.text))?,
    }
    Ok(())
}

fn perform(session: &mut Session, body: Body, arguments: Vec<Value>) -> Result<Value> {
    match body {
        Body::Connect { login: Some((user, password)) } => {
            session.node.authenticate(&user, &password)?;
            session.user = user;
        }
        Body::Connect { login: None } => (),
        Body::Script(source) => return session.run(&source),
        Body::Function { function, .. } => return session.call(&function, arguments),
        Body::Shipment { source, .. } => return session.receive(Shipment::of(source, arguments)?),
        Body::Variables(names) => {
            names.iter().zip(arguments).for_each(|(name, value)| session.set(name, value));
        }
    }
    Ok(Value::Void)
}

/// What `print` writes to: a frame per text, sent at once; a client that does not take it stops
/// the script.
fn printer(line: Line, prints: Arc<AtomicBool>, cancelled: Arc<AtomicBool>) -> Box<dyn FnMut(&str) + Send> {
    Box::new(move |text| {
        let frame = format!("MSG\n{}\0", text.replace('\0', " "));
        let send = |out: &mut dyn Write| Ok(out.write_all(frame.as_bytes())?);
        if prints.load(Ordering::Relaxed) && line.send(send).is_err() {
            cancelled.store(true, Ordering::Relaxed);
        }
    })
}

/// Errors are one line on the wire, and `OK` is none.
fn one_line(text: &str) -> String {
    match text.trim() {
        "" | "OK" => "Unknown error".into(),
        text => text.replace(['\n', '\r', '\0'], " "),
    }
}
