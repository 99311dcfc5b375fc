//! Columns without per-value objects: memory in wire layout, owned by whoever lends it.
use std::fmt;
use std::sync::Arc;

use super::Type;

/// A run of bytes that stays valid while any clone lives. The owner may be a `Vec` of ours or a
/// vector inside the server.
#[derive(Clone)]
pub struct Bytes(Arc<dyn AsRef<[u8]> + Send + Sync>);

impl Bytes {
    /// Shares what `owner` holds.
    pub fn new(owner: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Bytes(Arc::new(owner))
    }
}

impl std::ops::Deref for Bytes {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}

/// The cells of a column, in segments that follow each other.
#[derive(Clone, Debug)]
pub enum Cells {
    /// Fixed width, little endian, one cell after the other. A segment holds whole cells.
    Fixed(Vec<Bytes>),
    /// Text, each cell ended by one NUL byte. A segment holds whole cells.
    Text(Vec<Bytes>),
}

impl Cells {
    /// The segments, whatever they hold.
    pub fn segments(&self) -> &[Bytes] {
        match self {
            Cells::Fixed(segments) | Cells::Text(segments) => segments,
        }
    }

    /// Bytes in all segments.
    pub fn byte_len(&self) -> usize {
        self.segments().iter().map(|segment| segment.len()).sum()
    }
}

/// One typed run of cells.
#[derive(Clone, Debug)]
pub struct Column {
    /// The type of every cell.
    pub ty: Type,
    /// How many cells.
    pub rows: usize,
    /// The cells; `Text` exactly when `ty.is_text()`.
    pub cells: Cells,
}

impl Column {
    /// A fixed-width column over one piece of memory, as many rows as whole cells fit it.
    ///
    /// # Panics
    /// When `ty` is text.
    pub fn fixed(ty: Type, bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        let bytes = Bytes::new(bytes);
        let rows = bytes.len() / ty.width().expect("a fixed-width type");
        Column { ty, rows, cells: Cells::Fixed(vec![bytes]) }
    }

    /// A text column of these values.
    pub fn text<S: AsRef<str>>(ty: Type, values: impl IntoIterator<Item = S>) -> Self {
        let mut bytes = Vec::new();
        let mut rows = 0;
        for value in values {
            bytes.extend_from_slice(value.as_ref().as_bytes());
            bytes.push(0);
            rows += 1;
        }
        Column { ty, rows, cells: Cells::Text(vec![Bytes::new(bytes)]) }
    }

    /// The cells of a text column, in order, without their NUL bytes.
    pub fn texts(&self) -> impl Iterator<Item = &[u8]> {
        self.cells
            .segments()
            .iter()
            .flat_map(|segment| segment.split_inclusive(|byte| *byte == 0))
            .map(|cell| &cell[..cell.len() - 1])
    }

    /// The cells of a fixed-width column, in order, each `width` bytes.
    pub fn fixed_cells(&self) -> impl Iterator<Item = &[u8]> {
        let width = self.ty.width().unwrap_or(1);
        self.cells.segments().iter().flat_map(move |segment| segment.chunks_exact(width))
    }
}

/// Rows of a table: named columns of equal length.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Rows in every column.
    pub rows: usize,
    /// Names and columns, in the order of the table they came from.
    pub columns: Vec<(String, Column)>,
}

impl Batch {
    /// The column called `name`.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|(own, _)| own == name).map(|(_, column)| column)
    }

    /// Bytes of all cells.
    pub fn byte_len(&self) -> usize {
        self.columns.iter().map(|(_, column)| column.cells.byte_len()).sum()
    }
}
