//! One volume: a header, then chunks.
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::key::{Key, NONCE, random};
use super::manifest::{Volume, hex};
use super::refused;
use crate::error::Result;
use crate::ship::failed;

/// Bytes of the stream in a chunk, at most.
pub(super) const CHUNK: usize = 1 << 20;
const MAGIC: &[u8; 8] = b"CSBUNDLE";
const HEADER: usize = 52;
const SEAL: usize = 16;

/// A volume's name.
pub(super) fn name(number: u32) -> String {
    format!("bundle.{number:04}")
}

fn header(id: &[u8; 16], number: u32, prefix: Option<&[u8; NONCE]>) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(MAGIC);
    header[8..12].copy_from_slice(&1u32.to_le_bytes());
    header[12..28].copy_from_slice(id);
    header[28..32].copy_from_slice(&number.to_le_bytes());
    if let Some(prefix) = prefix {
        header[32] = 1;
        header[33..].copy_from_slice(&prefix[..19]);
    }
    header
}

/// The nonce of a chunk (the STREAM construction: place and end are part of it).
fn nonce(header: &[u8; HEADER], chunk: u32, is_last: bool) -> [u8; NONCE] {
    let mut nonce = [0; NONCE];
    nonce[..19].copy_from_slice(&header[33..]);
    nonce[19..23].copy_from_slice(&chunk.to_be_bytes());
    nonce[23] = u8::from(is_last);
    nonce
}

/// A volume that is being written.
pub(super) struct Writer<'a> {
    path: PathBuf,
    file: BufWriter<File>,
    header: [u8; HEADER],
    key: Option<&'a Key>,
    hash: Sha256,
    bytes: u64,
    chunks: u32,
}

impl<'a> Writer<'a> {
    pub(super) fn create(dir: &Path, id: &[u8; 16], number: u32, key: Option<&'a Key>) -> Result<Self> {
        let path = dir.join(name(number));
        let prefix = key.map(|_| random()).transpose()?;
        let header = header(id, number, prefix.as_ref());
        let file = File::create(&path).map_err(|error| failed("written", &path, error))?;
        let (file, hash) = (BufWriter::new(file), Sha256::new());
        let mut writer = Writer { path, file, header, key, hash, bytes: 0, chunks: 0 };
        writer.put(&header)?;
        Ok(writer)
    }

    /// Bytes so far.
    pub(super) fn len(&self) -> u64 {
        self.bytes
    }

    /// Adds a chunk; the last one ends the volume.
    pub(super) fn chunk(&mut self, plain: &[u8], is_last: bool) -> Result<()> {
        let nonce = nonce(&self.header, self.chunks, is_last);
        self.chunks += 1;
        let sealed = self.key.map(|key| key.seal(&nonce, &self.header, plain)).transpose()?;
        let bytes = sealed.as_deref().unwrap_or(plain);
        self.put(&(bytes.len() as u32).to_le_bytes())?;
        self.put(bytes)
    }

    /// Syncs it, and says what it has become.
    pub(super) fn finish(mut self) -> Result<Volume> {
        let written = self.file.flush().and_then(|()| self.file.get_ref().sync_all());
        written.map_err(|error| failed("written", &self.path, error))?;
        let name = self.path.file_name().expect("a name").to_string_lossy().into_owned();
        Ok(Volume { name, bytes: self.bytes, sha256: hex(&self.hash.finalize()) })
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes).map_err(|error| failed("written", &self.path, error))
    }
}

/// A volume that is read.
pub(super) struct Reader<'a> {
    path: PathBuf,
    file: BufReader<File>,
    header: [u8; HEADER],
    key: Option<&'a Key>,
    left: u64,
    chunks: u32,
}

impl<'a> Reader<'a> {
    /// Opens volume `number` of the bundle `id`, which the manifest describes as `volume`.
    pub(super) fn open(
        dir: &Path,
        id: &str,
        (number, volume): (u32, &Volume),
        key: Option<&'a Key>,
    ) -> Result<Self> {
        let path = dir.join(name(number));
        let mut file = BufReader::new(open(&path)?);
        let mut found = [0; HEADER];
        let shown = path.display();
        file.read_exact(&mut found).map_err(|_| refused(format!("the volume {shown} is cut off")))?;
        if &found[..8] != MAGIC || found[8..12] != 1u32.to_le_bytes() {
            return Err(refused(format!("{shown} is no volume of a bundle of this version")));
        }
        if hex(&found[12..28]) != id {
            return Err(refused(format!("the volume {shown} is of another bundle")));
        }
        if found[28..32] != number.to_le_bytes() || volume.name != name(number) {
            return Err(refused(format!("the volume {shown} is not the one of this number")));
        }
        if (found[32] == 1) != key.is_some() {
            return Err(refused(format!("the volume {shown} was changed")));
        }
        let left = volume.bytes.saturating_sub(HEADER as u64);
        Ok(Reader { path, file, header: found, key, left, chunks: 0 })
    }

    /// The next chunk; `None` after the last.
    pub(super) fn chunk(&mut self) -> Result<Option<Vec<u8>>> {
        if self.left == 0 {
            return Ok(None);
        }
        let path = self.path.display().to_string();
        let cut = |_| refused(format!("the volume {path} is cut off"));
        let changed = || refused(format!("the volume {path} was changed or damaged"));
        let mut length = [0; 4];
        self.file.read_exact(&mut length).map_err(cut)?;
        let length = u32::from_le_bytes(length) as usize;
        if length > CHUNK + SEAL {
            return Err(changed());
        }
        let mut bytes = vec![0; length];
        self.file.read_exact(&mut bytes).map_err(cut)?;
        self.left = self.left.checked_sub(4 + length as u64).ok_or_else(changed)?;
        let nonce = nonce(&self.header, self.chunks, self.left == 0);
        self.chunks += 1;
        match self.key {
            None => Ok(Some(bytes)),
            Some(key) => key.open(&nonce, &self.header, &bytes).map(Some).ok_or_else(changed),
        }
    }
}

fn open(path: &Path) -> Result<File> {
    File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => refused(format!("the volume {} is missing", path.display())),
        _ => failed("read", path, error),
    })
}

/// Makes sure that the file of `volume` is, byte by byte, what the manifest says.
pub(super) fn require_whole(dir: &Path, volume: &Volume) -> Result<()> {
    let path = dir.join(&volume.name);
    let (mut file, mut hash, mut bytes) = (open(&path)?, Sha256::new(), 0u64);
    let mut block = vec![0; CHUNK];
    loop {
        match file.read(&mut block).map_err(|error| failed("read", &path, error))? {
            0 => break,
            read => {
                hash.update(&block[..read]);
                bytes += read as u64;
            }
        }
    }
    let shown = path.display();
    match bytes {
        _ if bytes < volume.bytes => Err(refused(format!(
            "the volume {shown} is cut off: {bytes} of {} bytes are there",
            volume.bytes
        ))),
        _ if hex(&hash.finalize()) != volume.sha256 => {
            Err(refused(format!("the volume {shown} is not the one that was exported: its SHA-256 differs")))
        }
        _ => Ok(()),
    }
}
