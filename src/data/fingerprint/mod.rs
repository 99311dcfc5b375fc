//! One number that says whether two sets of rows are the same, whatever their order.
//!
//! # Definition, version 2
//! The columns of a row have numbers in the order that the caller gives (both sides must give the
//! same, by name), and each number has three keys, K0 to K2. A row's sum is the sum, modulo 2^128,
//! of products of words of 64 bits, little endian and filled up with zeros, with these keys:
//! - a cell of up to 8 bytes: the cell with K0;
//! - one of 16 bytes: its two halves with K0 and K1;
//! - text and the zero that ends it: the last of its words with K0, and the others, if there are
//!   any, as a chain;
//! - bytes: their number with K0, and their words as a chain;
//! - an array: the number of its values with K0, and the words of each value as a chain; one
//!   without values is one with a single NULL, as which servers store it (dolphindb-semantics §4.4).
//!
//! A chain takes in words one by one into two lanes, which go to K1 and K2. A row's hash is its sum
//! after a bijection in which each bit depends on all. The fingerprint is the number of rows and
//! the wrapping sum of their hashes.
//!
//! Cells count by their bits, as the type stores them: a NULL is its type's one reserved value, the
//! payload of a NaN is kept, 0.0 and -0.0 differ. SYMBOL and STRING are the same text. A sum does
//! not let a doubled and a dropped row cancel as an exclusive or would, and because whole rows are
//! hashed, values that changed places between rows or columns show.
//!
//! A single changed word always changes the row's hash: keys are odd, so no difference of words
//! makes the product zero, and all that follows is a bijection. Several changes cancel only if the
//! sum of their products is zero in all 128 bits.
mod absorb;
#[cfg(test)]
mod tests;
mod words;

use super::Column;

/// The count and the summed row hashes of some rows; see the module for its definition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint {
    /// How many rows.
    pub rows: u64,
    /// The wrapping sum of the rows' hashes.
    pub sum: u128,
}

impl Fingerprint {
    /// The version of the definition; fingerprints of two versions say nothing about each other.
    pub const VERSION: u64 = 2;

    /// The fingerprint of the rows that `columns` form, each `rows` long.
    ///
    /// # Panics
    /// When a column holds fewer cells than `rows`.
    pub fn of<'a>(rows: usize, columns: impl IntoIterator<Item = &'a Column>) -> Self {
        let sum = absorb::sum_of(rows, columns);
        Fingerprint { rows: rows as u64, sum }
    }

    /// The fingerprint of one row, by its hash.
    pub fn of_row(hash: u128) -> Self {
        Fingerprint { rows: 1, sum: hash }
    }
}

/// The hash of each row that `columns` form, each `rows` long.
///
/// # Panics
/// As [`Fingerprint::of`].
pub fn row_hashes<'a>(rows: usize, columns: impl IntoIterator<Item = &'a Column>) -> Vec<u128> {
    let mut hashes = Vec::with_capacity(rows);
    absorb::each(rows, columns, |hash| hashes.push(hash));
    hashes
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

impl std::ops::Sub for Fingerprint {
    type Output = Fingerprint;

    /// The fingerprint of the rows of this set without `other`, all of which are in it.
    fn sub(self, other: Fingerprint) -> Fingerprint {
        Fingerprint { rows: self.rows.saturating_sub(other.rows), sum: self.sum.wrapping_sub(other.sum) }
    }
}
