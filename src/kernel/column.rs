//! Vectors of one type: reading without copying where the server shows its memory, and writing.
use std::ffi::{c_char, c_void};

use super::answer::{self, ask, tell};
use super::array;
use super::cell::cell;
use super::sys::*;
use super::thread;
use super::value::Value;
use crate::data::{self, Bytes, Cells, Type};
use crate::error::Result;

/// Room for the cells that are copied at a time; the server's own limit applies besides.
const BLOCK: usize = 1024;

/// Bytes after which copied text starts a new segment, so that growing never moves much.
const TEXT_SEGMENT: usize = 1 << 20;

/// A vector, or a scalar as a vector of one cell.
pub(super) struct Column {
    value: Value,
    ty: Type,
    rows: usize,
}

impl Column {
    pub fn new(value: Value, ty: Type, rows: usize) -> Column {
        Column { value, ty, rows }
    }

    /// The cells as they are, in as few copies as the vector allows.
    pub fn read(&self) -> Result<data::Column> {
        let cells = match self.ty {
            Type::Symbol | Type::String => Cells::Text(self.read_text()?),
            Type::Blob => Cells::Blob(self.read_blobs()?),
            Type::Array(element) => array::read(&self.value, element, self.rows)?,
            _ => Cells::Fixed(match self.lend()? {
                Some(segments) => segments,
                None => vec![Bytes::new(self.read_blocks()?)],
            }),
        };
        Ok(data::Column { ty: self.ty, rows: self.rows, cells })
    }

    /// The vector's own memory, if it shows any: one piece, or the segments of a big array.
    fn lend(&self) -> Result<Option<Vec<Bytes>>> {
        let raw = self.value.raw();
        let null = std::ptr::null_mut();
        // SAFETY: the value is live and this is its thread, as having it proves.
        let array = ask(null, |failure, out| unsafe { cs_data_array(raw, failure, out) })?;
        if !array.is_null() {
            return Ok(Some(vec![self.lent(array, self.rows)]));
        }
        let mut cells = 0;
        let none = std::ptr::null_mut();
        // SAFETY: as above.
        let segments = ask(none, |failure, out| unsafe { cs_data_segments(raw, failure, out, &mut cells) })?;
        if segments.is_null() || cells <= 0 {
            return Ok(None);
        }
        let starts = (0..self.rows).step_by(cells as usize).enumerate();
        let lent = starts.map(|(number, start)| {
            // SAFETY: a big array has as many segments as its cells fill.
            let segment = unsafe { *segments.add(number) };
            self.lent(segment, (self.rows - start).min(cells as usize))
        });
        Ok(Some(lent.collect()))
    }

    fn width(&self) -> usize {
        self.ty.width().expect("cells of any length go their own way")
    }

    fn lent(&self, start: *mut c_void, cells: usize) -> Bytes {
        let size = cells * self.width();
        Bytes::new(Lent { start: start.cast(), size, owner: self.value.clone().into_raw() })
    }

    /// The cells copied block by block, for vectors that are computed or compressed.
    pub fn read_blocks(&self) -> Result<Vec<u8>> {
        let width = self.width();
        let mut bytes = Vec::with_capacity(self.rows * width);
        let mut buffer = [0_u128; BLOCK];
        let block = block_cells();
        for start in (0..self.rows).step_by(block) {
            let count = block.min(self.rows - start);
            let cells = self.read_block(start, count, buffer.as_mut_ptr().cast())?;
            // SAFETY: the contract gives `count` cells there until the next call.
            bytes.extend_from_slice(unsafe { std::slice::from_raw_parts(cells.cast(), count * width) });
        }
        Ok(bytes)
    }

    fn read_text(&self) -> Result<Vec<Bytes>> {
        let mut segments = Vec::new();
        let mut segment = Vec::new();
        let mut buffer = [std::ptr::null_mut::<c_char>(); BLOCK];
        let block = block_cells();
        for start in (0..self.rows).step_by(block) {
            let count = block.min(self.rows - start);
            let cells: *const *const c_char =
                self.read_block(start, count, buffer.as_mut_ptr().cast())?.cast();
            for cell in 0..count {
                // SAFETY: the contract gives `count` texts, each ended by NUL, that live as long as
                // the vector.
                let text = unsafe { std::ffi::CStr::from_ptr(*cells.add(cell)) };
                segment.extend_from_slice(text.to_bytes_with_nul());
            }
            if segment.len() >= TEXT_SEGMENT {
                segments.push(Bytes::new(std::mem::take(&mut segment)));
            }
        }
        if !segment.is_empty() {
            segments.push(Bytes::new(segment));
        }
        Ok(segments)
    }

    fn read_blobs(&self) -> Result<Vec<Bytes>> {
        let mut segments = Vec::new();
        let mut segment = Vec::new();
        for index in 0..self.rows {
            let raw = self.value.raw();
            // SAFETY: the value is live and on its thread.
            let cell = ask(cs_text::default(), |failure, out| unsafe {
                cs_read_blob(raw, index as i32, failure, out)
            })?;
            let cell = answer::take_bytes(cell);
            segment.extend_from_slice(&(cell.len() as u32).to_le_bytes());
            segment.extend_from_slice(&cell);
            if segment.len() >= TEXT_SEGMENT {
                segments.push(Bytes::new(std::mem::take(&mut segment)));
            }
        }
        if !segment.is_empty() {
            segments.push(Bytes::new(segment));
        }
        Ok(segments)
    }

    fn read_block(&self, start: usize, count: usize, buffer: *mut c_void) -> Result<*const c_void> {
        let (raw, cell) = (self.value.raw(), cell(self.ty));
        let (start, count) = (start as i32, count as i32);
        // SAFETY: the value is live and on its thread; `buffer` has room for a block of any type.
        ask(std::ptr::null(), |failure, out| unsafe {
            cs_read(raw, cell, self.scale(), start, count, buffer, failure, out)
        })
    }

    fn scale(&self) -> i32 {
        self.ty.scale().unwrap_or(0).into()
    }

    /// Overwrites every cell with `column`, which has as many.
    pub fn write(&self, column: &data::Column) -> Result<()> {
        let mut row = 0;
        match &column.cells {
            Cells::Blob(_) => self.write_blobs(column)?,
            cells => {
                for segment in cells.segments() {
                    row += match cells {
                        Cells::Text(_) => self.write_text(row, segment)?,
                        _ => self.write_fixed(row, segment)?,
                    };
                }
            }
        }
        // SAFETY: the value is live and on its thread.
        tell(|failure| unsafe { cs_set_null_flag(self.value.raw(), failure) })
    }

    fn write_fixed(&self, row: usize, segment: &[u8]) -> Result<usize> {
        let width = self.width();
        // Lent memory may begin anywhere; the server expects whole numbers to be aligned.
        let mut aligned = [0_u128; BLOCK];
        let mut written = 0;
        for block in segment.chunks(block_cells() * width) {
            let room = aligned.as_mut_ptr().cast::<u8>();
            // SAFETY: a cell is at most 16 bytes, so the buffer has room for a block.
            unsafe { room.copy_from_nonoverlapping(block.as_ptr(), block.len()) };
            self.write_block(row + written, block.len() / width, room.cast())?;
            written += block.len() / width;
        }
        Ok(written)
    }

    fn write_text(&self, row: usize, segment: &[u8]) -> Result<usize> {
        let texts: Vec<*const u8> = segment.split_inclusive(|byte| *byte == 0).map(<[u8]>::as_ptr).collect();
        let mut written = 0;
        for block in texts.chunks(block_cells()) {
            self.write_block(row + written, block.len(), block.as_ptr().cast_mut().cast())?;
            written += block.len();
        }
        Ok(texts.len())
    }

    fn write_blobs(&self, column: &data::Column) -> Result<()> {
        let cells: Vec<cs_text> = column.blobs().map(answer::lend).collect();
        for (number, block) in cells.chunks(block_cells()).enumerate() {
            let start = (number * block_cells()) as i32;
            // SAFETY: the value is live and on its thread; the bytes are copied during the call.
            tell(|failure| unsafe {
                cs_write_blobs(self.value.raw(), start, block.len() as i32, block.as_ptr(), failure)
            })?;
        }
        Ok(())
    }

    fn write_block(&self, row: usize, count: usize, cells: *mut c_void) -> Result<()> {
        let (raw, cell) = (self.value.raw(), cell(self.ty));
        // SAFETY: the value is live and on its thread; there are `count` cells, which are only read.
        tell(|failure| unsafe { cs_write(raw, cell, self.scale(), row as i32, count as i32, cells, failure) })
    }
}

fn block_cells() -> usize {
    // SAFETY: there is a value, so the server's interface is bound.
    let server = unsafe { cs_block_cells() };
    usize::try_from(server).unwrap_or(1).clamp(1, BLOCK)
}

/// Memory inside a server object, kept by a reference to that object.
struct Lent {
    start: *const u8,
    size: usize,
    owner: cs_value,
}

// SAFETY: any thread may read the memory, which does not change while a reference exists (values
// of a query are ours alone, arguments belong to a call that waits for us). The reference itself
// is only ever given back, which `thread` does on a server thread.
unsafe impl Send for Lent {}
// SAFETY: as for `Send`; shared access only reads.
unsafe impl Sync for Lent {}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        if self.size == 0 {
            return &[];
        }
        // SAFETY: the server showed `size` bytes there, and `owner` keeps them.
        unsafe { std::slice::from_raw_parts(self.start, self.size) }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        thread::give_back(self.owner);
    }
}
