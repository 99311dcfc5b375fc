//! Columns without per-value objects: memory in wire layout, owned by whoever lends it.
use std::borrow::Cow;
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
    /// Bytes, each cell behind its length in four bytes. A segment holds whole cells.
    Blob(Vec<Bytes>),
    /// Arrays: how many values each cell has, and the values of all cells one after the other. A
    /// segment holds whole values.
    Array(Arc<[u32]>, Vec<Bytes>),
}

impl Cells {
    /// The segments, whatever they hold.
    pub fn segments(&self) -> &[Bytes] {
        match self {
            Cells::Fixed(segments) | Cells::Text(segments) => segments,
            Cells::Blob(segments) | Cells::Array(_, segments) => segments,
        }
    }

    /// Bytes in all segments, and those that say how long arrays are.
    pub fn byte_len(&self) -> usize {
        let lengths = if let Cells::Array(lengths, _) = self { size_of_val(&**lengths) } else { 0 };
        lengths + self.segments().iter().map(|segment| segment.len()).sum::<usize>()
    }
}

/// One typed run of cells.
#[derive(Clone, Debug)]
pub struct Column {
    /// The type of every cell.
    pub ty: Type,
    /// How many cells.
    pub rows: usize,
    /// The cells, as the type has them.
    pub cells: Cells,
}

impl Column {
    /// A fixed-width column over one piece of memory, as many rows as whole cells fit it.
    ///
    /// # Panics
    /// When `ty` has no fixed width.
    pub fn fixed(ty: Type, bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        let bytes = Bytes::new(bytes);
        let rows = bytes.len() / ty.width().expect("a fixed-width type");
        Column { ty, rows, cells: Cells::Fixed(vec![bytes]) }
    }

    /// A text column of these values.
    pub fn text<S: AsRef<str>>(ty: Type, values: impl IntoIterator<Item = S>) -> Self {
        Column::of(ty, values.into_iter().map(|value| value.as_ref().as_bytes().to_vec()))
    }

    /// A column whose cells have these bytes: of text without its NUL, of arrays their values one
    /// after the other.
    pub fn of<B: AsRef<[u8]>>(ty: Type, cells: impl IntoIterator<Item = B>) -> Self {
        let (mut bytes, mut lengths) = (Vec::new(), Vec::new());
        for cell in cells {
            let cell = cell.as_ref();
            lengths.push(cell.len() as u32);
            match ty {
                Type::Blob => bytes.extend((cell.len() as u32).to_le_bytes().iter().chain(cell)),
                _ => bytes.extend_from_slice(cell),
            }
            if ty.is_text() {
                bytes.push(0);
            }
        }
        let (rows, segments) = (lengths.len(), vec![Bytes::new(bytes)]);
        let cells = match ty {
            Type::Blob => Cells::Blob(segments),
            Type::Array(element) => {
                Cells::Array(lengths.iter().map(|bytes| bytes / element.width() as u32).collect(), segments)
            }
            _ if ty.is_text() => Cells::Text(segments),
            _ => Cells::Fixed(segments),
        };
        Column { ty, rows, cells }
    }

    /// A column of `rows` cells without a value. Its cells lie in memory once, however many they are.
    pub fn nulls(ty: Type, rows: usize) -> Self {
        const BLOCK: usize = 4096;
        // An array without values is stored as one with a NULL (dolphindb-semantics §4.4).
        let cell = if let Type::Array(element) = ty { element.ty().null() } else { ty.null() };
        let block = |rows: usize| Column::of(ty, std::iter::repeat_n(&cell, rows)).cells;
        let (full, rest) = (block(BLOCK), block(rows % BLOCK));
        let full = full.segments().iter().cycle().take(rows / BLOCK * full.segments().len());
        let segments: Vec<Bytes> = full.chain(rest.segments()).cloned().collect();
        let cells = match &rest {
            Cells::Fixed(_) => Cells::Fixed(segments),
            Cells::Text(_) => Cells::Text(segments),
            Cells::Blob(_) => Cells::Blob(segments),
            Cells::Array(..) => Cells::Array(vec![1; rows].into(), segments),
        };
        Column { ty, rows, cells }
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

    /// The cells of a BLOB column, in order.
    pub fn blobs(&self) -> impl Iterator<Item = &[u8]> {
        self.cells.segments().iter().flat_map(|segment| {
            let mut rest: &[u8] = segment;
            std::iter::from_fn(move || {
                let (length, behind) = rest.split_first_chunk()?;
                let (cell, next) = behind.split_at(u32::from_le_bytes(*length) as usize);
                rest = next;
                Some(cell)
            })
        })
    }

    /// The bytes of the first text or BLOB that has more than `most`, if there is one.
    pub fn longer_than(&self, most: usize) -> Option<usize> {
        match &self.cells {
            Cells::Text(segments) => segments.iter().find_map(|segment| longer_text(segment, most)),
            Cells::Blob(_) => self.blobs().map(<[u8]>::len).find(|bytes| *bytes > most),
            Cells::Fixed(_) | Cells::Array(..) => None,
        }
    }

    /// The cells of a column of any type, in order, as [`Column::of`] takes them. Reads cell by
    /// cell, which is for few rows.
    pub fn each(&self) -> Box<dyn Iterator<Item = Cow<'_, [u8]>> + '_> {
        match (&self.cells, self.ty) {
            (Cells::Fixed(_), _) => Box::new(self.fixed_cells().map(Cow::from)),
            (Cells::Text(_), _) => Box::new(self.texts().map(Cow::from)),
            (Cells::Blob(_), _) => Box::new(self.blobs().map(Cow::from)),
            (Cells::Array(lengths, values), Type::Array(element)) => {
                let mut values = values.iter().flat_map(move |segment| segment.chunks_exact(element.width()));
                Box::new(lengths.iter().map(move |length| {
                    let cell = values.by_ref().take(*length as usize);
                    Cow::from(cell.flatten().copied().collect::<Vec<u8>>())
                }))
            }
            (Cells::Array(..), _) => Box::new(std::iter::empty()),
        }
    }
}

/// Leaps from the last end of a text within reach to the next such, and so looks at few bytes.
fn longer_text(mut cells: &[u8], most: usize) -> Option<usize> {
    let end = |byte: &u8| *byte == 0;
    while cells.len() > most + 1 {
        match cells[..=most].iter().rposition(end) {
            Some(last) => cells = &cells[last + 1..],
            None => return cells.iter().position(end),
        }
    }
    None
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_from_every_kind_of_column() {
        let arrays = Type::Short.array().unwrap();
        for (ty, cells) in [
            (Type::Short, [&[1, 0][..], &[2, 0], &[0, 0x80]]),
            (Type::String, [b"a", b"", b"bcd"]),
            (Type::Blob, [b"\0", b"", b"x\0y"]),
            (arrays, [&[1, 0, 2, 0][..], &[], &[3, 0]]),
        ] {
            let column = Column::of(ty, cells);
            assert_eq!(column.rows, 3);
            assert!(column.each().eq(cells), "{}", ty.name());
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri takes minutes for so many rows")]
    fn cells_without_a_value_are_as_many_as_wanted() {
        for ty in [Type::Int, Type::Symbol, Type::Blob, Type::Decimal64(2), Type::Short.array().unwrap()] {
            let null = if let Type::Array(element) = ty { element.ty().null() } else { ty.null() };
            for rows in [0, 3, 4096, 10_000] {
                let column = Column::nulls(ty, rows);
                assert_eq!((column.rows, column.each().count()), (rows, rows), "{}", ty.name());
                assert!(column.each().all(|cell| *cell == null));
            }
        }
    }

    #[test]
    fn a_text_that_is_too_long_is_found_wherever_it_stands() {
        for ty in [Type::String, Type::Blob] {
            for lengths in [vec![7, 0, 3], vec![1; 40], vec![], vec![7; 9], vec![0; 20]] {
                let cells: Vec<_> = lengths.iter().map(|length| vec![b'x'; *length]).collect();
                for at in 0..=cells.len() {
                    assert_eq!(Column::of(ty, &cells).longer_than(7), None, "{lengths:?}");
                    let mut cells = cells.clone();
                    cells.insert(at, vec![b'y'; 8 + at]);
                    assert_eq!(Column::of(ty, &cells).longer_than(7), Some(8 + at), "{lengths:?}");
                }
            }
        }
        assert_eq!(Column::fixed(Type::Long, [0; 16]).longer_than(0), None);
    }

    #[test]
    fn arrays_may_lie_across_segments() {
        let segments = [&[1, 0, 2, 0][..], &[], &[3, 0]].map(Bytes::new).into();
        let ty = Type::Short.array().unwrap();
        let column = Column { ty, rows: 2, cells: Cells::Array([1, 2].into(), segments) };
        assert!(column.each().eq([&[1, 0][..], &[2, 0, 3, 0]]));
        assert_eq!(column.cells.byte_len(), 6 + 8);
    }
}
