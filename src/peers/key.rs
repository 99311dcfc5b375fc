//! The key that seals the file of clusters, and sealing itself.
use std::path::Path;

use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::{disk, hex};
use crate::error::{Error, Kind, Result};

/// The first line of a key file.
const HEADER: &str = "clusterSync key 1\n";
/// Bytes of a nonce, which stands in front of what it was used for.
const NONCE: usize = 24;

/// Seals and opens. XChaCha20-Poly1305: its nonces are long enough to be random.
pub(super) struct Key(XChaCha20Poly1305);

impl Key {
    /// A new key from the system's randomness, kept in `file` before it is used.
    pub(super) fn make(file: &Path) -> Result<Key> {
        let random = chacha20poly1305::Key::try_generate().map_err(no_randomness)?;
        let digits = Zeroizing::new(hex::encode(&random));
        let text = Zeroizing::new(format!("{HEADER}{}\n", *digits));
        disk::replace(file, text.as_bytes())?;
        Ok(Key(XChaCha20Poly1305::new(&random)))
    }

    /// The key in `file`, which must be the server's alone; `None` when there is no such file.
    pub(super) fn read(file: &Path) -> Result<Option<Key>> {
        let Some(text) = disk::read_private(file)? else { return Ok(None) };
        let digits = text.strip_prefix(HEADER.as_bytes()).and_then(|rest| rest.strip_suffix(b"\n"));
        let bytes = digits.and_then(hex::decode).map(Zeroizing::new);
        let key = bytes.and_then(|bytes| XChaCha20Poly1305::new_from_slice(&bytes).ok());
        key.map(|key| Some(Key(key))).ok_or_else(|| {
            Error::new(Kind::State, format!("{} is not a key of this plugin", file.display()))
                .advise(super::RENEW)
        })
    }

    /// `secret` in a form that only this key opens, and only together with the same `about`.
    pub(super) fn seal(&self, about: &[u8], secret: &[u8]) -> Result<String> {
        let nonce = XNonce::try_generate().map_err(no_randomness)?;
        let sealed = self.0.encrypt(&nonce, Payload { msg: secret, aad: about });
        let sealed = sealed.map_err(|_| {
            Error::new(Kind::Bug, "the list of clusters is too long to be sealed")
                .advise("set fewer clusters")
        })?;
        Ok(hex::encode(&[&nonce[..], &sealed].concat()))
    }

    /// What was sealed with the same `about`; `None` when anything differs.
    pub(super) fn open(&self, about: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = hex::decode(sealed)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
        let nonce = XNonce::try_from(nonce).ok()?;
        self.0.decrypt(&nonce, Payload { msg: sealed, aad: about }).ok().map(Zeroizing::new)
    }
}

fn no_randomness(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(Kind::State, format!("the system gives no random numbers ({error})"))
        .advise("look at the machine, nothing was changed")
        .caused_by(error)
}
