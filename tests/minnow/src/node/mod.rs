//! One running node: its home directory, store, users and loaded plugins.
mod backups;
mod cluster;
mod door;
mod faults;
mod jobs;
mod log;
mod rights;
mod schedule;
mod site;
mod switches;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::RwLock;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::facade::Plugin;
use crate::script::{Function, Session};
use crate::store::Store;
use crate::value::Value;

pub use backups::{Backups, Progress};
pub use cluster::{Cluster, Replication};
pub use door::Door;
pub use faults::{Fault, Faults};
pub use jobs::{Job, Jobs};
use log::Log;
pub use rights::{Object, Right, Rights};
pub use schedule::{Schedule, Scheduled};
pub use site::Site;
pub use switches::{FunctionDefaults, Scram, Switches};

/// A user's password, standing and rights.
pub struct Account {
    pub password: String,
    pub is_admin: bool,
    pub rights: Rights,
}

/// Accounts by user.
pub type Users = Arc<RwLock<HashMap<String, Account>>>;

/// Who has not logged in.
pub const GUEST: &str = "guest";

/// The one administrator who has every right; others have those that they are granted.
pub const SUPER_ADMIN: &str = "admin";

/// What every session of a node shares.
pub struct Node {
    pub home: PathBuf,
    pub host: String,
    pub port: u16,
    pub alias: String,
    /// The release that this node claims to be, such as `3.00.3`.
    pub release: String,
    pub store: Arc<Store>,
    pub cluster: Arc<Cluster>,
    /// Variables that every session sees (`share t as name`).
    pub shared: RwLock<HashMap<String, Value>>,
    /// Loaded plugins, oldest first.
    pub plugins: RwLock<Vec<Plugin>>,
    /// Functions of loaded plugins under `module::name`.
    pub plugin_functions: RwLock<HashMap<String, Arc<Function>>>,
    /// Accounts by user; the administrator `admin` exists from the start, as in a new server.
    /// They last as long as the process.
    pub users: Users,
    pub clock: Arc<Clock>,
    pub backups: Backups,
    /// Logins without a readable password.
    pub door: Door,
    pub jobs: Jobs,
    pub schedule: Schedule,
    pub switches: Switches,
    pub faults: Faults,
    log: Log,
}

impl Node {
    /// Opens the node that lives in `home`, as a server is configured by default.
    pub fn open(home: &Path, site: &Site, release: &str) -> Result<Arc<Node>> {
        Node::open_with(home, site, release, Switches::default())
    }

    /// Opens the node that lives in `home`, which is made if there is none: its tables are below
    /// `storage`, its log is `log/minnow.log`. Nothing listens yet.
    pub fn open_with(home: &Path, site: &Site, release: &str, switches: Switches) -> Result<Arc<Node>> {
        let storage = home.join("storage");
        std::fs::create_dir_all(&storage)?;
        let clock = Arc::new(Clock::default());
        let store = Store::open_by(&storage, clock.clone())?;
        let store = Arc::new(store.with_policies(switches.policies()));
        let users = Node::first_users(&switches);
        Node::join(home, site, release, switches, (Cluster::alone(), store, users), clock)
    }

    /// The administrator `admin` exists from the start, as in a new server.
    fn first_users(switches: &Switches) -> Users {
        let password = switches.admin_password.clone().unwrap_or_else(|| "123456".to_owned());
        let admin = Account { password, is_admin: true, rights: Rights::default() };
        Arc::new(RwLock::new(HashMap::from([(SUPER_ADMIN.into(), admin)])))
    }

    /// Opens a node that shares its tables and users with others.
    fn join(
        home: &Path,
        site: &Site,
        release: &str,
        switches: Switches,
        (cluster, store, users): (Arc<Cluster>, Arc<Store>, Users),
        clock: Arc<Clock>,
    ) -> Result<Arc<Node>> {
        std::fs::create_dir_all(home)?;
        let node = Arc::new(Node {
            home: home.canonicalize()?,
            host: site.host.clone(),
            port: site.port,
            alias: site.alias.clone(),
            release: release.to_owned(),
            cluster,
            shared: RwLock::default(),
            plugins: RwLock::default(),
            plugin_functions: RwLock::default(),
            users,
            backups: Backups::new(clock.clone()),
            door: Door::default(),
            jobs: Jobs::new(clock.clone()),
            schedule: Schedule::open(home, &clock, store.disk().clone())?,
            clock,
            store,
            faults: Faults::default(),
            log: Log::open(&home.join("log"))?,
            switches,
        });
        node.cluster.add(&node);
        node.start()?;
        Ok(node)
    }

    /// Plugins come first, then the jobs that may need them (dolphindb-semantics §7.2).
    fn start(self: &Arc<Self>) -> Result<()> {
        let mut session = Session::new(self.clone());
        session.user = SUPER_ADMIN.into();
        for plugin in &self.switches.preload {
            crate::facade::load_plugin(&mut session, plugin)?;
        }
        self.schedule.check(&session)
    }

    /// Accepts `user` with the right password. An unknown user and a wrong password read the
    /// same, so that nobody can search for names; the server's own wording is not documented.
    pub fn authenticate(&self, user: &str, password: &str) -> Result<()> {
        match self.users.read().get(user) {
            Some(account) if account.password == password => Ok(()),
            _ => Err(Error::runtime("The user name or password is incorrect.")),
        }
    }

    /// Whether the release that the node claims to be is this one or a later one.
    pub fn is_at_least(&self, release: [u32; 3]) -> bool {
        let mut numbers = self.release.split('.').map(|part| part.parse().unwrap_or(0));
        [(); 3].map(|()| numbers.next().unwrap_or(0)) >= release
    }

    /// The configuration as a server words it, by the names of its parameters.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = self.switches.settings();
        settings.push(("dfsReplicationFactor", self.cluster.replicas().to_string()));
        settings
    }

    /// Whether `user` has the right.
    pub fn may(&self, user: &str, right: Right, object: &Object) -> bool {
        let has = |account: &Account| account.rights.allow(right, object);
        user == SUPER_ADMIN || self.users.read().get(user).is_some_and(has)
    }

    /// What is dropped takes the rules about it along (the manual's user access control).
    pub fn forget_rights(&self, object: &Object) {
        self.users.write().values_mut().for_each(|account| account.rights.forget(object));
    }

    /// Whether `user` is an administrator.
    pub fn is_admin(&self, user: &str) -> bool {
        self.users.read().get(user).is_some_and(|account| account.is_admin)
    }

    /// Where this node has the file that a script calls `path`.
    pub fn own_path(&self, path: &str) -> String {
        if !self.switches.node_local_files || Path::new(path).starts_with(&self.home) {
            return path.to_owned();
        }
        self.home.join("files").join(path.trim_start_matches('/')).to_string_lossy().into_owned()
    }

    /// Adds one line to the node's log. Callers pass what happened, never what a client sent:
    /// a script can hold a password.
    pub fn log(&self, event: &str) {
        self.log.write(event);
    }
}
