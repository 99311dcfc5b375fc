//! Rows of the model: small numbers that stand for cells of any type.
use std::collections::BTreeMap;

use clustersync::data::{Batch, Column, Type};

/// A cell: NULL, or a number that its column's type gives a meaning to.
pub type Cell = Option<i64>;
/// One cell per column, in the model's order of columns.
pub type Row = Vec<Cell>;
/// Rows and how often each is there.
pub type Bag = BTreeMap<Row, usize>;

/// The types of columns that hold no key.
pub const PAYLOADS: [Type; 11] = [
    Type::Bool,
    Type::Char,
    Type::Short,
    Type::Int,
    Type::Long,
    Type::Date,
    Type::Timestamp,
    Type::Float,
    Type::Double,
    Type::Symbol,
    Type::String,
];

/// 2024-01-01.
const FIRST_DAY: i64 = 19_723;

/// The bytes of `cell` in a column of type `ty`, text without its end.
fn bytes(ty: Type, cell: Cell) -> Vec<u8> {
    let shift = |value: i64| match ty {
        Type::Date => FIRST_DAY + value,
        Type::Timestamp => (FIRST_DAY + value) * 86_400_000 + 1,
        Type::Long => value * 10_000_000_000,
        Type::Bool => value % 2,
        _ => value,
    };
    match (ty, cell) {
        (Type::Symbol | Type::String, cell) => {
            cell.map_or(Vec::new(), |value| format!("s{value}").into_bytes())
        }
        (Type::Float, cell) => cell.map_or(f32::MIN, |value| value as f32 + 0.5).to_le_bytes().to_vec(),
        (Type::Double, cell) => cell.map_or(f64::MIN, |value| value as f64 - 0.25).to_le_bytes().to_vec(),
        _ => match ty.width() {
            Some(1) => cell.map_or(i8::MIN, |value| shift(value) as i8).to_le_bytes().to_vec(),
            Some(2) => cell.map_or(i16::MIN, |value| shift(value) as i16).to_le_bytes().to_vec(),
            Some(4) => cell.map_or(i32::MIN, |value| shift(value) as i32).to_le_bytes().to_vec(),
            _ => cell.map_or(i64::MIN, shift).to_le_bytes().to_vec(),
        },
    }
}

/// The rows of a bag as a server takes them, its columns in the order of `places`.
pub fn batch(columns: &[(String, Type)], places: &[usize], rows: &[Row]) -> Batch {
    let column = |place: &usize| {
        let (name, ty) = &columns[*place];
        let cells: Vec<Vec<u8>> = rows.iter().map(|row| bytes(*ty, row[*place])).collect();
        let column = match ty.is_text() {
            true => Column::text(*ty, cells.iter().map(|cell| str::from_utf8(cell).expect("ASCII"))),
            false => Column::fixed(*ty, cells.concat()),
        };
        (name.clone(), column)
    };
    Batch { rows: rows.len(), columns: places.iter().map(column).collect() }
}

/// The rows of a server's table; panics at a cell that the model has never sent.
pub fn bag(columns: &[(String, Type)], table: &Batch) -> Bag {
    let mut rows = vec![Row::new(); table.rows];
    for (name, ty) in columns {
        let column = table.column(name).unwrap_or_else(|| panic!("no column {name}"));
        let known: BTreeMap<Vec<u8>, Cell> = (-1..32)
            .map(|value| Some(value).filter(|value| *value >= 0))
            .map(|cell| (bytes(*ty, cell), cell))
            .collect();
        let cells: Vec<&[u8]> =
            if ty.is_text() { column.texts().collect() } else { column.fixed_cells().collect() };
        for (row, cell) in rows.iter_mut().zip(cells) {
            let known = known.get(cell).unwrap_or_else(|| panic!("nobody sent {cell:?} in {name}"));
            row.push(match (ty, known) {
                (Type::Bool, Some(value)) => Some(value % 2),
                _ => *known,
            });
        }
    }
    count(rows)
}

/// How often each of `rows` is there.
pub fn count(rows: impl IntoIterator<Item = Row>) -> Bag {
    let mut bag = Bag::new();
    rows.into_iter().for_each(|row| *bag.entry(row).or_default() += 1);
    bag
}

/// The rows of both.
pub fn sum(one: &Bag, other: &Bag) -> Bag {
    let mut bag = one.clone();
    other.iter().for_each(|(row, times)| *bag.entry(row.clone()).or_default() += times);
    bag
}

/// Whether `large` holds every row of `small` at least as often.
pub fn contains(large: &Bag, small: &Bag) -> bool {
    small.iter().all(|(row, times)| large.get(row).is_some_and(|held| held >= times))
}
