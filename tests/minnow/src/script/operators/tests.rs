//! The operators on vectors and scalars, NULLs among them.
use super::*;
use crate::value::text;

fn vector(ty: Type, cells: &[i64]) -> Value {
    let cells = cells.iter().map(|cell| (*cell != -99).then_some(*cell));
    Value::Vector(Vector::integers(ty, cells).into())
}

fn spelled(value: &Value) -> String {
    let cells = value.cells().unwrap();
    (0..cells.len()).map(|row| text::cell(cells, row)).collect::<Vec<_>>().join(",")
}

#[test]
fn null_spreads_through_arithmetic_and_zero_divides_to_null() {
    let numbers = vector(Type::Int, &[7, -7, -99]);
    for (operator, expected) in [
        (Operator::Add, "9,-5,"),
        (Operator::Div, "3,-4,"),
        (Operator::Mod, "1,1,"),
        (Operator::Ratio, "3.5,-3.5,"),
    ] {
        assert_eq!(spelled(&binary(operator, &numbers, &Value::int(2)).unwrap()), expected);
    }
    assert_eq!(spelled(&binary(Operator::Div, &numbers, &Value::int(0)).unwrap()), ",,");
    assert_eq!(spelled(&binary(Operator::Mul, &Value::double(1e300), &Value::double(1e300)).unwrap()), "");
}

#[test]
fn null_is_the_least_value_and_equals_itself() {
    let numbers = vector(Type::Short, &[1, -99]);
    assert_eq!(spelled(&binary(Operator::Lt, &numbers, &Value::long(0)).unwrap()), "0,1");
    assert_eq!(spelled(&binary(Operator::Eq, &numbers, &Value::Void).unwrap()), "0,1");
    assert_eq!(spelled(&binary(Operator::In, &numbers, &Value::double(1.0)).unwrap()), "1,0");
}

#[test]
fn temporal_types_meet_at_the_finer_one() {
    let days = vector(Type::Date, &[0, 1]);
    let noon = Value::Scalar(Vector::integers(Type::Timestamp, [Some(43_200_000)]).into());
    assert_eq!(spelled(&binary(Operator::Gt, &days, &noon).unwrap()), "0,1");
    let month = Value::Scalar(Vector::integers(Type::Month, [Some(1970 * 12)]).into());
    assert_eq!(spelled(&binary(Operator::Eq, &days, &month).unwrap()), "1,0");
    assert!(binary(Operator::Eq, &days, &vector(Type::Second, &[0, 1])).is_err());
    assert!(binary(Operator::Eq, &days, &Value::string("x")).is_err());
}

#[test]
fn vectors_of_different_lengths_are_refused() {
    let (two, three) = (vector(Type::Int, &[1, 2]), vector(Type::Int, &[1, 2, 3]));
    for operator in [Operator::Add, Operator::Eq, Operator::And] {
        assert!(binary(operator, &two, &three).is_err());
    }
}

#[test]
fn like_finds_runs() {
    for (text, pattern, expected) in [
        ("abc", "a%", true),
        ("abc", "%b%", true),
        ("abc", "b", false),
        ("", "%", true),
        ("aab", "%ab", true),
    ] {
        let found = binary(Operator::Like, &Value::string(text), &Value::string(pattern)).unwrap();
        assert_eq!(is_true(&found).unwrap(), expected, "{text} like {pattern}");
    }
}
