//! Folders in volumes that can be carried by hand: to a cluster that no network reaches.
//!
//! A bundle is a directory with `bundle.manifest` and `bundle.0001`, `bundle.0002`, ...: the manifest
//! says what is in it and what every volume's SHA-256 is; the volumes together are one stream of files
//! (`FORMAT.md`). With a key everything is sealed with XChaCha20-Poly1305, in chunks that know their
//! bundle, volume and place, so that none can be forged, cut off, repeated or moved. Without one,
//! damage shows and malice does not: whoever can write a volume can write the manifest.
mod key;
mod manifest;
mod pack;
mod stream;
#[cfg(test)]
mod tests;
mod unpack;
mod volume;

pub use key::Key;
pub use manifest::{Manifest, Packed, Volume};
pub use pack::pack;
pub use unpack::{examine, unpack};

use crate::error::{Error, Kind};

/// What to do about a bundle that cannot be believed.
const AGAIN: &str = "copy the bundle's files again from where they were exported";

fn refused(what: String) -> Error {
    Error::new(Kind::Mismatch, what).advise(AGAIN)
}
