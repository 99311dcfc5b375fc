//! The end of a stream on another node, asked by `serveFiles` there.
use crate::cluster::Cluster;
use crate::data::{Column, Datum, Type};
use crate::error::{Error, Kind, Result};
use crate::ship::{Chunk, End, Listed, names_one_folder};

/// A directory of a node that has the plugin.
pub(super) struct Far {
    node: Box<dyn Cluster + Send>,
    directory: String,
}

impl Far {
    /// The directory `directory` of `node`.
    pub(super) fn new(node: Box<dyn Cluster + Send>, directory: &str) -> Far {
        Far { node, directory: directory.to_owned() }
    }

    /// Whether the node has the plugin and lets this user at the directory.
    pub(super) fn probe(&mut self) -> Result<()> {
        self.list(&["clusterSync=trial".to_owned()]).map(drop)
    }

    fn call(&mut self, action: &str, paths: Vec<&str>, more: &[Datum]) -> Result<Datum> {
        let texts = Datum::Vector(Column::text(Type::String, paths));
        let mut arguments = vec![Datum::text(action), Datum::text(&self.directory), texts];
        arguments.extend_from_slice(more);
        // The plugin there has said what to do, so nothing is added to that.
        let answer = self.node.call_function("clusterSync::serveFiles", &arguments);
        answer.map_err(|error| Error::new(error.kind(), error.message()))
    }

    fn strange(&self) -> Error {
        Error::new(Kind::Protocol, format!("{} gave no usable answer about its files", self.node.label()))
            .advise("install the same version of the plugin on both nodes")
    }
}

impl End for Far {
    fn folders(&mut self) -> Result<Vec<String>> {
        let Datum::Vector(names) = self.call("folders", Vec::new(), &[])? else { return Err(self.strange()) };
        let plain = |name: &[u8]| String::from_utf8(name.to_vec()).ok().filter(|name| names_one_folder(name));
        let folders: Option<Vec<String>> = match names.ty.is_text() {
            true => names.texts().map(plain).collect(),
            false => None,
        };
        folders.ok_or_else(|| self.strange())
    }

    fn list(&mut self, folders: &[String]) -> Result<Vec<Listed>> {
        let answer = self.call("list", folders.iter().map(String::as_str).collect(), &[])?;
        let Datum::Table(files) = &answer else { return Err(self.strange()) };
        let (paths, lengths) = (files.column("path"), files.column("bytes"));
        let (Some(paths), Some(lengths)) = (paths.filter(|paths| paths.ty.is_text()), lengths) else {
            return Err(self.strange());
        };
        let file = |(path, bytes): (&[u8], Option<i64>)| {
            let path = String::from_utf8(path.to_vec()).ok()?;
            Some(Listed { path, bytes: u64::try_from(bytes?).ok()? })
        };
        let files: Option<Vec<Listed>> = paths.texts().zip(lengths.integers()).map(file).collect();
        files.filter(|files| files.len() == paths.rows).ok_or_else(|| self.strange())
    }

    fn sums(&mut self, chunks: &[Chunk]) -> Result<Vec<Option<u32>>> {
        match self.call("sums", paths(chunks), &places(chunks))? {
            Datum::Vector(sums) if sums.ty == Type::Long && sums.rows == chunks.len() => {
                Ok(sums.integers().map(|sum| sum.and_then(|sum| u32::try_from(sum).ok())).collect())
            }
            _ => Err(self.strange()),
        }
    }

    fn read(&mut self, chunks: &[Chunk]) -> Result<Vec<u8>> {
        let answer = match self.call("read", paths(chunks), &places(chunks))? {
            Datum::Vector(bytes) if bytes.ty == Type::Char => bytes,
            _ => return Err(self.strange()),
        };
        let mut bytes: Vec<u8> =
            answer.cells.segments().iter().flat_map(|segment| segment.iter().copied()).collect();
        let total: usize = chunks.iter().map(|chunk| chunk.bytes as usize).sum();
        if bytes.len() != total + 4 * chunks.len() {
            return Err(self.strange());
        }
        let own = bytes.split_off(4 * chunks.len());
        let mut rest = &own[..];
        for (chunk, sum) in chunks.iter().zip(bytes.chunks_exact(4)) {
            let (one, behind) = rest.split_at(chunk.bytes as usize);
            if crc32c::crc32c(one).to_le_bytes() != sum {
                let what = format!("bytes of {} have changed on their way", chunk.path);
                return Err(
                    Error::new(Kind::Mismatch, what).advise("look at the network, then repeat the call")
                );
            }
            rest = behind;
        }
        Ok(own)
    }

    fn write(&mut self, chunks: &[Chunk], sums: &[u32], bytes: &[u8]) -> Result<()> {
        let [offsets, lengths] = places(chunks);
        let sums = longs(sums.iter().map(|sum| u64::from(*sum)));
        let bytes = Datum::Vector(Column::fixed(Type::Char, bytes.to_vec()));
        self.call("write", paths(chunks), &[offsets, lengths, sums, bytes]).map(drop)
    }

    fn finish(&mut self, files: &[Listed]) -> Result<()> {
        let lengths = longs(files.iter().map(|file| file.bytes));
        let none = longs(files.iter().map(|_| 0));
        self.call("finish", files.iter().map(|file| file.path.as_str()).collect(), &[none, lengths]).map(drop)
    }

    fn remove(&mut self, paths: &[String]) -> Result<()> {
        self.call("remove", paths.iter().map(String::as_str).collect(), &[]).map(drop)
    }
}

fn paths(chunks: &[Chunk]) -> Vec<&str> {
    chunks.iter().map(|chunk| chunk.path.as_str()).collect()
}

fn places(chunks: &[Chunk]) -> [Datum; 2] {
    [longs(chunks.iter().map(|chunk| chunk.at)), longs(chunks.iter().map(|chunk| u64::from(chunk.bytes)))]
}

fn longs(numbers: impl Iterator<Item = u64>) -> Datum {
    Datum::Vector(Column::fixed(Type::Long, numbers.flat_map(u64::to_le_bytes).collect::<Vec<u8>>()))
}
