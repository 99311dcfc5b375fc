//! Everybody who is connected. One thread notices clients that leave while their script runs,
//! which stops the script: nobody would read its result.
use std::collections::HashMap;
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// How late a running script learns that its client has left.
const CHECK_EVERY: Duration = Duration::from_millis(50);

#[derive(Default)]
pub struct Clients {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    open: HashMap<u64, Client>,
    stopped: bool,
}

struct Client {
    stream: Arc<TcpStream>,
    cancelled: Arc<AtomicBool>,
    /// A script runs, and its client has not been seen leaving.
    watched: bool,
}

/// A connection's place among the clients, given up when dropped.
pub struct Seat {
    clients: Arc<Clients>,
    id: u64,
}

impl Clients {
    /// Adds a connection unless there are `limit` or the node stops.
    pub fn enter(
        self: &Arc<Self>,
        id: u64,
        limit: usize,
        stream: &Arc<TcpStream>,
        cancelled: &Arc<AtomicBool>,
    ) -> Option<Seat> {
        let mut state = self.state.lock();
        if state.stopped || state.open.len() >= limit {
            return None;
        }
        let client = Client { stream: stream.clone(), cancelled: cancelled.clone(), watched: false };
        state.open.insert(id, client);
        Some(Seat { clients: self.clone(), id })
    }

    /// Cancels what runs, closes every connection and waits up to `patience` until all are gone.
    pub fn stop(&self, patience: Duration) {
        let mut state = self.state.lock();
        state.stopped = true;
        for client in state.open.values() {
            client.cancelled.store(true, Ordering::Relaxed);
            // A connection that is closed already needs no shutdown.
            let _ = client.stream.shutdown(Shutdown::Both);
        }
        self.changed.notify_all();
        self.changed.wait_while_for(&mut state, |state| !state.open.is_empty(), patience);
    }

    /// Watches running scripts until [`Clients::stop`].
    pub fn watch(&self) {
        while let Some(streams) = self.watched() {
            let left = hung_up(&streams);
            let mut state = self.state.lock();
            for (id, _) in left {
                if let Some(client) = state.open.get_mut(&id) {
                    client.cancelled.store(true, Ordering::Relaxed);
                    client.watched = false;
                }
            }
        }
    }

    /// The connections whose scripts run, as soon as there are some; none after a stop.
    fn watched(&self) -> Option<Vec<(u64, Arc<TcpStream>)>> {
        let mut state = self.state.lock();
        loop {
            if state.stopped {
                return None;
            }
            let watched = state.open.iter().filter(|(_, client)| client.watched);
            let streams: Vec<_> = watched.map(|(id, client)| (*id, client.stream.clone())).collect();
            if !streams.is_empty() {
                return Some(streams);
            }
            self.changed.wait(&mut state);
        }
    }

    fn set_watched(&self, id: u64, watched: bool) {
        if let Some(client) = self.state.lock().open.get_mut(&id) {
            client.watched = watched;
        }
        if watched {
            self.changed.notify_all();
        }
    }
}

impl Seat {
    /// Runs `work` while the client is watched.
    pub fn watched<T>(&self, work: impl FnOnce() -> T) -> T {
        self.clients.set_watched(self.id, true);
        let result = work();
        self.clients.set_watched(self.id, false);
        result
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.clients.state.lock().open.remove(&self.id);
        self.clients.changed.notify_all();
    }
}

/// Those of `streams` whose peers have gone, after at most [`CHECK_EVERY`].
fn hung_up(streams: &[(u64, Arc<TcpStream>)]) -> Vec<(u64, Arc<TcpStream>)> {
    let mut ends: Vec<_> =
        streams.iter().map(|(_, stream)| PollFd::new(stream.as_ref(), PollFlags::RDHUP)).collect();
    let timeout = Timespec { tv_sec: 0, tv_nsec: CHECK_EVERY.subsec_nanos().into() };
    if poll(&mut ends, Some(&timeout)).is_err() {
        return Vec::new();
    }
    let gone = PollFlags::RDHUP | PollFlags::HUP | PollFlags::ERR;
    let pairs = streams.iter().zip(&ends).filter(|(_, end)| end.revents().intersects(gone));
    pairs.map(|(stream, _)| stream.clone()).collect()
}
