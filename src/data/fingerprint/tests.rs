//! What a fingerprint must see and what it must not, and a row-wise model to compare with.
use std::collections::HashSet;

use proptest::prelude::*;

use super::absorb::RowHash;
use super::*;
use crate::data::{Bytes, Cells, Type};

/// The definition, one row after the other and one byte after the other.
fn model(rows: usize, columns: &[Column]) -> Fingerprint {
    let cells: Vec<Vec<&[u8]>> = columns
        .iter()
        .map(|column| match column.ty.is_text() {
            true => column.texts().collect(),
            false => column.fixed_cells().collect(),
        })
        .collect();
    let mut sum = 0u128;
    for row in 0..rows {
        let mut hash = RowHash::EMPTY;
        for (column, cells) in columns.iter().zip(&cells) {
            let mut bytes = cells[row].to_vec();
            if column.ty.is_text() {
                bytes.push(0);
            }
            for part in bytes.chunks(8) {
                let word = (0..part.len()).fold(0, |word, i| word | u64::from(part[i]) << (8 * i));
                hash.absorb(word);
            }
        }
        sum = sum.wrapping_add(hash.finish());
    }
    Fingerprint { rows: rows as u64, sum }
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
fn small_structured_rows_do_not_collide() {
    let mut sums = HashSet::new();
    for a in 0..1000u64 {
        for b in 0..1000u64 {
            let mut hash = RowHash::EMPTY;
            hash.absorb(a);
            hash.absorb(b);
            let hash = hash.finish();
            assert!(sums.insert((hash >> 64) as u64), "the upper half of ({a}, {b})");
        }
    }
}

#[test]
fn a_changed_bit_changes_about_half_of_the_hash() {
    let hash = |word: u64| {
        let mut hash = RowHash::EMPTY;
        hash.absorb(word);
        hash.finish()
    };
    for bit in 0..64 {
        let changed: u32 = (0..256u64).map(|word| (hash(word) ^ hash(word ^ 1 << bit)).count_ones()).sum();
        let mean = f64::from(changed) / 256.0;
        assert!((60.0..68.0).contains(&mean), "bit {bit} changes {mean} bits of 128");
    }
}

/// Pins version 1: a change here means that clusters with the old version disagree.
#[test]
fn the_definition_stays() {
    let fingerprint = of(&[ints(&[1, -2]), texts(&["UA", "a longer name"]), doubles(&[0, 1])]);
    assert_eq!(fingerprint.to_string(), "22383163a4862017164241495858f15f over 2 rows");
}

/// `column` with its cells cut into segments after each of the row numbers in `cuts`.
fn cut(column: &Column, cuts: &[usize]) -> Column {
    let cells: Vec<Vec<u8>> = match column.ty.is_text() {
        true => column.texts().map(|text| [text, &[0]].concat()).collect(),
        false => column.fixed_cells().map(<[u8]>::to_vec).collect(),
    };
    let mut bounds: Vec<usize> = cuts.iter().map(|cut| cut % (column.rows + 1)).collect();
    bounds.extend([0, column.rows]);
    bounds.sort_unstable();
    let segments = bounds.windows(2).map(|pair| Bytes::new(cells[pair[0]..pair[1]].concat())).collect();
    let cells = if column.ty.is_text() { Cells::Text(segments) } else { Cells::Fixed(segments) };
    Column { cells, ..column.clone() }
}

prop_compose! {
    fn any_column(rows: usize)(
        ty in prop::sample::select(Type::ALL),
        bytes in prop::collection::vec(any::<u8>(), rows * 16),
        texts in prop::collection::vec("[a-z\u{e9}]{0,20}", rows),
        cuts in prop::collection::vec(any::<usize>(), 0..4),
    ) -> Column {
        let column = match ty.width() {
            Some(width) => Column::fixed(ty, bytes[..rows * width].to_vec()),
            None => Column::text(ty, texts),
        };
        cut(&column, &cuts)
    }
}

fn any_columns() -> impl Strategy<Value = Vec<Column>> {
    let rows = prop_oneof![0..20usize, 250..260usize, 510..520usize];
    rows.prop_flat_map(|rows| prop::collection::vec(any_column(rows), 1..5))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn equals_the_row_wise_model_however_segments_are_cut(columns in any_columns()) {
        prop_assert_eq!(of(&columns), model(columns[0].rows, &columns));
    }
}
