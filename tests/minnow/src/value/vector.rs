//! A vector: one type, cells side by side in memory as the server keeps them.
use super::{Rows, Type, decimal};

/// Cells by their width. Numbers are little endian in memory, as on the wire.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    I128(Vec<i128>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    /// COMPLEX and POINT.
    F64x2(Vec<[f64; 2]>),
    /// UUID, IPADDR, INT128, in wire (little-endian) byte order.
    B16(Vec<[u8; 16]>),
    Text(Strings),
    /// An array vector.
    Rows(Box<Rows>),
}

/// Runs an expression with whatever vector of cells of fixed width there is, or another one.
macro_rules! for_cells {
    ($data:expr, $cells:ident => $numbers:expr, $texts:ident => $text:expr, $rows:ident => $row:expr) => {
        match $data {
            $crate::value::Data::I8($cells) => $numbers,
            $crate::value::Data::I16($cells) => $numbers,
            $crate::value::Data::I32($cells) => $numbers,
            $crate::value::Data::I64($cells) => $numbers,
            $crate::value::Data::I128($cells) => $numbers,
            $crate::value::Data::F32($cells) => $numbers,
            $crate::value::Data::F64($cells) => $numbers,
            $crate::value::Data::F64x2($cells) => $numbers,
            $crate::value::Data::B16($cells) => $numbers,
            $crate::value::Data::Text($texts) => $text,
            $crate::value::Data::Rows($rows) => $row,
        }
    };
}
pub(crate) use for_cells;

impl Data {
    /// How many cells.
    pub fn len(&self) -> usize {
        for_cells!(self, cells => cells.len(), strings => strings.len(), rows => rows.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Texts end to end, each followed by one NUL, so that a `char*` to any cell can be lent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Strings {
    pub bytes: Vec<u8>,
    /// Where each text starts.
    pub starts: Vec<u32>,
}

impl Strings {
    pub fn push(&mut self, text: &[u8]) {
        self.starts.push(self.bytes.len() as u32);
        self.bytes.extend_from_slice(text);
        self.bytes.push(0);
    }

    pub fn len(&self) -> usize {
        self.starts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// The text at `index` without its NUL.
    pub fn get(&self, index: usize) -> &[u8] {
        let start = self.starts[index] as usize;
        let end = self.starts.get(index + 1).map_or(self.bytes.len(), |next| *next as usize);
        &self.bytes[start..end - 1]
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Vector {
    pub ty: Type,
    pub data: Data,
}

impl Vector {
    pub fn new(ty: Type, data: Data) -> Self {
        Vector { ty, data }
    }

    /// A vector of `ty` without cells, with room for `capacity`.
    pub fn empty(ty: Type, capacity: usize) -> Self {
        use Type::*;
        let data = match ty {
            Bool | Char | Void => Data::I8(Vec::with_capacity(capacity)),
            Short => Data::I16(Vec::with_capacity(capacity)),
            Long | Timestamp | Nanotime | Nanotimestamp | Duration | Decimal64(_) => {
                Data::I64(Vec::with_capacity(capacity))
            }
            Decimal128(_) => Data::I128(Vec::with_capacity(capacity)),
            Float => Data::F32(Vec::with_capacity(capacity)),
            Double => Data::F64(Vec::with_capacity(capacity)),
            Complex | Point => Data::F64x2(Vec::with_capacity(capacity)),
            Symbol | String | Blob | Any => Data::Text(Strings::default()),
            Uuid | Ipaddr | Int128 => Data::B16(Vec::with_capacity(capacity)),
            Array(_) => {
                Data::Rows(Box::new(Rows::empty(ty.element().expect("an array vector has elements"))))
            }
            _ => Data::I32(Vec::with_capacity(capacity)),
        };
        Vector { ty, data }
    }

    pub fn strings<'a>(ty: Type, texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut strings = Strings::default();
        texts.into_iter().for_each(|text| strings.push(text.as_bytes()));
        Vector { ty, data: Data::Text(strings) }
    }

    pub fn len(&self) -> usize {
        self.data.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text at `index`, if this is a text vector of valid UTF-8.
    pub fn text(&self, index: usize) -> Option<&str> {
        match &self.data {
            Data::Text(strings) if index < strings.len() => std::str::from_utf8(strings.get(index)).ok(),
            _ => None,
        }
    }

    /// The integer at `index` (logical, integral and temporal types; of decimals the whole part
    /// that is nearest); NULL is `None`.
    pub fn integer(&self, index: usize) -> Option<i64> {
        if let (Some(scale), true) = (self.ty.scale(), self.ty.is_decimal()) {
            return decimal::rescaled(self.unscaled(index)?, scale, 0).and_then(|n| i64::try_from(n).ok());
        }
        self.stored_integer(index)
    }

    /// A decimal's digits without its point; NULL is `None`.
    pub fn unscaled(&self, index: usize) -> Option<i128> {
        match &self.data {
            Data::I128(cells) => cells.get(index).filter(|v| **v != i128::MIN).copied(),
            _ => self.stored_integer(index).map(i128::from),
        }
    }

    fn stored_integer(&self, index: usize) -> Option<i64> {
        match &self.data {
            Data::I8(cells) => cells.get(index).filter(|v| **v != i8::MIN).map(|v| i64::from(*v)),
            Data::I16(cells) => cells.get(index).filter(|v| **v != i16::MIN).map(|v| i64::from(*v)),
            Data::I32(cells) => cells.get(index).filter(|v| **v != i32::MIN).map(|v| i64::from(*v)),
            Data::I64(cells) => cells.get(index).filter(|v| **v != i64::MIN).copied(),
            _ => None,
        }
    }

    /// Whether the cell at `index` holds its type's NULL pattern; a row of an array vector is NULL
    /// without elements and with nothing but NULLs.
    pub fn is_null(&self, index: usize) -> bool {
        match &self.data {
            Data::I8(cells) => cells[index] == i8::MIN,
            Data::I16(cells) => cells[index] == i16::MIN,
            Data::I32(cells) => cells[index] == i32::MIN,
            Data::I64(cells) => cells[index] == i64::MIN,
            Data::I128(cells) => cells[index] == i128::MIN,
            Data::F32(cells) => cells[index] == f32::MIN,
            Data::F64(cells) => cells[index] == f64::MIN,
            // Either part (dolphindb-semantics §11.1).
            Data::F64x2(cells) => cells[index].contains(&f64::MIN),
            Data::B16(cells) => cells[index] == [0; 16],
            Data::Text(strings) => strings.get(index).is_empty(),
            Data::Rows(rows) => rows.range(index).all(|place| rows.values.is_null(place)),
        }
    }
}
