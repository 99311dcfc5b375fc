//! Built-ins that load and list plugins.
use crate::script::Native;

pub const FUNCTIONS: &[Native] = &[];
