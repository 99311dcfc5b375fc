//! Built-ins for databases and distributed tables.
use crate::script::Native;

pub const FUNCTIONS: &[Native] = &[];
