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

/// Cells of `ty` with any bits, in segments of `cut` cells, of arrays `cut` values.
fn column(ty: Type, rows: usize) -> impl Strategy<Value = Column> {
    let width = match ty {
        Type::Array(element) => element.width(),
        ty => ty.width().unwrap_or(1),
    };
    let any_bytes = move |values| vec(any::<u8>(), values * width);
    let cells = match ty {
        Type::Symbol | Type::String => vec("[^\\x00]{0,12}".prop_map(String::into_bytes), rows).boxed(),
        Type::Blob | Type::Array(_) => vec((0..5usize).prop_flat_map(any_bytes), rows).boxed(),
        _ => vec(any_bytes(1), rows).boxed(),
    };
    (cells, 1..5usize).prop_map(move |(cells, cut)| {
        let runs = cells.chunks(cut).map(|run| Column::of(ty, run).cells);
        let segments = runs.flat_map(|cells| cells.segments().to_vec()).collect();
        let whole = Column::of(ty, &cells);
        let cells = match whole.cells {
            Cells::Fixed(_) => Cells::Fixed(segments),
            Cells::Text(_) => Cells::Text(segments),
            Cells::Blob(_) => Cells::Blob(segments),
            Cells::Array(lengths, values) => {
                let values = values[0].chunks(cut * width).map(|run| Bytes::new(run.to_vec()));
                Cells::Array(lengths, values.collect())
            }
        };
        Column { cells, ..whole }
    })
}

fn any_type() -> impl Strategy<Value = Type> {
    let scaled = |ty: &Type| ty.with_scale(5).unwrap_or(*ty);
    let plain = Type::ALL.iter().map(scaled);
    let arrays = Type::ALL.iter().filter_map(|ty| scaled(ty).array());
    proptest::sample::select(plain.chain(arrays).collect::<Vec<_>>())
}

fn scalar_type() -> impl Strategy<Value = Type> {
    any_type().prop_filter("an array is no scalar", |ty| !matches!(ty, Type::Array(_)))
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
        scalar_type().prop_flat_map(|ty| column(ty, 1)).prop_map(Datum::Scalar),
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
            None => Column::of(ty, (0..rows).map(|i| format!("row {i}"))),
        };
        (format!("c{}", ty.name()), column)
    });
    let lengths = (0..rows).map(|row| vec![7; row % 4 * 8]);
    let columns = columns.chain([("array".to_owned(), Column::of(Type::Double.array().unwrap(), lengths))]);
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
    let blob = |bytes: &'static [u8]| Cells::Blob(vec![Bytes::new(bytes)]);
    let array = |lengths: &[u32], len: usize| Cells::Array(lengths.into(), vec![Bytes::new(vec![0; len])]);
    let ints = Type::Int.array().unwrap();
    let good = [
        with(Type::Int, 2, fixed(8)),
        with(Type::String, 2, text(b"a\0\0")),
        with(Type::Blob, 2, blob(b"\x01\0\0\0a\0\0\0\0")),
        with(ints, 2, array(&[0, 2], 8)),
    ];
    let bad = [
        with(Type::Int, 2, fixed(7)),
        with(Type::Int, 3, fixed(12)),
        with(Type::Int, 2, text(b"a\0b\0abcd")),
        with(Type::String, 2, fixed(8)),
        with(Type::String, 2, text(b"a\0")),
        with(Type::String, 2, text(b"a\0b\0c\0")),
        with(Type::String, 2, text(b"a\0b\0c")),
        with(Type::Blob, 2, blob(b"\x01\0\0\0a\x01\0\0\0")),
        with(Type::Blob, 2, blob(b"\x01\0\0\0a")),
        with(Type::Blob, 2, text(b"a\0b\0")),
        with(ints, 2, array(&[1, 2], 8)),
        with(ints, 2, array(&[2], 8)),
        with(Type::Int, 2, array(&[1, 1], 8)),
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
