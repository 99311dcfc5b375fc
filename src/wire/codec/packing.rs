//! Compressed columns (wire-protocol §8): a header, then blocks of LZ4 or of differences.
use std::io::Read;

use lz4_flex::block::{compress_into, decompress_into, get_maximum_output_size};

use super::delta;
use super::reader::{Reader, broken};
use crate::data::{Cells, Column, Type};
use crate::error::Result;

/// Uncompressed bytes in a block, at most.
pub const BLOCK: usize = 1 << 16;
const COMPRESSED: u8 = 26;
const VECTOR: u8 = 1;
const ANY: u8 = 25;
const SYMBOL_WITH_BASE: u8 = 145;
/// Bytes of the header that its size field counts.
const COUNTED: usize = 20;
const HEADER: usize = 28;
/// The unit length of texts.
const NO_UNIT: u8 = 0xff;

/// How the blocks of a column are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// LZ4, which fits every type that is compressed at all.
    Lz4 = 1,
    /// Differences of differences, for numbers of whole units.
    Delta = 2,
}

impl Method {
    /// Whether columns of `ty` may be compressed so. No client ever
    /// compresses a SYMBOL column, and we no arrays.
    pub fn fits(self, ty: Type) -> bool {
        // SHORT to NANOTIMESTAMP but for CHAR and BOOL, and DATEHOUR.
        let counts = matches!(ty.id(), 3..=14 | 28);
        match self {
            Method::Delta => counts,
            // BOOL, CHAR, FLOAT, DOUBLE, STRING, UUID, IPADDR, INT128, BLOB, COMPLEX, POINT, DECIMAL.
            Method::Lz4 => {
                counts || matches!(ty.id(), 1 | 2 | 15 | 16 | 18 | 19 | 30..=32 | 34 | 35 | 37..=39)
            }
        }
    }
}

/// The whole blocks of `column`, each at most `BLOCK` bytes; `None` when a text is too long for one.
pub fn blocks(column: &Column) -> Option<Vec<&[u8]>> {
    let mut blocks = Vec::new();
    for segment in column.cells.segments() {
        let mut rest: &[u8] = segment;
        while !rest.is_empty() {
            let end = match column.ty.is_text() && rest.len() > BLOCK {
                true => rest[..BLOCK].iter().rposition(|byte| *byte == 0)? + 1,
                false => rest.len().min(BLOCK),
            };
            blocks.push(&rest[..end]);
            rest = &rest[end..];
        }
    }
    Some(blocks)
}

/// Adds one block, compressed, to `out`; false when the method cannot.
pub fn pack_block(method: Method, ty: Type, block: &[u8], out: &mut Vec<u8>) -> bool {
    match method {
        Method::Delta => delta::encode(ty.width().unwrap_or(0), block, out),
        Method::Lz4 => {
            let start = out.len();
            out.resize(start + get_maximum_output_size(block.len()), 0);
            let packed = compress_into(block, &mut out[start..]);
            out.truncate(start + packed.as_ref().map_or(0, |len| *len));
            packed.is_ok()
        }
    }
}

/// The bytes of `column` as a compressed object. `None` when the method does not fit it or does not
/// make it shorter: then it goes as it is.
///
/// Blocks of a fixed width must all be full but the last, since decoders of differences count so;
/// memory that is lent in pieces which do not end there is left as it is.
pub fn pack(column: &Column, method: Method) -> Option<Vec<u8>> {
    if !method.fits(column.ty) || column.rows == 0 {
        return None;
    }
    if let Cells::Fixed(segments) = &column.cells {
        let (_last, before) = segments.split_last()?;
        before.iter().all(|segment| segment.len().is_multiple_of(BLOCK)).then_some(())?;
    }
    let plain = column.cells.byte_len();
    let mut object = Vec::with_capacity(plain / 2 + HEADER);
    object.extend_from_slice(&[COMPRESSED, VECTOR]);
    object.extend_from_slice(&[0; HEADER]);
    for block in blocks(column)? {
        let start = object.len();
        object.extend_from_slice(&[0; 4]);
        if !pack_block(method, column.ty, block, &mut object) || object.len() > plain {
            return None;
        }
        let size = i32::try_from(object.len() - start - 4).ok()?;
        object[start..start + 4].copy_from_slice(&size.to_le_bytes());
    }
    let counted = i32::try_from(object.len() - 2 - HEADER + COUNTED).ok()?;
    let rows = i32::try_from(column.rows).ok()?;
    let unit = column.ty.width().map_or(NO_UNIT, |width| width as u8);
    // Little endian without checksums, no character code; what is not known is -1.
    let scale = column.ty.scale().unwrap_or(0);
    let what = [0, 1, 0xff, method as u8, column.ty.id() as u8, unit, scale, 0];
    let none = (-1i32).to_le_bytes();
    let header = [&counted.to_le_bytes()[..], &[1, 0, 0, 0], &what, &none, &rows.to_le_bytes(), &none];
    object[2..2 + HEADER].copy_from_slice(&header.concat());
    Some(object)
}

/// Reads a compressed vector past its flag; the same vector uncompressed, flag included.
///
/// # Errors
/// `Protocol` for what is no compressed column, `Network` when the line breaks.
pub fn unpack(reader: &mut Reader<impl Read>) -> Result<Vec<u8>> {
    let header: [u8; HEADER] = reader.array()?;
    let number = |at: usize| i32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let [method, ty] = [header[11], header[12]];
    let count =
        |number: i32| usize::try_from(number).map_err(|_| broken("a compressed column is of no size"));
    let rows = count(number(20))?;
    let mut left = count(number(0).saturating_sub(COUNTED as i32))?;
    if header[9] & 1 == 0 || matches!(ty, ANY | COMPRESSED | SYMBOL_WITH_BASE) {
        return Err(broken(format!("a compressed column of type {ty} cannot be read")));
    }
    let mut plain = [&[ty, VECTOR][..], &(rows as i32).to_le_bytes(), &[1, 0, 0, 0]].concat();
    // The scale of DECIMAL and its arrays is in the header (wire-protocol §8).
    if matches!(ty & 0x3f, 37..=39) {
        plain.extend_from_slice(&i32::from(i16::from_le_bytes([header[14], header[15]])).to_le_bytes());
    }
    let start = plain.len();
    while left > 0 {
        let size = count(reader.i32()?)?;
        left =
            left.checked_sub(4 + size).ok_or_else(|| broken("a compressed column is longer than it says"))?;
        let block = reader.bytes(size)?;
        if !unpack_block(method, ty, &block, rows, start, &mut plain) {
            return Err(broken("a compressed column is damaged"));
        }
    }
    Ok(plain)
}

fn unpack_block(method: u8, ty: u8, block: &[u8], rows: usize, start: usize, plain: &mut Vec<u8>) -> bool {
    if method == Method::Lz4 as u8 {
        let end = plain.len();
        plain.resize(end + BLOCK, 0);
        let len = decompress_into(block, &mut plain[end..]);
        plain.truncate(end + len.as_ref().map_or(0, |len| *len));
        return len.is_ok();
    }
    let known =
        Type::from_id(i32::from(ty)).filter(|ty| method == Method::Delta as u8 && Method::Delta.fits(*ty));
    let Some(width) = known.and_then(Type::width) else { return false };
    let done = (plain.len() - start) / width;
    let count = rows.saturating_sub(done).min(BLOCK / width);
    delta::decode(width, block, count, plain)
}
