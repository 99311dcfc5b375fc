//! The built-in functions, one file per family. A family is a table `FUNCTIONS`; a new one is a
//! file and its line in `FAMILIES`.
mod access;
mod aggregate;
pub mod args;
mod backup;
mod cast;
mod dfs;
mod faults;
mod files;
mod jobs;
mod login;
mod mapreduce;
mod meta;
mod metacode;
mod operator;
mod plugin;
mod remote;
pub mod schedule;
mod system;
pub mod table;
mod temporal;
mod text;
mod users;
mod vector;

use std::collections::HashMap;
use std::sync::LazyLock;

pub use access::ACCESS_TYPES;
pub use dfs::rights;

use crate::script::Native;

const FAMILIES: &[&[Native]] = &[
    access::FUNCTIONS,
    aggregate::FUNCTIONS,
    backup::FUNCTIONS,
    cast::CASTS,
    cast::FUNCTIONS,
    dfs::FUNCTIONS,
    faults::FUNCTIONS,
    files::FUNCTIONS,
    jobs::FUNCTIONS,
    login::FUNCTIONS,
    mapreduce::FUNCTIONS,
    meta::FUNCTIONS,
    metacode::FUNCTIONS,
    operator::FUNCTIONS,
    plugin::FUNCTIONS,
    remote::FUNCTIONS,
    schedule::FUNCTIONS,
    system::FUNCTIONS,
    table::FUNCTIONS,
    temporal::FUNCTIONS,
    text::FUNCTIONS,
    users::FUNCTIONS,
    vector::FUNCTIONS,
];

static BY_NAME: LazyLock<HashMap<&str, &Native>> =
    LazyLock::new(|| FAMILIES.iter().copied().flatten().map(|native| (native.name, native)).collect());

/// The built-in called `name`.
pub fn find(name: &str) -> Option<&'static Native> {
    BY_NAME.get(name).copied()
}
