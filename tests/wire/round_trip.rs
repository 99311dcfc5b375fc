//! Whatever is encoded decodes to the same, however the memory is cut and however slowly it arrives.
use std::io::Read;

use clustersync::data::{Batch, Bytes, Cells, Column, Datum, Type};
use clustersync::error::Kind;
use clustersync::wire::codec::{Gather, Reader, decode, encode, encode_table};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::show::show;

pub fn encoded(datum: &Datum) -> Vec<u8> {
    let mut message = Gather::default();
    encode(datum, &mut message).unwrap();
    let mut bytes = Vec::new();
    message.write_to(&mut bytes).unwrap();
    bytes
}

/// One byte at a time.
struct Drip<'a>(&'a [u8]);

impl Read for Drip<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let some = into.len().min(1);
        self.0.read(&mut into[..some])
    }
}

/// Cells of `ty` with any bits, in segments of `cut` cells.
fn column(ty: Type, rows: usize) -> impl Strategy<Value = Column> {
    let fixed = vec(any::<u8>(), rows * ty.width().unwrap_or(0));
    let texts = vec("[^\\x00]{0,12}", if ty.is_text() { rows } else { 0 });
    (fixed, texts, 1..5usize).prop_map(move |(fixed, texts, cut)| {
        let cells = match ty.width() {
            Some(width) => {
                Cells::Fixed(fixed.chunks(cut * width).map(|run| Bytes::new(run.to_vec())).collect())
            }
            None => {
                let segment = |run: &[String]| {
                    run.iter().flat_map(|text| format!("{text}\0").into_bytes()).collect::<Vec<u8>>()
                };
                let segments = texts.chunks(cut).map(|run| Bytes::new(segment(run)));
                Cells::Text(segments.collect())
            }
        };
        Column { ty, rows, cells }
    })
}

fn any_type() -> impl Strategy<Value = Type> {
    proptest::sample::select(Type::ALL)
}

fn any_column() -> impl Strategy<Value = Column> {
    (any_type(), 0..9usize).prop_flat_map(|(ty, rows)| column(ty, rows))
}

fn table() -> impl Strategy<Value = Batch> {
    let named = |rows| ("[a-zß_]{1,8}", any_type().prop_flat_map(move |ty| column(ty, rows)));
    (0..20usize)
        .prop_flat_map(move |rows| (Just(rows), vec(named(rows), 1..30)))
        .prop_map(|(rows, columns)| Batch { rows, columns })
}

fn datum() -> impl Strategy<Value = Datum> {
    let leaf = prop_oneof![
        Just(Datum::Void),
        any_type().prop_flat_map(|ty| column(ty, 1)).prop_map(Datum::Scalar),
        any_column().prop_map(Datum::Vector),
        table().prop_map(Datum::Table),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Datum::Tuple),
            vec(("[a-z]{0,5}", inner), 0..6).prop_map(Datum::Dict),
        ]
    })
}

proptest! {
    #[test]
    fn values_survive(datum in datum()) {
        let bytes = encoded(&datum);
        let back = decode(&mut Reader::new(&bytes[..])).unwrap();
        prop_assert_eq!(show(&back), show(&datum));
        prop_assert!(encoded(&back) == bytes);
        let dripped = decode(&mut Reader::new(Drip(&bytes))).unwrap();
        prop_assert!(encoded(&dripped) == bytes);
    }

    #[test]
    fn a_cut_value_is_an_error(datum in datum(), cut in any::<proptest::sample::Index>()) {
        let bytes = encoded(&datum);
        let cut = cut.index(bytes.len());
        prop_assert_eq!(decode(&mut Reader::new(&bytes[..cut])).unwrap_err().kind(), Kind::Network);
    }
}

#[test]
fn every_type_survives_in_a_large_table() {
    let rows = 100_000;
    let columns = Type::ALL.iter().map(|&ty| {
        let column = match ty.width() {
            Some(width) => Column::fixed(ty, (0..rows * width).map(|i| (i % 253) as u8).collect::<Vec<u8>>()),
            None => Column::text(ty, (0..rows).map(|i| format!("row {i}"))),
        };
        (format!("c{}", ty.name()), column)
    });
    let table = Datum::Table(Batch { rows, columns: columns.collect() });
    let bytes = encoded(&table);
    let back = decode(&mut Reader::new(&bytes[..])).unwrap();
    assert!(encoded(&back) == bytes);
}

#[test]
fn cells_that_do_not_fit_their_count_are_not_sent() {
    let with = |ty, rows, cells| Batch { rows: 2, columns: vec![("c".into(), Column { ty, rows, cells })] };
    let fixed = |len: usize| Cells::Fixed(vec![Bytes::new(vec![0; len])]);
    let text = |bytes: &'static [u8]| Cells::Text(vec![Bytes::new(bytes)]);
    let good = [with(Type::Int, 2, fixed(8)), with(Type::String, 2, text(b"a\0\0"))];
    let bad = [
        with(Type::Int, 2, fixed(7)),
        with(Type::Int, 3, fixed(12)),
        with(Type::Int, 2, text(b"a\0b\0abcd")),
        with(Type::String, 2, fixed(8)),
        with(Type::String, 2, text(b"a\0")),
        with(Type::String, 2, text(b"a\0b\0c\0")),
        with(Type::String, 2, text(b"a\0b\0c")),
    ];
    good.iter().for_each(|batch| encode_table(batch, &mut Gather::default()).unwrap());
    for batch in &bad {
        let refused = encode_table(batch, &mut Gather::default()).unwrap_err();
        assert_eq!(refused.kind(), Kind::Bug, "{refused}");
        assert!(refused.message().contains("column `c`"));
    }
    let named = Batch { rows: 0, columns: vec![("a\0b".into(), Column::fixed(Type::Int, []))] };
    assert_eq!(encode_table(&named, &mut Gather::default()).unwrap_err().kind(), Kind::Argument);
}
