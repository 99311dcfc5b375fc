//! Every function that a script can call.
use crate::cluster::Host;
use crate::data::Datum;
use crate::error::Result;
use crate::plugin::node::{config, ddl, roots};
use crate::plugin::online::{rows, sync, verify};
use crate::plugin::runs::{control, history, pages, rates};
use crate::plugin::{clusters, follow, offline, setup};

/// What a call does: arguments in, an answer out.
type Run = fn(&mut dyn Host, &[Datum]) -> Result<Datum>;

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
    pub run: Run,
}

/// The function `name`, which takes from `min` to `max` arguments.
const fn function(
    symbol: &'static str,
    name: &'static str,
    [min, max]: [usize; 2],
    syntax: &'static str,
    run: Run,
) -> Function {
    Function { symbol, name, min, max, syntax, run }
}

/// Every function of the plugin, in the order of the exported names.
pub const FUNCTIONS: &[Function] = &[
    function("clusterSyncSyncOnline", "syncOnline", [2, 5], sync::SYNC, sync::sync_online),
    function("clusterSyncSetCluster", "setCluster", [4, 5], clusters::SET, clusters::set_cluster),
    function("clusterSyncGetClusters", "getClusters", [0, 0], clusters::GET, clusters::get_clusters),
    function("clusterSyncDropCluster", "dropCluster", [1, 1], clusters::DROP, clusters::drop_cluster),
    function("clusterSyncTestCluster", "testCluster", [1, 1], clusters::TEST, clusters::test_cluster),
    function("clusterSyncPlanSync", "planSync", [2, 5], sync::PLAN, sync::plan_sync),
    function("clusterSyncResumeRun", "resumeRun", [1, 3], sync::RESUME, sync::resume_run),
    function("clusterSyncGetRuns", "getRuns", [0, 0], history::RUNS, history::get_runs),
    function("clusterSyncGetRunTables", "getRunTables", [1, 1], history::TABLES, history::get_run_tables),
    function(
        "clusterSyncGetRunPartitions",
        "getRunPartitions",
        [1, 1],
        history::PARTITIONS,
        history::get_run_partitions,
    ),
    function("clusterSyncVerify", "verify", [2, 5], verify::VERIFY, verify::verify),
    function("clusterSyncFingerprint", "fingerprint", [2, 5], verify::FINGERPRINT, verify::fingerprint),
    function("clusterSyncSyncOffline", "syncOffline", [2, 5], offline::SYNC, offline::sync_offline),
    function("clusterSyncBackupTo", "backupTo", [2, 5], offline::BACKUP, offline::backup_to),
    function("clusterSyncShipTo", "shipTo", [2, 3], offline::SHIP, offline::ship_to),
    function("clusterSyncRestoreFrom", "restoreFrom", [2, 4], offline::RESTORE, offline::restore_from),
    function("clusterSyncSetRoots", "setRoots", [1, 1], roots::SET, roots::set_roots),
    function("clusterSyncGetRoots", "getRoots", [0, 0], roots::GET, roots::get_roots),
    function("clusterSyncSetRateLimit", "setRateLimit", [2, 2], rates::SET, rates::set_rate_limit),
    function("clusterSyncCancelRun", "cancelRun", [1, 1], control::CANCEL, control::cancel_run),
    function("clusterSyncPauseRun", "pauseRun", [1, 1], control::PAUSE, control::pause_run),
    function("clusterSyncWaitRun", "waitRun", [1, 2], control::WAIT, control::wait_run),
    function("clusterSyncExportBundle", "exportBundle", [2, 3], offline::EXPORT, offline::export_bundle),
    function("clusterSyncInspectBundle", "inspectBundle", [1, 2], offline::INSPECT, offline::inspect_bundle),
    function("clusterSyncImportBundle", "importBundle", [2, 3], offline::IMPORT, offline::import_bundle),
    function("clusterSyncVerifyRows", "verifyRows", [3, 5], rows::VERIFY_ROWS, rows::verify_rows),
    function("clusterSyncGetDDL", "getDDL", [1, 2], ddl::GET, ddl::get_ddl),
    function("clusterSyncServeFiles", "serveFiles", [3, 7], offline::SERVE, offline::serve_files),
    function("clusterSyncReport", "report", [2, 2], pages::REPORT, pages::report),
    function("clusterSyncCheckSetup", "checkSetup", [0, 1], setup::CHECK, setup::check_setup),
    function("clusterSyncSetConfig", "setConfig", [1, 1], config::SET, config::set_config),
    function("clusterSyncGetConfig", "getConfig", [0, 0], config::GET, config::get_config),
    function("clusterSyncFollow", "follow", [2, 4], follow::SYNTAX, follow::follow),
    function("clusterSyncGetFollows", "getFollows", [0, 0], follow::FOLLOWS, follow::get_follows),
];
