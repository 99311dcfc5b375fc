//! Array vectors: rows of any length cut from one vector of elements.
use std::cmp::Ordering;
use std::ops::Range;

use super::{Data, Type, Value, Vector};
use crate::error::{Error, Result};

/// Where each row of an array vector ends in its elements, as the server's own index has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows {
    pub ends: Vec<u32>,
    pub values: Vector,
}

impl Rows {
    pub fn empty(element: Type) -> Rows {
        Rows { ends: Vec::new(), values: Vector::empty(element, 0) }
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Where the elements of a row are.
    pub fn range(&self, row: usize) -> Range<usize> {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        start..self.ends[row] as usize
    }

    /// The elements of a row.
    pub fn get(&self, row: usize) -> Vector {
        let range = self.range(row);
        self.values.slice(range.start, range.len())
    }

    /// How many elements each row has.
    pub fn sizes(&self) -> Vec<u32> {
        (0..self.len()).map(|row| self.range(row).len() as u32).collect()
    }

    pub fn gather(&self, rows: impl Iterator<Item = usize>) -> Rows {
        let (mut ends, mut places) = (Vec::new(), Vec::new());
        for row in rows {
            places.extend(self.range(row).map(|place| place as u32));
            ends.push(places.len() as u32);
        }
        Rows { ends, values: self.values.gather(&places) }
    }

    /// Adds a row.
    pub fn push(&mut self, row: &Vector) -> Result<()> {
        self.values.append(row)?;
        self.end_row()
    }

    fn end_row(&mut self) -> Result<()> {
        self.ends.push(u32::try_from(self.values.len()).map_err(|_| too_long())?);
        Ok(())
    }

    /// Adds the rows of another array vector of the same type.
    pub fn extend(&mut self, more: &Rows) -> Result<()> {
        let shift = u32::try_from(self.values.len()).map_err(|_| too_long())?;
        u32::try_from(self.values.len() + more.values.len()).map_err(|_| too_long())?;
        self.values.append(&more.values)?;
        self.ends.extend(more.ends.iter().map(|end| end + shift));
        Ok(())
    }

    /// Element by element; of two rows with equal elements the shorter one is less.
    pub fn compare(&self, row: usize, other: &Rows, other_row: usize) -> Ordering {
        let (own, theirs) = (self.range(row), other.range(other_row));
        let differs = own.clone().zip(theirs.clone());
        let first =
            differs.map(|(a, b)| self.values.compare(a, &other.values, b)).find(|order| order.is_ne());
        first.unwrap_or_else(|| own.len().cmp(&theirs.len()))
    }

    /// The rows with `[NULL]` where a row has no elements, as appending makes them
    /// (dolphindb-semantics §4.4); `None` if every row has some.
    pub fn filled(&self) -> Option<Rows> {
        (0..self.len()).find(|row| self.range(*row).is_empty())?;
        let null = self.values.len() as u32;
        let mut values = self.values.clone();
        values.append(&Vector::nulls(self.values.ty, 1)).ok()?;
        let (mut ends, mut places) = (Vec::new(), Vec::new());
        for row in 0..self.len() {
            match self.range(row) {
                range if range.is_empty() => places.push(null),
                range => places.extend(range.map(|place| place as u32)),
            }
            ends.push(places.len() as u32);
        }
        Some(Rows { ends, values: values.gather(&places) })
    }
}

impl Vector {
    /// Values as the rows of an array vector of type `ty`: vectors, scalars for rows of one
    /// element, and nothing for `[NULL]`.
    pub fn from_rows(items: &[Value], ty: Type) -> Result<Vector> {
        let wrong = || Error::runtime(format!("Only vectors and scalars can be rows of {}.", ty.name()));
        let mut rows = Rows::empty(ty.element().ok_or_else(wrong)?);
        for item in items {
            match item {
                Value::Void => rows.push(&Vector::nulls(rows.values.ty, 1))?,
                Value::Tuple(none) if none.is_empty() => rows.end_row()?,
                _ => {
                    rows.push(item.cells().filter(|cells| cells.ty.element().is_none()).ok_or_else(wrong)?)?
                }
            }
        }
        Ok(Vector::new(ty, Data::Rows(Box::new(rows))))
    }

    /// An array vector of these elements.
    pub fn rows(rows: Rows) -> Option<Vector> {
        Some(Vector::new(rows.values.ty.array()?, Data::Rows(Box::new(rows))))
    }
}

fn too_long() -> Error {
    Error::runtime("An array vector of more than 4,294,967,295 elements cannot be held.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ints(rows: &[&[i64]]) -> Vector {
        let mut made = Rows::empty(Type::Int);
        rows.iter()
            .for_each(|row| made.push(&Vector::integers(Type::Int, row.iter().copied().map(Some))).unwrap());
        Vector::rows(made).unwrap()
    }

    #[test]
    fn rows_are_picked_joined_and_compared() {
        let mut vector = ints(&[&[1, 2], &[], &[3]]);
        vector.append(&ints(&[&[4, 5, 6]])).unwrap();
        assert_eq!(vector.gather(&[3, 1, 0]), ints(&[&[4, 5, 6], &[], &[1, 2]]));
        assert_eq!(vector.slice(2, 2), ints(&[&[3], &[4, 5, 6]]));
        assert!(vector.is_null(1) && !vector.is_null(0) && Vector::nulls(vector.ty, 1).is_null(0));
        assert_eq!(vector.compare(0, &ints(&[&[1]]), 0), Ordering::Greater);
        let Data::Rows(rows) = &vector.data else { panic!() };
        let filled = Vector::rows(rows.filled().unwrap()).unwrap();
        assert_eq!(filled, ints(&[&[1, 2], &[i64::MIN], &[3], &[4, 5, 6]]));
    }
}
