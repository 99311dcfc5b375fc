//! Columns as bytes on disk: cells side by side; texts as starts, then the bytes.
use crate::error::{Error, Result};
use crate::value::{Data, Vector};

macro_rules! for_numbers {
    ($data:expr, $cells:ident => $body:expr, $texts:ident => $other:expr) => {
        match $data {
            Data::I8($cells) => $body,
            Data::I16($cells) => $body,
            Data::I32($cells) => $body,
            Data::I64($cells) => $body,
            Data::F32($cells) => $body,
            Data::F64($cells) => $body,
            Data::B16($cells) => $body,
            Data::Text($texts) => $other,
        }
    };
}

/// A cell as bytes.
trait Cell: Copy + Sized {
    fn put(self, out: &mut Vec<u8>);
    fn take(bytes: &[u8], into: &mut Vec<Self>) -> bool;
}

macro_rules! number_cells {
    ($($number:ty),*) => {$(
        impl Cell for $number {
            fn put(self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            fn take(bytes: &[u8], into: &mut Vec<Self>) -> bool {
                let (cells, rest) = bytes.as_chunks();
                into.extend(cells.iter().map(|cell| <$number>::from_le_bytes(*cell)));
                rest.is_empty()
            }
        }
    )*};
}
number_cells!(i8, i16, i32, i64, f32, f64);

impl Cell for [u8; 16] {
    fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self);
    }

    fn take(bytes: &[u8], into: &mut Vec<Self>) -> bool {
        let (cells, rest) = bytes.as_chunks();
        into.extend_from_slice(cells);
        rest.is_empty()
    }
}

/// Writes the cells of `column` at `rows` to the end of `out`.
pub fn encode(column: &Vector, rows: &[u32], out: &mut Vec<u8>) {
    for_numbers!(&column.data, cells => rows.iter().for_each(|row| cells[*row as usize].put(out)),
    texts => {
        let mut start = 0u32;
        for row in rows {
            out.extend_from_slice(&start.to_le_bytes());
            start += texts.get(*row as usize).len() as u32 + 1;
        }
        for row in rows {
            out.extend_from_slice(texts.get(*row as usize));
            out.push(0);
        }
    });
}

/// Appends `rows` cells that [`encode`] wrote to `column`.
pub fn decode(bytes: &[u8], rows: usize, column: &mut Vector) -> Result<()> {
    let before = column.len();
    let whole = for_numbers!(&mut column.data, cells => Cell::take(bytes, cells),
    texts => {
        let (starts, body) = bytes.split_at_checked(rows * 4).ok_or_else(damaged)?;
        let base = texts.bytes.len();
        // Starts are 32 bit; a larger result cannot be held in one vector.
        if u32::try_from(base + body.len()).is_err() {
            return Err(Error::runtime("A text column of more than 4 GB cannot be read at once."));
        }
        let (starts, _) = starts.as_chunks();
        texts.starts.extend(starts.iter().map(|start| u32::from_le_bytes(*start) + base as u32));
        texts.bytes.extend_from_slice(body);
        body.last().is_none_or(|last| *last == 0)
    });
    if whole && column.len() - before == rows { Ok(()) } else { Err(damaged()) }
}

fn damaged() -> Error {
    Error::runtime("A column on disk does not have the length that its commit recorded.")
}
