//! Columns as bytes on disk: cells side by side; texts as starts, then the bytes; array vectors as
//! the length of each row, then the elements.
use crate::error::{Error, Result};
use crate::value::{Rows, Vector, for_cells};

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
number_cells!(i8, i16, i32, u32, i64, i128, f32, f64);

impl Cell for [f64; 2] {
    fn put(self, out: &mut Vec<u8>) {
        self.into_iter().for_each(|part| part.put(out));
    }

    fn take(bytes: &[u8], into: &mut Vec<Self>) -> bool {
        let (cells, rest) = bytes.as_chunks();
        let part = |cell: &[u8; 16], at: usize| f64::from_le_bytes(cell.as_chunks().0[at]);
        into.extend(cells.iter().map(|cell| [part(cell, 0), part(cell, 1)]));
        rest.is_empty()
    }
}

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
    for_cells!(&column.data, cells => rows.iter().for_each(|row| cells[*row as usize].put(out)),
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
    },
    nested => {
        let mut places = Vec::new();
        for row in rows {
            let range = nested.range(*row as usize);
            (range.len() as u32).put(out);
            places.extend(range.map(|place| place as u32));
        }
        encode(&nested.values, &places, out);
    });
}

/// Appends `rows` cells that [`encode`] wrote to `column`.
pub fn decode(bytes: &[u8], rows: usize, column: &mut Vector) -> Result<()> {
    let before = column.len();
    let whole = for_cells!(&mut column.data, cells => Cell::take(bytes, cells),
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
    },
    nested => {
        decode_rows(bytes, rows, nested)?;
        true
    });
    if whole && column.len() - before == rows { Ok(()) } else { Err(damaged()) }
}

fn decode_rows(bytes: &[u8], rows: usize, nested: &mut Rows) -> Result<()> {
    let (lengths, body) = bytes.split_at_checked(rows * 4).ok_or_else(damaged)?;
    let mut end = nested.values.len() as u32;
    for length in lengths.as_chunks().0 {
        end = end.checked_add(u32::from_le_bytes(*length)).ok_or_else(damaged)?;
        nested.ends.push(end);
    }
    decode(body, end as usize - nested.values.len(), &mut nested.values)
}

fn damaged() -> Error {
    Error::runtime("A column on disk does not have the length that its commit recorded.")
}
