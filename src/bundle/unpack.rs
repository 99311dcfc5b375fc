//! From volumes to pieces.
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use super::failed;
use super::key::Key;
use super::manifest::Manifest;
use super::stream::Input;
use super::volume::{CHUNK, require_whole};
use crate::error::Result;

/// Reads the manifest of the bundle in `dir` and makes sure that every volume is as it was exported.
///
/// # Errors
/// As [`Manifest::read`]; `Mismatch` naming a volume that is missing, cut off, changed or in the place of
/// another.
pub fn examine(dir: &Path, key: Option<&Key>) -> Result<Manifest> {
    let manifest = Manifest::read(dir, key)?;
    // A volume of the right bytes in the wrong place is told apart from a damaged one, so names first.
    let mut input = Input::new(dir, &manifest, key);
    for volume in &manifest.volumes {
        require_whole(dir, volume).map_err(|error| match input.some(CHUNK) {
            Err(better) => better,
            Ok(_) => error,
        })?;
    }
    Ok(manifest)
}

/// Unpacks the bundle in `dir` below `root`. Nothing is written before every volume has been examined;
/// a piece that is there is replaced.
///
/// # Errors
/// As [`examine`], or why a file cannot be written.
pub fn unpack(dir: &Path, root: &Path, key: Option<&Key>) -> Result<Manifest> {
    let manifest = examine(dir, key)?;
    for piece in manifest.pieces.iter().filter(|piece| piece.is_here) {
        remove_foreign(&root.join(&piece.folder))?;
    }
    let mut input = Input::new(dir, &manifest, key);
    while let Some((below, length)) = input.file()? {
        if !manifest.pieces.iter().any(|piece| Path::new(&below).starts_with(&piece.folder)) {
            return Err(input.senseless());
        }
        write(&mut input, &root.join(below), length)?;
    }
    Ok(manifest)
}

/// Takes away an older piece of this name, so that none of its files stays among the new ones.
fn remove_foreign(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed("removed", folder, error)),
        _ => Ok(()),
    }
}

fn write(input: &mut Input, path: &Path, length: u64) -> Result<()> {
    let unwritten = |error| failed("written", path, error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| failed("made", folder, error))?;
    }
    let mut file = File::create(path).map_err(unwritten)?;
    let mut left = length;
    while left > 0 {
        let some = input.some(CHUNK.min(usize::try_from(left).unwrap_or(CHUNK)))?;
        if some.is_empty() {
            return Err(input.senseless());
        }
        file.write_all(some).map_err(unwritten)?;
        left -= some.len() as u64;
    }
    file.sync_all().map_err(unwritten)
}
