//! One end of a stream: the files below a directory, in chunks.
use crate::error::Result;

/// A file below the directory of an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its path from there, with `/` between the steps.
    pub path: String,
    /// Its length.
    pub bytes: u64,
}

/// Some bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The file's path from the directory.
    pub path: String,
    /// Where they begin.
    pub at: u64,
    /// How many there are.
    pub bytes: u32,
}

/// What a stream asks of the directory at either end. Paths lead nowhere else: no end follows a link
/// or a `..`.
pub trait End {
    /// The folders that lie in the directory itself.
    ///
    /// # Errors
    /// Naming the directory, or saying that it holds none.
    fn folders(&mut self) -> Result<Vec<String>>;

    /// Every file below `folders`; a folder that is not there holds none.
    ///
    /// # Errors
    /// Naming the file, here as with the others.
    fn list(&mut self, folders: &[String]) -> Result<Vec<Listed>>;

    /// The crc32c of each chunk; `None` where the file is missing or too short.
    ///
    /// # Errors
    /// As [`End::list`].
    fn sums(&mut self, chunks: &[Chunk]) -> Result<Vec<Option<u32>>>;

    /// The bytes of `chunks`, one after the other.
    ///
    /// # Errors
    /// As [`End::list`], and `Mismatch` when there are fewer.
    fn read(&mut self, chunks: &[Chunk]) -> Result<Vec<u8>>;

    /// Puts `bytes`, which are those of `chunks` one after the other and have these `sums`, into the
    /// half files that become the files.
    ///
    /// # Errors
    /// As [`End::list`], and `Mismatch` when a sum is another one.
    fn write(&mut self, chunks: &[Chunk], sums: &[u32], bytes: &[u8]) -> Result<()>;

    /// Gives the half files of `files` their names and lengths, once they and their folders are on disk.
    ///
    /// # Errors
    /// As [`End::list`].
    fn finish(&mut self, files: &[Listed]) -> Result<()>;

    /// Removes files and whole folders; those that are not there are no error.
    ///
    /// # Errors
    /// As [`End::list`].
    fn remove(&mut self, paths: &[String]) -> Result<()>;
}
