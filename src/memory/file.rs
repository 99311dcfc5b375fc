//! The folder and its files.
use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::disk;
use crate::error::{Error, Kind, Result};

/// What this node remembers.
pub struct Memory {
    folder: PathBuf,
}

/// How every file begins.
#[derive(serde::Serialize, serde::Deserialize)]
struct Page<K, T> {
    version: u32,
    about: K,
    #[serde(flatten)]
    content: T,
}

impl Memory {
    /// In the folder `memory` of a node's state folder; nothing is read or made yet.
    pub fn within(state: &Path) -> Self {
        Memory { folder: state.join("memory") }
    }

    /// What the file of `kind` about `key` holds; nothing when there is none.
    pub(super) fn read<K, T>(&self, key: &K, kind: &str, version: u32) -> Result<Option<T>>
    where
        K: Serialize + DeserializeOwned + PartialEq,
        T: DeserializeOwned,
    {
        let path = self.path(key, kind);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            bytes => bytes.map_err(|error| failed(&path, error))?,
        };
        let unusable = |why: &str| {
            Error::new(Kind::State, format!("{} cannot be relied on: {why}", path.display()))
                .advise("move the file away: the next run then looks at everything again")
        };
        let page: Page<K, T> =
            serde_json::from_slice(&bytes).map_err(|error| unusable(&error.to_string()).caused_by(error))?;
        match page {
            Page { version: found, .. } if found != version => {
                Err(unusable(&format!("it has the version {found}, not {version}")))
            }
            Page { about, .. } if about != *key => Err(unusable("it is about something else")),
            Page { content, .. } => Ok(Some(content)),
        }
    }

    /// What every file of `kind` holds, and what it is about.
    pub(super) fn all<K, T>(&self, kind: &str, version: u32) -> Result<Vec<(K, T)>>
    where
        K: DeserializeOwned,
        T: DeserializeOwned,
    {
        let files = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            files => files.map_err(|error| failed(&self.folder, error))?,
        };
        let mut found = Vec::new();
        for file in files {
            let path = file.map_err(|error| failed(&self.folder, error))?.path();
            if path.extension().is_some_and(|own| own == kind) {
                let bytes = fs::read(&path).map_err(|error| failed(&path, error))?;
                let page = serde_json::from_slice::<Page<K, T>>(&bytes).ok();
                let page = page.filter(|page| page.version == version);
                found.push(page.map(|page| (page.about, page.content)).ok_or_else(|| {
                    Error::new(Kind::State, format!("{} cannot be relied on", path.display()))
                        .advise("move the file away: the next run then looks at everything again")
                })?);
            }
        }
        Ok(found)
    }

    /// Writes that file.
    pub(super) fn write<K: Serialize, T: Serialize>(
        &self,
        key: &K,
        kind: &str,
        version: u32,
        content: T,
    ) -> Result<()> {
        let path = self.path(key, kind);
        let text = serde_json::to_vec(&Page { version, about: key, content }).map_err(|error| {
            Error::new(Kind::Bug, "what is remembered cannot be written as text").caused_by(error)
        })?;
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&self.folder);
        made.and_then(|()| disk::replace(&path, &text)).map_err(|error| failed(&path, error))
    }

    /// Names in a key may be longer than a file's and hold anything, so a file is called by a number.
    fn path<K: Serialize>(&self, key: &K, kind: &str) -> PathBuf {
        let text = serde_json::to_vec(key).unwrap_or_default();
        let fnv = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        let number = text.iter().fold(0xcbf2_9ce4_8422_2325, fnv);
        self.folder.join(format!("{number:016x}.{kind}"))
    }
}

fn failed(path: &Path, error: io::Error) -> Error {
    Error::new(Kind::State, format!("{} cannot be used ({error})", path.display()))
        .advise("check the node's home directory and its disk")
        .caused_by(error)
}
