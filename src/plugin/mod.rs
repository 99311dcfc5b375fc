//! What a script calls: arguments in, a table out. One file per family of functions.
mod afar;
mod arguments;
mod background;
mod caller;
mod clusters;
mod config;
mod control;
mod ddl;
mod errands;
mod events;
mod exclusive;
mod follow;
mod history;
mod listening;
mod make;
mod names;
mod notices;
mod offline;
mod options;
mod pages;
mod plans;
mod rates;
mod remote;
mod rename;
mod report;
mod request;
mod roots;
mod rows;
mod security;
mod setup;
mod site;
mod steer;
mod sync;
mod table;
mod targets;
#[cfg(test)]
mod tests;
mod values;
mod verify;
mod watermark;
mod window;

use crate::cluster::Host;
use crate::data::Datum;
use crate::error::Result;

/// A function that the server's scripts can call.
pub struct Function {
    /// The exported symbol that the descriptor names.
    pub symbol: &'static str,
    /// The name after `clusterSync::`.
    pub name: &'static str,
    /// The fewest arguments it takes.
    pub min: usize,
    /// The most arguments it takes.
    pub max: usize,
    /// Its parameters as the manual writes them.
    pub syntax: &'static str,
    /// What it does; `args` may be shorter than `max`, and omitted ones are [`Datum::Void`].
    pub run: fn(&mut dyn Host, &[Datum]) -> Result<Datum>,
}

/// Every function of the plugin, in the order of the exported names.
pub const FUNCTIONS: &[Function] = &[
    Function {
        symbol: "clusterSyncSyncOnline",
        name: "syncOnline",
        min: 2,
        max: 5,
        syntax: sync::SYNC,
        run: sync::sync_online,
    },
    Function {
        symbol: "clusterSyncSetCluster",
        name: "setCluster",
        min: 4,
        max: 5,
        syntax: clusters::SET,
        run: clusters::set_cluster,
    },
    Function {
        symbol: "clusterSyncGetClusters",
        name: "getClusters",
        min: 0,
        max: 0,
        syntax: clusters::GET,
        run: clusters::get_clusters,
    },
    Function {
        symbol: "clusterSyncDropCluster",
        name: "dropCluster",
        min: 1,
        max: 1,
        syntax: clusters::DROP,
        run: clusters::drop_cluster,
    },
    Function {
        symbol: "clusterSyncTestCluster",
        name: "testCluster",
        min: 1,
        max: 1,
        syntax: clusters::TEST,
        run: clusters::test_cluster,
    },
    Function {
        symbol: "clusterSyncPlanSync",
        name: "planSync",
        min: 2,
        max: 5,
        syntax: sync::PLAN,
        run: sync::plan_sync,
    },
    Function {
        symbol: "clusterSyncResumeRun",
        name: "resumeRun",
        min: 1,
        max: 3,
        syntax: sync::RESUME,
        run: sync::resume_run,
    },
    Function {
        symbol: "clusterSyncGetRuns",
        name: "getRuns",
        min: 0,
        max: 0,
        syntax: history::RUNS,
        run: history::get_runs,
    },
    Function {
        symbol: "clusterSyncGetRunTables",
        name: "getRunTables",
        min: 1,
        max: 1,
        syntax: history::TABLES,
        run: history::get_run_tables,
    },
    Function {
        symbol: "clusterSyncGetRunPartitions",
        name: "getRunPartitions",
        min: 1,
        max: 1,
        syntax: history::PARTITIONS,
        run: history::get_run_partitions,
    },
    Function {
        symbol: "clusterSyncVerify",
        name: "verify",
        min: 2,
        max: 5,
        syntax: verify::VERIFY,
        run: verify::verify,
    },
    Function {
        symbol: "clusterSyncFingerprint",
        name: "fingerprint",
        min: 2,
        max: 5,
        syntax: verify::FINGERPRINT,
        run: verify::fingerprint,
    },
    Function {
        symbol: "clusterSyncSyncOffline",
        name: "syncOffline",
        min: 2,
        max: 5,
        syntax: offline::SYNC,
        run: offline::sync_offline,
    },
    Function {
        symbol: "clusterSyncBackupTo",
        name: "backupTo",
        min: 2,
        max: 5,
        syntax: offline::BACKUP,
        run: offline::backup_to,
    },
    Function {
        symbol: "clusterSyncShipTo",
        name: "shipTo",
        min: 2,
        max: 3,
        syntax: offline::SHIP,
        run: offline::ship_to,
    },
    Function {
        symbol: "clusterSyncRestoreFrom",
        name: "restoreFrom",
        min: 2,
        max: 4,
        syntax: offline::RESTORE,
        run: offline::restore_from,
    },
    Function {
        symbol: "clusterSyncSetRoots",
        name: "setRoots",
        min: 1,
        max: 1,
        syntax: roots::SET,
        run: roots::set_roots,
    },
    Function {
        symbol: "clusterSyncGetRoots",
        name: "getRoots",
        min: 0,
        max: 0,
        syntax: roots::GET,
        run: roots::get_roots,
    },
    Function {
        symbol: "clusterSyncSetRateLimit",
        name: "setRateLimit",
        min: 2,
        max: 2,
        syntax: rates::SET,
        run: rates::set_rate_limit,
    },
    Function {
        symbol: "clusterSyncCancelRun",
        name: "cancelRun",
        min: 1,
        max: 1,
        syntax: control::CANCEL,
        run: control::cancel_run,
    },
    Function {
        symbol: "clusterSyncPauseRun",
        name: "pauseRun",
        min: 1,
        max: 1,
        syntax: control::PAUSE,
        run: control::pause_run,
    },
    Function {
        symbol: "clusterSyncWaitRun",
        name: "waitRun",
        min: 1,
        max: 2,
        syntax: control::WAIT,
        run: control::wait_run,
    },
    Function {
        symbol: "clusterSyncExportBundle",
        name: "exportBundle",
        min: 2,
        max: 3,
        syntax: offline::EXPORT,
        run: offline::export_bundle,
    },
    Function {
        symbol: "clusterSyncInspectBundle",
        name: "inspectBundle",
        min: 1,
        max: 2,
        syntax: offline::INSPECT,
        run: offline::inspect_bundle,
    },
    Function {
        symbol: "clusterSyncImportBundle",
        name: "importBundle",
        min: 2,
        max: 3,
        syntax: offline::IMPORT,
        run: offline::import_bundle,
    },
    Function {
        symbol: "clusterSyncVerifyRows",
        name: "verifyRows",
        min: 3,
        max: 5,
        syntax: rows::VERIFY_ROWS,
        run: rows::verify_rows,
    },
    Function {
        symbol: "clusterSyncGetDDL",
        name: "getDDL",
        min: 1,
        max: 2,
        syntax: ddl::GET,
        run: ddl::get_ddl,
    },
    Function {
        symbol: "clusterSyncServeFiles",
        name: "serveFiles",
        min: 3,
        max: 7,
        syntax: offline::SERVE,
        run: offline::serve_files,
    },
    Function {
        symbol: "clusterSyncReport",
        name: "report",
        min: 2,
        max: 2,
        syntax: pages::REPORT,
        run: pages::report,
    },
    Function {
        symbol: "clusterSyncCheckSetup",
        name: "checkSetup",
        min: 0,
        max: 1,
        syntax: setup::CHECK,
        run: setup::check_setup,
    },
    Function {
        symbol: "clusterSyncSetConfig",
        name: "setConfig",
        min: 1,
        max: 1,
        syntax: config::SET,
        run: config::set_config,
    },
    Function {
        symbol: "clusterSyncGetConfig",
        name: "getConfig",
        min: 0,
        max: 0,
        syntax: config::GET,
        run: config::get_config,
    },
    Function {
        symbol: "clusterSyncFollow",
        name: "follow",
        min: 2,
        max: 4,
        syntax: follow::SYNTAX,
        run: follow::follow,
    },
    Function {
        symbol: "clusterSyncGetFollows",
        name: "getFollows",
        min: 0,
        max: 0,
        syntax: follow::FOLLOWS,
        run: follow::get_follows,
    },
];
