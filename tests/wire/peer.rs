//! A server on loopback that does what a test tells it.
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use clustersync::data::Datum;
use clustersync::model::Secret;
use clustersync::wire::codec::{Body, Reader, Request, decode};
use clustersync::wire::{Compress, Endpoint, Remote, Terms};

use crate::round_trip::encoded;

/// How long nothing may move in tests that do not wait for a time-out.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// One side of an accepted connection.
pub struct Peer {
    reader: Reader<TcpStream>,
}

/// A peer that serves one connection on a thread of its own.
pub struct Served {
    pub endpoint: Endpoint,
    thread: JoinHandle<()>,
}

impl Peer {
    /// The next request with its argument objects.
    pub fn request(&mut self) -> (Request, Vec<Datum>) {
        let request = Request::decode(&mut self.reader).unwrap();
        let count = if let Body::Function { arguments, .. } = request.body { arguments } else { 0 };
        let arguments = (0..count).map(|_| decode(&mut self.reader).unwrap()).collect();
        (request, arguments)
    }

    /// Whether the client has closed its side.
    pub fn is_left(&mut self) -> bool {
        self.reader.array::<1>().is_err()
    }

    pub fn send(&mut self, bytes: &[u8]) {
        self.reader.source_mut().write_all(bytes).unwrap();
    }

    /// Whether the client still takes `bytes`.
    pub fn tries(&mut self, bytes: &[u8]) -> bool {
        self.reader.source_mut().write_all(bytes).is_ok()
    }

    pub fn answer(&mut self, value: &Datum) {
        self.send(&[b"77 1 1\nOK\n", &encoded(value)[..]].concat());
    }

    /// Takes the connect request and accepts it.
    pub fn welcome(&mut self) {
        self.request();
        self.send(b"77 0 1\nOK\n");
    }
}

impl Served {
    /// Runs `serve` on the first connection.
    pub fn by(serve: impl FnOnce(Peer) + Send + 'static) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            serve(Peer { reader: Reader::new(stream) });
        });
        Served { endpoint: endpoint(port), thread }
    }

    pub fn connect(&self) -> Remote {
        Remote::connect(&self.endpoint).unwrap()
    }

    /// Waits for the peer's end, and fails when its own checks did.
    pub fn end(self) {
        self.thread.join().unwrap();
    }
}

/// A login as `admin` with a password that no message contains by chance.
pub fn endpoint(port: u16) -> Endpoint {
    Endpoint {
        host: "127.0.0.1".into(),
        port,
        user: "admin".into(),
        password: Secret::new("tell-no-one"),
        connect_timeout: PATIENCE,
        io_timeout: PATIENCE,
        terms: Terms { plain_login: true, compress: Compress::None, ..Terms::default() },
    }
}
