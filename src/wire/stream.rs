//! A socket that gives up on a peer that does not move, looks whether the call goes on, and keeps to
//! its rate.
use std::io::{self, IoSlice, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::net::{SendAncillaryBuffer, SendFlags, sendmsg};

use super::Control;

/// The system refuses to write more pieces at a time.
const PIECES_MAX: usize = 1024;
/// The longest time in the system without a look at the call.
const GLANCE: Duration = Duration::from_millis(100);
/// Bytes per second below which a peer is as good as silent.
const CRAWL: f64 = 1024.0;

/// A TCP stream on which bytes must move as long as somebody waits for them.
pub struct Stream {
    tcp: TcpStream,
    stall: Duration,
    control: Arc<Control>,
    /// Time spent waiting, and what moved meanwhile, in the current stretch.
    waited: Duration,
    moved: usize,
}

impl Stream {
    pub fn new(tcp: TcpStream, stall: Duration, control: Arc<Control>) -> io::Result<Self> {
        // A request is written at once; waiting to fill a packet would only delay its tail.
        tcp.set_nodelay(true)?;
        let mut stream = Stream { tcp, stall, control, waited: Duration::ZERO, moved: 0 };
        stream.set_stall(stall)?;
        Ok(stream)
    }

    /// Changes the stall limit.
    pub fn set_stall(&mut self, stall: Duration) -> io::Result<()> {
        self.stall = stall.max(Duration::from_millis(1));
        let glance = self.stall.min(GLANCE);
        self.tcp.set_read_timeout(Some(glance))?;
        self.tcp.set_write_timeout(Some(glance))
    }

    /// From here on the peer has all its time again.
    pub fn begin(&mut self) {
        (self.waited, self.moved) = (Duration::ZERO, 0);
    }

    /// Repeats `work` until it moves some of `wanted` bytes or fails for good.
    fn patiently(
        &mut self,
        wanted: usize,
        mut work: impl FnMut(&mut TcpStream, usize) -> io::Result<usize>,
    ) -> io::Result<usize> {
        loop {
            let control = &self.control;
            let allowed = control.limiter.take(wanted, &|| control.is_cancelled());
            let allowed = allowed.ok_or_else(cancelled)?;
            let started = Instant::now();
            let outcome = work(&mut self.tcp, allowed);
            self.waited += started.elapsed();
            control.limiter.give_back(allowed - outcome.as_ref().map_or(0, |moved| *moved));
            match outcome {
                Ok(moved) => {
                    self.moved += moved;
                    self.require_pace()?;
                    return Ok(moved);
                }
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    if self.control.is_cancelled() {
                        return Err(cancelled());
                    }
                    self.require_pace()?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Ends a stretch of waiting: enough must have moved in it.
    fn require_pace(&mut self) -> io::Result<()> {
        if self.waited < self.stall {
            return Ok(());
        }
        let (stall, moved) = (self.stall, self.moved);
        let enough = (CRAWL * self.waited.as_secs_f64()) as usize;
        self.begin();
        let text = match moved {
            _ if moved > enough => return Ok(()),
            0 => format!("the server did not move a byte for {stall:?}"),
            _ => format!("the server moved only {moved} bytes in {stall:?}"),
        };
        Err(io::Error::new(io::ErrorKind::TimedOut, text))
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.patiently(into.len(), |tcp, allowed| tcp.read(&mut into[..allowed]))
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.write_vectored(&[IoSlice::new(bytes)])
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        // The library's own vectored write raises SIGPIPE when the peer has gone, which ends a
        // process that does not ignore it, and that is for the server to decide.
        let slices = &slices[..slices.len().min(PIECES_MAX)];
        let wanted = slices.iter().map(|slice| slice.len()).sum();
        self.patiently(wanted, |tcp, allowed| {
            let mut first = [IoSlice::new(&[])];
            let slices = match allowed < wanted {
                true => within(slices, allowed, &mut first),
                false => slices,
            };
            Ok(sendmsg(&*tcp, slices, &mut SendAncillaryBuffer::default(), SendFlags::NOSIGNAL)?)
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tcp.flush()
    }
}

/// Those of `slices` that fit `allowed` bytes, or else the beginning of the first.
fn within<'s>(
    slices: &'s [IoSlice<'_>],
    allowed: usize,
    first: &'s mut [IoSlice<'s>; 1],
) -> &'s [IoSlice<'s>] {
    let mut left = allowed;
    let fits = |slice: &&IoSlice| left.checked_sub(slice.len()).map(|rest| left = rest).is_some();
    match slices.iter().take_while(fits).count() {
        0 => {
            let bytes: &[u8] = &slices[0];
            first[0] = IoSlice::new(&bytes[..allowed.min(bytes.len())]);
            first
        }
        count => &slices[..count],
    }
}

/// Whatever was asked of the server may still happen, as after any silence.
fn cancelled() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the user cancelled")
}
