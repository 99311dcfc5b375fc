//! What carries bytes between a client and this node: TCP, TLS over it, WebSocket over either.
use std::io::{self, BufWriter, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use parking_lot::Mutex;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::websocket::WebSocket;
use crate::error::Result;

const BUFFER: usize = 1 << 18;

/// One way of carrying bytes.
pub trait Carrier: Read + Write + Send {
    /// Ends a message, where the carrier has messages.
    fn end_message(&mut self) -> io::Result<()> {
        self.flush()
    }
}

impl Carrier for TcpStream {}

/// Carries nothing; stands in a line while its carrier is exchanged.
impl Carrier for io::Empty {}

impl Carrier for StreamOwned<ServerConnection, TcpStream> {}

/// A client's line, shared by who reads requests and who prints while one runs. Nobody reads while
/// a request runs, so the lock is never waited for long.
#[derive(Clone)]
pub struct Line(Arc<Mutex<Box<dyn Carrier>>>);

impl Line {
    /// A line over `tcp`, behind TLS if there is a configuration for it. TLS starts with the first
    /// byte (wire-protocol §1).
    pub fn over(tcp: TcpStream, tls: Option<&Arc<ServerConfig>>) -> Result<Line> {
        let carrier: Box<dyn Carrier> = match tls {
            None => Box::new(tcp),
            Some(config) => Box::new(StreamOwned::new(server(config)?, tcp)),
        };
        Ok(Line(Arc::new(Mutex::new(carrier))))
    }

    /// From now on requests and replies are WebSocket messages.
    pub fn upgrade(&self) {
        let mut carrier = self.0.lock();
        let inner = std::mem::replace(&mut *carrier, Box::new(io::empty()));
        *carrier = Box::new(WebSocket::over(inner));
    }

    /// Sends what `write` writes as one message.
    pub fn send(&self, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        let mut carrier = self.0.lock();
        let mut out = BufWriter::with_capacity(BUFFER, &mut **carrier);
        write(&mut out)?;
        out.flush()?;
        drop(out);
        Ok(carrier.end_message()?)
    }

    /// Sends `bytes` and leaves the message without an end.
    pub fn send_part(&self, bytes: &[u8]) -> io::Result<()> {
        let mut carrier = self.0.lock();
        carrier.write_all(bytes)?;
        carrier.flush()
    }
}

impl Read for Line {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.0.lock().read(into) {
            // A client that leaves without saying goodbye over TLS has left.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(0),
            outcome => outcome,
        }
    }
}

fn server(config: &Arc<ServerConfig>) -> io::Result<ServerConnection> {
    ServerConnection::new(config.clone()).map_err(io::Error::other)
}
