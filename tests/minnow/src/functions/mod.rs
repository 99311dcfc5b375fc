//! The built-in functions, one file per family. A family is a table `FUNCTIONS`; a new one is a
//! file and its line in `FAMILIES`.
pub mod args;
mod dfs;
mod plugin;
mod users;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::script::Native;

const FAMILIES: &[&[Native]] = &[dfs::FUNCTIONS, plugin::FUNCTIONS, users::FUNCTIONS];

static BY_NAME: LazyLock<HashMap<&str, &Native>> =
    LazyLock::new(|| FAMILIES.iter().copied().flatten().map(|native| (native.name, native)).collect());

/// The built-in called `name`.
pub fn find(name: &str) -> Option<&'static Native> {
    BY_NAME.get(name).copied()
}
