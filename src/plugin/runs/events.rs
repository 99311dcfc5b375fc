//! The shared stream table `clusterSyncEvents`, to which dashboards and other scripts subscribe.
use parking_lot::Mutex;

use super::notices::Notice;
use crate::cluster::Host;
use crate::error::{Error, Result};

/// The table lives in the node's memory, so the first one who needs it makes it (manual of
/// `streamTable` and `share`).
const MAKE: &str = "share(streamTable(1000:0, [\"time\", \"runId\", \"event\", \"dbPath\", \"tableName\", \
    \"status\", \"rows\", \"bytes\", \"seconds\", \"message\"], [TIMESTAMP, STRING, STRING, STRING, STRING, STRING, \
    LONG, LONG, DOUBLE, STRING]), \"clusterSyncEvents\")";

/// Whoever makes the table does so alone.
static TURN: Mutex<()> = Mutex::new(());

/// Adds `notice` as a row, at the time that the node shows.
///
/// # Errors
/// What the server answers when the table can neither be written nor made.
pub(in crate::plugin) fn publish(host: &mut dyn Host, notice: &Notice) -> Result<()> {
    let insert = format!("tableInsert(clusterSyncEvents, now(), {})", notice.values());
    let _turn = TURN.lock();
    // A name that nobody knows is an error of the parser, so it is tried first.
    let Err(first) = host.query(&insert) else { return Ok(()) };
    let made = host.query(MAKE).and_then(|_| host.query(&insert)).map(drop);
    made.map_err(|error: Error| error.caused_by(first))
}
