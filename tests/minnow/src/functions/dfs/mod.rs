//! Built-ins for databases and distributed tables (dolphindb-semantics §2.1, §3, §4.1).
mod alter;
mod database;
mod metadata;
mod options;
mod partition;
pub mod rights;
mod schema;
mod table;
mod upsert;

use std::sync::Arc;

pub use metadata::matches;
pub use partition::{is_path, selections};
pub use table::store_rows;

use super::{args, faults};
use crate::error::Result;
use crate::node::GUEST;
use crate::script::{Native, Session};
use crate::store::Database;
use crate::value::Value;

pub const FUNCTIONS: &[Native] = &[
    Native::new(
        "database",
        &[
            "directory",
            "partitionType",
            "partitionScheme",
            "locations",
            "engine",
            "atomic",
            "chunkGranularity",
        ],
        1,
        database::database,
    ),
    Native::new("existsDatabase", &["dbUrl"], 1, database::exists),
    Native::new("dropDatabase", &["dbUrl"], 1, database::drop),
    Native::new("getClusterDFSDatabases", &["includeSysDb"], 0, database::list),
    Native::new("setAtomicLevel", &["dbHandle", "atomic"], 2, database::set_atomic),
    Native::new("getTables", &["dbHandle"], 1, database::tables),
    Native::new("listTables", &["dbUrl"], 1, database::list_tables),
    Native::new("getDFSTablesByDatabase", &["dbUrl"], 1, database::tables_of),
    Native::new("getClusterDFSTables", &["includeSysTable"], 0, database::all_tables),
    Native::new("getDFSDatabases", &[], 0, database::list_managed),
    Native::new(
        "createPartitionedTable",
        &[
            "dbHandle",
            "table",
            "tableName",
            "partitionColumns",
            "compressMethods",
            "sortColumns",
            "keepDuplicates",
            "sortKeyMappingFunction",
            "softDelete",
            "indexes",
            "latestKeyCache",
            "compressHashSortKey",
            "encryptMode",
            "primaryKey",
        ],
        4,
        table::create_partitioned,
    ),
    Native::in_place("addColumn", &["table", "colNames", "colTypes"], 3, alter::add_column),
    Native::new("setColumnComment", &["table", "columnComments"], 2, alter::set_column_comment),
    Native::new("setTableComment", &["table", "comment"], 2, alter::set_table_comment),
    Native::new("createDimensionTable", DIMENSION, 3, table::create_dimension),
    Native::new("createTable", DIMENSION, 3, table::create_dimension),
    Native::new("loadTable", &["database", "tableName", "partitions", "memoryMode"], 2, table::load),
    Native::new("existsTable", &["dbUrl", "tableName"], 2, table::exists),
    Native::new("dropTable", &["dbHandle", "tableName"], 2, table::drop),
    Native::new("truncate", &["dbUrl", "tableName"], 2, table::truncate),
    Native::in_place("upsert!", UPSERT, 2, upsert::in_place),
    Native::in_place("tableUpsert", UPSERT, 2, upsert::counted),
    Native::new(
        "dropPartition",
        &["dbHandle", "partitionPaths", "tableName", "forceDelete", "deleteSchema"],
        2,
        partition::drop,
    ),
    Native::new("addValuePartitions", GROWTH, 2, partition::add_values),
    Native::new("addRangePartitions", GROWTH, 2, partition::add_ranges),
    Native::new("getClusterChunksStatus", &[], 0, metadata::cluster_chunks),
    Native::new("getAllChunks", &[], 0, metadata::all_chunks),
    Native::new("getChunksMeta", &["chunkPath", "top"], 0, metadata::chunks),
    Native::new("getTabletsMeta", &["chunkPath", "tableName", "diskUsage", "top"], 0, metadata::tablets),
    Native::new("schema", &["table"], 1, schema::schema),
];

const DIMENSION: &[&str] = &[
    "dbHandle",
    "table",
    "tableName",
    "compressMethods",
    "sortColumns",
    "keepDuplicates",
    "softDelete",
    "indexes",
    "encryptMode",
    "primaryKey",
];
const UPSERT: &[&str] = &["obj", "newData", "ignoreNull", "keyColNames", "sortColumns"];
const GROWTH: &[&str] = &["dbHandle", "newValues", "level"];

/// Refuses the guest.
pub fn require_login(session: &Session, what: &str) -> Result<()> {
    if session.user == GUEST { Err(rights::refused(session, what)) } else { Ok(()) }
}

/// As [`require_login`], for what changes databases or tables by rights that are not documented: only
/// the leader takes that (dolphindb-semantics §4.2).
pub fn require_write(session: &Session, what: &str) -> Result<()> {
    require_login(session, what)?;
    session.node.cluster.require_leader(&session.node)
}

/// A database by handle or url, as it is now.
fn database_of(session: &Session, function: &str, given: &[Value], name: &str) -> Result<Arc<Database>> {
    session.node.store.database(url_of(function, given, name)?)
}

fn url_of<'a>(function: &str, given: &'a [Value], name: &str) -> Result<&'a str> {
    match args::required(function, given, 0, name)? {
        Value::Database(handle) => Ok(&handle.url),
        value => value
            .as_str()
            .ok_or_else(|| args::bad(function, name, "must be a database handle or its dfs:// path")),
    }
}

#[cfg(test)]
mod tests;
