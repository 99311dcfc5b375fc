//! Accepts connections, one thread each.
use std::io::{self, Read};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};

use super::clients::Clients;
use super::connection::{self, Service};
use super::tls;
use crate::error::Result;
use crate::node::Node;
use crate::script::STACK;

/// How long a stop waits for scripts that run.
const PATIENCE: Duration = Duration::from_secs(5);

/// What one peer may cost.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A request that was begun must go on at least this often; its header must be complete.
    pub stall: Duration,
    /// More connections are closed at once.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { stall: Duration::from_secs(30), connections: 256 }
    }
}

/// A node that listens.
pub struct Server {
    service: Service,
    listener: TcpListener,
    /// One byte from the other end of `wake` stops the server.
    woken: UnixStream,
    wake: UnixStream,
}

impl Server {
    pub fn new(node: Arc<Node>, listener: TcpListener, limits: Limits) -> Result<Server> {
        let (woken, wake) = UnixStream::pair()?;
        let tls = tls::configure(&node)?;
        let service = Service { node, clients: Arc::<Clients>::default(), limits, tls };
        Ok(Server { service, listener, woken, wake })
    }

    /// Where a byte can be written to stop [`Server::run`], from a signal handler too.
    pub fn stopper(&self) -> io::Result<UnixStream> {
        self.wake.try_clone()
    }

    /// Serves until stopped; then cancels what runs, closes all connections and returns.
    pub fn run(mut self) -> io::Result<()> {
        let clients = self.service.clients.clone();
        let watcher = std::thread::Builder::new().name("watch".into()).spawn(move || clients.watch())?;
        let result = self.accept();
        self.service.clients.stop(PATIENCE);
        if watcher.join().is_err() {
            self.service.node.log("the thread that watches connections panicked");
        }
        self.service.node.log("stopped");
        result
    }

    fn accept(&mut self) -> io::Result<()> {
        self.listener.set_nonblocking(true)?;
        for id in 1.. {
            let Some(stream) = self.next()? else { break };
            let service = self.service.clone();
            let thread = std::thread::Builder::new().name(format!("session {id}")).stack_size(STACK);
            let serve = move || connection::serve(&service, id, stream);
            if let Err(error) = thread.spawn(serve) {
                self.service.node.log(&format!("session {id}: no thread: {error}"));
            }
        }
        Ok(())
    }

    /// The next connection, none when the server is to stop.
    fn next(&mut self) -> io::Result<Option<TcpStream>> {
        loop {
            let mut ends =
                [PollFd::new(&self.listener, PollFlags::IN), PollFd::new(&self.woken, PollFlags::IN)];
            match poll(&mut ends, None) {
                Err(rustix::io::Errno::INTR) => continue,
                result => result?,
            };
            if !ends[1].revents().is_empty() {
                self.woken.read_exact(&mut [0])?;
                return Ok(None);
            }
            match self.listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false)?;
                    return Ok(Some(stream));
                }
                // The peer may have left already, or the process be short of descriptors; neither
                // may stop the node.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => (),
                Err(error) => {
                    self.service.node.log(&format!("accept: {error}"));
                    std::thread::sleep(Duration::from_millis(10));
                }
            }
        }
    }
}
