//! The nodes of a cluster: they share databases and users, and each has a home, jobs, backups,
//! plugins and a clock of its own. Every chunk is on some of them.
use std::path::Path;
use std::sync::{Arc, Weak};

use parking_lot::RwLock;

use super::{Node, Site, Switches};
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::store::Store;

#[derive(Clone, Copy, Debug)]
pub struct Replication {
    /// How many nodes hold each chunk (dfsReplicationFactor).
    pub replicas: usize,
    /// Only the first node takes writes; the others say where it is.
    pub leader_only: bool,
}

pub struct Cluster {
    members: RwLock<Vec<Weak<Node>>>,
    replication: Replication,
}

impl Cluster {
    pub fn new(replication: Replication) -> Arc<Cluster> {
        Arc::new(Cluster { members: RwLock::default(), replication })
    }

    /// A cluster of one node.
    pub fn alone() -> Arc<Cluster> {
        Cluster::new(Replication { replicas: 1, leader_only: false })
    }

    /// Opens nodes that live below `home`: their tables in `storage`, each node in a directory that
    /// is called as it is.
    pub fn open(
        home: &Path,
        sites: &[Site],
        release: &str,
        switches: &Switches,
        replication: Replication,
    ) -> Result<Vec<Arc<Node>>> {
        let storage = home.join("storage");
        std::fs::create_dir_all(&storage)?;
        let store = Store::open_by(&storage, Arc::new(Clock::default()))?;
        let store = Arc::new(store.with_policies(switches.policies()));
        let (cluster, users) = (Cluster::new(replication), Node::first_users(switches));
        let open = |site: &Site| {
            let (shared, clock) = ((cluster.clone(), store.clone(), users.clone()), Arc::default());
            Node::join(&home.join(&site.alias), site, release, switches.clone(), shared, clock)
        };
        sites.iter().map(open).collect()
    }

    pub(super) fn add(&self, node: &Arc<Node>) {
        self.members.write().push(Arc::downgrade(node));
    }

    /// How many nodes hold each chunk.
    pub fn replicas(&self) -> usize {
        self.replication.replicas
    }

    /// In the order in which they joined.
    pub fn members(&self) -> Vec<Arc<Node>> {
        self.members.read().iter().filter_map(Weak::upgrade).collect()
    }

    pub fn member(&self, alias: &str) -> Option<Arc<Node>> {
        self.members().into_iter().find(|node| node.alias == alias)
    }

    /// The nodes that hold a chunk.
    pub fn holders(&self, chunk: &[u8; 16]) -> Vec<Arc<Node>> {
        let members = self.members();
        let count = self.replication.replicas.min(members.len());
        let first = usize::from(chunk[0]);
        (first..first + count).map(|number| members[number % members.len()].clone()).collect()
    }

    /// Refuses a write to a node that does not lead. Who connects there instead is understood: the
    /// vendor's clients follow the tag (dolphindb-semantics §4.2).
    pub fn require_leader(&self, node: &Node) -> Result<()> {
        let leader = self.members().into_iter().next();
        match leader.filter(|leader| self.replication.leader_only && leader.alias != node.alias) {
            Some(leader) => Err(Error::runtime(format!("<NotLeader>{}:{}", leader.host, leader.port))),
            None => Ok(()),
        }
    }
}
