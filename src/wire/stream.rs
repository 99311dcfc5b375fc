//! A socket that gives up on a peer that does not move.
use std::io::{self, IoSlice, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use rustix::net::{SendAncillaryBuffer, SendFlags, sendmsg};

/// The system refuses to write more pieces at a time.
const PIECES_MAX: usize = 1024;

/// A TCP stream on which every single read and write must move a byte within the stall limit.
pub struct Stream {
    tcp: TcpStream,
    stall: Duration,
}

impl Stream {
    pub fn new(tcp: TcpStream, stall: Duration) -> io::Result<Self> {
        // A request is written at once; waiting to fill a packet would only delay its tail.
        tcp.set_nodelay(true)?;
        let mut stream = Stream { tcp, stall };
        stream.set_stall(stall)?;
        Ok(stream)
    }

    /// Changes the stall limit. The system counts it for each call, and a call returns as soon as a
    /// byte has moved.
    pub fn set_stall(&mut self, stall: Duration) -> io::Result<()> {
        self.stall = stall.max(Duration::from_millis(1));
        self.tcp.set_read_timeout(Some(self.stall))?;
        self.tcp.set_write_timeout(Some(self.stall))
    }

    fn explain(&self, error: io::Error) -> io::Error {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => io::Error::new(
                io::ErrorKind::TimedOut,
                format!("the server did not move a byte for {:?}", self.stall),
            ),
            _ => error,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.tcp.read(into).map_err(|error| self.explain(error))
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.tcp.write(bytes).map_err(|error| self.explain(error))
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        // The library's own vectored write raises SIGPIPE when the peer has gone, which ends a
        // process that does not ignore it, and that is for the server to decide.
        let slices = &slices[..slices.len().min(PIECES_MAX)];
        sendmsg(&self.tcp, slices, &mut SendAncillaryBuffer::default(), SendFlags::NOSIGNAL)
            .map_err(|errno| self.explain(errno.into()))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}
