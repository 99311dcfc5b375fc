//! From pieces to volumes.
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::key::{Key, random};
use super::manifest::{FILE, Manifest, Packed, hex};
use super::stream::{Output, head};
use super::volume::CHUNK;
use crate::error::{Error, Kind, Result};
use crate::ship::{contents, failed};

/// Packs the folders `pieces` below `root`, each with the record of what it holds, into volumes of about
/// `limit` bytes in `dir`; those whose record `base` has too are only named.
///
/// # Errors
/// `Refused` when the directory holds another bundle, otherwise why files cannot be read or written.
pub fn pack(
    root: &Path,
    pieces: &[(String, String)],
    dir: &Path,
    (limit, key, base): (u64, Option<&Key>, Option<&Manifest>),
) -> Result<Manifest> {
    fs::create_dir_all(dir).map_err(|error| failed("made", dir, error))?;
    if dir.join(FILE).exists() {
        return Err(Error::new(
            Kind::Refused,
            format!("the directory {} holds a bundle already", dir.display()),
        )
        .advise("give an empty one"));
    }
    // What an export that never came to its end has left.
    for leftover in
        contents(dir)?.into_iter().filter(|entry| entry.path.to_string_lossy().starts_with("bundle."))
    {
        let path = dir.join(leftover.path);
        fs::remove_file(&path).map_err(|error| failed("removed", &path, error))?;
    }
    let id: [u8; 16] = random()?[..16].try_into().expect("sixteen bytes");
    let mut output = Output::new(dir, id, key, limit);
    let mut packed = Vec::new();
    for (folder, record) in pieces {
        let known = |base: &Manifest| {
            base.pieces.iter().any(|piece| (&piece.folder, &piece.record) == (folder, record))
        };
        let is_here = !base.is_some_and(known);
        let mut bytes = 0;
        for entry in contents(&root.join(folder))? {
            bytes += entry.bytes;
            if is_here {
                let below = Path::new(folder).join(&entry.path);
                put(&mut output, root, &below.to_string_lossy(), entry.bytes)?;
            }
        }
        packed.push(Packed { folder: folder.clone(), record: record.clone(), bytes, is_here });
    }
    let volumes = output.finish()?;
    let base = base.map(|base| base.id.clone());
    let manifest = Manifest { id: hex(&id), base, volumes, pieces: packed };
    manifest.write(dir, key)?;
    Ok(manifest)
}

fn put(output: &mut Output, root: &Path, below: &str, length: u64) -> Result<()> {
    let path = root.join(below);
    let unread = |error| failed("read", &path, error);
    let mut file = File::open(&path).map_err(unread)?;
    output.put(&head(below, length))?;
    let (mut block, mut left) = (vec![0; CHUNK], length);
    while left > 0 {
        let most = CHUNK.min(usize::try_from(left).unwrap_or(CHUNK));
        match file.read(&mut block[..most]).map_err(unread)? {
            0 => {
                return Err(Error::new(
                    Kind::State,
                    format!("{} became shorter while it was read", path.display()),
                )
                .advise("export when nobody backs up into that directory"));
            }
            read => {
                output.put(&block[..read])?;
                left -= read as u64;
            }
        }
    }
    Ok(())
}
