//! Sync by backup, shipping and restore, as a pipeline of partitions: while one is restored, the
//! next is on its way, and the one after is being backed up.
//!
//! A partition is backed up by a query into a folder of its own (a *piece*), so that it can be
//! shipped, checked, restored and removed alone. What the piece holds is read back from it where it
//! lies, with `loadBackup`, so its fingerprint is that of what was written and not of what the table
//! holds a moment later. An SQL restore appends (dolphindb-semantics §1.7), therefore every restore
//! keeps to the protocol of an append: intent in the journal, a look, the restore, a look, verified.
//!
//! A *snapshot* is one piece with all partitions, made by one `backupTable`: consistent, but nobody
//! can write to the table meanwhile (§1.3), and its files are the server's own, so that both tables
//! must be built alike. Its partitions are then shipped and restored like pieces of their own.
mod backup;
mod compare;
mod grow;
mod onward;
mod piece;
mod pipeline;
mod remove;
mod restore;
mod room;
mod save;
mod snapshot;
mod stages;
mod trial;

pub use backup::{Backup, Held};
pub use compare::compare;
pub use grow::grow;
pub use piece::{Kind, Part, Piece, folder_of, name_of};
pub use pipeline::{Ahead, Connect, Limits, Permit, Route, Style, Summary, run};
pub use restore::Delivery;
pub use save::{save, seal, sweep};
pub use trial::trial;
