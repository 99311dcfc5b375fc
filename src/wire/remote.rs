//! A server reached over its API protocol, as one side of a sync.
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::codec::{Body, encode_packed};
use super::connection::Connection;
use super::packer::Packer;
use super::{Control, Endpoint};
use crate::cluster::{Cluster, sql};
use crate::data::{Batch, Column, Datum, Type};
use crate::error::{Error, Kind, Result};
use crate::model::TableName;

/// What to do about a line that broke where no harm was done.
const AGAIN: &str = "look into the server's log and at the network, then run again";

/// Cells with which a line is measured, one after the other until it takes a telling time.
const PROBES: [usize; 2] = [64 << 10, 1 << 20];
const TELLING: Duration = Duration::from_millis(2);
/// Each is tried at least and at most so often, more often where it takes less than this in all.
const TRIES: std::ops::RangeInclusive<usize> = 2..=6;
const ENOUGH: Duration = Duration::from_millis(4);

/// A connection to one site of a remote cluster.
///
/// After a `Network`, `Silent` or `Protocol` error, and after an answer of an unsupported type, the connection
/// is closed: every later call fails with `Network` and says why.
pub struct Remote {
    connection: Connection,
    packer: Packer,
    control: Arc<Control>,
}

impl Remote {
    /// Connects and logs in.
    ///
    /// # Errors
    /// `Network` when the site cannot be reached, `Silent` when it does not answer, `Login` when it refuses the user, `Protocol` when
    /// it is not a DolphinDB server, `Argument` when the user name or password cannot be sent.
    pub fn connect(endpoint: &Endpoint) -> Result<Remote> {
        let connection = Connection::open(endpoint)?;
        let packer = Packer::new(endpoint.terms.compress);
        Ok(Remote { connection, packer, control: endpoint.terms.control.clone() })
    }

    /// Hands what the server prints to `receiver`, in the order it comes; until then it is dropped.
    pub fn on_message(&mut self, receiver: impl FnMut(&str) + Send + 'static) {
        self.connection.on_message = Box::new(receiver);
    }

    /// Calls the function `name`, a script's text, with `rows` that are meant for `table`.
    fn hand_over(&mut self, name: String, table: &TableName, rows: &Batch) -> Result<u64> {
        let unsent = |error: Error| error.context(format!("the rows did not reach {table}")).advise(AGAIN);
        if self.packer.is_curious() {
            self.measure().map_err(unsent)?;
        }
        let packed = self.packer.pack(rows, self.control.limiter.rate());
        self.connection.packs = self.packer.packs();
        let mut message = self.connection.request(Body::Function { name, arguments: 1 })?;
        encode_packed(rows, &packed, &mut message)?;
        self.connection.send(&message).map_err(unsent)?;
        self.stored(table)
    }

    /// Measures how many bytes the line moves in a second: what a vector takes longer to be counted
    /// than a single cell. A server that does not count is taken for a near one.
    fn measure(&mut self) -> Result<()> {
        let mut line = f64::INFINITY;
        let idle = self.count_cells(1)?;
        for cells in PROBES {
            let (Some(idle), Some(took)) = (idle, self.count_cells(cells)?) else { break };
            let moving = took.saturating_sub(idle);
            line = cells as f64 / moving.as_secs_f64().max(1e-6);
            if moving >= TELLING {
                break;
            }
        }
        self.packer.learn(line);
        Ok(())
    }

    /// How long the server takes to count the cells of a vector, at best: whatever else the machines
    /// do makes it longer, and a line that seems slow would be spared for nothing. `None` when it
    /// will not count.
    fn count_cells(&mut self, cells: usize) -> Result<Option<Duration>> {
        let vector = [Datum::Vector(Column::fixed(Type::Char, vec![0u8; cells]))];
        let (started, mut best) = (Instant::now(), Duration::MAX);
        for tried in 1..=*TRIES.end() {
            let now = Instant::now();
            if self.connection.call("size", &vector)?.is_err() {
                return Ok(None);
            }
            best = best.min(now.elapsed());
            if tried >= *TRIES.start() && started.elapsed() > ENOUGH {
                break;
            }
        }
        Ok(Some(best))
    }

    /// The count that an append was answered with. An error line says that nothing was stored;
    /// anything else but a count says nothing.
    fn stored(&mut self, table: &TableName) -> Result<u64> {
        let unknown = |error: Error| {
            error
                .context(format!("whether the rows were stored in {table} is unknown"))
                .advise("look at what the target holds before sending them again")
        };
        let answer = self.connection.receive().map_err(unknown)?;
        let answer = answer.map_err(|text| self.connection.server_error(&text))?;
        answer.as_count().ok_or_else(|| {
            let message = format!("{} did not answer with a count", self.connection.label());
            unknown(Error::new(Kind::Protocol, message))
        })
    }
}

impl Cluster for Remote {
    fn label(&self) -> &str {
        self.connection.label()
    }

    fn query(&mut self, script: &str) -> Result<Datum> {
        let message = self.connection.request(Body::Script(script.into()))?;
        let answer = self.connection.send(&message).and_then(|()| self.connection.receive());
        let answer = answer.map_err(|error| error.advise(AGAIN))?;
        answer.map_err(|text| self.connection.server_error(&text))
    }

    fn append(&mut self, table: &TableName, rows: &Batch) -> Result<u64> {
        self.hand_over(format!("tableInsert{{{}}}", sql::load_table(table)), table, rows)
    }

    fn upsert(&mut self, table: &TableName, rows: &Batch, keys: &[String]) -> Result<()> {
        let keys: Vec<String> = keys.iter().map(|key| sql::text(key)).collect();
        let named = match keys.is_empty() {
            true => String::new(),
            false => format!(", ignoreNull=false, keyColNames=[{}]", keys.join(",")),
        };
        // The table that `upsert!` returns must not travel back; the vendor's Python client sends
        // such a definition (wire-protocol §2).
        let name = format!(
            "(def(mutable tb, data){{upsert!(tb, data{named});return 0;}}){{{}}}",
            sql::load_table(table)
        );
        self.hand_over(name, table, rows).map(drop)
    }

    fn call_function(&mut self, name: &str, arguments: &[Datum]) -> Result<Datum> {
        let answer = self.connection.call(name, arguments).map_err(|error| error.advise(AGAIN))?;
        answer.map_err(|text| self.connection.server_error(&text))
    }
}
