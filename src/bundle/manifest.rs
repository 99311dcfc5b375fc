//! What a bundle holds, and the file that says so.
use std::fs;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::key::{Key, NONCE, random};
use super::refused;
use super::volume::name;
use crate::error::{Error, Kind, Result};
use crate::ship::{failed, names_one_folder};

pub(super) const FILE: &str = "bundle.manifest";
const PLAIN: &[u8] = b"clusterSync bundle 1 plain\n";
const SEALED: &[u8] = b"clusterSync bundle 1 sealed\n";

/// What a bundle holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Random, in hexadecimal.
    pub id: String,
    /// The id of the bundle or report that this one goes without the pieces of.
    pub base: Option<String>,
    /// The volumes, in their order.
    pub volumes: Vec<Volume>,
    /// What is in them, and what is left out since the base has it.
    pub pieces: Vec<Packed>,
}

/// A volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Its file.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256 in hexadecimal.
    pub sha256: String,
}

/// A piece.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed {
    /// Its folder below the directory of pieces.
    pub folder: String,
    /// The record that says what it holds, as text.
    pub record: String,
    /// Bytes of its files.
    pub bytes: u64,
    /// Whether it is in this bundle, and not only in the base.
    pub is_here: bool,
}

impl Manifest {
    /// Writes it into `dir`, whole or not at all.
    pub(super) fn write(&self, dir: &Path, key: Option<&Key>) -> Result<()> {
        let json = serde_json::to_vec_pretty(self).expect("a manifest is plain data");
        let bytes = match key {
            None => {
                let body = [PLAIN, &json, b"\n"].concat();
                let sum = hex(&Sha256::digest(&body));
                [&body[..], sum.as_bytes(), b"\n"].concat()
            }
            Some(key) => {
                let nonce = random()?;
                [SEALED, &nonce, &key.seal(&nonce, SEALED, &json)?].concat()
            }
        };
        let (path, draft) = (dir.join(FILE), dir.join("bundle.draft"));
        let written = fs::File::create(&draft).and_then(|mut file| {
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&draft, &path)?;
            fs::File::open(dir)?.sync_all()
        });
        written.map_err(|error| failed("written", &path, error))
    }

    /// Reads that of the bundle in `dir`, and believes it only if it is as it was written.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Mismatch` when it was changed, `Login` when the key is missing or
    /// another one.
    pub fn read(dir: &Path, key: Option<&Key>) -> Result<Manifest> {
        let path = dir.join(FILE);
        let bytes = fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::new(
                Kind::NotFound,
                format!("there is no complete bundle in {}: it has no {FILE}", dir.display()),
            )
            .advise("export it to its end, or copy all of its files"),
            _ => failed("read", &path, error),
        })?;
        let changed = || refused(format!("{} was changed or damaged", path.display()));
        let json = if let Some(sealed) = bytes.strip_prefix(SEALED) {
            let key = key.ok_or_else(|| keyless(dir))?;
            let (nonce, sealed) = sealed.split_first_chunk::<NONCE>().ok_or_else(changed)?;
            key.open(nonce, SEALED, sealed).ok_or_else(|| wrong_key(dir))?
        } else if bytes.starts_with(PLAIN) {
            let body = bytes.len().checked_sub(65).ok_or_else(changed)?;
            let (body, sum) = bytes.split_at(body);
            if sum != format!("{}\n", hex(&Sha256::digest(body))).as_bytes() {
                return Err(changed());
            }
            if key.is_some() {
                let what = format!("the bundle in {} is not sealed, but a key is given", dir.display());
                return Err(Error::new(Kind::Login, what).advise(
                    "leave keyFile out if that is right: somebody may have put another bundle there",
                ));
            }
            body[PLAIN.len()..].to_vec()
        } else {
            return Err(changed());
        };
        let manifest: Manifest = serde_json::from_slice(&json).map_err(|_| changed())?;
        match manifest.stays_below() {
            true => Ok(manifest),
            false => Err(refused(format!("{} names what no export writes", path.display()))),
        }
    }

    /// Whether every name in it stays where it is put: whoever can write a plain bundle can write these.
    fn stays_below(&self) -> bool {
        let numbered = |(number, volume): (u32, &Volume)| volume.name == name(number);
        (1..).zip(&self.volumes).all(numbered)
            && self.pieces.iter().all(|piece| piece.folder.split('/').all(names_one_folder))
    }
}

fn keyless(dir: &Path) -> Error {
    Error::new(Kind::Login, format!("the bundle in {} is sealed", dir.display()))
        .advise("give the option keyFile")
}

fn wrong_key(dir: &Path) -> Error {
    let what = format!("the bundle in {} was sealed with another key, or changed", dir.display());
    Error::new(Kind::Login, what).advise("give the key file that it was exported with")
}

/// Lower-case digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
