//! Bytes to be sent, left where they lie until the socket takes them.
use std::io::{self, IoSlice, Write};
use std::ops::Range;

/// A message made of small own pieces (headers, names) and large lent ones (columns).
#[derive(Default)]
pub struct Gather<'a> {
    own: Vec<u8>,
    pieces: Vec<Piece<'a>>,
}

enum Piece<'a> {
    Own(Range<usize>),
    Lent(&'a [u8]),
}

impl<'a> Gather<'a> {
    /// Adds a copy of `bytes`.
    pub fn put(&mut self, bytes: &[u8]) {
        let start = self.own.len();
        self.own.extend_from_slice(bytes);
        let end = self.own.len();
        match self.pieces.last_mut() {
            Some(Piece::Own(range)) => range.end = end,
            _ => self.pieces.push(Piece::Own(start..end)),
        }
    }

    /// Adds `bytes` without copying them.
    pub fn lend(&mut self, bytes: &'a [u8]) {
        self.pieces.push(Piece::Lent(bytes));
    }

    /// Adds `text` and the NUL that ends it. The caller has checked that it holds none itself.
    pub fn put_text(&mut self, text: &str) {
        self.put(text.as_bytes());
        self.put(&[0]);
    }

    /// Adds a 32-bit integer.
    pub fn put_i32(&mut self, value: i32) {
        self.put(&value.to_le_bytes());
    }

    /// Bytes in all pieces.
    pub fn byte_len(&self) -> usize {
        self.slices().iter().map(|slice| slice.len()).sum()
    }

    /// Writes everything, many pieces in one system call.
    ///
    /// # Errors
    /// Whatever `out` reports; `WriteZero` when it takes nothing more.
    pub fn write_to(&self, out: &mut impl Write) -> io::Result<()> {
        let mut slices = self.slices();
        let mut rest = &mut slices[..];
        while !rest.is_empty() {
            match out.write_vectored(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => IoSlice::advance_slices(&mut rest, written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        out.flush()
    }

    /// The pieces that hold bytes: where all are empty, `write_vectored` looks as if it were stuck.
    fn slices(&self) -> Vec<IoSlice<'_>> {
        let bytes = |piece: &'_ Piece<'a>| match piece {
            Piece::Own(range) => IoSlice::new(&self.own[range.clone()]),
            Piece::Lent(bytes) => IoSlice::new(bytes),
        };
        self.pieces.iter().map(bytes).filter(|slice| !slice.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes few bytes at a time, and is interrupted now and then.
    struct Trickle(Vec<u8>, usize);

    impl Write for Trickle {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1 += 1;
            if self.1.is_multiple_of(3) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let taken = bytes.len().min(self.1 % 5 + 1);
            self.0.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri takes minutes for a socket that takes byte by byte")]
    fn pieces_arrive_in_order_however_little_the_socket_takes() {
        let lent = [7u8; 100];
        let mut message = Gather::default();
        message.put(b"head");
        for _ in 0..2000 {
            message.lend(&lent);
            message.lend(&[]);
            message.put_i32(-1);
        }
        let mut fast = Vec::new();
        message.write_to(&mut fast).unwrap();
        let mut slow = Trickle(Vec::new(), 0);
        message.write_to(&mut slow).unwrap();
        assert_eq!(fast.len(), message.byte_len());
        assert_eq!(fast.len(), 4 + 2000 * 104);
        assert!(fast == slow.0);
    }

    #[test]
    fn nothing_to_send_is_no_error() {
        let mut message = Gather::default();
        message.lend(&[]);
        message.write_to(&mut Vec::new()).unwrap();
    }

    #[test]
    fn a_full_destination_is_an_error() {
        let mut message = Gather::default();
        message.put(b"too much");
        assert_eq!(message.write_to(&mut &mut [0u8; 3][..]).unwrap_err().kind(), io::ErrorKind::WriteZero);
    }
}
