//! Named clusters: where each one is and who logs in there, kept under a node's home with the
//! passwords sealed. `FORMAT.md` describes the files and what they protect against.
mod disk;
mod hex;
mod key;
mod peer;
mod register;
#[cfg(test)]
mod tests;

pub use peer::{Peer, Security, Site};

use std::path::{Path, PathBuf};

use crate::error::{Error, Kind, Result};
use crate::model::Secret;
use key::Key;
use register::Entry;

/// The folder's name under the node's home.
const FOLDER: &str = "clusterSync";
/// The file that lists the clusters.
const CLUSTERS: &str = "clusters";
/// The file with the key that seals it.
const KEY: &str = "key";

/// Where a node keeps what this plugin has to remember, under its `home`.
pub fn folder(home: &Path) -> PathBuf {
    home.join(FOLDER)
}

/// The clusters that a node knows by name.
///
/// Every call reads the files anew, so that all nodes and processes that share a home see the same.
/// Changes are made one at a time, under a lock on a file beside them.
pub struct Peers {
    folder: PathBuf,
}

impl Peers {
    /// Those kept under `home`; nothing is read or made yet.
    pub fn under(home: &Path) -> Self {
        Peers { folder: folder(home) }
    }

    /// Every cluster, ordered by name.
    ///
    /// # Errors
    /// `State` when the files cannot be read, may be changed by other users of the machine, or do
    /// not belong together.
    pub fn list(&self) -> Result<Vec<Peer>> {
        Ok(self.load()?.1.into_iter().map(|entry| entry.peer).collect())
    }

    /// The cluster called `name`, and the password of its user.
    ///
    /// # Errors
    /// `NotFound` when there is none, otherwise as [`Peers::list`].
    pub fn find(&self, name: &str) -> Result<(Peer, Secret)> {
        let (key, entries) = self.load()?;
        let known = known(&entries);
        let entry = entries.into_iter().find(|entry| entry.peer.name == name);
        match (key, entry) {
            (Some(key), Some(entry)) => {
                let password = entry.password(&key).ok_or_else(|| self.untrusted())?;
                Ok((entry.peer, password))
            }
            _ => Err(missing(name, &known)),
        }
    }

    /// Keeps `peer` and its password, in place of any cluster of the same name; returns whether
    /// there was one.
    ///
    /// # Errors
    /// `Argument` when the peer or the password cannot be kept, otherwise as [`Peers::list`].
    pub fn set(&self, peer: Peer, password: &Secret) -> Result<bool> {
        peer.check(password)?;
        disk::prepare(&self.folder)?;
        let _lock = disk::lock(&self.folder)?;
        let (key, mut entries) = self.load()?;
        let key = match key {
            Some(key) => key,
            None => Key::make(&self.folder.join(KEY))?,
        };
        let before = entries.len();
        entries.retain(|entry| entry.peer.name != peer.name);
        let replaced = entries.len() < before;
        entries.push(Entry::seal(peer, password, &key)?);
        self.store(&key, entries)?;
        Ok(replaced)
    }

    /// Forgets the cluster called `name`.
    ///
    /// # Errors
    /// As [`Peers::find`].
    pub fn remove(&self, name: &str) -> Result<()> {
        // Looks first: forgetting what is not there must not make a folder.
        self.find(name)?;
        let _lock = disk::lock(&self.folder)?;
        let (key, mut entries) = self.load()?;
        let known = known(&entries);
        let index = entries.iter().position(|entry| entry.peer.name == name);
        let (Some(key), Some(index)) = (key, index) else {
            return Err(missing(name, &known));
        };
        entries.remove(index);
        self.store(&key, entries)
    }

    /// The key, if there is one yet, and the entries, each as it stands in the file. The file of
    /// clusters is read first: whoever made it had made the key before.
    fn load(&self) -> Result<(Option<Key>, Vec<Entry>)> {
        disk::require_private(&self.folder)?;
        let file = self.folder.join(CLUSTERS);
        let bytes = disk::read(&file)?;
        let key_file = self.folder.join(KEY);
        match (bytes, Key::read(&key_file)?) {
            (None, key) => Ok((key, Vec::new())),
            (Some(bytes), Some(key)) => {
                let entries = register::decode(&bytes, &key).map_err(|error| error.at(&file))?;
                Ok((Some(key), entries))
            }
            (Some(_), None) => Err(Error::new(
                Kind::State,
                format!(
                    "the key {} is missing, so that the passwords beside it are lost",
                    key_file.display()
                ),
            )
            .advise(RENEW)),
        }
    }

    fn store(&self, key: &Key, mut entries: Vec<Entry>) -> Result<()> {
        entries.sort_by(|a, b| a.peer.name.cmp(&b.peer.name));
        disk::replace(&self.folder.join(CLUSTERS), &register::encode(&entries, key)?)
    }

    fn untrusted(&self) -> Error {
        register::Unreadable::Seal.at(&self.folder.join(CLUSTERS))
    }
}

/// What to do when key and clusters do not belong together.
const RENEW: &str = "put the files `key` and `clusters` back from one backup, or delete `clusters` and set the clusters again";

fn known(entries: &[Entry]) -> String {
    let names: Vec<&str> = entries.iter().map(|entry| entry.peer.name.as_str()).collect();
    match names.is_empty() {
        true => "none is set".to_owned(),
        false => format!("the known ones are {}", names.join(", ")),
    }
}

fn missing(name: &str, known: &str) -> Error {
    Error::new(Kind::NotFound, format!("this node knows no cluster called `{name}`, {known}"))
        .advise("set it with clusterSync::setCluster, or give remote as a dictionary")
}
