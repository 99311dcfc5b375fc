//! What a fingerprint must see and what it must not, and a row-wise model to compare with.
use std::collections::HashSet;

use proptest::prelude::*;

use super::absorb::{Chain, finish, keys, term};
use super::*;
use crate::data::{Bytes, Cells, Type};

/// The definition, one row after the other and one byte after the other.
fn model(rows: usize, columns: &[Column]) -> Fingerprint {
    let cells: Vec<Vec<Vec<u8>>> =
        columns.iter().map(|column| column.each().map(|cell| cell.into_owned()).collect()).collect();
    let mut all = 0u128;
    for row in 0..rows {
        let mut sum = 0u128;
        for (number, (column, cells)) in columns.iter().zip(&cells).enumerate() {
            sum = sum.wrapping_add(model_of_cell(column.ty, cells[row].clone(), keys(number)));
        }
        all = all.wrapping_add(finish(sum));
    }
    Fingerprint { rows: rows as u64, sum: all }
}

fn model_of_cell(ty: Type, mut cell: Vec<u8>, keys: [u64; 3]) -> u128 {
    let words = |bytes: &[u8], width: usize| -> Vec<u64> {
        let word = |part: &[u8]| (0..part.len()).fold(0, |word, i| word | u64::from(part[i]) << (8 * i));
        bytes.chunks(width).map(word).collect()
    };
    let chain = |words: Vec<u64>| {
        let mut chain = Chain::default();
        words.into_iter().for_each(|word| chain.absorb(word));
        chain.term(keys)
    };
    match ty {
        Type::Symbol | Type::String => {
            cell.push(0);
            let mut words = words(&cell, 8);
            let last = term(words.pop().unwrap(), keys[0]);
            if words.is_empty() { last } else { last.wrapping_add(chain(words)) }
        }
        Type::Blob => term(cell.len() as u64, keys[0]).wrapping_add(chain(words(&cell, 8))),
        Type::Array(element) => {
            let cell = if cell.is_empty() { element.ty().null() } else { cell };
            let length = (cell.len() / element.width()) as u64;
            term(length, keys[0]).wrapping_add(chain(words(&cell, element.width().min(8))))
        }
        _ => words(&cell, 8).iter().zip(keys).fold(0, |sum, (word, key)| sum.wrapping_add(term(*word, key))),
    }
}

fn of(columns: &[Column]) -> Fingerprint {
    Fingerprint::of(columns[0].rows, columns)
}

fn ints(values: &[i32]) -> Column {
    Column::fixed(Type::Int, values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>())
}

fn doubles(bits: &[u64]) -> Column {
    Column::fixed(Type::Double, bits.iter().flat_map(|bits| bits.to_le_bytes()).collect::<Vec<u8>>())
}

fn texts(values: &[&str]) -> Column {
    Column::text(Type::String, values)
}

#[test]
#[cfg_attr(miri, ignore = "Miri takes minutes for all the bits")]
fn a_flipped_bit_shows_wherever_it_is() {
    let original = [1u64, u64::MAX, 0x7ff8_0000_0000_0001];
    let before = of(&[doubles(&original), ints(&[1, 2, 3])]);
    for bit in 0..64 {
        for row in 0..3 {
            let mut changed = original;
            changed[row] ^= 1 << bit;
            assert_ne!(of(&[doubles(&changed), ints(&[1, 2, 3])]), before, "bit {bit} of row {row}");
        }
    }
}

#[test]
fn one_row_doubled_and_one_dropped_shows() {
    assert_ne!(of(&[ints(&[1, 2, 3])]), of(&[ints(&[1, 1, 3])]));
    assert_ne!(of(&[ints(&[5, 5, 6, 6])]), of(&[ints(&[7, 7, 8, 8])]), "pairs do not cancel");
    assert_ne!(of(&[ints(&[])]), of(&[ints(&[0])]));
}

#[test]
fn values_that_changed_places_show() {
    let before = of(&[ints(&[1, 2]), texts(&["a", "b"])]);
    assert_ne!(of(&[ints(&[2, 1]), texts(&["a", "b"])]), before, "between rows in one column");
    assert_ne!(of(&[ints(&[1]), ints(&[2])]), of(&[ints(&[2]), ints(&[1])]), "between columns");
    assert_ne!(of(&[texts(&["ab"]), texts(&["c"])]), of(&[texts(&["a"]), texts(&["bc"])]));
    assert_ne!(of(&[texts(&[""]), texts(&["abcdefgh"])]), of(&[texts(&["abcdefgh"]), texts(&[""])]));
}

#[test]
fn the_order_of_rows_does_not_show() {
    let before = of(&[ints(&[1, 2, 3]), texts(&["a", "b", ""])]);
    assert_eq!(of(&[ints(&[3, 1, 2]), texts(&["", "a", "b"])]), before);
}

#[test]
fn null_differs_from_its_neighbours() {
    let null = of(&[ints(&[i32::MIN])]);
    for other in [i32::MIN + 1, 0, -1, i32::MAX] {
        assert_ne!(of(&[ints(&[other])]), null);
    }
    let bools = |value: i8| of(&[Column::fixed(Type::Bool, vec![value as u8])]);
    assert_ne!(bools(i8::MIN), bools(0));
    assert_ne!(of(&[texts(&[""])]), of(&[texts(&[" "])]));
    assert_ne!(of(&[doubles(&[(-f64::MAX).to_bits()])]), of(&[doubles(&[(-f64::MAX).to_bits() - 1])]));
}

#[test]
fn zeros_and_nans_count_by_their_bits() {
    assert_ne!(of(&[doubles(&[0f64.to_bits()])]), of(&[doubles(&[(-0f64).to_bits()])]));
    assert_ne!(of(&[doubles(&[0x7ff8_0000_0000_0000])]), of(&[doubles(&[0x7ff8_0000_0000_0001])]));
}

#[test]
fn symbol_and_string_are_the_same_text() {
    let symbols = Column::text(Type::Symbol, ["UA", "", "a longer name"]);
    assert_eq!(of(&[symbols]), of(&[texts(&["UA", "", "a longer name"])]));
}

#[test]
#[cfg_attr(miri, ignore = "it is arithmetic alone, and Miri takes minutes for it")]
fn small_structured_rows_do_not_collide() {
    let (first, second) = (keys(0)[0], keys(1)[0]);
    let mut sums = HashSet::new();
    for a in 0..1000u64 {
        for b in 0..1000u64 {
            let hash = finish(term(a, first).wrapping_add(term(b, second)));
            assert!(sums.insert((hash >> 64) as u64), "the upper half of ({a}, {b})");
            assert!(sums.insert(hash as u64), "the lower half of ({a}, {b})");
        }
    }
}

#[test]
#[cfg_attr(miri, ignore = "it is arithmetic alone, and Miri takes minutes for it")]
fn a_changed_bit_changes_about_half_of_the_hash() {
    for key in [keys(0)[0], keys(5)[2]] {
        let hash = |word: u64| finish(term(word, key));
        for bit in 0..64 {
            let changed: u32 =
                (0..256u64).map(|word| (hash(word) ^ hash(word ^ 1 << bit)).count_ones()).sum();
            let mean = f64::from(changed) / 256.0;
            assert!((60.0..68.0).contains(&mean), "bit {bit} changes {mean} bits of 128");
        }
    }
}

#[test]
fn every_key_is_odd_and_its_own() {
    let all: Vec<u64> = (0..1000).flat_map(keys).collect();
    assert!(all.iter().all(|key| key % 2 == 1));
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
}

#[test]
fn flips_of_the_top_bit_in_two_places_do_not_cancel() {
    let top = 1u64 << 63;
    let before = of(&[doubles(&[1]), doubles(&[2])]);
    assert_ne!(of(&[doubles(&[1 ^ top]), doubles(&[2 ^ top])]), before);
    let array = |values: &[u64]| {
        let cell: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        of(&[Column::of(Type::Double.array().unwrap(), [cell])])
    };
    assert_ne!(array(&[1 ^ top, 2 ^ top]), array(&[1, 2]));
    assert_ne!(array(&[1 ^ top, 2 ^ top ^ 1 << 31]), array(&[1, 2]));
}

#[test]
fn values_of_arrays_and_bytes_keep_to_their_rows() {
    let ints = Type::Short.array().unwrap();
    let of_rows = |cells: &[&[u8]]| of(&[Column::of(ints, cells)]);
    let before = of_rows(&[&[1, 0, 2, 0], &[3, 0]]);
    assert_ne!(of_rows(&[&[1, 0], &[2, 0, 3, 0]]), before, "rows are split differently");
    assert_ne!(of_rows(&[&[2, 0, 1, 0], &[3, 0]]), before, "the order of values");
    assert_ne!(of_rows(&[&[1, 0, 2, 0], &[3, 0, 0, 0]]), before, "a zero more");
    assert_eq!(of_rows(&[&[3, 0], &[1, 0, 2, 0]]), before, "the order of rows");
    assert_eq!(of_rows(&[&[], &[3, 0]]), of_rows(&[&[0, 0x80], &[3, 0]]), "as servers store no values");
    let of_blobs = |cells: &[&[u8]]| of(&[Column::of(Type::Blob, cells)]);
    assert_ne!(of_blobs(&[b"ab", b"c"]), of_blobs(&[b"a", b"bc"]));
    assert_ne!(of_blobs(&[b"ab"]), of_blobs(&[b"ab\0"]));
    assert_ne!(of_blobs(&[b""]), of_blobs(&[b"\0"]));
}

/// Pins version 2: a change here means that clusters with the old version disagree.
#[test]
fn the_definition_stays() {
    let fingerprint = of(&[ints(&[1, -2]), texts(&["UA", "a longer name"]), doubles(&[0, 1])]);
    assert_eq!(fingerprint.to_string(), "709fdbdf63a29816f864d38a43b84d34 over 2 rows");
}

/// `column` with its cells cut into segments after each of the row numbers in `cuts`.
fn cut(column: &Column, cuts: &[usize]) -> Column {
    let cells: Vec<Vec<u8>> = column.each().map(|cell| cell.into_owned()).collect();
    let mut bounds: Vec<usize> = cuts.iter().map(|cut| cut % (column.rows + 1)).collect();
    bounds.extend([0, column.rows]);
    bounds.sort_unstable();
    let parts = bounds.windows(2).map(|pair| Column::of(column.ty, &cells[pair[0]..pair[1]]));
    let segments: Vec<Bytes> = parts.flat_map(|part| part.cells.segments().to_vec()).collect();
    let cells = match &column.cells {
        Cells::Fixed(_) => Cells::Fixed(segments),
        Cells::Text(_) => Cells::Text(segments),
        Cells::Blob(_) => Cells::Blob(segments),
        Cells::Array(lengths, _) => Cells::Array(lengths.clone(), segments),
    };
    Column { cells, ..column.clone() }
}

fn any_type() -> impl Strategy<Value = Type> {
    let arrays = Type::ALL.iter().filter_map(|ty| ty.array());
    prop::sample::select(Type::ALL.iter().copied().chain(arrays).collect::<Vec<_>>())
}

fn any_cell(ty: Type) -> BoxedStrategy<Vec<u8>> {
    let bytes = |len: usize| prop::collection::vec(any::<u8>(), len);
    match ty {
        Type::Symbol | Type::String => "[a-z\u{e9}]{0,20}".prop_map(String::into_bytes).boxed(),
        Type::Blob => (0..20usize).prop_flat_map(bytes).boxed(),
        Type::Array(element) => (0..4usize).prop_flat_map(move |n| bytes(n * element.width())).boxed(),
        _ => bytes(ty.width().unwrap()).boxed(),
    }
}

fn any_column(rows: usize) -> impl Strategy<Value = Column> {
    any_type().prop_flat_map(move |ty| {
        let cuts = prop::collection::vec(any::<usize>(), 0..4);
        (prop::collection::vec(any_cell(ty), rows), cuts)
            .prop_map(move |(cells, cuts)| cut(&Column::of(ty, cells), &cuts))
    })
}

fn any_columns() -> impl Strategy<Value = Vec<Column>> {
    let rows = prop_oneof![0..20usize, 250..260usize, 510..520usize];
    rows.prop_flat_map(|rows| prop::collection::vec(any_column(rows), 1..5))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    #[cfg_attr(miri, ignore = "Miri takes minutes for generated columns")]
    fn equals_the_row_wise_model_however_segments_are_cut(columns in any_columns()) {
        prop_assert_eq!(of(&columns), model(columns[0].rows, &columns));
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri takes minutes for generated columns")]
    fn rows_may_change_places_but_not_their_cells(
        columns in any_columns(), at in any::<usize>(), other in any::<usize>(), which in any::<usize>(),
    ) {
        let rows = columns[0].rows;
        prop_assume!(rows > 1);
        let (at, other, which) = (at % rows, other % rows, which % columns.len());
        let swapped = |all: bool| -> Vec<Column> {
            let change = |(number, column): (usize, &Column)| {
                let mut cells: Vec<_> = column.each().map(|cell| cell.into_owned()).collect();
                if all || number == which {
                    cells.swap(at, other);
                }
                Column::of(column.ty, cells)
            };
            columns.iter().enumerate().map(change).collect()
        };
        prop_assert_eq!(of(&swapped(true)), of(&columns));
        let same = |number: usize| {
            let cells: Vec<_> = columns[number].each().collect();
            let alone = |row: usize| of(&[Column::of(columns[number].ty, [&cells[row]])]);
            alone(at) == alone(other)
        };
        let unchanged = same(which) || (0..columns.len()).all(|number| number == which || same(number));
        prop_assume!(!unchanged);
        prop_assert_ne!(of(&swapped(false)), of(&columns));
    }

    #[test]
    #[cfg_attr(miri, ignore = "Miri takes minutes for generated columns")]
    fn any_changed_cell_shows(columns in any_columns(), row in any::<usize>(), which in any::<usize>(), bit in any::<usize>()) {
        let rows = columns[0].rows;
        prop_assume!(rows > 0);
        let (row, which) = (row % rows, which % columns.len());
        let ty = columns[which].ty;
        let mut cells: Vec<_> = columns[which].each().map(|cell| cell.into_owned()).collect();
        let cell = &mut cells[row];
        prop_assume!(!cell.is_empty());
        let (byte, bit) = (bit / 8 % cell.len(), bit % 8);
        cell[byte] ^= 1 << bit;
        prop_assume!(!ty.is_text() || cell[byte] != 0);
        let mut changed = columns.clone();
        changed[which] = Column::of(ty, cells);
        prop_assert_ne!(of(&changed), of(&columns));
    }
}
