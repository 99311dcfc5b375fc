//! Work beside the calling thread: only that one may call the server, so it runs the errands of
//! others while they do the work.
//!
//! A sync whose source is another cluster runs on a thread of its own with lanes of its own, as any
//! sync does; what it wants of this node, it sends here. So reading from afar, hashing and storing
//! here go on at the same time, and a cancelled call is noticed while everybody waits for the network.
//! Rows travel by reference: memory that the server lends may be dropped by any thread.
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};

use crate::cluster::{Cluster, Host, Seat};
use crate::data::{Batch, Datum};
use crate::error::{Error, Kind, Result, panic_text};
use crate::model::TableName;

/// How often the calling thread looks whether the user has cancelled.
const TICK: Duration = Duration::from_millis(50);

/// What the calling thread is asked to do.
enum Errand {
    Query(String, Sender<Result<Datum>>),
    Append(TableName, Batch, Sender<Result<u64>>),
    Upsert(TableName, Batch, Vec<String>, Sender<Result<()>>),
    Print(String),
    /// Nothing more will come.
    Over,
}

/// This node, as any thread may use it.
#[derive(Clone)]
pub(in crate::plugin) struct Errands {
    label: String,
    desk: Sender<Errand>,
    is_cancelled: Arc<AtomicBool>,
    seat: Option<Arc<Seat>>,
    /// What its messages begin with.
    voice: String,
}

/// Where errands are left.
pub(in crate::plugin) struct Desk {
    node: Errands,
    errands: Receiver<Errand>,
}

impl Desk {
    /// One for the node of `host`.
    pub(in crate::plugin) fn of(host: &mut dyn Host) -> Desk {
        let (desk, errands) = unbounded();
        let label = host.node().label().to_owned();
        let seat = host.seat();
        let node = Errands { label, desk, is_cancelled: Arc::default(), seat, voice: String::new() };
        Desk { node, errands }
    }

    /// The node, as any thread may use it while [`Desk::beside`] goes on.
    pub(in crate::plugin) fn node(&self) -> Errands {
        self.node.clone()
    }

    /// Calls `work` on another thread and runs all errands until it returns. `cancel` is called once
    /// when the user has cancelled.
    pub(in crate::plugin) fn beside<T: Send>(
        self,
        host: &mut dyn Host,
        cancel: &dyn Fn(),
        work: impl FnOnce(&mut Errands) -> Result<T> + Send,
    ) -> Result<T> {
        let mut node = self.node();
        let Desk { node: own, errands } = self;
        thread::scope(|scope| {
            // Should the calling thread panic, this goes first, so that nobody waits for an answer.
            let errands = errands;
            let worker = thread::Builder::new().name("clusterSync".into());
            let worker = worker.spawn_scoped(scope, move || {
                let outcome = catch_unwind(AssertUnwindSafe(|| work(&mut node)));
                // The other side has gone only if it panicked, and then nobody waits.
                let _ = node.desk.send(Errand::Over);
                outcome.unwrap_or_else(|panic| Err(panicked(panic_text(&*panic))))
            });
            let worker = worker.map_err(|error| {
                Error::new(Kind::Server, "no thread can be started for the sync").caused_by(error)
            })?;
            attend(host, &errands, &own.is_cancelled, cancel);
            worker.join().unwrap_or_else(|panic| Err(panicked(panic_text(&*panic))))
        })
    }
}

/// What is said of a thread that did not return.
pub(in crate::plugin) fn panicked(text: &str) -> Error {
    Error::new(Kind::Bug, format!("the sync panicked: {text}"))
        .advise("report this; the next run looks at every partition before it sends anything")
}

/// Runs errands until there are no more.
fn attend(host: &mut dyn Host, errands: &Receiver<Errand>, is_cancelled: &AtomicBool, cancel: &dyn Fn()) {
    loop {
        if !is_cancelled.load(Ordering::Relaxed) && host.is_cancelled() {
            is_cancelled.store(true, Ordering::Relaxed);
            cancel();
        }
        // Who asked may have gone, and then nobody misses the answer.
        match errands.recv_timeout(TICK) {
            Ok(Errand::Query(script, reply)) => drop(reply.send(host.query(&script))),
            Ok(Errand::Append(table, rows, reply)) => drop(reply.send(host.append(&table, &rows))),
            Ok(Errand::Upsert(table, rows, keys, reply)) => {
                drop(reply.send(host.upsert(&table, &rows, &keys)));
            }
            Ok(Errand::Print(line)) => host.print(&line),
            Err(RecvTimeoutError::Timeout) => {}
            Ok(Errand::Over) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

impl Errands {
    /// The same for one of several who use it: with a place to read and a name before its messages.
    pub(in crate::plugin) fn among(&self, seat: Arc<Seat>, name: &str) -> Errands {
        Errands { seat: Some(seat), voice: format!("{name}: "), ..self.clone() }
    }

    /// As a connection that can be made any number of times.
    pub(in crate::plugin) fn opener(self) -> Box<dyn Fn() -> Result<Box<dyn Cluster + Send>> + Send + Sync> {
        Box::new(move || Ok(Box::new(self.clone())))
    }

    fn run<T>(&self, errand: impl FnOnce(Sender<Result<T>>) -> Errand) -> Result<T> {
        let (reply, answer) = bounded(1);
        let gone = || Error::new(Kind::State, "the call that this node was used for has ended");
        self.desk.send(errand(reply)).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())?
    }
}

impl Cluster for Errands {
    fn label(&self) -> &str {
        &self.label
    }

    fn query(&mut self, script: &str) -> Result<Datum> {
        self.run(|reply| Errand::Query(script.to_owned(), reply))
    }

    fn append(&mut self, table: &TableName, rows: &Batch) -> Result<u64> {
        self.run(|reply| Errand::Append(table.clone(), rows.clone(), reply))
    }

    fn upsert(&mut self, table: &TableName, rows: &Batch, keys: &[String]) -> Result<()> {
        self.run(|reply| Errand::Upsert(table.clone(), rows.clone(), keys.to_vec(), reply))
    }

    fn is_here(&self) -> bool {
        true
    }
}

impl Host for Errands {
    fn print(&mut self, line: &str) {
        // Progress is a courtesy.
        let _ = self.desk.send(Errand::Print(format!("{}{line}", self.voice)));
    }

    fn is_cancelled(&mut self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }

    fn node(&mut self) -> &mut dyn Cluster {
        self
    }

    fn seat(&self) -> Option<Arc<Seat>> {
        self.seat.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{FakeHost, FakeNode, flights, flights_table};

    fn host() -> FakeHost {
        FakeHost::new(FakeNode::with(&flights(), flights_table(1)))
    }

    #[test]
    fn many_threads_ask_and_one_calls() {
        let mut host = host();
        let caller = thread::current().id();
        let asked = Desk::of(&mut host).beside(&mut host, &|| {}, |node| {
            assert_ne!(thread::current().id(), caller);
            thread::scope(|scope| {
                let ask = || {
                    let mut node = node.clone();
                    scope.spawn(move || node.query("now()").map(drop)).join().unwrap()
                };
                (0..3).try_for_each(|_| ask())
            })?;
            node.print("done");
            node.query("nonsense").map(drop).unwrap_err();
            Ok(3)
        });
        assert_eq!((asked.unwrap(), host.printed), (3, vec!["done".to_owned()]));
    }

    #[test]
    fn a_cancelled_call_and_a_panic_end_it() {
        let mut host = host();
        host.cancel_after = 2;
        let told = AtomicBool::new(false);
        let outcome =
            Desk::of(&mut host).beside(&mut host, &|| told.store(true, Ordering::Relaxed), |node| {
                while !node.is_cancelled() {
                    thread::yield_now();
                }
                Ok(())
            });
        assert!(outcome.is_ok() && told.into_inner());
        let mut host = self::host();
        let defect = |_: &mut Errands| -> Result<()> { panic!("a defect") };
        let error = Desk::of(&mut host).beside(&mut host, &|| {}, defect).unwrap_err();
        assert_eq!((error.kind(), error.message()), (Kind::Bug, "the sync panicked: a defect"));
    }
}
