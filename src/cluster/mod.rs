//! What both sides of a sync are, and what the engine asks of them.
//!
//! A cluster answers expressions and takes rows; everything else (structure, counts, one
//! partition's rows) is built here from those two, so the local kernel and a remote peer cannot
//! disagree about what a question means.
mod access;
mod bound;
mod calendar;
mod chunks;
mod condition;
pub mod ddl;
mod describe;
mod literal;
mod read;
mod release;
mod room;
mod setting;
pub mod sql;
pub mod tags;
mod units;

pub use access::{Access, Held, SUPER};
pub use bound::literal;
pub use calendar::{civil, clock};
pub use chunks::{Marked, marks, row_counts};
pub use condition::{flaw, translated};
pub use describe::{UNEXPECTED, describe, levels_of, tables};
pub use read::{count, counts, read, sample};
pub use release::{Release, release};
pub use room::{Room, Seat};
pub use setting::{NEW_VALUES, setting};
pub use units::{keys, lists, units, units_at};

use std::sync::Arc;

use crate::data::{Batch, Datum};
use crate::error::{Error, Kind, Result};
use crate::model::TableName;

/// One side of a sync.
pub trait Cluster {
    /// How messages name this side, such as `this node` or `10.0.0.2:8848`.
    fn label(&self) -> &str;

    /// Whether its rows can be read without sending them anywhere.
    fn is_here(&self) -> bool {
        false
    }

    /// The value of one expression or `select`.
    ///
    /// # Errors
    /// The server's own error, of the kind that its tag says, or `Server`; `Network`, `Silent` and `Protocol`
    /// when a remote side cannot be asked or understood; `Schema` for cells of an unsupported type.
    fn query(&mut self, script: &str) -> Result<Datum>;

    /// Appends `rows`, whose columns are in the table's own order, as one transaction, and returns
    /// how many rows the server says it stored.
    ///
    /// # Errors
    /// As [`Cluster::query`]. After `Network`, `Silent` and `Protocol` the rows may have been stored or not.
    fn append(&mut self, table: &TableName, rows: &Batch) -> Result<u64>;

    /// Puts each of `rows`, whose columns are in the table's own order, in the place of the row with
    /// the same values in `keys` and the partitioning columns, or adds it. Without `keys` the table
    /// knows its own. As one transaction.
    ///
    /// # Errors
    /// As [`Cluster::append`]; `Refused` where a side cannot.
    fn upsert(&mut self, table: &TableName, rows: &Batch, keys: &[String]) -> Result<()> {
        let _ = (rows, keys);
        let what = format!("{} takes no upserts into {table}", self.label());
        Err(Error::new(Kind::Refused, what).advise("use another mode"))
    }

    /// The answer of the function `name` to `arguments`.
    ///
    /// # Errors
    /// As [`Cluster::query`]; `Refused` where a side takes scripts only.
    fn call_function(&mut self, name: &str, arguments: &[Datum]) -> Result<Datum> {
        let _ = arguments;
        let what = format!("{} cannot be asked for {name}", self.label());
        Err(Error::new(Kind::Refused, what).advise("use another way"))
    }
}

/// The server call that a plugin function runs in.
pub trait Host: Cluster {
    /// Shows `line` to the caller at once, as the built-in `print` does.
    fn print(&mut self, line: &str);

    /// Whether the user has cancelled the call.
    fn is_cancelled(&mut self) -> bool;

    /// The node that the call came to, whatever cluster is asked otherwise.
    fn node(&mut self) -> &mut dyn Cluster;

    /// Tells the same to whoever waits on the calling thread and has no host at hand; on other
    /// threads, and where nobody can be asked, it says no.
    fn ear(&self) -> fn() -> bool {
        || false
    }

    /// Its place where rows are read together with others; none where it reads alone.
    fn seat(&self) -> Option<Arc<Seat>> {
        None
    }
}
