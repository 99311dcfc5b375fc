//! Whatever the values are, every row is in one slice and no slice is too heavy without need.
use proptest::prelude::*;

use super::*;
use crate::model::Level;
use crate::testing::{def, ints};

fn weigher(values: &[Option<i64>]) -> impl FnMut(&[Range]) -> Result<Vec<u64>> {
    let inside = |(from, to): &Range| {
        let is_in =
            |value: &&i64| from.is_none_or(|from| **value >= from) && to.is_none_or(|to| **value < to);
        values.iter().flatten().filter(is_in).count() as u64
    };
    move |ranges| Ok(ranges.iter().map(inside).collect())
}

/// The cut of these values, and how many rows each slice has, the one without values last.
fn cut_of(values: &[Option<i64>], most: u64) -> (Cut, Vec<u64>) {
    let known = || values.iter().flatten();
    let ends = (*known().min().unwrap(), *known().max().unwrap());
    let cut = cut(ends, values.len() as u64, most, &mut weigher(values)).unwrap();
    let mut counts = vec![0; cut.bounds.len() + 2];
    for value in values {
        let at =
            value.map_or(cut.bounds.len() + 1, |value| cut.bounds.partition_point(|bound| *bound <= value));
        counts[at] += 1;
    }
    (cut, counts)
}

fn value() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![
        3 => (0_i64..50).prop_map(Some),
        2 => any::<i64>().prop_map(|value| Some(value.max(i64::MIN + 1))),
        2 => Just(Some(7)),
        1 => Just(Some(i64::MAX)),
        1 => Just(Some(i64::MIN + 1)),
        1 => Just(None),
    ]
}

proptest! {
    #[test]
    #[cfg_attr(miri, ignore = "Miri takes minutes for generated values")]
    fn every_row_is_in_one_slice_and_none_is_heavy_without_need(
        values in proptest::collection::vec(value(), 1..200),
        most in 0_u64..60,
    ) {
        prop_assume!(values.iter().any(Option::is_some));
        let (cut, counts) = cut_of(&values, most);
        prop_assert!(cut.bounds.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", cut.bounds);
        prop_assert_eq!(counts.iter().sum::<u64>(), values.len() as u64);
        let ranges = counts.len() - 1;
        for (at, count) in counts[..ranges].iter().enumerate() {
            let inside = |value: &i64| cut.bounds.partition_point(|bound| bound <= value) == at;
            let mut own: Vec<i64> = values.iter().flatten().copied().filter(inside).collect();
            own.sort_unstable();
            own.dedup();
            prop_assert!(*count <= most || own.len() == 1, "{count} rows of {own:?}");
        }
        // Every slice's own conditions, as texts, are disjoint: each begins where the one before ends.
        let slices = slices(&def("v", Type::Long), &cut.bounds).unwrap();
        prop_assert_eq!(slices.len(), counts.len());
        for pair in slices[..ranges].windows(2) {
            prop_assert!(pair[0].to.is_some());
            prop_assert_eq!(&pair[0].to, &pair[1].from);
        }
        prop_assert!(slices[0].from.is_none() && slices[ranges - 1].to.is_none());
    }
}

#[test]
fn what_fits_stays_in_one_piece_and_neighbours_are_joined() {
    let even: Vec<Option<i64>> = (0..1_000).map(Some).collect();
    assert_eq!(cut_of(&even, 1_000).0, Cut { bounds: Vec::new(), heaviest: 1_000 });
    let (cut, _) = cut_of(&even, 100);
    assert!((10..15).contains(&cut.bounds.len()) && cut.heaviest <= 100, "{cut:?}");
    let (one, counts) = cut_of(&[Some(5); 90], 10);
    assert_eq!((one.heaviest, counts), (90, vec![90, 0]), "one value cannot be divided");
}

#[test]
fn values_far_apart_take_few_questions() {
    let mut asked = 0;
    let values: Vec<Option<i64>> = (0..500).chain((1 << 60)..(1 << 60) + 500).map(Some).collect();
    let mut weigh = weigher(&values);
    let found = cut((0, (1 << 60) + 499), 1_000, 100, &mut |ranges| {
        asked += 1;
        weigh(ranges)
    });
    assert!(found.unwrap().heaviest <= 100 && asked < 20, "{asked} questions");
}

#[test]
fn sorted_times_come_first_and_the_value_of_a_partition_never() {
    let days = Scheme::Value(ints(Type::Date, [1, 2]));
    let mut schema = TableSchema {
        columns: vec![
            def("id", Type::Long),
            def("name", Type::String),
            def("seen", Type::Timestamp),
            def("day", Type::Date),
            def("at", Type::Time),
            def("price", Type::Double),
        ],
        levels: vec![Level { column: "day".into(), ty: Type::Date, scheme: days }],
        ..TableSchema::default()
    };
    schema.storage.sort_columns = vec!["name".into(), "at".into()];
    let all: Vec<String> = schema.columns.iter().map(|column| column.name.clone()).collect();
    let names = |keys: Option<&[String]>| -> Vec<String> {
        candidates(&schema, &all, keys).into_iter().map(|column| column.name).collect()
    };
    assert_eq!(names(None), ["at", "seen", "id"]);
    assert_eq!(names(Some(&["id".into(), "name".into()])), ["id"]);
    assert_eq!(candidates(&schema, &["price".into(), "day".into()], None), []);
    assert_eq!(width(&schema, &all), (8 + 8 + 4 + 4 + 8, 1));
}

#[test]
fn an_unwritable_bound_makes_no_slices() {
    assert_eq!(slices(&def("v", Type::Int), &[i64::from(i32::MIN)]), None);
    let shown: Vec<String> =
        slices(&def("v", Type::Date), &[0, 1]).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["v < 1970.01.01", "v in [1970.01.01, 1970.01.02)", "v >= 1970.01.02", "v is NULL"]);
}
