//! Data as it moves: types, columns whose memory somebody lends, and fingerprints over rows.
mod column;
mod datum;
mod fingerprint;
mod types;
mod widen;

pub use column::{Batch, Bytes, Cells, Column};
pub use datum::Datum;
pub use fingerprint::{Fingerprint, row_hashes};
pub use types::{Element, Type};
