//! Built-ins around users: login, logout.
use crate::script::Native;

pub const FUNCTIONS: &[Native] = &[];
