//! The file of clusters as text: a header, a line per cluster, a seal over all of it.
use std::path::Path;

use super::key::Key;
use super::{Peer, Security, Site};
use crate::error::{Error, Kind, Result};
use crate::model::Secret;

/// The first line's beginning, whatever the version.
const MAGIC: &[u8] = b"clusterSync clusters ";
/// The first line.
const HEADER: &str = "clusterSync clusters 2\n";
/// What the last line begins with.
const SEAL: &[u8] = b"seal ";

/// A cluster as the file holds it.
pub(super) struct Entry {
    pub(super) peer: Peer,
    sealed: String,
}

/// Why a file cannot be used.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// Another version of the plugin wrote it.
    Version,
    /// It is not as this key sealed it.
    Seal,
}

impl Unreadable {
    /// The error about `file`.
    pub(super) fn at(self, file: &Path) -> Error {
        let file = file.display();
        match self {
            Unreadable::Version => {
                Error::new(Kind::State, format!("{file} was written by another version of clusterSync"))
                    .advise("load that version, or delete the file and set the clusters again")
            }
            Unreadable::Seal => {
                Error::new(Kind::State, format!("{file} was changed, damaged or sealed with another key"))
                    .advise(super::RENEW)
            }
        }
    }
}

impl Entry {
    /// `peer` with its password sealed.
    pub(super) fn seal(peer: Peer, password: &Secret, key: &Key) -> Result<Entry> {
        let sealed = key.seal(&about_entry(&peer), password.reveal().as_bytes())?;
        Ok(Entry { peer, sealed })
    }

    /// The password, `None` when it was not sealed for this very peer.
    pub(super) fn password(&self, key: &Key) -> Option<Secret> {
        let password = key.open(&about_entry(&self.peer), self.sealed.as_bytes())?;
        std::str::from_utf8(&password).ok().map(Secret::new)
    }

    /// A line without its end.
    fn read(line: &str) -> Option<Entry> {
        let fields: Vec<&str> = line.split('\t').collect();
        let [name, sites, user, security, created_by, updated, sealed] = fields[..] else { return None };
        let peer = Peer {
            name: name.to_owned(),
            sites: Site::list(sites).ok()?,
            user: user.to_owned(),
            security: Security::decode(security)?,
            created_by: created_by.to_owned(),
            updated: updated.parse().ok()?,
        };
        Some(Entry { peer, sealed: sealed.to_owned() })
    }
}

/// The file that holds `entries`.
pub(super) fn encode(entries: &[Entry], key: &Key) -> Result<Vec<u8>> {
    let lines = entries.iter().map(|entry| format!("{}\t{}\n", fields(&entry.peer), entry.sealed));
    let mut bytes = format!("{HEADER}{}", lines.collect::<String>()).into_bytes();
    let seal = key.seal(&about_file(&bytes), b"")?;
    bytes.extend_from_slice(SEAL);
    bytes.extend_from_slice(seal.as_bytes());
    bytes.push(b'\n');
    Ok(bytes)
}

/// The entries in `bytes`. The seal is checked before anything that it covers is believed.
pub(super) fn decode(bytes: &[u8], key: &Key) -> std::result::Result<Vec<Entry>, Unreadable> {
    if bytes.starts_with(MAGIC) && !bytes.starts_with(HEADER.as_bytes()) {
        return Err(Unreadable::Version);
    }
    let text = verified(bytes, key).and_then(|body| body.strip_prefix(HEADER));
    let entries = text.map(|lines| lines.lines().map(Entry::read).collect::<Option<_>>());
    entries.flatten().ok_or(Unreadable::Seal)
}

/// Everything before the seal, if the seal is that of `key` over exactly this.
fn verified<'a>(bytes: &'a [u8], key: &Key) -> Option<&'a str> {
    let ended = bytes.strip_suffix(b"\n")?;
    let start = ended.iter().rposition(|byte| *byte == b'\n')? + 1;
    let (body, last) = ended.split_at(start);
    key.open(&about_file(body), last.strip_prefix(SEAL)?)?;
    std::str::from_utf8(body).ok()
}

/// What a file's seal is over. The first word keeps it from passing as an entry's.
fn about_file(body: &[u8]) -> Vec<u8> {
    [b"clusters\n", body].concat()
}

/// What a password is sealed for: its cluster's name, sites, user, security, author and time.
fn about_entry(peer: &Peer) -> Vec<u8> {
    format!("entry\n{}", fields(peer)).into_bytes()
}

fn fields(peer: &Peer) -> String {
    let Peer { name, user, created_by, updated, .. } = peer;
    let (sites, security) = (peer.sites_text(), peer.security.encode());
    format!("{name}\t{sites}\t{user}\t{security}\t{created_by}\t{updated}")
}
