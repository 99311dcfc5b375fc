//! Numbers as differences of differences, in a stream of bits (wire-protocol §8). Only what every
//! decoder reads back is written: a step that overflows leaves the column to another method.

/// What ends a stream: a bend of 64 bits that cannot be, and one bit more.
const END: [(u64, u32); 3] = [(0b111110, 6), (u64::MAX, 64), (0, 1)];
const NULL: (u64, u32) = (0b111111, 6);

/// Writes bits from the most significant end of little-endian words of 64.
struct Pen<'o> {
    out: &'o mut Vec<u8>,
    word: u64,
    free: u32,
}

impl Pen<'_> {
    /// The lowest `count` bits of `value`, whose other bits are zero.
    fn put(&mut self, (value, count): (u64, u32)) {
        if count < self.free {
            self.free -= count;
            self.word |= value << self.free;
            return;
        }
        let rest = count - self.free;
        let first = if rest == 64 { 0 } else { value >> rest };
        self.out.extend_from_slice(&(self.word | first).to_le_bytes());
        self.free = 64 - rest;
        self.word = if rest == 0 { 0 } else { value << self.free };
    }

    fn end(mut self) {
        END.into_iter().for_each(|bits| self.put(bits));
        if self.free < 64 {
            self.out.extend_from_slice(&self.word.to_le_bytes());
        }
    }
}

fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)) as u64
}

fn unzigzag(code: u64) -> i64 {
    ((code >> 1) as i64) ^ -((code & 1) as i64)
}

/// The code of a bend, which is not zero.
fn bend(code: u64) -> [(u64, u32); 2] {
    match code {
        0..0x80 => [(0b10, 2), (code, 7)],
        0x80..0x200 => [(0b110, 3), (code, 9)],
        0x200..0x1_0000 => [(0b1110, 4), (code, 16)],
        0x1_0000..0x1_0000_0000 => [(0b11110, 5), (code, 32)],
        _ => [(0b111110, 6), (code, 64)],
    }
}

/// A cell of `W` bytes as a number; NULL is the smallest one.
fn number<const W: usize>(cell: &[u8; W]) -> Option<i64> {
    let mut bytes = [0; 8];
    bytes[8 - W..].copy_from_slice(cell);
    Some(i64::from_le_bytes(bytes) >> (64 - 8 * W)).filter(|number| *number != null::<W>())
}

fn null<const W: usize>() -> i64 {
    i64::MIN >> (64 - 8 * W)
}

/// Adds the stream for `cells` of `width` bytes each, 2, 4 or 8, to `out`; false when they have none.
pub fn encode(width: usize, cells: &[u8], out: &mut Vec<u8>) -> bool {
    let encoded = match width {
        2 => encode_cells::<2>(cells.as_chunks().0, out),
        4 => encode_cells::<4>(cells.as_chunks().0, out),
        8 => encode_cells::<8>(cells.as_chunks().0, out),
        _ => None,
    };
    encoded.is_some()
}

fn encode_cells<const W: usize>(cells: &[[u8; W]], out: &mut Vec<u8>) -> Option<()> {
    let bits = 8 * W as u32;
    let mut pen = Pen { out, word: 0, free: 64 };
    let mut rest = cells.iter();
    // The first number, then the first step, each behind a zero for every NULL before it.
    let (mut last, mut step) = (0i64, 0i64);
    for _ in 0..2 {
        let Some(next) = rest.by_ref().map(number::<W>).find(|next| {
            let found = next.is_some();
            pen.put((found.into(), 1));
            found
        }) else {
            pen.end();
            return Some(());
        };
        let next = next?;
        step = next.checked_sub(last)?;
        last = next;
        let code = zigzag(step);
        if W < 8 && code >> bits != 0 {
            return None;
        }
        pen.put((code, bits));
    }
    for cell in rest {
        let Some(next) = number::<W>(cell) else {
            pen.put(NULL);
            continue;
        };
        let now = next.checked_sub(last)?;
        match now.checked_sub(step)? {
            0 => pen.put((0, 1)),
            other => bend(zigzag(other) - 1).into_iter().for_each(|bits| pen.put(bits)),
        }
        (last, step) = (next, now);
    }
    pen.end();
    Some(())
}

/// Reads bits in the order in which [`Pen`] writes them.
struct Bits<'a> {
    words: std::slice::Iter<'a, [u8; 8]>,
    word: u64,
    left: u32,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u64> {
        if self.left == 0 {
            (self.word, self.left) = (u64::from_le_bytes(*self.words.next()?), 64);
        }
        if count <= self.left {
            let value = self.word >> (64 - count);
            self.word = if count == 64 { 0 } else { self.word << count };
            self.left -= count;
            return Some(value);
        }
        let rest = count - self.left;
        let high = self.word >> (64 - self.left);
        self.left = 0;
        Some(high << rest | self.take(rest)?)
    }

    /// How many ones come before a zero, up to six; the zero is read too.
    fn ones(&mut self) -> Option<u32> {
        for ones in 0..6 {
            if self.take(1)? == 0 {
                return Some(ones);
            }
        }
        Some(6)
    }
}

/// Adds `count` cells of `width` bytes to `out`; false when `stream` does not hold them.
pub fn decode(width: usize, stream: &[u8], count: usize, out: &mut Vec<u8>) -> bool {
    let decoded = match width {
        2 => decode_cells::<2>(stream, count, out),
        4 => decode_cells::<4>(stream, count, out),
        8 => decode_cells::<8>(stream, count, out),
        _ => None,
    };
    decoded.is_some()
}

fn decode_cells<const W: usize>(stream: &[u8], count: usize, out: &mut Vec<u8>) -> Option<()> {
    let (words, []) = stream.as_chunks() else { return None };
    let mut bits = Bits { words: words.iter(), word: 0, left: 0 };
    let mut put = |number: i64| out.extend_from_slice(&number.to_le_bytes()[..W]);
    let (mut last, mut step, mut left) = (0i64, 0i64, count);
    for _ in 0..2 {
        while left > 0 && bits.take(1)? == 0 {
            put(null::<W>());
            left -= 1;
        }
        if left == 0 {
            return Some(());
        }
        step = unzigzag(bits.take(8 * W as u32)?);
        last = last.wrapping_add(step);
        put(last);
        left -= 1;
    }
    for _ in 0..left {
        let size = match bits.ones()? {
            0 => 0,
            6 => {
                put(null::<W>());
                continue;
            }
            ones => [7, 9, 16, 32, 64][ones as usize - 1],
        };
        if size > 0 {
            step = step.wrapping_add(unzigzag(bits.take(size)?.wrapping_add(1)));
        }
        last = last.wrapping_add(step);
        put(last);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn there_and_back(width: usize, cells: &[u8]) {
        let mut stream = Vec::new();
        if encode(width, cells, &mut stream) {
            let mut back = Vec::new();
            assert!(decode(width, &stream, cells.len() / width, &mut back));
            assert_eq!(back, cells);
        }
    }

    proptest! {
        #[test]
        #[cfg_attr(miri, ignore = "Miri takes minutes for generated cells")]
        fn every_cell_survives_that_has_a_stream(
            cells in proptest::collection::vec((any::<i64>(), 0..64u32), 0..200),
        ) {
            // Small and large numbers, and NULLs.
            let numbers = cells.iter().map(|(number, shift)| match shift {
                0 => i64::MIN,
                shift => number >> shift,
            });
            let bytes: Vec<u8> = numbers.flat_map(i64::to_le_bytes).collect();
            for width in [2, 4, 8] {
                there_and_back(width, &bytes);
            }
        }

        #[test]
        #[cfg_attr(miri, ignore = "Miri takes minutes for generated cells")]
        fn garbage_is_survived(
            width in prop_oneof![Just(2usize), Just(4), Just(8)],
            stream in proptest::collection::vec(any::<u8>(), 0..100),
            count in 0..1000usize,
        ) {
            let _survived = decode(width, &stream, count, &mut Vec::new());
        }
    }

    #[test]
    fn steps_that_overflow_have_no_stream() {
        let cells = [i64::MIN + 1, i64::MAX].map(i64::to_le_bytes).concat();
        assert!(!encode(8, &cells, &mut Vec::new()));
        let cells = [-2_000_000_000i32, 2_000_000_000].map(i32::to_le_bytes).concat();
        assert!(!encode(4, &cells, &mut Vec::new()));
        let even: Vec<u8> = (0..1000i64).flat_map(i64::to_le_bytes).collect();
        let mut stream = Vec::new();
        assert!(encode(8, &even, &mut stream) && stream.len() < 200, "a line takes a bit per number");
    }
}
