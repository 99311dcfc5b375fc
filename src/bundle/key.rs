//! The key that seals a bundle.
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::error::{Error, Kind, Result};
use crate::ship::failed;

/// Bytes of a nonce.
pub(super) const NONCE: usize = 24;

/// Seals and opens.
pub struct Key(XChaCha20Poly1305);

impl Key {
    /// The key in `file`: 64 hexadecimal digits, which only the server's own user may read.
    ///
    /// # Errors
    /// `State` when it cannot be read, is open to others, or is no key.
    pub fn read(file: &Path) -> Result<Key> {
        let unread = |error| failed("read", file, error);
        let mut open = File::open(file).map_err(unread)?;
        let mode = open.metadata().map_err(unread)?.permissions().mode();
        if mode & 0o077 != 0 {
            let what = format!("the key file {} is open to other users of this machine", file.display());
            return Err(Error::new(Kind::State, what).advise(format!("run chmod 600 {}", file.display())));
        }
        let mut text = Zeroizing::new(String::new());
        open.read_to_string(&mut text).map_err(unread)?;
        let digits = text.trim().as_bytes();
        let nibble = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
        let bytes: Option<Vec<u8>> =
            digits.chunks(2).map(|pair| Some(nibble(pair[0])? << 4 | nibble(*pair.get(1)?)?)).collect();
        let key = bytes.map(Zeroizing::new).and_then(|bytes| XChaCha20Poly1305::new_from_slice(&bytes).ok());
        key.map(Key).ok_or_else(|| {
            Error::new(
                Kind::State,
                format!("the file {} holds no key of 64 hexadecimal digits", file.display()),
            )
            .advise("make one with: openssl rand -hex 32")
        })
    }

    #[cfg(test)]
    pub(super) fn of(byte: u8) -> Key {
        Key(XChaCha20Poly1305::new_from_slice(&[byte; 32]).expect("32 bytes"))
    }

    /// `plain`, which only this key opens, with the same nonce and the same `about`.
    pub(super) fn seal(&self, nonce: &[u8; NONCE], about: &[u8], plain: &[u8]) -> Result<Vec<u8>> {
        let sealed = self.0.encrypt(&XNonce::from(*nonce), Payload { msg: plain, aad: about });
        sealed.map_err(|_| Error::new(Kind::Bug, "a chunk is too long to be sealed").advise("report this"))
    }

    /// What was sealed; `None` when anything differs.
    pub(super) fn open(&self, nonce: &[u8; NONCE], about: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        self.0.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: about }).ok()
    }
}

/// Random bytes.
pub(super) fn random() -> Result<[u8; NONCE]> {
    let nonce = XNonce::try_generate().map_err(|error| {
        Error::new(Kind::State, format!("the system gives no random numbers ({error})"))
            .advise("look at the machine, nothing was changed")
    })?;
    Ok(nonce.into())
}
