//! Carries folders of files from one machine's disk to another's.
//!
//! A *piece* is a folder below the root of a side; a [`Shipper`] makes pieces at the far root equal
//! to those at the near one. What is there already is not sent again, a file that came half is
//! continued, and a name appears only when its file is whole and on disk. [`Folder`] does it between
//! two folders that this machine sees, [`Rsync`] over ssh, [`Stream`] with a node that has the plugin.
//! None runs a shell.
mod below;
mod command;
mod copy;
mod depot;
mod end;
mod files;
mod folder;
mod lanes;
mod rsync;
mod stream;
#[cfg(test)]
mod tests;
mod watch;

pub use depot::Depot;
pub use end::{Chunk, End, Listed};
pub use files::{Entry, contents, failed, folders, names_one_folder, require_no_link, size};
pub use folder::Folder;
pub use lanes::Dial;
pub use rsync::{Rsync, Ssh};
pub use stream::Stream;
pub use watch::Watch;

use crate::error::Result;

/// What was shipped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shipped {
    /// Files of the pieces.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many of these bytes were not there before.
    pub sent: u64,
}

/// One end of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Where pieces come from.
    Source,
    /// Where they go.
    Target,
}

/// A way from one root to another.
pub trait Shipper: Sync {
    /// What it is, for plans and messages.
    fn describe(&self) -> String;

    /// Makes `pieces` at the target what they are at the source: files that are missing or differ
    /// are sent, files that the source does not have are removed.
    ///
    /// # Errors
    /// Naming the file or the machine; what was shipped before stays and is found by the next try.
    fn ship(&self, pieces: &[String], watch: &Watch) -> Result<Shipped>;

    /// As [`Shipper::ship`], of the files that lie in `folder` itself, and not in folders below it.
    ///
    /// # Errors
    /// As [`Shipper::ship`].
    fn ship_files(&self, folder: &str, watch: &Watch) -> Result<Shipped>;

    /// Whether `pieces` are the same on both sides, byte by byte; the first difference otherwise.
    ///
    /// # Errors
    /// As [`Shipper::ship`].
    fn compare(&self, pieces: &[String], watch: &Watch) -> Result<Option<String>>;

    /// Removes `pieces` on one side; those that are not there are no error.
    ///
    /// # Errors
    /// As [`Shipper::ship`].
    fn remove(&self, pieces: &[String], side: Side, watch: &Watch) -> Result<()>;
}
