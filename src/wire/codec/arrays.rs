//! Array vectors: blocks of rows, each with the lengths of its arrays and then their values
//! (wire-protocol §6).
use std::io::Read;

use super::Gather;
use super::reader::{Reader, broken};
use crate::data::{Bytes, Cells};
use crate::error::Result;

/// A block's number of rows has two bytes.
const BLOCK_ROWS: usize = 65_535;

/// The values of arrays of these lengths.
pub fn values(lengths: &[u32]) -> usize {
    lengths.iter().map(|length| *length as usize).sum()
}

/// Adds the blocks of arrays whose values, of `width` bytes each, lie in `segments`.
pub fn lend<'a>(lengths: &[u32], segments: &'a [Bytes], width: usize, out: &mut Gather<'a>) {
    let mut segments = segments.iter().map(|segment| &**segment);
    let mut rest: &[u8] = &[];
    for block in lengths.chunks(BLOCK_ROWS) {
        let unit = match block.iter().max() {
            Some(256..65_536) => 2,
            Some(65_536..) => 4,
            _ => 1,
        };
        out.put(&(block.len() as u16).to_le_bytes());
        out.put(&[unit as u8, 0]);
        block.iter().for_each(|length| out.put(&length.to_le_bytes()[..unit]));
        let mut missing = values(block) * width;
        while missing > 0 {
            if rest.is_empty() {
                rest = segments.next().expect("the lengths were compared with the bytes");
            }
            let (now, later) = rest.split_at(missing.min(rest.len()));
            out.lend(now);
            (rest, missing) = (later, missing - now.len());
        }
    }
}

/// Reads blocks until `rows` arrays, whose values have `width` bytes each, are there. The number of
/// values that a vector announces is not looked at: one of the vendor's own clients sends 1.
pub fn read(reader: &mut Reader<impl Read>, rows: usize, width: usize) -> Result<Cells> {
    let (mut lengths, mut segments) = (Vec::new(), Vec::new());
    while lengths.len() < rows {
        let [low, high, unit, _] = reader.array()?;
        let block = usize::from(u16::from_le_bytes([low, high]));
        if block == 0 || block > rows - lengths.len() {
            return Err(broken(format!("a block of an array vector has {block} rows")));
        }
        if ![1, 2, 4].contains(&unit) {
            return Err(broken(format!("the lengths of arrays have {unit} bytes")));
        }
        let unit = usize::from(unit);
        let start = lengths.len();
        lengths.extend(reader.bytes(block * unit)?.chunks_exact(unit).map(|length| {
            let mut bytes = [0; 4];
            bytes[..unit].copy_from_slice(length);
            u32::from_le_bytes(bytes)
        }));
        segments.push(Bytes::new(reader.bytes(values(&lengths[start..]) * width)?));
    }
    Ok(Cells::Array(lengths.into(), segments))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn sent(lengths: &[u32], segments: &[Bytes], width: usize) -> Vec<u8> {
        let mut out = Gather::default();
        lend(lengths, segments, width, &mut out);
        let mut bytes = Vec::new();
        out.write_to(&mut bytes).unwrap();
        bytes
    }

    fn received(bytes: &[u8], rows: usize, width: usize) -> Result<(Vec<u32>, Vec<u8>)> {
        match read(&mut Reader::new(bytes), rows, width)? {
            Cells::Array(lengths, values) => Ok((lengths.to_vec(), values.concat_bytes())),
            _ => unreachable!("arrays are read"),
        }
    }

    trait Concat {
        fn concat_bytes(&self) -> Vec<u8>;
    }

    impl Concat for Vec<Bytes> {
        fn concat_bytes(&self) -> Vec<u8> {
            self.iter().flat_map(|segment| segment.iter().copied()).collect()
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri takes minutes for so many rows")]
    fn more_rows_than_a_block_holds_cross_blocks_and_segments() {
        let lengths: Vec<u32> = (0..140_000).map(|row| row % 3).collect();
        let bytes: Vec<u8> = (0..values(&lengths) * 2).map(|i| (i % 251) as u8).collect();
        let segments: Vec<Bytes> = bytes.chunks(30_002).map(|part| Bytes::new(part.to_vec())).collect();
        let sent = sent(&lengths, &segments, 2);
        assert_eq!(sent[..4], [0xff, 0xff, 1, 0]);
        assert!(received(&sent, lengths.len(), 2).unwrap() == (lengths, bytes));
    }

    #[test]
    fn lengths_take_as_many_bytes_as_the_longest_needs() {
        for (longest, unit) in [(0, 1), (255, 1), (256, 2), (65_535, 2), (65_536, 4)] {
            let bytes = vec![7; longest + 1];
            let lengths = [1, longest as u32];
            let sent = sent(&lengths, &[Bytes::new(bytes.clone())], 1);
            assert_eq!(usize::from(sent[2]), unit, "{longest}");
            assert_eq!(received(&sent, 2, 1).unwrap(), (lengths.to_vec(), bytes));
        }
        assert!(sent(&[], &[], 1).is_empty());
    }

    #[test]
    fn blocks_that_no_server_sends_are_refused() {
        let few = [1, 0, 1, 0, 1, 9];
        assert_eq!(received(&few, 1, 1).unwrap().1, [9]);
        for (bytes, what) in
            [([0, 0, 1, 0, 1, 9], "0 rows"), ([2, 0, 1, 0, 1, 9], "2 rows"), ([1, 0, 3, 0, 1, 9], "3 bytes")]
        {
            let error = received(&bytes, 1, 1).unwrap_err();
            assert!(error.kind() == Kind::Protocol && error.message().contains(what), "{error}");
        }
        let long = [1, 0, 4, 0, 0xff, 0xff, 0xff, 0xff];
        assert_eq!(received(&long, 1, 16).unwrap_err().kind(), Kind::Network);
    }
}
