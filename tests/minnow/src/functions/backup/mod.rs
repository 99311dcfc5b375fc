//! Backup and restore (dolphindb-semantics §1). [`folder`] is the backup on disk, [`save`] fills
//! it, [`load`] reads it back.
mod folder;
mod load;
mod save;
mod status;

use std::path::Path;

use super::{args, dfs};
use crate::error::Result;
use crate::script::{Native, Session};
use crate::value::Value;

pub const FUNCTIONS: &[Native] = &[
    Native::new(
        "backup",
        &["backupDir", "sqlObj", "force", "parallel", "snapshot", "tableName", "partition", "dbPath"],
        2,
        save::backup,
    ),
    Native::new("backupTable", &["backupDir", "dbPath", "tableName"], 3, save::backup_table),
    Native::new("backupDB", &["backupDir", "dbPath"], 2, save::backup_database),
    Native::new(
        "restore",
        &["backupDir", "dbPath", "tableName", "partition", "force", "outputTable", "parallel", "snapshot"],
        4,
        load::restore,
    ),
    Native::new(
        "restoreTable",
        &["backupDir", "dbPath", "tableName", "newDBPath", "newTableName"],
        3,
        load::restore_table,
    ),
    Native::new("restoreDB", &["backupDir", "dbPath", "newDBPath"], 2, load::restore_database),
    Native::new(
        "migrate",
        &["backupDir", "backupDBPath", "backupTableName", "newDBPath", "newTableName"],
        1,
        load::migrate,
    ),
    Native::new("getBackupList", &["backupDir", "dbPath", "tableName"], 3, load::list),
    Native::new("getBackupMeta", &["backupDir", "dbPath", "partition", "tableName"], 4, load::meta),
    Native::new("loadBackup", &["backupDir", "dbPath", "partition", "tableName"], 4, load::load_backup),
    Native::new("getBackupStatus", &["userName"], 0, status::status),
    Native::new("checkBackup", &["backupDir", "dbPath", "tableName", "partition"], 2, load::check),
    // Of a file or folder of this machine; of DFS paths minnow knows nothing (manual of `exists`).
    Native::new("exists", &["path"], 1, |session, given| {
        let path = args::text("exists", &given, 0, "path")?;
        Ok(Value::bool(Path::new(&session.node.own_path(path)).exists()))
    }),
];

/// The argument `backupDir` as this node sees it.
fn directory(session: &Session, function: &str, given: &[Value]) -> Result<String> {
    args::text(function, given, 0, "backupDir").map(|path| session.node.own_path(path))
}

/// Somebody must be logged in (dolphindb-semantics §1.1).
fn require_login(session: &Session) -> Result<()> {
    dfs::require_login(session, "back up or restore")
}

#[cfg(test)]
mod tests;
