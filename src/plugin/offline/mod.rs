//! `syncOffline`, and its steps alone: by backup, shipping and restore.
mod bundle;
mod far;
mod found;
mod options;
mod restore;
mod serve;
mod shipping;
mod steps;
mod style;
mod sync;
mod way;

pub(super) use bundle::{EXPORT, IMPORT, INSPECT, export_bundle, import_bundle, inspect_bundle};
pub(super) use options::Offline;
pub(super) use restore::{RESTORE, restore_from};
pub(super) use serve::{SERVE, serve_files};
pub(super) use shipping::{SHIP, ship_to};
pub(super) use steps::{BACKUP, backup_to};
pub(super) use sync::{SYNC, sync_offline};
