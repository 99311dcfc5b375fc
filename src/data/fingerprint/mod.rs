//! One number that says whether two sets of rows are the same, whatever their order.
//!
//! # Definition, version 1
//! A row is a sequence of 64-bit words: its cells in the order of columns that the caller gives
//! (both sides must give the same, by name). A cell of up to 8 bytes is one word, zero-extended;
//! one of 16 bytes is two words, little endian; text is its bytes in words of 8, the last one
//! filled up with zeros and always holding at least one zero. A row's hash absorbs these words one
//! by one into two lanes and finishes them into 128 bits. The fingerprint is the number of rows and
//! the wrapping sum of their hashes.
//!
//! Cells count by their bits, as the type stores them: a NULL is its type's one reserved value, the
//! payload of a NaN is kept, 0.0 and -0.0 differ. SYMBOL and STRING are the same text. A sum does
//! not let a doubled and a dropped row cancel as an exclusive or would, and because whole rows are
//! hashed, values that changed places between rows or columns show.
//!
//! Of the two lanes one is a bijection of every absorbed word, so a single changed cell always
//! changes the row's hash; the other folds a full 128-bit product, so that no simple pattern of
//! changes cancels in both.
mod absorb;
#[cfg(test)]
mod tests;

use super::Column;
use absorb::{BLOCK, Cursor, Lanes};

/// The count and the summed row hashes of some rows; see the module for its definition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// How many rows.
    pub rows: u64,
    /// The wrapping sum of the rows' hashes.
    pub sum: u128,
}

impl Fingerprint {
    /// The fingerprint of the rows that `columns` form, each `rows` long.
    ///
    /// # Panics
    /// When a column holds fewer cells than `rows`.
    pub fn of<'a>(rows: usize, columns: impl IntoIterator<Item = &'a Column>) -> Self {
        let mut cursors: Vec<Cursor> = columns.into_iter().map(Cursor::new).collect();
        let mut lanes = Lanes::new();
        let mut sum = 0u128;
        for start in (0..rows).step_by(BLOCK) {
            let block = BLOCK.min(rows - start);
            lanes.reset(block);
            cursors.iter_mut().for_each(|cursor| cursor.absorb(&mut lanes, block));
            sum = sum.wrapping_add(lanes.finish(block));
        }
        Fingerprint { rows: rows as u64, sum }
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:032x} over {} rows", self.sum, self.rows)
    }
}

impl std::ops::Add for Fingerprint {
    type Output = Fingerprint;

    /// The fingerprint of both sets of rows together.
    fn add(self, other: Fingerprint) -> Fingerprint {
        Fingerprint { rows: self.rows + other.rows, sum: self.sum.wrapping_add(other.sum) }
    }
}
