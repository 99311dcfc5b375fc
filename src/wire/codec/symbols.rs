//! SYMBOL vectors that carry a dictionary ("base") and codes instead of texts.
use std::collections::HashMap;
use std::io::Read;

use super::reader::{Reader, broken};
use crate::data::{Column, Type};
use crate::error::Result;

/// Texts of a column below which any ratio of texts to codes is believed.
const TRUSTED: usize = 64 << 20;
/// Bytes of a text, on average, above which a larger column is taken for an attack: a few codes
/// can stand for any amount of text. A table holds no symbol above 255 bytes.
const BELIEVABLE: usize = 1024;

/// The dictionaries of one reply. A later column may name an earlier one instead of sending it again
/// (wire-protocol §6).
#[derive(Default)]
pub struct Bases(HashMap<i32, Base>);

/// Texts with their NUL bytes, back to back, and where each ends.
struct Base {
    texts: Vec<u8>,
    ends: Vec<usize>,
}

impl Bases {
    /// Reads base and codes of a vector of `rows` cells; the column holds the texts.
    pub fn column(&mut self, reader: &mut Reader<impl Read>, rows: usize) -> Result<Column> {
        let id = reader.i32()?;
        let size = reader.count("symbols")?;
        if size > 0 {
            self.0.insert(id, Base::new(reader.texts(size)?));
        }
        let codes = reader.bytes(rows * size_of::<i32>())?;
        let Some(base) = self.0.get(&id) else {
            return match rows {
                0 => Ok(text_column(0, Vec::new())),
                _ => Err(broken(format!("symbols refer to base {id}, which was not sent"))),
            };
        };
        Ok(text_column(rows, base.texts_of(&codes)?))
    }
}

impl Base {
    fn new(texts: Vec<u8>) -> Self {
        let is_end = |(at, byte): (usize, &u8)| (*byte == 0).then_some(at + 1);
        let ends = texts.iter().enumerate().filter_map(is_end).collect();
        Base { texts, ends }
    }

    fn text(&self, code: [u8; 4]) -> Option<&[u8]> {
        let code = usize::try_from(i32::from_le_bytes(code)).ok()?;
        let end = *self.ends.get(code)?;
        let start = code.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(&self.texts[start..end])
    }

    fn texts_of(&self, codes: &[u8]) -> Result<Vec<u8>> {
        let (codes, _) = codes.as_chunks::<4>();
        let unknown = || broken("a symbol's code is outside of its base");
        let mut len = 0;
        for code in codes {
            len += self.text(*code).ok_or_else(unknown)?.len();
        }
        if len > TRUSTED && len / codes.len() > BELIEVABLE {
            return Err(broken(format!("symbols are longer than {BELIEVABLE} bytes on average")));
        }
        let mut texts = Vec::with_capacity(len);
        codes.iter().filter_map(|code| self.text(*code)).for_each(|text| texts.extend_from_slice(text));
        Ok(texts)
    }
}

fn text_column(rows: usize, texts: Vec<u8>) -> Column {
    let cells = crate::data::Cells::Text(vec![crate::data::Bytes::new(texts)]);
    Column { ty: Type::Symbol, rows, cells }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn vector(id: i32, base: &[&str], codes: &[i32]) -> Vec<u8> {
        let mut bytes = [id.to_le_bytes(), (base.len() as i32).to_le_bytes()].concat();
        base.iter().for_each(|text| bytes.extend([text.as_bytes(), &[0]].concat()));
        codes.iter().for_each(|code| bytes.extend(code.to_le_bytes()));
        bytes
    }

    #[test]
    fn a_base_serves_later_columns() {
        let mut bases = Bases::default();
        let own = vector(3, &["", "UA", "AA"], &[2, 0, 1]);
        let borrowed = vector(3, &[], &[1, 1]);
        let first = bases.column(&mut Reader::new(&own[..]), 3).unwrap();
        let second = bases.column(&mut Reader::new(&borrowed[..]), 2).unwrap();
        assert_eq!(first.texts().collect::<Vec<_>>(), [&b"AA"[..], b"", b"UA"]);
        assert_eq!(second.texts().collect::<Vec<_>>(), [b"UA", b"UA"]);
    }

    #[test]
    fn codes_outside_of_the_base_are_refused() {
        for bytes in [vector(0, &["", "a"], &[2]), vector(0, &["", "a"], &[-1]), vector(9, &[], &[0])] {
            let refused = Bases::default().column(&mut Reader::new(&bytes[..]), 1).unwrap_err();
            assert_eq!(refused.kind(), Kind::Protocol);
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri takes minutes for so many bytes")]
    fn few_bytes_cannot_claim_unbounded_memory() {
        let long = "x".repeat(1 << 20);
        let bytes = vector(0, &[&long], &[0; 100_000]);
        let refused = Bases::default().column(&mut Reader::new(&bytes[..]), 100_000).unwrap_err();
        assert!(refused.message().contains("on average"), "{refused}");
    }
}
