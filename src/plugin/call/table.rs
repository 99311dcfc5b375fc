//! Tables that functions return.
use crate::data::{Batch, Column, Datum, Type};

/// Columns of equal length, with their names.
pub(in crate::plugin) fn table<const N: usize>(columns: [(&str, Column); N]) -> Datum {
    let rows = columns.first().map_or(0, |(_, column)| column.rows);
    Datum::Table(Batch { rows, columns: columns.map(|(name, column)| (name.to_owned(), column)).into() })
}

/// A STRING column.
pub(in crate::plugin) fn texts<'a, T, S: AsRef<str>>(items: &'a [T], text: impl Fn(&'a T) -> S) -> Column {
    Column::text(Type::String, items.iter().map(text))
}

/// A LONG column.
pub(in crate::plugin) fn longs<T>(items: &[T], number: impl Fn(&T) -> u64) -> Column {
    let cells = items.iter().flat_map(|item| number(item).to_le_bytes());
    Column::fixed(Type::Long, cells.collect::<Vec<u8>>())
}

/// What a DOUBLE without a value is (wire-protocol §6).
pub(in crate::plugin) const NULL: f64 = -f64::MAX;

/// What a LONG without a value is.
pub(in crate::plugin) const NO_LONG: u64 = 1 << 63;

/// A DOUBLE column.
pub(in crate::plugin) fn doubles<T>(items: &[T], number: impl Fn(&T) -> f64) -> Column {
    let cells = items.iter().flat_map(|item| number(item).to_le_bytes());
    Column::fixed(Type::Double, cells.collect::<Vec<u8>>())
}

/// A TIMESTAMP column of milliseconds since 1970.
pub(in crate::plugin) fn times<T>(items: &[T], time: impl Fn(&T) -> Option<i64>) -> Column {
    let cells = items.iter().flat_map(|item| time(item).unwrap_or(i64::MIN).to_le_bytes());
    Column::fixed(Type::Timestamp, cells.collect::<Vec<u8>>())
}
