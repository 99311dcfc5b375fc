//! A small answer of a server, the same whichever side gave it.
use super::{Batch, Column};

/// A value that a server returned or takes.
#[derive(Clone, Debug)]
pub enum Datum {
    /// Nothing, or a NULL without a type.
    Void,
    /// One cell.
    Scalar(Column),
    /// A vector or a pair of one type.
    Vector(Column),
    /// An ANY vector.
    Tuple(Vec<Datum>),
    /// A dictionary with text keys, in the order it came.
    Dict(Vec<(String, Datum)>),
    /// A table in memory.
    Table(Batch),
    /// Something that is only named, such as a handle or a function: its description.
    Opaque(String),
}

impl Datum {
    /// A STRING scalar.
    pub fn text(value: &str) -> Self {
        Datum::Scalar(Column::text(super::Type::String, [value]))
    }

    /// The member `key` of a dictionary.
    pub fn get(&self, key: &str) -> Option<&Datum> {
        match self {
            Datum::Dict(items) => items.iter().find(|(own, _)| own == key).map(|(_, item)| item),
            _ => None,
        }
    }

    /// An integer, boolean or temporal scalar as a number; `None` for NULL and everything else.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Datum::Scalar(column) => column.integers().next().flatten(),
            _ => None,
        }
    }

    /// A number of things: an integer scalar that is not negative.
    pub fn as_count(&self) -> Option<u64> {
        self.as_i64().and_then(|count| u64::try_from(count).ok())
    }

    /// A text scalar.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Datum::Scalar(column) if column.ty.is_text() => {
                column.texts().next().and_then(|text| std::str::from_utf8(text).ok())
            }
            _ => None,
        }
    }
}

impl Column {
    /// The cells of an integer, boolean or temporal column as numbers; NULL is `None`. Empty for
    /// other types.
    pub fn integers(&self) -> impl Iterator<Item = Option<i64>> {
        let counts = self.ty.is_integral();
        self.fixed_cells().filter(move |_| counts).map(|cell| {
            let (value, null) = match *cell {
                [a] => (i64::from(a as i8), i64::from(i8::MIN)),
                [a, b] => (i64::from(i16::from_le_bytes([a, b])), i64::from(i16::MIN)),
                [a, b, c, d] => (i64::from(i32::from_le_bytes([a, b, c, d])), i64::from(i32::MIN)),
                _ => (i64::from_le_bytes(cell.try_into().expect("eight bytes")), i64::MIN),
            };
            (value != null).then_some(value)
        })
    }
}
