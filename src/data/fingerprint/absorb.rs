//! The row hash, a block of rows at a time and some columns after the others, so that the steps of
//! neighbouring rows, which do not depend on each other, overlap in the processor.
use super::words::{Words, WordsOf};
use crate::data::Column;

/// Rows hashed together; their sums and the words of four columns fit the first-level cache.
pub(super) const BLOCK: usize = 256;

const SEED_A: u64 = 0x9e37_79b9_7f4a_7c15;
const SEED_B: u64 = 0xd1b5_4a32_d192_ed03;
const MUL_A: u64 = 0xff51_afd7_ed55_8ccd;
const MUL_B: u64 = 0xa076_1d64_78bd_642f;
const MIX_1: u64 = 0xbf58_476d_1ce4_e5b9;
const MIX_2: u64 = 0x94d0_49bb_1331_11eb;

/// The keys of a column: of the word that every cell has, and of two that long ones have besides.
pub(super) type Keys = [u64; 3];

/// The keys of column number `number`.
pub(super) fn keys(number: usize) -> Keys {
    [1, 2, 3].map(|part| mix((3 * number as u64 + part).wrapping_mul(SEED_A)) | 1)
}

/// What a word adds to the sum of its row.
#[inline(always)]
pub(super) fn term(word: u64, key: u64) -> u128 {
    u128::from(word) * u128::from(key)
}

/// 128 bits of which each depends on every bit of a row's sum; a bijection.
#[inline(always)]
pub(super) fn finish(sum: u128) -> u128 {
    let (low, high) = (sum as u64, (sum >> 64) as u64);
    let low = low ^ fold(high ^ SEED_A, MUL_B);
    let high = high ^ fold(low ^ SEED_B, MUL_A);
    let low = low ^ fold(high ^ SEED_A, MIX_1);
    u128::from(high) << 64 | u128::from(low)
}

/// Both halves of the full product, each bit of which depends on many of either factor.
#[inline(always)]
fn fold(word: u64, key: u64) -> u64 {
    let product = term(word, key);
    product as u64 ^ (product >> 64) as u64
}

/// A bijection of 64 bits in which each bit depends on all.
fn mix(mut word: u64) -> u64 {
    word = (word ^ word >> 30).wrapping_mul(MIX_1);
    word = (word ^ word >> 27).wrapping_mul(MIX_2);
    word ^ word >> 31
}

/// Two words that stand for any number of words, in their order.
#[derive(Clone, Copy, Default)]
pub(super) struct Chain {
    a: u64,
    b: u64,
}

impl Chain {
    /// Takes in one word more. For `a` alone this is a bijection of the word.
    #[inline(always)]
    pub(super) fn absorb(&mut self, word: u64) {
        self.a = (self.a ^ word ^ SEED_B).wrapping_mul(MUL_A);
        self.a ^= self.a >> 32;
        self.b = fold(self.b ^ word ^ SEED_B, MUL_B).wrapping_add(SEED_A);
    }

    /// What the words add to the sum of their row.
    #[inline(always)]
    pub(super) fn term(self, keys: Keys) -> u128 {
        term(self.a, keys[1]).wrapping_add(term(self.b, keys[2]))
    }
}

/// The summed hashes of the first `rows` rows of `columns`.
pub(super) fn sum_of<'a>(rows: usize, columns: impl IntoIterator<Item = &'a Column>) -> u128 {
    let mut all = 0_u128;
    each(rows, columns, |hash| all = all.wrapping_add(hash));
    all
}

/// Gives `take` the hash of each of the first `rows` rows of `columns`.
#[inline(always)]
pub(super) fn each<'a>(
    rows: usize,
    columns: impl IntoIterator<Item = &'a Column>,
    mut take: impl FnMut(u128),
) {
    let mut sources: Vec<WordsOf> = columns
        .into_iter()
        .enumerate()
        .flat_map(|(number, column)| WordsOf::column(column, keys(number)))
        .collect();
    let mut sums = [0_u128; BLOCK];
    let mut room = [Words::default(), Words::default(), Words::default(), Words::default()];
    for start in (0..rows).step_by(BLOCK) {
        let sums = &mut sums[..BLOCK.min(rows - start)];
        sums.fill(0);
        sources.chunks_mut(room.len()).for_each(|some| absorb(sums, some, &mut room));
        sums.iter().for_each(|sum| take(finish(*sum)));
    }
}

/// Adds the next words of up to four sources to the sums of their rows.
fn absorb(sums: &mut [u128], sources: &mut [WordsOf], [r0, r1, r2, r3]: &mut [Words; 4]) {
    match sources {
        [s0, s1, s2, s3] => {
            let keys = [s0.key(), s1.key(), s2.key(), s3.key()];
            let words = [s0.next(sums, r0), s1.next(sums, r1), s2.next(sums, r2), s3.next(sums, r3)];
            add(sums, words, keys);
        }
        [s0, s1, rest @ ..] => {
            let keys = [s0.key(), s1.key()];
            let words = [s0.next(sums, r0), s1.next(sums, r1)];
            add(sums, words, keys);
            absorb_each(sums, rest, r2);
        }
        one => absorb_each(sums, one, r0),
    }
}

fn absorb_each(sums: &mut [u128], sources: &mut [WordsOf], room: &mut Words) {
    for source in sources {
        let words = source.next(sums, room);
        add(sums, [words], [source.key()]);
    }
}

#[inline(always)]
fn add<const N: usize>(sums: &mut [u128], words: [&[[u8; 8]]; N], keys: [u64; N]) {
    let words = words.map(|words| &words[..sums.len()]);
    for (row, sum) in sums.iter_mut().enumerate() {
        for (words, key) in words.iter().zip(keys) {
            *sum = sum.wrapping_add(term(u64::from_le_bytes(words[row]), key));
        }
    }
}
