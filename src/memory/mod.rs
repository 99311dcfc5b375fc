//! What this node remembers of tables from one run to the next, one small file each in
//! `<home>/clusterSync/memory/`: JSON that begins with a version and with what it is about. A file is
//! replaced as a whole, so a crash leaves the old one or the new one.
//!
//! # Watermarks, version 1
//! `<key>.watermark` says up to where a table is verified (`upTo`), and which window was begun and
//! not finished (`pending`). It is written before a run sends anything (`pending`) and when the
//! table is verified, before the run's journal says that the run ended: a crash in between repeats a
//! window, and never leaves one out. Losing the file means that the next run looks at the whole
//! table; a watermark never goes back.
//!
//! # Chunks, version 1
//! `<key>.chunks` has for every partition the row count and the mark of the source's chunk
//! ([`ChunkMark`](crate::model::ChunkMark)) as they were *before* the partition was last read and
//! verified: what changes meanwhile is read again. Losing the file means that everything is.
mod chunks;
mod file;
mod watermark;

pub use file::Memory;
pub use watermark::{Key, Mark, Pending, Watermark};
