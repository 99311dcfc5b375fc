//! Descriptions as bytes, and files that appear whole or not at all.
use std::fs::{self, File};
use std::path::Path;

use super::{Disk, cells};
use crate::error::{Error, Result};
use crate::value::{Type, Vector};

#[derive(Default)]
pub struct Writer(pub Vec<u8>);

impl Writer {
    pub fn u32(&mut self, value: u32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub fn u64(&mut self, value: u64) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub fn text(&mut self, text: &str) {
        self.u32(text.len() as u32);
        self.0.extend_from_slice(text.as_bytes());
    }

    pub fn ty(&mut self, ty: Type) {
        self.0.extend_from_slice(&[ty.id(), ty.scale().unwrap_or(0)]);
    }

    pub fn vector(&mut self, vector: &Vector) {
        let rows: Vec<u32> = (0..vector.len() as u32).collect();
        let mut body = Vec::new();
        cells::encode(vector, &rows, &mut body);
        self.ty(vector.ty);
        self.u32(rows.len() as u32);
        self.u32(body.len() as u32);
        self.0.extend_from_slice(&body);
    }
}

pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let (taken, rest) =
            self.0.split_at_checked(length).ok_or_else(|| Error::runtime("A stored record ends early."))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        self.take(N).map(|bytes| bytes.try_into().expect("take returns N bytes"))
    }

    pub fn u32(&mut self) -> Result<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub fn u64(&mut self) -> Result<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub fn text(&mut self) -> Result<String> {
        let length = self.u32()? as usize;
        String::from_utf8(self.take(length)?.to_vec())
            .map_err(|_| Error::runtime("A stored name is not UTF-8."))
    }

    pub fn ty(&mut self) -> Result<Type> {
        let [id, scale] = self.array()?;
        let ty = Type::from_id(id).filter(|ty| scale == 0 || ty.scale().is_some());
        ty.map(|ty| ty.scaled(scale).unwrap_or(ty))
            .ok_or_else(|| Error::runtime(format!("A stored type has the unknown number {id}.")))
    }

    pub fn vector(&mut self) -> Result<Vector> {
        let ty = self.ty()?;
        let (rows, length) = (self.u32()? as usize, self.u32()? as usize);
        let mut vector = Vector::empty(ty, 0);
        cells::decode(self.take(length)?, rows, &mut vector)?;
        Ok(vector)
    }
}

/// Writes `payload` with its checksum so that a crash leaves the old file or the new one.
pub fn write_whole(path: &Path, payload: &[u8]) -> Result<()> {
    Disk::default().write_whole(path, payload)
}

/// Reads what [`write_whole`] wrote.
pub fn read_whole(path: &Path) -> Result<Vec<u8>> {
    let mut bytes = fs::read(path)?;
    let checksum = bytes.first_chunk().map(|sum| u32::from_le_bytes(*sum));
    if checksum.is_none_or(|sum| sum != crc32fast::hash(&bytes[4..])) {
        return Err(Error::runtime(format!("{} is damaged: its checksum does not match.", path.display())));
    }
    bytes.drain(..4);
    Ok(bytes)
}

/// Makes a creation, renaming or removal in `path`'s directory durable.
pub fn sync_directory_of(path: &Path) -> Result<()> {
    let parent = path.parent().ok_or_else(|| Error::runtime("A store's file has no directory."))?;
    Ok(File::open(parent)?.sync_all()?)
}
