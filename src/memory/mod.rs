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
//!
//! # Followed tables, version 1
//! `<key>.followed` has what following a table has come to, written after each look at it: up to when
//! everything is verified, and whether the target was seen to hold nothing but what the source holds
//! (`isOwn`), which is written before anything is sent. Losing the file means that rows at the target
//! that differ are taken for somebody else's, until somebody says otherwise by the mode.
mod chunks;
mod file;
mod followed;
mod watermark;

pub use file::Memory;
pub use followed::{Followed, Standing};
pub use watermark::{Key, Mark, Pending, Watermark};
