//! Cells as the words that are hashed, a block of rows at a time.
use super::absorb::{BLOCK, Chain, Keys};
use crate::data::{Bytes, Cells, Column, Type};

/// Room for one word of each row of a block.
pub(super) struct Words([[u8; 8]; BLOCK]);

impl Default for Words {
    fn default() -> Self {
        Words([[0; 8]; BLOCK])
    }
}

/// One word of every cell of a column, from its first row on.
pub(super) struct WordsOf<'a> {
    cells: Kind<'a>,
    segments: std::slice::Iter<'a, Bytes>,
    rest: &'a [u8],
    keys: Keys,
}

enum Kind<'a> {
    /// Cells of up to eight bytes.
    Narrow(usize),
    /// The half of a cell of sixteen bytes that begins at this byte.
    Half(usize),
    Text,
    Blob,
    /// The lengths of the next cells, the bytes of a value, and a NULL value.
    Array(&'a [u32], usize, Vec<u8>),
}

impl<'a> WordsOf<'a> {
    /// Before the first row of `column`: once, or twice where cells have two words.
    pub(super) fn column(column: &'a Column, keys: Keys) -> Vec<Self> {
        let of = |cells, key: usize| {
            let keys = [keys[key], keys[1], keys[2]];
            WordsOf { cells, segments: column.cells.segments().iter(), rest: &[], keys }
        };
        match (&column.cells, column.ty) {
            (Cells::Fixed(_), ty) => match ty.width() {
                Some(16) => vec![of(Kind::Half(0), 0), of(Kind::Half(8), 1)],
                width => vec![of(Kind::Narrow(width.unwrap_or(8)), 0)],
            },
            (Cells::Text(_), _) => vec![of(Kind::Text, 0)],
            (Cells::Blob(_), _) => vec![of(Kind::Blob, 0)],
            (Cells::Array(lengths, _), ty) => {
                let null = if let Type::Array(element) = ty { element.ty().null() } else { Vec::new() };
                vec![of(Kind::Array(lengths, null.len().max(1), null), 0)]
            }
        }
    }

    /// What the words are multiplied with.
    pub(super) fn key(&self) -> u64 {
        self.keys[0]
    }

    /// The next word of each row of `sums`; what long cells hold besides is added to `sums` at once.
    pub(super) fn next<'w>(&mut self, sums: &mut [u128], room: &'w mut Words) -> &'w [[u8; 8]]
    where
        'a: 'w,
    {
        let words = &mut room.0[..sums.len()];
        match &mut self.cells {
            Kind::Narrow(8) => {
                self.refill();
                if let Some((whole, rest)) = self.rest.split_at_checked(8 * words.len()) {
                    self.rest = rest;
                    return whole.as_chunks().0;
                }
                self.spread::<8>(words, |cell| cell);
            }
            Kind::Narrow(4) => {
                self.spread::<4>(words, |cell| u64::from(u32::from_le_bytes(cell)).to_le_bytes());
            }
            Kind::Narrow(2) => {
                self.spread::<2>(words, |cell| u64::from(u16::from_le_bytes(cell)).to_le_bytes());
            }
            Kind::Narrow(_) => self.spread::<1>(words, |cell| u64::from(cell[0]).to_le_bytes()),
            Kind::Half(0) => self.spread::<16>(words, |cell| *cell.first_chunk().expect("half of it")),
            Kind::Half(_) => self.spread::<16>(words, |cell| *cell.last_chunk().expect("half of it")),
            Kind::Text => words.iter_mut().zip(sums).for_each(|(word, sum)| self.text(word, sum)),
            Kind::Blob => words.iter_mut().zip(sums).for_each(|(word, sum)| self.blob(word, sum)),
            Kind::Array(..) => words.iter_mut().zip(sums).for_each(|(word, sum)| self.array(word, sum)),
        }
        words
    }

    /// Goes on to the next segment that holds bytes when this one is used up.
    #[inline(always)]
    fn refill(&mut self) {
        while self.rest.is_empty() {
            self.rest = self.segments.next().expect("a column has a cell for every row");
        }
    }

    fn spread<const W: usize>(&mut self, mut words: &mut [[u8; 8]], word: impl Fn([u8; W]) -> [u8; 8]) {
        while !words.is_empty() {
            self.refill();
            let count = words.len().min(self.rest.len() / W);
            assert!(count > 0, "a segment holds whole cells");
            let (cells, rest) = self.rest.split_at(count * W);
            let (now, later) = words.split_at_mut(count);
            now.iter_mut().zip(cells.as_chunks().0).for_each(|(to, cell)| *to = word(*cell));
            (self.rest, words) = (rest, later);
        }
    }

    /// The word with the end of the text, which always holds a zero byte.
    #[inline(always)]
    fn text(&mut self, last: &mut [u8; 8], sum: &mut u128) {
        self.refill();
        let mut chain = None::<Chain>;
        loop {
            let word = match self.rest.first_chunk::<8>() {
                Some(chunk) => u64::from_le_bytes(*chunk),
                None => short_word(self.rest),
            };
            let length = first_zero_byte(word);
            if length < 8 {
                *last = (word & ((1 << (8 * length)) - 1)).to_le_bytes();
                self.rest = self.rest.get(length + 1..).expect("a text ends with NUL within its segment");
                break;
            }
            chain.get_or_insert_default().absorb(word);
            self.rest = &self.rest[8..];
        }
        if let Some(chain) = chain {
            *sum = sum.wrapping_add(chain.term(self.keys));
        }
    }

    fn blob(&mut self, word: &mut [u8; 8], sum: &mut u128) {
        self.refill();
        let (length, rest) = self.rest.split_first_chunk::<4>().expect("a cell begins with its length");
        let length = u32::from_le_bytes(*length);
        let (cell, rest) = rest.split_at(length as usize);
        self.rest = rest;
        *word = u64::from(length).to_le_bytes();
        let mut chain = Chain::default();
        cell.chunks(8).for_each(|part| chain.absorb(short_word(part)));
        *sum = sum.wrapping_add(chain.term(self.keys));
    }

    /// The number of values. No values count as one that is NULL, which servers make of them.
    fn array(&mut self, word: &mut [u8; 8], sum: &mut u128) {
        let Kind::Array(lengths, width, null) = &mut self.cells else { return };
        let (length, later) = lengths.split_first().expect("a column has a cell for every row");
        *lengths = later;
        *word = u64::from((*length).max(1)).to_le_bytes();
        let mut chain = Chain::default();
        if *length == 0 {
            values(&mut chain, null, *width);
        }
        let mut missing = *length as usize * *width;
        while missing > 0 {
            while self.rest.is_empty() {
                self.rest = self.segments.next().expect("a column has all values of its arrays");
            }
            let (cell, rest) = self.rest.split_at(missing.min(self.rest.len()));
            values(&mut chain, cell, *width);
            missing -= cell.len();
            self.rest = rest;
        }
        *sum = sum.wrapping_add(chain.term(self.keys));
    }
}

/// Absorbs values of `width` bytes each, one word or two.
fn values(chain: &mut Chain, bytes: &[u8], width: usize) {
    bytes.chunks(width.min(8)).for_each(|part| chain.absorb(short_word(part)));
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
