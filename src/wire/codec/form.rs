//! Numbers that say what an object is, and names for those that we do not carry.
use crate::data::Type;

pub const SCALAR: u8 = 0;
pub const VECTOR: u8 = 1;
pub const PAIR: u8 = 2;
pub const SET: u8 = 4;
pub const DICTIONARY: u8 = 5;
pub const TABLE: u8 = 6;

pub const VOID: u8 = 0;
pub const FUNCTION: u8 = 20;
/// HANDLE, CODE, DATASOURCE and RESOURCE: one text each.
pub const NAMED: std::ops::RangeInclusive<u8> = 21..=24;
pub const ANY: u8 = 25;
pub const COMPRESSED: u8 = 26;
/// A SYMBOL vector that brings its dictionary, or names an earlier one.
pub const SYMBOL_WITH_BASE: u8 = 145;

const ARRAY: u8 = 64;

/// What an error calls an object with these two bytes.
pub fn describe(form: u8, ty: u8) -> String {
    match form {
        SCALAR => format!("a {} scalar", type_name(ty)),
        VECTOR if ty == COMPRESSED => "a compressed vector".into(),
        VECTOR => format!("a {} vector", type_name(ty)),
        PAIR => format!("a {} pair", type_name(ty)),
        3 => format!("a {} matrix", type_name(ty)),
        SET => "a set".into(),
        DICTIONARY => "a dictionary".into(),
        TABLE => "a table".into(),
        7 => "a chart".into(),
        10 => "a tensor".into(),
        _ => format!("an object of form {form} and type {ty}"),
    }
}

/// The script name of a type, whether or not a table of ours can hold it.
pub fn type_name(ty: u8) -> String {
    if let Some(known) = Type::from_id(i32::from(ty)) {
        return known.name().split('(').next().unwrap_or_default().into();
    }
    match ty {
        VOID => "VOID".into(),
        FUNCTION => "FUNCTIONDEF".into(),
        ANY => "ANY".into(),
        29 => "DATEMINUTE".into(),
        36 => "DURATION".into(),
        41 => "IOTANY".into(),
        42 => "INSTRUMENT".into(),
        43 => "MKTDATA".into(),
        SYMBOL_WITH_BASE => "SYMBOL".into(),
        ARRAY..=127 => format!("{}[]", type_name(ty - ARRAY)),
        _ => format!("type {ty}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsupported_types_are_called_as_in_scripts() {
        assert_eq!(describe(SCALAR, 38), "a DECIMAL64 scalar");
        assert_eq!(describe(VECTOR, 42), "a INSTRUMENT vector");
        assert_eq!(describe(SCALAR, 64 + 16), "a DOUBLE[] scalar");
        assert_eq!(describe(VECTOR, 64 + 18), "a STRING[] vector");
        assert_eq!(describe(VECTOR, COMPRESSED), "a compressed vector");
        assert_eq!(describe(99, 200), "an object of form 99 and type 200");
    }
}
