//! Reading what an unknown peer sends: memory grows only as bytes arrive, every text has a limit.
use std::io::{self, BufRead, BufReader, Read};

use crate::error::{Error, Kind, Result};

/// Bytes read ahead of small fields; larger destinations are filled without passing through it. Miri
/// takes minutes to look after more.
const BUFFER: usize = if cfg!(miri) { 4 << 10 } else { 256 << 10 };
/// The memory taken before the first byte of a long run has arrived.
const FIRST_STEP: usize = 4 * BUFFER;

/// A source of protocol fields. Reading fails with `Network` when the source ends or breaks, and
/// with `Protocol` for a field that breaks its rule; after either the position is lost.
pub struct Reader<R> {
    inner: BufReader<R>,
}

impl<R: Read> Reader<R> {
    /// Reads from `source`.
    pub fn new(source: R) -> Self {
        Reader { inner: BufReader::with_capacity(BUFFER, source) }
    }

    /// The source itself, to configure it or to answer on it.
    pub fn source_mut(&mut self) -> &mut R {
        self.inner.get_mut()
    }

    /// Whether bytes have arrived that nobody has asked for.
    pub fn has_surplus(&self) -> bool {
        !self.inner.buffer().is_empty()
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes).map_err(lost)?;
        Ok(bytes)
    }

    /// A 32-bit integer.
    pub fn i32(&mut self) -> Result<i32> {
        self.array().map(i32::from_le_bytes)
    }

    /// A number of `what`, which cannot be negative.
    pub fn count(&mut self, what: &str) -> Result<usize> {
        let number = self.i32()?;
        usize::try_from(number).map_err(|_| broken(format!("the peer announces {number} {what}")))
    }

    /// The text up to the next line break, which is at most `limit` bytes away.
    pub fn line(&mut self, limit: usize) -> Result<String> {
        self.until(b'\n', limit)
    }

    /// The text up to the next NUL byte, which is at most `limit` bytes away.
    pub fn text(&mut self, limit: usize) -> Result<String> {
        self.until(0, limit)
    }

    fn until(&mut self, end: u8, limit: usize) -> Result<String> {
        let mut bytes = Vec::new();
        (&mut self.inner).take(limit as u64 + 1).read_until(end, &mut bytes).map_err(lost)?;
        if bytes.pop_if(|last| *last == end).is_none() {
            return Err(match bytes.len() > limit {
                true => broken(format!("a text of the peer is longer than {limit} bytes")),
                false => lost(io::ErrorKind::UnexpectedEof.into()),
            });
        }
        String::from_utf8(bytes).map_err(|_| broken("a text of the peer is not UTF-8"))
    }

    /// The next `len` bytes.
    pub fn bytes(&mut self, len: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while bytes.len() < len {
            let start = bytes.len();
            let step = (len - start).min(start.max(FIRST_STEP));
            bytes.reserve_exact(step);
            bytes.resize(start + step, 0);
            self.inner.read_exact(&mut bytes[start..]).map_err(lost)?;
        }
        Ok(bytes)
    }

    /// The next `count` runs of bytes, each behind its length, which is kept.
    pub fn blobs(&mut self, count: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for _ in 0..count {
            let length = self.count("bytes of a BLOB")?;
            bytes.extend_from_slice(&(length as u32).to_le_bytes());
            let mut arrived = self.bytes(length)?;
            bytes.append(&mut arrived);
        }
        Ok(bytes)
    }

    /// The next `count` texts, each with the NUL byte that ends it.
    pub fn texts(&mut self, count: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut missing = count;
        while missing > 0 {
            let block = match self.inner.fill_buf() {
                Ok([]) => return Err(lost(io::ErrorKind::UnexpectedEof.into())),
                Ok(block) => block,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(lost(error)),
            };
            let (taken, ends) = take_texts(block, missing);
            bytes.extend_from_slice(&block[..taken]);
            self.inner.consume(taken);
            missing -= ends;
        }
        Ok(bytes)
    }
}

/// How many bytes at the start of `block` belong to the next `wanted` texts, and how many of them
/// end there.
fn take_texts(block: &[u8], wanted: usize) -> (usize, usize) {
    let ends = count_ends(block);
    if ends < wanted {
        return (block.len(), ends);
    }
    let last = block.iter().enumerate().filter(|(_, byte)| **byte == 0).nth(wanted - 1);
    last.map_or((block.len(), ends), |(at, _)| (at + 1, wanted))
}

/// The NUL bytes in `bytes`. Short runs are counted in a byte, which the compiler turns into vector
/// instructions.
pub fn count_ends(bytes: &[u8]) -> usize {
    let short = |run: &[u8]| run.iter().map(|byte| u8::from(*byte == 0)).sum::<u8>();
    bytes.chunks(255).map(|run| usize::from(short(run))).sum()
}

/// The line broke: the peer went away, stalled, or the network did.
pub fn lost(error: io::Error) -> Error {
    use io::ErrorKind::*;
    let (kind, what) = match error.kind() {
        UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe => {
            (Kind::Network, "the server closed the connection".into())
        }
        TimedOut => (Kind::Silent, error.to_string()),
        _ => (Kind::Network, format!("the connection broke ({error})")),
    };
    Error::new(kind, what).caused_by(error)
}

/// The peer sent something that no server sends.
pub fn broken(what: impl Into<String>) -> Error {
    Error::new(Kind::Protocol, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_huge_length_takes_no_memory_before_bytes_arrive() {
        let mut reader = Reader::new(&b"few"[..]);
        assert_eq!(reader.bytes(usize::MAX / 2).unwrap_err().kind(), Kind::Network);
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri takes minutes for so many bytes")]
    fn long_runs_arrive_whole() {
        let sent: Vec<u8> = (0..5_000_001u32).map(|i| (i % 251) as u8).collect();
        let mut reader = Reader::new(&sent[..]);
        let (head, rest) = (reader.array::<3>().unwrap(), reader.bytes(sent.len() - 3).unwrap());
        assert!(sent[..3] == head && sent[3..] == rest);
        assert_eq!(rest.capacity(), rest.len());
    }

    #[test]
    fn texts_stop_at_the_last_one() {
        let sent = "ab\0\0c\0rest\0".as_bytes();
        let mut reader = Reader::new(sent);
        assert_eq!(reader.texts(3).unwrap(), b"ab\0\0c\0");
        assert_eq!(reader.text(10).unwrap(), "rest");
        assert!(reader.texts(0).unwrap().is_empty());
        assert_eq!(reader.texts(1).unwrap_err().kind(), Kind::Network);
    }

    #[test]
    fn texts_cross_blocks() {
        const TEXTS: usize = BUFFER * 3 / 4;
        let sent: Vec<u8> = (0..TEXTS).flat_map(|i| format!("{i}\0").into_bytes()).collect();
        let mut reader = Reader::new(&sent[..]);
        assert!(reader.texts(TEXTS).unwrap() == sent);
        assert!(!reader.has_surplus());
    }

    #[test]
    fn blobs_hold_any_byte() {
        let sent = [2, 0, 0, 0, 0, 9, 0, 0, 0, 0, 7];
        let mut reader = Reader::new(&sent[..]);
        assert_eq!(reader.blobs(2).unwrap(), sent[..10]);
        assert!(reader.has_surplus());
        assert_eq!(Reader::new(&[0xff; 4][..]).blobs(1).unwrap_err().kind(), Kind::Protocol);
        assert_eq!(Reader::new(&[0xff, 0xff, 0xff, 0x7f, 1][..]).blobs(1).unwrap_err().kind(), Kind::Network);
    }

    #[test]
    fn a_line_has_a_limit_and_an_end() {
        assert_eq!(Reader::new(&b"abc\n"[..]).line(3).unwrap(), "abc");
        assert_eq!(Reader::new(&b"abcd\n"[..]).line(3).unwrap_err().kind(), Kind::Protocol);
        assert_eq!(Reader::new(&b"abc"[..]).line(3).unwrap_err().kind(), Kind::Network);
        assert_eq!(Reader::new(&b"\xff\n"[..]).line(3).unwrap_err().kind(), Kind::Protocol);
    }
}
