//! `syncOffline`, and its steps alone: by backup, shipping and restore.
mod options;
mod restore;
mod steps;
mod sync;

pub(super) use restore::{RESTORE, restore_from};
pub(super) use steps::{BACKUP, SHIP, backup_to, ship_to};
pub(super) use sync::{SYNC, sync_offline};
