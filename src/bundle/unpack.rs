//! From volumes to pieces.
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::key::Key;
use super::manifest::{Manifest, Packed};
use super::stream::Input;
use super::volume::{CHUNK, require_whole};
use crate::error::Result;
use crate::failpoint::reach;
use crate::ship::{failed, require_no_link};

/// Where a piece lies until all of it is there. No listing of pieces shows such a name.
const DRAFT: &str = ".clusterSync-part";

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

/// Unpacks the bundle in `dir` below `root`. Nothing is written before every volume has been examined
/// and `accept` has seen the manifest; a piece that is there is replaced when all of the new one is on
/// disk.
///
/// # Errors
/// As [`examine`], what `accept` says, or why a file cannot be written.
pub fn unpack(
    dir: &Path,
    root: &Path,
    key: Option<&Key>,
    accept: impl FnOnce(&Manifest) -> Result<()>,
) -> Result<Manifest> {
    let manifest = examine(dir, key)?;
    accept(&manifest)?;
    let mut here = manifest.pieces.iter().filter(|piece| piece.is_here);
    here.clone().try_for_each(|piece| require_no_link(root, &piece.folder))?;
    let mut input = Input::new(dir, &manifest, key);
    let mut arrival: Option<Arrival> = None;
    while let Some((below, length)) = input.file()? {
        if !arrival.as_ref().is_some_and(|arrival| Path::new(&below).starts_with(&arrival.piece.folder)) {
            if let Some(whole) = arrival.take() {
                whole.finish(&input)?;
            }
            // Pieces come in the order of the manifest.
            let next = here.next().filter(|piece| Path::new(&below).starts_with(&piece.folder));
            arrival = Some(Arrival::begin(root, next.ok_or_else(|| input.senseless())?)?);
        }
        if let Some(arrival) = &mut arrival {
            arrival.take(&mut input, &below, length)?;
        }
    }
    if let Some(whole) = arrival {
        whole.finish(&input)?;
    }
    match here.next() {
        Some(_) => Err(input.senseless()),
        None => Ok(manifest),
    }
}

/// A piece that is being unpacked.
struct Arrival<'p> {
    root: &'p Path,
    piece: &'p Packed,
    draft: PathBuf,
    folders: BTreeSet<PathBuf>,
    bytes: u64,
}

impl<'p> Arrival<'p> {
    fn begin(root: &'p Path, piece: &'p Packed) -> Result<Self> {
        let draft = root.join(&piece.folder).with_file_name(DRAFT);
        remove(&draft)?;
        fs::create_dir_all(&draft).map_err(|error| failed("made", &draft, error))?;
        Ok(Arrival { root, piece, folders: BTreeSet::from([draft.clone()]), draft, bytes: 0 })
    }

    /// Writes the file `below` the root, of so many bytes, which come next.
    fn take(&mut self, input: &mut Input, below: &str, length: u64) -> Result<()> {
        let inner = Path::new(below).strip_prefix(&self.piece.folder).map_err(|_| input.senseless())?;
        let path = self.draft.join(inner);
        let unwritten = |error| failed("written", &path, error);
        for folder in path.ancestors().skip(1).take_while(|folder| *folder != self.draft) {
            self.folders.insert(folder.to_owned());
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| failed("made", folder, error))?;
        }
        let mut file = File::create(&path).map_err(unwritten)?;
        let mut left = length;
        while left > 0 {
            let some = input.some(CHUNK.min(usize::try_from(left).unwrap_or(CHUNK)))?;
            if some.is_empty() {
                return Err(input.senseless());
            }
            file.write_all(some).map_err(unwritten)?;
            left -= some.len() as u64;
        }
        self.bytes += length;
        file.sync_all().map_err(unwritten)?;
        reach("unpacked");
        Ok(())
    }

    /// Gives the piece its name, in the place of an older one, once it is on disk.
    fn finish(self, input: &Input) -> Result<()> {
        if self.bytes != self.piece.bytes {
            return Err(input.senseless());
        }
        self.folders.iter().try_for_each(|folder| sync(folder))?;
        let whole = self.root.join(&self.piece.folder);
        remove(&whole)?;
        reach("replacing");
        fs::rename(&self.draft, &whole).map_err(|error| failed("written", &whole, error))?;
        whole.ancestors().skip(1).take_while(|above| above.starts_with(self.root)).try_for_each(sync)
    }
}

fn sync(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|open| open.sync_all()).map_err(|error| failed("written", folder, error))
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(failed("removed", folder, error)),
        _ => Ok(()),
    }
}
