//! Integers as differences of differences, in a stream of bits (wire-protocol §8).

/// Takes bits from the most significant end of little-endian 64-bit words.
struct Bits<'a> {
    words: std::slice::Iter<'a, [u8; 8]>,
    word: u64,
    left: u32,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u64> {
        let mut value = 0u64;
        let mut missing = count;
        while missing > 0 {
            if self.left == 0 {
                (self.word, self.left) = (u64::from_le_bytes(*self.words.next()?), 64);
            }
            let now = missing.min(self.left);
            let top = self.word >> (64 - now);
            value = if now == 64 { top } else { value << now | top };
            self.word = if now == 64 { 0 } else { self.word << now };
            (self.left, missing) = (self.left - now, missing - now);
        }
        Some(value)
    }
}

/// Puts bits in the same order.
#[derive(Default)]
struct Pen {
    words: Vec<u8>,
    word: u64,
    used: u32,
}

impl Pen {
    fn put(&mut self, value: u64, count: u32) {
        for bit in (0..count).rev() {
            self.word = self.word << 1 | (value >> bit & 1);
            self.used += 1;
            if self.used == 64 {
                self.words.extend(self.word.to_le_bytes());
                (self.word, self.used) = (0, 0);
            }
        }
    }

    /// The end mark, and zeros up to a whole word.
    fn end(mut self) -> Vec<u8> {
        self.put(0b111110, 6);
        self.put(u64::MAX, 64);
        self.put(0, 1);
        while self.used > 0 {
            self.put(0, 1);
        }
        self.words
    }
}

fn zigzag(number: i64) -> u64 {
    (number << 1 ^ number >> 63) as u64
}

fn unzigzag(code: u64) -> i64 {
    (code >> 1) as i64 ^ -((code & 1) as i64)
}

/// The bits for numbers of a type of `width` bytes, `None` standing for NULL; nothing when two
/// neighbours are too far apart for it.
pub fn encode(width: u32, numbers: &[Option<i64>]) -> Option<Vec<u8>> {
    let mut pen = Pen::default();
    let mut rest = numbers.iter();
    let mut last = [0i64; 2];
    for (place, own) in last.iter_mut().enumerate() {
        let Some(number) = lead(&mut pen, &mut rest) else { return Some(pen.end()) };
        let first = if place == 0 { 0 } else { numbers.iter().flatten().next().copied()? };
        *own = number.checked_sub(first)?;
        let code = zigzag(*own);
        if width < 8 && code >> (8 * width) != 0 {
            return None;
        }
        pen.put(1, 1);
        pen.put(code, 8 * width);
    }
    let [first, mut delta] = last;
    let mut number = first.checked_add(delta)?;
    for own in rest {
        let Some(own) = own else {
            pen.put(0b111111, 6);
            continue;
        };
        let step = own.checked_sub(number)?;
        let bend = step.checked_sub(delta)?;
        (number, delta) = (*own, step);
        let code = zigzag(bend).wrapping_sub(1);
        match bend {
            0 => pen.put(0, 1),
            _ if code < 1 << 7 => pen.put(0b10 << 7 | code, 9),
            _ if code < 1 << 9 => pen.put(0b110 << 9 | code, 12),
            _ if code < 1 << 16 => pen.put(0b1110 << 16 | code, 20),
            _ if code < 1 << 32 => pen.put(0b11110 << 32 | code, 37),
            _ => {
                pen.put(0b111110, 6);
                pen.put(code, 64);
            }
        }
    }
    Some(pen.end())
}

/// A zero for each NULL in front of the next number, which is returned.
fn lead<'a>(pen: &mut Pen, rest: &mut impl Iterator<Item = &'a Option<i64>>) -> Option<i64> {
    for own in rest {
        match own {
            Some(number) => return Some(*number),
            None => pen.put(0, 1),
        }
    }
    None
}

/// The next `count` numbers; nothing when the bits are no such stream.
pub fn decode(width: u32, bytes: &[u8], count: usize) -> Option<Vec<Option<i64>>> {
    let (words, []) = bytes.as_chunks() else { return None };
    let mut bits = Bits { words: words.iter(), word: 0, left: 0 };
    let mut numbers = Vec::new();
    let mut last = [0i64; 2];
    for place in 0..2 {
        loop {
            if numbers.len() == count {
                return Some(numbers);
            }
            if bits.take(1)? == 1 {
                break;
            }
            numbers.push(None);
        }
        last[place] = unzigzag(bits.take(8 * width)?);
        numbers.push(Some(if place == 0 { last[0] } else { last[0].wrapping_add(last[1]) }));
    }
    let [first, mut delta] = last;
    let mut number = first.wrapping_add(delta);
    while numbers.len() < count {
        let mut ones = 0;
        while ones < 6 && bits.take(1)? == 1 {
            ones += 1;
        }
        let size = match ones {
            0 => 0,
            6 => {
                numbers.push(None);
                continue;
            }
            ones => [7, 9, 16, 32, 64][ones - 1],
        };
        if size > 0 {
            delta = delta.wrapping_add(unzigzag(bits.take(size)?.wrapping_add(1)));
        }
        number = number.wrapping_add(delta);
        numbers.push(Some(number));
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(width: u32, numbers: &[Option<i64>]) {
        let bytes = encode(width, numbers).unwrap();
        assert_eq!(decode(width, &bytes, numbers.len()).as_deref(), Some(numbers), "{numbers:?}");
    }

    #[test]
    fn numbers_of_every_bend_survive() {
        there_and_back(8, &[]);
        there_and_back(2, &[None, None]);
        there_and_back(4, &[None, Some(7), None, None]);
        there_and_back(8, &[None, Some(-7), None, Some(9), None, Some(9), Some(9)]);
        let bends = [1i64, -1, 63, 64, -64, 300, -40_000, 1 << 20, -(1 << 40), 1 << 60, 0, 5];
        there_and_back(8, &bends.map(Some));
        there_and_back(2, &[Some(-32767), Some(-32767), Some(32767), None, Some(0)]);
    }

    #[test]
    fn neighbours_too_far_apart_are_left_alone() {
        assert_eq!(encode(4, &[Some(-2_000_000_000), Some(2_000_000_000)]), None);
        assert_eq!(encode(8, &[Some(i64::MIN + 1), Some(i64::MAX)]), None);
    }

    #[test]
    fn a_stream_that_ends_early_is_none() {
        let bytes = encode(4, &[1, 5, 90_000, -7].map(Some)).unwrap();
        assert_eq!(decode(4, &bytes[..8], 4), None);
        assert_eq!(decode(4, &bytes[..7], 1), None);
        assert_eq!(decode(4, &bytes, 1000), None);
    }
}
