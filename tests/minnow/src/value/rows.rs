//! Whole-column operations: picking, joining and making rows without looking at single values.
use std::cmp::Ordering;

use super::{Data, Rows, Strings, Type, Vector, decimal};
use crate::error::Result;

/// Longest vector that a script gets by naming a number, lest a slip exhausts the memory.
pub const LONGEST: usize = 1 << 26;

/// Applies one expression to whichever cells a vector has; the outcome is of the same variant.
macro_rules! map_cells {
    ($data:expr, $cells:ident => $numbers:expr, $strings:ident => $texts:expr, $rows:ident => $nested:expr) => {
        match $data {
            Data::I8($cells) => Data::I8($numbers),
            Data::I16($cells) => Data::I16($numbers),
            Data::I32($cells) => Data::I32($numbers),
            Data::I64($cells) => Data::I64($numbers),
            Data::I128($cells) => Data::I128($numbers),
            Data::F32($cells) => Data::F32($numbers),
            Data::F64($cells) => Data::F64($numbers),
            Data::F64x2($cells) => Data::F64x2($numbers),
            Data::B16($cells) => Data::B16($numbers),
            Data::Text($strings) => Data::Text($texts),
            Data::Rows($rows) => Data::Rows(Box::new($nested)),
        }
    };
}

impl Strings {
    /// Appends the texts of `other`, copying their bytes in one go.
    pub fn extend(&mut self, other: &Strings) {
        let shift = self.bytes.len() as u32;
        self.bytes.extend_from_slice(&other.bytes);
        self.starts.extend(other.starts.iter().map(|start| start + shift));
    }

    fn gather(&self, rows: impl Iterator<Item = usize>) -> Strings {
        let mut picked = Strings::default();
        rows.for_each(|row| picked.push(self.get(row)));
        picked
    }
}

impl Vector {
    /// The rows with these numbers, in this order; each must be below `len`.
    pub fn gather(&self, rows: &[u32]) -> Vector {
        let data = map_cells!(&self.data,
            cells => rows.iter().map(|row| cells[*row as usize]).collect(),
            strings => strings.gather(rows.iter().map(|row| *row as usize)),
            nested => nested.gather(rows.iter().map(|row| *row as usize)));
        Vector::new(self.ty, data)
    }

    /// `len` rows from row `start` on; both must be inside.
    pub fn slice(&self, start: usize, len: usize) -> Vector {
        let data = map_cells!(&self.data,
            cells => cells[start..start + len].to_vec(),
            strings => strings.gather(start..start + len),
            nested => nested.gather(start..start + len));
        Vector::new(self.ty, data)
    }

    /// The cell at `row` as a vector of length 1, NULL when there is no such row.
    pub fn cell(&self, row: usize) -> Vector {
        if row < self.len() { self.slice(row, 1) } else { Vector::nulls(self.ty, 1) }
    }

    /// `count` NULL cells.
    pub fn nulls(ty: Type, count: usize) -> Vector {
        let data = match Vector::empty(ty, 0).data {
            Data::I8(_) => Data::I8(vec![i8::MIN; count]),
            Data::I16(_) => Data::I16(vec![i16::MIN; count]),
            Data::I32(_) => Data::I32(vec![i32::MIN; count]),
            Data::I64(_) => Data::I64(vec![i64::MIN; count]),
            Data::I128(_) => Data::I128(vec![i128::MIN; count]),
            Data::F32(_) => Data::F32(vec![f32::MIN; count]),
            Data::F64(_) => Data::F64(vec![f64::MIN; count]),
            Data::F64x2(_) => Data::F64x2(vec![[f64::MIN; 2]; count]),
            Data::B16(_) => Data::B16(vec![[0; 16]; count]),
            Data::Text(_) => {
                Data::Text(Strings { bytes: vec![0; count], starts: (0..count as u32).collect() })
            }
            Data::Rows(rows) => {
                let values = Vector::nulls(rows.values.ty, count);
                Data::Rows(Box::new(Rows { ends: (1..=count as u32).collect(), values }))
            }
        };
        Vector::new(ty, data)
    }

    /// A length-1 vector as a vector of `count` equal cells; any other vector as it is.
    pub fn stretched(&self, count: usize) -> Vector {
        if self.len() == 1 { self.gather(&vec![0; count]) } else { self.clone() }
    }

    /// A vector of a logical, integral or temporal type; `None` and what does not fit is NULL.
    pub fn integers(ty: Type, cells: impl IntoIterator<Item = Option<i64>>) -> Vector {
        let mut vector = Vector::empty(ty, 0);
        let cells = cells.into_iter();
        match &mut vector.data {
            Data::I8(own) => own.extend(cells.map(|cell| fit(cell).unwrap_or(i8::MIN))),
            Data::I16(own) => own.extend(cells.map(|cell| fit(cell).unwrap_or(i16::MIN))),
            Data::I32(own) => own.extend(cells.map(|cell| fit(cell).unwrap_or(i32::MIN))),
            Data::I64(own) => own.extend(cells.map(|cell| cell.unwrap_or(i64::MIN))),
            Data::F32(own) => own.extend(cells.map(|cell| cell.map_or(f32::MIN, |number| number as f32))),
            Data::F64(own) => own.extend(cells.map(|cell| cell.map_or(f64::MIN, |number| number as f64))),
            _ => return Vector::nulls(ty, cells.count()),
        }
        vector
    }

    /// A vector of DOUBLE; `None` is NULL.
    pub fn doubles(cells: impl IntoIterator<Item = Option<f64>>) -> Vector {
        Vector::new(Type::Double, Data::F64(cells.into_iter().map(|cell| cell.unwrap_or(f64::MIN)).collect()))
    }

    pub fn bools(cells: impl IntoIterator<Item = bool>) -> Vector {
        Vector::new(Type::Bool, Data::I8(cells.into_iter().map(i8::from).collect()))
    }

    /// Appends the rows of `other`, cast to this vector's type.
    pub fn append(&mut self, other: &Vector) -> Result<()> {
        let cast;
        let other = if other.ty == self.ty {
            other
        } else {
            cast = other.cast(self.ty)?;
            &cast
        };
        match (&mut self.data, &other.data) {
            (Data::I8(own), Data::I8(more)) => own.extend_from_slice(more),
            (Data::I16(own), Data::I16(more)) => own.extend_from_slice(more),
            (Data::I32(own), Data::I32(more)) => own.extend_from_slice(more),
            (Data::I64(own), Data::I64(more)) => own.extend_from_slice(more),
            (Data::I128(own), Data::I128(more)) => own.extend_from_slice(more),
            (Data::F32(own), Data::F32(more)) => own.extend_from_slice(more),
            (Data::F64(own), Data::F64(more)) => own.extend_from_slice(more),
            (Data::F64x2(own), Data::F64x2(more)) => own.extend_from_slice(more),
            (Data::B16(own), Data::B16(more)) => own.extend_from_slice(more),
            (Data::Text(own), Data::Text(more)) => own.extend(more),
            (Data::Rows(own), Data::Rows(more)) => own.extend(more)?,
            // A type fixes its layout, so both sides have the same one here.
            _ => unreachable!("two layouts of one type"),
        }
        Ok(())
    }

    /// The number at `row` as DOUBLE; NULL and what is no number is `None`.
    pub fn double(&self, row: usize) -> Option<f64> {
        match &self.data {
            Data::F32(cells) => cells.get(row).filter(|v| **v != f32::MIN).map(|v| f64::from(*v)),
            Data::F64(cells) => cells.get(row).filter(|v| **v != f64::MIN).copied(),
            _ if self.ty.is_decimal() => {
                self.unscaled(row).map(|digits| decimal::to_double(digits, self.ty.scale().unwrap_or(0)))
            }
            _ => self.integer(row).map(|number| number as f64),
        }
    }

    /// Orders two rows of vectors of one layout; NULL comes first.
    pub fn compare(&self, row: usize, other: &Vector, other_row: usize) -> Ordering {
        match (&self.data, &other.data) {
            (Data::I8(a), Data::I8(b)) => a[row].cmp(&b[other_row]),
            (Data::I16(a), Data::I16(b)) => a[row].cmp(&b[other_row]),
            (Data::I32(a), Data::I32(b)) => a[row].cmp(&b[other_row]),
            (Data::I64(a), Data::I64(b)) => a[row].cmp(&b[other_row]),
            (Data::I128(a), Data::I128(b)) => a[row].cmp(&b[other_row]),
            (Data::F32(a), Data::F32(b)) => a[row].total_cmp(&b[other_row]),
            (Data::F64(a), Data::F64(b)) => a[row].total_cmp(&b[other_row]),
            (Data::F64x2(a), Data::F64x2(b)) => {
                let (a, b) = (a[row], b[other_row]);
                a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1]))
            }
            // The last byte in memory is the first of the text form.
            (Data::B16(a), Data::B16(b)) => a[row].iter().rev().cmp(b[other_row].iter().rev()),
            (Data::Text(a), Data::Text(b)) => a.get(row).cmp(b.get(other_row)),
            (Data::Rows(a), Data::Rows(b)) => a.compare(row, b, other_row),
            _ => Ordering::Equal,
        }
    }
}

fn fit<T: TryFrom<i64>>(cell: Option<i64>) -> Option<T> {
    cell.and_then(|number| T::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_survive_gather_slice_and_append() {
        let mut texts = Vector::strings(Type::String, ["a", "", "héllo"]);
        texts.append(&Vector::strings(Type::Symbol, ["z"])).unwrap();
        let picked = texts.gather(&[3, 1, 2, 2]);
        assert_eq!((picked.text(0), picked.text(1), picked.text(3)), (Some("z"), Some(""), Some("héllo")));
        assert_eq!(texts.slice(1, 2).text(1), Some("héllo"));
        assert!(Vector::nulls(Type::String, 3).is_null(2));
    }

    #[test]
    fn what_does_not_fit_is_null() {
        let vector = Vector::integers(Type::Char, [Some(1), Some(300), None]);
        assert_eq!((vector.integer(0), vector.integer(1), vector.integer(2)), (Some(1), None, None));
        assert!(vector.cell(9).is_null(0));
    }
}
