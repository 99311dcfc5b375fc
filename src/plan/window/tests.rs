//! Windows told in types of their own, and the partitions that they meet.
use super::*;
use crate::testing::{def, ints};

const DAY: i64 = 86_400_000;

fn schema(ty: Type, level: Type, scheme: Scheme) -> TableSchema {
    let levels = vec![Level { column: "ts".into(), ty: level, scheme }];
    TableSchema { columns: vec![def("ts", ty), def("x", Type::Double)], levels, ..TableSchema::default() }
}

/// Days 0 to 3 of 1970.
fn days(ty: Type) -> TableSchema {
    schema(ty, Type::Date, Scheme::Value(ints(Type::Date, 0..4)))
}

fn asked() -> Asked {
    Asked { column: "ts".into(), from: None, watermark: None, look_back: LookBack::Time(0), to: None }
}

fn date(value: i64) -> Option<Point> {
    Some(Point { ty: Type::Date, value })
}

fn timestamp(value: i64) -> Point {
    Point { ty: Type::Timestamp, value }
}

fn shown(asked: &Asked, schema: &TableSchema) -> String {
    fold(asked, schema).map_or_else(|finding| finding.what, |window| window.to_string())
}

#[test]
fn ends_are_told_in_the_type_of_the_column() {
    let late = End::At(timestamp(DAY + 1));
    let explicit = Asked { from: date(1), to: Some(late), ..asked() };
    for (ty, expected) in [
        (Type::Timestamp, "ts in [1970.01.02T00:00:00.000, 1970.01.02T00:00:00.001)"),
        (Type::Nanotimestamp, "ts in [1970.01.02T00:00:00.000000000, 1970.01.02T00:00:00.001000000)"),
        // The first day that is not before the end is the third.
        (Type::Date, "ts in [1970.01.02, 1970.01.03)"),
        (Type::Datetime, "ts in [1970.01.02T00:00:00, 1970.01.02T00:00:01)"),
        (Type::Int, "`ts` is INT and cannot be compared with DATE"),
        (Type::Second, "`ts` is SECOND and cannot be compared with DATE"),
        (Type::Double, "a window cannot be told by `ts`, which is DOUBLE"),
    ] {
        assert_eq!(shown(&explicit, &days(ty)), expected);
    }
    assert_eq!(
        shown(&Asked { column: "y".into(), ..explicit }, &days(Type::Date)),
        "there is no column `y` for the window"
    );
}

#[test]
fn a_clock_ends_before_the_cell_that_may_still_get_rows() {
    let now = Some(End::Now(timestamp(2 * DAY + 5)));
    assert_eq!(shown(&Asked { to: now, ..asked() }, &days(Type::Date)), "ts in [.., 1970.01.03)");
    let to = "ts in [.., 1970.01.03T00:00:00.005)";
    assert_eq!(shown(&Asked { to: now, ..asked() }, &days(Type::Timestamp)), to);
}

#[test]
fn a_watermark_begins_the_window_as_far_back_as_told() {
    let watermark = Some(timestamp(3 * DAY));
    let to = Some(End::Now(timestamp(4 * DAY)));
    let with = |look_back| Asked { watermark, look_back, to, ..asked() };
    let window = shown(&with(LookBack::Time(2 * DAY * 1_000_000)), &days(Type::Timestamp));
    assert_eq!(window, "ts in [1970.01.02T00:00:00.000, 1970.01.05T00:00:00.000)");
    assert_eq!(
        shown(&with(LookBack::Steps(2)), &days(Type::Timestamp)),
        "`lookBack` does not suit `ts`, which is TIMESTAMP"
    );
    let back = Asked { to: Some(End::Now(timestamp(DAY))), ..with(LookBack::Time(0)) };
    let none = "the window ts in [1970.01.04T00:00:00.000, 1970.01.02T00:00:00.000) holds no value";
    assert_eq!(shown(&back, &days(Type::Timestamp)), none);
    assert_eq!(
        shown(&Asked { from: date(0), ..with(LookBack::Time(0)) }, &days(Type::Date)),
        "ts in [1970.01.01, 1970.01.05)"
    );
}

fn met(schema: &TableSchema, asked: &Asked) -> Vec<String> {
    let window = fold(asked, schema).unwrap();
    let units = units(schema, Some(&window)).unwrap();
    units.iter().map(|unit| format!("{unit}{}", if unit.is_cut { " cut" } else { "" })).collect()
}

#[test]
fn only_partitions_of_the_window_are_met_and_whole_ones_are_known() {
    let from_noon = Asked { from: None, watermark: Some(timestamp(DAY / 2)), ..asked() };
    let until = Asked { to: Some(End::At(timestamp(2 * DAY + 1))), ..from_noon };
    assert_eq!(met(&days(Type::Timestamp), &until), ["/19700101 cut", "/19700102", "/19700103 cut"]);
    let months =
        schema(Type::Timestamp, Type::Month, Scheme::Range(ints(Type::Month, [23_639, 23_640, 23_641])));
    assert_eq!(met(&months, &until), ["/197001M_197002M cut"]);
    let january = Asked { from: date(0), to: Some(End::At(date(31).unwrap())), ..asked() };
    assert_eq!(met(&months, &january), ["/197001M_197002M"]);
    let numbers = schema(Type::Long, Type::Int, Scheme::Range(ints(Type::Int, [0, 10, 20, 30])));
    let from_ten = Asked { from: Some(Point { ty: Type::Int, value: 10 }), ..asked() };
    assert_eq!(met(&numbers, &from_ten), ["/10_20", "/20_30"]);
}

#[test]
fn a_level_on_another_column_or_by_hash_leaves_every_partition_cut() {
    let mut other = days(Type::Date);
    other.columns.push(def("day", Type::Date));
    other.levels[0].column = "day".into();
    let window = Asked { from: date(1), ..asked() };
    assert_eq!(met(&other, &window).len(), 4);
    assert!(met(&other, &window).iter().all(|unit| unit.ends_with("cut")));
    let hashed = schema(Type::Int, Type::Int, Scheme::Hash(2));
    let five = Asked { from: Some(Point { ty: Type::Int, value: 5 }), ..asked() };
    assert_eq!(met(&hashed, &five), ["/Key0 cut", "/Key1 cut"]);
    // Both levels: one that the window covers makes the unit whole.
    let mut both = days(Type::Timestamp);
    both.levels.push(Level { column: "x".into(), ty: Type::Int, scheme: Scheme::Hash(1) });
    assert_eq!(met(&both, &Asked { from: date(3), ..asked() }), ["/19700104/Key0"]);
}
