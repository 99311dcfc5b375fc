//! The node that runs the plugin: it lends memory, counts what is lent, and is looked at by the
//! calling thread only.
use std::sync::Arc;
use std::thread::{self, ThreadId};

use parking_lot::Mutex;

use super::FakeNode;
use crate::cluster::{Cluster, Host};
use crate::data::{Batch, Bytes, Cells, Column, Datum, Type};
use crate::error::Result;
use crate::model::TableName;

/// What is lent at the moment and was lent at most, and who gave it back.
#[derive(Default)]
pub(crate) struct Gauge {
    pub(crate) lent: usize,
    pub(crate) peak: usize,
    pub(crate) foreign_drops: usize,
}

/// A piece of the server's memory.
struct Lent {
    bytes: Bytes,
    owner: ThreadId,
    gauge: Arc<Mutex<Gauge>>,
}

impl Lent {
    fn new(bytes: Bytes, gauge: &Arc<Mutex<Gauge>>) -> Self {
        let mut counts = gauge.lock();
        counts.lent += bytes.len();
        counts.peak = counts.peak.max(counts.lent);
        drop(counts);
        Lent { bytes, owner: thread::current().id(), gauge: gauge.clone() }
    }
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut counts = self.gauge.lock();
        counts.lent -= self.bytes.len();
        counts.foreign_drops += usize::from(thread::current().id() != self.owner);
    }
}

/// Is shown a question.
pub(crate) type See = Box<dyn FnMut(&str)>;

/// A call on `node` by a user who cancels after some looks at the session.
pub(crate) struct FakeHost {
    pub(crate) node: FakeNode,
    /// Its clock, in milliseconds since 1970.
    pub(crate) now: i64,
    /// The node's home directory.
    pub(crate) home: tempfile::TempDir,
    pub(crate) printed: Vec<String>,
    pub(crate) gauge: Arc<Mutex<Gauge>>,
    /// After so many looks the call is cancelled.
    pub(crate) cancel_after: usize,
    /// What happens at the look that finds the call cancelled.
    pub(crate) on_cancel: Option<Box<dyn FnOnce()>>,
    /// Is shown every question before it is answered.
    pub(crate) on_query: Option<See>,
}

impl FakeHost {
    pub(crate) fn new(node: FakeNode) -> Self {
        FakeHost {
            node,
            now: 0,
            home: tempfile::tempdir().expect("a home directory"),
            printed: Vec::new(),
            gauge: Arc::default(),
            cancel_after: usize::MAX,
            on_cancel: None,
            on_query: None,
        }
    }

    fn lend(&self, mut rows: Batch) -> Batch {
        for (_, column) in &mut rows.columns {
            let (Cells::Fixed(segments) | Cells::Text(segments)) = &mut column.cells else { continue };
            for segment in segments {
                *segment = Bytes::new(Lent::new(segment.clone(), &self.gauge));
            }
        }
        rows
    }
}

impl Cluster for FakeHost {
    fn label(&self) -> &str {
        "this node"
    }

    fn query(&mut self, script: &str) -> Result<Datum> {
        self.on_query.iter_mut().for_each(|see| see(script));
        match script {
            "now()" => return Ok(Datum::Scalar(Column::fixed(Type::Timestamp, self.now.to_le_bytes()))),
            "getHomeDir()" => return Ok(Datum::text(&self.home.path().to_string_lossy())),
            "getNodeAlias()" => return Ok(Datum::text("A")),
            "getCurrentSessionAndUser()" => {
                return Ok(Datum::Tuple(vec![Datum::Void, Datum::text("admin")]));
            }
            _ => {}
        }
        Ok(match self.node.query(script)? {
            Datum::Table(rows) => Datum::Table(self.lend(rows)),
            other => other,
        })
    }

    fn append(&mut self, table: &TableName, rows: &Batch) -> Result<u64> {
        self.node.append(table, rows)
    }
}

impl Host for FakeHost {
    fn print(&mut self, line: &str) {
        self.printed.push(line.to_owned());
    }

    fn is_cancelled(&mut self) -> bool {
        let cancelled = self.cancel_after == 0;
        if let Some(happen) = self.on_cancel.take_if(|_| cancelled) {
            happen();
        }
        self.cancel_after = self.cancel_after.saturating_sub(1);
        cancelled
    }

    fn node(&mut self) -> &mut dyn Cluster {
        self
    }
}
