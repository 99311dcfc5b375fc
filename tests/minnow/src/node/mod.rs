//! One running node: its home directory, store, users and loaded plugins.
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::script::Function;
use crate::store::Store;
use crate::value::Value;

/// What every session of a node shares.
pub struct Node {
    pub home: PathBuf,
    pub host: String,
    pub port: u16,
    pub alias: String,
    /// The release that this node claims to be, such as `3.00.3`.
    pub release: String,
    pub store: Store,
    /// Variables that every session sees (`share t as name`).
    pub shared: RwLock<HashMap<String, Value>>,
    /// Functions of loaded plugins under `module::name`.
    pub plugin_functions: RwLock<HashMap<String, Arc<Function>>>,
    /// Passwords by user; `admin` with `123456` exists from the start, as in a new server.
    pub users: RwLock<HashMap<String, String>>,
}
