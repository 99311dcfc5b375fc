//! Compressed columns (wire-protocol §8): a header, then blocks of LZ4 or of differences.
use std::io::{self, BufRead, Read, Write};

use lz4_flex::block::{compress, decompress_into};

use super::delta;
use super::objects::write_object;
use crate::error::{Error, Result};
use crate::value::{Table, Value, Vector};
use std::sync::Arc;

/// The type byte of a compressed vector.
pub const COMPRESSED: u8 = 26;
/// Uncompressed bytes in a block, at most.
const BLOCK: usize = 1 << 16;
const LZ4: u8 = 1;
const DELTA: u8 = 2;
const SYMBOL: u8 = 17;
const STRING: u8 = 18;
const SYMBOL_WITH_BASE: u8 = 145;
/// The type byte of a table whose sender compresses.
const TABLE: [u8; 2] = [8, 6];
/// Header bytes that the size field counts.
const COUNTED: usize = 20;

/// How a column's cells lie: bytes of each, none for texts, and the methods that fit.
fn width(ty: u8) -> Option<(Option<usize>, u8)> {
    Some(match ty {
        1 | 2 => (Some(1), LZ4),
        3 => (Some(2), DELTA),
        4 | 6..=11 | 28 => (Some(4), DELTA),
        5 | 12..=14 => (Some(8), DELTA),
        15 | 37 => (Some(4), LZ4),
        16 | 38 => (Some(8), LZ4),
        19 | 30 | 31 | 34 | 35 | 39 => (Some(16), LZ4),
        STRING => (None, LZ4),
        _ => return None,
    })
}

fn has_scale(ty: u8) -> bool {
    (37..=39).contains(&ty)
}

/// Writes `table` with its columns compressed, numbers of whole units by their differences;
/// SYMBOL and array columns are never compressed.
pub fn write_packed(out: &mut dyn Write, table: &Arc<Table>) -> io::Result<()> {
    let mut plain = Vec::new();
    write_object(
        &mut plain,
        &Value::Table(Arc::new(Table {
            names: table.names.clone(),
            columns: table.columns.iter().map(|column| Arc::new(Vector::empty(column.ty, 0))).collect(),
        })),
    )?;
    // Type, form, rows, columns, then names: what follows are the columns of no rows.
    let names: usize = table.names.iter().map(|name| name.len() + 1).sum();
    out.write_all(&TABLE)?;
    out.write_all(&(table.rows() as i32).to_le_bytes())?;
    out.write_all(&plain[6..10 + 1 + names])?;
    for (number, column) in table.columns.iter().enumerate() {
        let mut vector = Vec::new();
        write_object(&mut vector, &Value::Vector(column.clone()))?;
        if vector[0] == SYMBOL_WITH_BASE {
            vector[10..14].copy_from_slice(&(number as i32).to_le_bytes());
        }
        out.write_all(&pack(&vector).unwrap_or(vector))?;
    }
    Ok(())
}

/// The compressed form of a vector, if it has one.
fn pack(vector: &[u8]) -> Option<Vec<u8>> {
    let (ty, rows) = (vector[0], i32::from_le_bytes(vector[2..6].try_into().ok()?));
    let (width, method) = width(ty)?;
    let scale = if has_scale(ty) { i32::from_le_bytes(vector[10..14].try_into().ok()?) } else { 0 };
    let cells = &vector[if has_scale(ty) { 14 } else { 10 }..];
    let mut blocks = Vec::new();
    for block in split(cells, width)? {
        let packed = match (method, width) {
            (DELTA, Some(width)) => delta::encode(width as u32, &numbers(block, width))?,
            _ => compress(block),
        };
        blocks.extend((packed.len() as i32).to_le_bytes());
        blocks.extend(packed);
    }
    let mut object = vec![COMPRESSED, 1];
    object.extend(((COUNTED + blocks.len()) as i32).to_le_bytes());
    object.extend(1i32.to_le_bytes());
    object.extend([0, 1, 0xff, method, ty, width.map_or(0xff, |width| width as u8)]);
    object.extend((scale as i16).to_le_bytes());
    object.extend((-1i32).to_le_bytes());
    object.extend(rows.to_le_bytes());
    object.extend((-1i32).to_le_bytes());
    object.extend(blocks);
    Some(object)
}

/// Blocks that end with a whole cell; none when a text is too long for one.
fn split(cells: &[u8], width: Option<usize>) -> Option<Vec<&[u8]>> {
    if width.is_some() {
        return Some(cells.chunks(BLOCK).collect());
    }
    let (mut blocks, mut rest) = (Vec::new(), cells);
    while rest.len() > BLOCK {
        let end = rest[..BLOCK].iter().rposition(|byte| *byte == 0)? + 1;
        blocks.push(&rest[..end]);
        rest = &rest[end..];
    }
    blocks.push(rest);
    blocks.retain(|block| !block.is_empty());
    Some(blocks)
}

fn numbers(block: &[u8], width: usize) -> Vec<Option<i64>> {
    let number = |cell: &[u8]| {
        let mut bytes = [if cell[width - 1] & 0x80 == 0 { 0 } else { 0xff }; 8];
        bytes[..width].copy_from_slice(cell);
        Some(i64::from_le_bytes(bytes)).filter(|number| *number != null(width))
    };
    block.chunks(width).map(number).collect()
}

/// NULL is the smallest number of each width.
fn null(width: usize) -> i64 {
    i64::MIN >> (64 - 8 * width)
}

/// Reads a compressed vector past its flag and returns the same vector uncompressed, flag included.
pub fn unpack(input: &mut impl BufRead) -> Result<Vec<u8>> {
    let broken = |what: &str| Error::runtime(format!("A compressed column {what}."));
    let mut header = [0; 28];
    input.read_exact(&mut header)?;
    let number = |at: usize| i32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (method, ty, rows) = (header[11], header[12], number(20));
    let blocks = usize::try_from(number(0)).ok().and_then(|size| size.checked_sub(COUNTED));
    let blocks = blocks.ok_or_else(|| broken("has no size"))?;
    let rows = usize::try_from(rows).map_err(|_| broken("has no rows"))?;
    if header[9] & 1 == 0 || matches!(ty, 25 | COMPRESSED | SYMBOL | SYMBOL_WITH_BASE) {
        return Err(broken(&format!("of type {ty} cannot be read")));
    }
    let mut plain = vec![ty, 1];
    plain.extend([rows as i32, 1].map(i32::to_le_bytes).concat());
    if has_scale(ty & 63) {
        plain.extend(i32::from(i16::from_le_bytes([header[14], header[15]])).to_le_bytes());
    }
    let (start, mut left) = (plain.len(), blocks);
    while left > 0 {
        let mut size = [0; 4];
        input.read_exact(&mut size)?;
        let size = usize::try_from(i32::from_le_bytes(size)).map_err(|_| broken("has a log number"))?;
        left = left.checked_sub(4 + size).ok_or_else(|| broken("is longer than it says"))?;
        let mut block = Vec::new();
        if input.by_ref().take(size as u64).read_to_end(&mut block)? < size {
            return Err(broken("ends early"));
        }
        match (method, width(ty)) {
            (LZ4, _) => {
                let mut cells = vec![0; BLOCK];
                let count = decompress_into(&block, &mut cells).map_err(|_| broken("is no LZ4"))?;
                plain.extend(&cells[..count]);
            }
            (DELTA, Some((Some(width), DELTA))) => {
                let done = (plain.len() - start) / width;
                let count = (BLOCK / width).min(rows.saturating_sub(done));
                let numbers = delta::decode(width as u32, &block, count);
                for number in numbers.ok_or_else(|| broken("has no differences"))? {
                    plain.extend(&number.unwrap_or(null(width)).to_le_bytes()[..width]);
                }
            }
            _ => return Err(broken(&format!("has the method {method}"))),
        }
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Data, Strings, Type};

    fn there_and_back(column: Vector) {
        let mut plain = Vec::new();
        write_object(&mut plain, &Value::Vector(Arc::new(column))).unwrap();
        let packed = pack(&plain).unwrap();
        assert_eq!(packed[..2], [COMPRESSED, 1]);
        assert_eq!(unpack(&mut &packed[2..]).unwrap(), plain);
    }

    #[test]
    fn columns_of_several_blocks_survive() {
        let rows = 40_000;
        there_and_back(Vector::new(Type::Long, Data::I64((0..rows).map(|row| row * row).collect())));
        there_and_back(Vector::new(
            Type::Int,
            Data::I32((0..rows).map(|row| [i32::MIN, 7][row as usize % 2]).collect()),
        ));
        there_and_back(Vector::new(Type::Double, Data::F64((0..rows).map(|row| row as f64).collect())));
        let texts: Vec<String> = (0..rows).map(|row| format!("text {row}")).collect();
        there_and_back(Vector::strings(Type::String, texts.iter().map(String::as_str)));
        there_and_back(Vector::new(Type::String, Data::Text(Strings::default())));
    }

    #[test]
    fn what_has_no_compressed_form_stays_as_it_is() {
        let long = "x".repeat(BLOCK + 1);
        for column in
            [Vector::strings(Type::Symbol, ["a"]), Vector::strings(Type::String, [long.as_str(), "b"])]
        {
            let mut plain = Vec::new();
            write_object(&mut plain, &Value::Vector(Arc::new(column))).unwrap();
            assert_eq!(pack(&plain), None);
        }
    }

    #[test]
    fn damage_is_an_error() {
        let mut plain = Vec::new();
        write_object(&mut plain, &Value::Vector(Arc::new(Vector::strings(Type::String, ["abc"; 99]))))
            .unwrap();
        let packed = pack(&plain).unwrap();
        for cut in 2..packed.len() {
            assert!(unpack(&mut &packed[2..cut]).is_err(), "{cut}");
        }
        for at in 2..packed.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut damaged = packed.clone();
                damaged[at] = value;
                let _survived = unpack(&mut &damaged[2..]);
            }
        }
    }
}
