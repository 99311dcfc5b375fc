//! A source that is another cluster than the node that orchestrates.
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::cluster::{Cluster, Host, Seat};
use crate::data::{Batch, Datum};
use crate::engine::{Connect, Retries};
use crate::error::{Error, Kind, Result, Retry};
use crate::model::TableName;

/// Reads from another cluster, and prints and is cancelled at this node. What is asked only reads, so
/// a question that a broken line took along is asked again.
pub(in crate::plugin) struct Afar<'a> {
    label: String,
    node: &'a mut dyn Host,
    connect: Connect<'a>,
    source: Option<Box<dyn Cluster + Send>>,
    retries: Retries,
}

impl<'a> Afar<'a> {
    /// The cluster that `connect` reaches, for a call at `node`.
    pub(in crate::plugin) fn new(
        label: &str,
        node: &'a mut dyn Host,
        connect: Connect<'a>,
        retries: Retries,
    ) -> Self {
        Afar { label: label.to_owned(), node, connect, source: None, retries }
    }

    fn ask(&mut self, script: &str) -> Result<Datum> {
        let source = match self.source.take() {
            Some(source) => source,
            None => (self.connect)()?,
        };
        self.source.insert(source).query(script)
    }

    /// Waits, unless the user has cancelled.
    fn pause(&mut self, time: Duration) -> bool {
        const GLANCE: Duration = Duration::from_millis(50);
        let end = Instant::now() + time;
        while !self.node.is_cancelled() {
            match end.saturating_duration_since(Instant::now()) {
                Duration::ZERO => return true,
                left => thread::sleep(left.min(GLANCE)),
            }
        }
        false
    }

    fn unwritten(&self, table: &TableName) -> Error {
        Error::new(Kind::Bug, format!("{table} would be written at {}, which is the source", self.label))
    }
}

impl Cluster for Afar<'_> {
    fn label(&self) -> &str {
        &self.label
    }

    fn query(&mut self, script: &str) -> Result<Datum> {
        for tried in 0.. {
            let error = match self.ask(script) {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if self.node.is_cancelled() {
                let advice = "partitions copied so far stay at the target, verified";
                return Err(Error::new(Kind::Cancelled, "the user cancelled").advise(advice));
            }
            let again = error.kind().retry();
            if again == Retry::Reconnect {
                self.source = None;
            }
            match self.retries.wait(tried).filter(|_| again != Retry::Never) {
                Some(wait) if self.pause(wait) => {}
                _ => return Err(error),
            }
        }
        unreachable!("tries are counted")
    }

    fn append(&mut self, table: &TableName, _: &Batch) -> Result<u64> {
        Err(self.unwritten(table))
    }

    fn upsert(&mut self, table: &TableName, _: &Batch, _: &[String]) -> Result<()> {
        Err(self.unwritten(table))
    }
}

impl Host for Afar<'_> {
    fn print(&mut self, line: &str) {
        self.node.print(line);
    }

    fn is_cancelled(&mut self) -> bool {
        self.node.is_cancelled()
    }

    fn node(&mut self) -> &mut dyn Cluster {
        self.node.node()
    }

    fn seat(&self) -> Option<Arc<Seat>> {
        self.node.seat()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::testing::{FakeHost, FakeNode};

    /// A connection that breaks at its first question, unless it is the third one.
    struct Line(u32);

    impl Cluster for Line {
        fn label(&self) -> &str {
            "B"
        }

        fn query(&mut self, _: &str) -> Result<Datum> {
            match self.0 {
                0 | 1 => Err(Error::new(Kind::Network, "the line broke")),
                _ => Ok(Datum::text("answer")),
            }
        }

        fn append(&mut self, _: &TableName, _: &Batch) -> Result<u64> {
            unreachable!("the source is not written")
        }
    }

    fn asked(count: u32, cancel_after: usize) -> (Result<Datum>, u32) {
        let mut host = FakeHost::new(FakeNode::default());
        host.cancel_after = cancel_after;
        let made = AtomicU32::new(0);
        let connect = || Ok(Box::new(Line(made.fetch_add(1, Ordering::Relaxed))) as Box<dyn Cluster + Send>);
        let retries = Retries { count, first: Duration::from_millis(1) };
        let answer = Afar::new("cluster `B`", &mut host, &connect, retries).query("1");
        (answer, made.into_inner())
    }

    #[test]
    fn a_question_that_broke_is_asked_again_on_a_new_line() {
        let (answer, made) = asked(2, usize::MAX);
        assert_eq!((answer.unwrap().as_str(), made), (Some("answer"), 3));
        let (answer, made) = asked(1, usize::MAX);
        assert_eq!((answer.unwrap_err().kind(), made), (Kind::Network, 2));
    }

    #[test]
    fn who_cancels_is_not_told_of_the_line() {
        let (answer, made) = asked(9, 0);
        assert_eq!((answer.unwrap_err().kind(), made), (Kind::Cancelled, 1));
    }

    #[test]
    fn the_source_is_never_written() {
        let mut host = FakeHost::new(FakeNode::default());
        let connect = || Ok(Box::new(Line(2)) as Box<dyn Cluster + Send>);
        let retries = Retries { count: 0, first: Duration::ZERO };
        let mut afar = Afar::new("cluster `B`", &mut host, &connect, retries);
        let error = afar.append(&TableName::new("dfs://d", "t"), &Batch::default()).unwrap_err();
        assert_eq!(error.message(), "dfs://d/t would be written at cluster `B`, which is the source");
    }
}
