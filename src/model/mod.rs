//! What a sync talks about: names, table structures, partitions, decisions. Plain data, no I/O.
mod decision;
mod design;
mod name;
mod naming;
mod schema;
mod secret;
mod unit;
mod window;

pub use decision::{Action, Check, Mode};
pub use design::{ColumnDesign, DatabaseDesign, LevelDesign, Split, TableDesign};
pub use name::TableName;
pub use naming::{Naming, nearest};
pub use schema::{ColumnDef, Level, Scheme, Storage, TableSchema};
pub use secret::Secret;
pub use unit::{ChunkMark, PartitionKey, Remembered, Slice, Unit};
pub use window::{Bound, Window};
