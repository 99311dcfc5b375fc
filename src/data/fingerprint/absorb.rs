//! The row hash, a block of rows at a time and one column after the other, so that the steps of
//! neighbouring rows, which do not depend on each other, overlap in the processor.
use crate::data::{Bytes, Cells, Column};

/// Rows hashed together; both lanes of a block fit the first-level cache.
pub(super) const BLOCK: usize = 256;

const SEED_A: u64 = 0x9e37_79b9_7f4a_7c15;
const SEED_B: u64 = 0xd1b5_4a32_d192_ed03;
const MUL_A: u64 = 0xff51_afd7_ed55_8ccd;
const MUL_B: u64 = 0xa0761d6478bd642f;
const MIX_1: u64 = 0xbf58_476d_1ce4_e5b9;
const MIX_2: u64 = 0x94d0_49bb_1331_11eb;

/// The unfinished hash of one row.
#[derive(Clone, Copy)]
pub(super) struct RowHash {
    a: u64,
    b: u64,
}

impl RowHash {
    /// The hash of a row without cells, unfinished.
    pub(super) const EMPTY: RowHash = RowHash { a: SEED_A, b: SEED_B };

    /// Takes in one word.
    #[inline(always)]
    pub(super) fn absorb(&mut self, word: u64) {
        self.a = (self.a ^ word).wrapping_mul(MUL_A);
        self.a ^= self.a >> 32;
        let product = u128::from(self.b ^ word) * u128::from(MUL_B);
        self.b = (product as u64 ^ (product >> 64) as u64).wrapping_add(SEED_A);
    }

    /// 128 bits of which each depends on every absorbed bit; a bijection of the two lanes.
    #[inline(always)]
    pub(super) fn finish(self) -> u128 {
        let a = mix(self.a ^ self.b.rotate_left(32));
        let b = mix(self.b ^ a);
        let a = a ^ mix(b);
        u128::from(a) << 64 | u128::from(b)
    }
}

/// A bijection of 64 bits in which each bit depends on all.
#[inline(always)]
fn mix(mut word: u64) -> u64 {
    word = (word ^ word >> 30).wrapping_mul(MIX_1);
    word = (word ^ word >> 27).wrapping_mul(MIX_2);
    word ^ word >> 31
}

/// The unfinished hashes of a block of rows.
pub(super) struct Lanes([RowHash; BLOCK]);

impl Lanes {
    /// Room for one block.
    pub(super) fn new() -> Self {
        Lanes([RowHash::EMPTY; BLOCK])
    }

    /// Starts `rows` rows anew.
    pub(super) fn reset(&mut self, rows: usize) {
        self.0[..rows].fill(RowHash::EMPTY);
    }

    /// The sum of the finished hashes of the first `rows` rows.
    pub(super) fn finish(&self, rows: usize) -> u128 {
        self.0[..rows].iter().fold(0, |sum, row| sum.wrapping_add(row.finish()))
    }
}

/// Where the next cell of a column lies.
pub(super) struct Cursor<'a> {
    width: Option<usize>,
    segments: std::slice::Iter<'a, Bytes>,
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Before the first cell of `column`.
    pub(super) fn new(column: &'a Column) -> Self {
        let width = match column.cells {
            Cells::Fixed(_) => column.ty.width(),
            Cells::Text(_) => None,
        };
        Cursor { width, segments: column.cells.segments().iter(), rest: &[] }
    }

    /// Absorbs the next `rows` cells into the first `rows` lanes, one each.
    pub(super) fn absorb(&mut self, lanes: &mut Lanes, rows: usize) {
        let mut hashes = &mut lanes.0[..rows];
        while !hashes.is_empty() {
            while self.rest.is_empty() {
                self.rest = self.segments.next().expect("a column has a cell for every row");
            }
            let taken = match self.width {
                Some(width) => self.absorb_fixed(hashes, width),
                None => self.absorb_text(hashes),
            };
            hashes = &mut hashes[taken..];
        }
    }

    /// Absorbs cells of one segment and returns how many.
    fn absorb_fixed(&mut self, hashes: &mut [RowHash], width: usize) -> usize {
        let cells = hashes.len().min(self.rest.len() / width);
        assert!(cells > 0, "a segment holds whole cells");
        let (bytes, rest) = self.rest.split_at(cells * width);
        self.rest = rest;
        let hashes = &mut hashes[..cells];
        match width {
            1 => words::<1>(hashes, bytes, |cell| u64::from(cell[0])),
            2 => words::<2>(hashes, bytes, |cell| u64::from(u16::from_le_bytes(cell))),
            4 => words::<4>(hashes, bytes, |cell| u64::from(u32::from_le_bytes(cell))),
            8 => words::<8>(hashes, bytes, u64::from_le_bytes),
            _ => bytes.chunks_exact(width).zip(hashes).for_each(|(cell, hash)| {
                cell.chunks(8).for_each(|part| hash.absorb(short_word(part)));
            }),
        }
        cells
    }

    /// Absorbs text of one segment and returns how many cells.
    fn absorb_text(&mut self, hashes: &mut [RowHash]) -> usize {
        let mut taken = 0;
        for hash in hashes {
            if self.rest.is_empty() {
                break;
            }
            self.rest = text_cell(hash, self.rest);
            taken += 1;
        }
        taken
    }
}

/// Absorbs one word per row.
#[inline(always)]
fn words<const W: usize>(hashes: &mut [RowHash], bytes: &[u8], word: impl Fn([u8; W]) -> u64) {
    let (cells, _) = bytes.as_chunks::<W>();
    cells.iter().zip(hashes).for_each(|(cell, hash)| hash.absorb(word(*cell)));
}

/// Absorbs the text at the start of `bytes` and returns what follows its NUL byte.
#[inline(always)]
fn text_cell<'a>(hash: &mut RowHash, mut bytes: &'a [u8]) -> &'a [u8] {
    loop {
        let word = match bytes.first_chunk::<8>() {
            Some(chunk) => u64::from_le_bytes(*chunk),
            None => short_word(bytes),
        };
        match first_zero_byte(word) {
            8 => hash.absorb(word),
            length => {
                hash.absorb(word & ((1u64 << (8 * length)) - 1));
                return bytes.get(length + 1..).expect("a text ends with NUL within its segment");
            }
        }
        bytes = &bytes[8..];
    }
}

/// The index of the lowest byte of `word` that is zero, or 8.
#[inline(always)]
fn first_zero_byte(word: u64) -> usize {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let zeros = word.wrapping_sub(LOW) & !word & HIGH;
    (zeros.trailing_zeros() / 8) as usize
}

/// Up to 8 bytes as a word, filled up with zeros.
#[inline(always)]
fn short_word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}
