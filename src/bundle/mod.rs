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

use std::io;
use std::path::Path;

use crate::error::{Error, Kind};

/// What to do about a bundle that cannot be believed.
const AGAIN: &str = "copy the bundle's files again from where they were exported";

fn failed(done: &str, path: &Path, error: io::Error) -> Error {
    let (path, full) = (path.display(), error.kind() == io::ErrorKind::StorageFull);
    let what = match full {
        true => format!("there is no room left on the disk for {path}"),
        false => format!("{path} cannot be {done} ({error})"),
    };
    let advice = if full { "make room, then repeat the call" } else { "check the directory and its disk" };
    Error::new(Kind::State, what).advise(advice).caused_by(error)
}

fn refused(what: String) -> Error {
    Error::new(Kind::Mismatch, what).advise(AGAIN)
}
