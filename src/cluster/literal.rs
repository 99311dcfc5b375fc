//! Values as script literals and as components of a partition's path.
use super::calendar::{civil, clock};
use super::sql;
use crate::data::{Column, Type};
use crate::error::{Error, Kind, Result};

/// One value of a partitioning scheme, in both ways of writing it.
pub(super) struct Written {
    /// As a script literal of the scheme's type.
    pub(super) literal: String,
    /// As the server writes it in a path (dolphindb-semantics §2.3); for the types where that is
    /// not documented, a readable form.
    pub(super) label: String,
}

/// Every value of `column`, which a partitioning scheme lists.
pub(super) fn written(column: &Column) -> Result<Vec<Written>> {
    if column.ty.is_text() {
        return column.texts().map(written_text).collect();
    }
    let values: Vec<Written> = column
        .integers()
        .map(|value| value.and_then(|value| written_number(column.ty, value)))
        .map(|written| written.ok_or_else(|| unwritable(column.ty)))
        .collect::<Result<_>>()?;
    match values.len() == column.rows {
        true => Ok(values),
        false => Err(unwritable(column.ty)),
    }
}

fn written_text(text: &[u8]) -> Result<Written> {
    let text = std::str::from_utf8(text).map_err(|error| {
        let shown = String::from_utf8_lossy(text);
        Error::new(Kind::Schema, format!("the partition value `{shown}` is not UTF-8")).caused_by(error)
    })?;
    Ok(Written { literal: sql::text(text), label: text.to_owned() })
}

fn unwritable(ty: Type) -> Error {
    let name = ty.name();
    Error::new(
        Kind::Schema,
        format!("a partitioning scheme holds NULL or a value of type {name} that scripts cannot write"),
    )
}

fn written_number(ty: Type, value: i64) -> Option<Written> {
    let plain = |suffix: &str| Written { literal: format!("{value}{suffix}"), label: value.to_string() };
    let both = |text: String| Written { literal: text.clone(), label: text };
    Some(match ty {
        Type::Bool => both((value != 0).to_string()),
        Type::Char => plain("c"),
        Type::Short => plain("h"),
        Type::Int => plain(""),
        Type::Long => plain("l"),
        Type::Date => {
            let (y, m, d) = civil(value);
            Written { literal: format!("{y:04}.{m:02}.{d:02}"), label: format!("{y:04}{m:02}{d:02}") }
        }
        Type::Month => {
            let (y, m) = (value / 12, value % 12 + 1);
            Written { literal: format!("{y:04}.{m:02}M"), label: format!("{y:04}{m:02}M") }
        }
        Type::Time => both(format!("{}.{:03}", time(value / 1_000), value % 1_000)),
        Type::Minute => both(format!("{:02}:{:02}m", value / 60, value % 60)),
        Type::Second => both(time(value)),
        Type::Datetime => both(moment(value)),
        Type::Timestamp => {
            let (seconds, rest) = (value.div_euclid(1_000), value.rem_euclid(1_000));
            both(format!("{}.{rest:03}", moment(seconds)))
        }
        Type::Datehour => {
            let start = moment(value * 3_600);
            Written { literal: format!("datehour({start})"), label: start[..start.len() - 6].to_owned() }
        }
        _ => return None,
    })
}

fn time(seconds: i64) -> String {
    let (hour, minute, second) = clock(seconds);
    format!("{hour:02}:{minute:02}:{second:02}")
}

fn moment(seconds: i64) -> String {
    let (y, m, d) = civil(seconds.div_euclid(86_400));
    format!("{y:04}.{m:02}.{d:02}T{}", time(seconds.rem_euclid(86_400)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(ty: Type, value: i64) -> (String, String) {
        let width = ty.width().unwrap();
        let column = Column::fixed(ty, value.to_le_bytes()[..width].to_vec());
        let written = written(&column).unwrap().pop().unwrap();
        (written.literal, written.label)
    }

    #[test]
    fn numbers_as_scripts_and_paths_write_them() {
        for (ty, value, literal, label) in [
            (Type::Char, -5, "-5c", "-5"),
            (Type::Short, 7, "7h", "7"),
            (Type::Int, 7, "7", "7"),
            (Type::Long, 7, "7l", "7"),
            (Type::Date, 15_706, "2013.01.01", "20130101"),
            (Type::Date, -1, "1969.12.31", "19691231"),
            (Type::Month, 2000 * 12, "2000.01M", "200001M"),
            (Type::Time, 34_200_005, "09:30:00.005", "09:30:00.005"),
            (Type::Minute, 570, "09:30m", "09:30m"),
            (Type::Second, 34_201, "09:30:01", "09:30:01"),
            (Type::Datetime, -1, "1969.12.31T23:59:59", "1969.12.31T23:59:59"),
            (Type::Timestamp, 1, "1970.01.01T00:00:00.001", "1970.01.01T00:00:00.001"),
            (Type::Datehour, 25, "datehour(1970.01.02T01:00:00)", "1970.01.02T01"),
        ] {
            assert_eq!(one(ty, value), (literal.to_owned(), label.to_owned()));
        }
    }

    #[test]
    fn what_no_script_can_write_is_refused() {
        let null = Column::fixed(Type::Int, i32::MIN.to_le_bytes());
        assert_eq!(written(&null).err().unwrap().kind(), Kind::Schema);
        let double = Column::fixed(Type::Double, 1f64.to_le_bytes());
        assert_eq!(written(&double).err().unwrap().kind(), Kind::Schema);
        let broken = Column { ty: Type::String, ..Column::text(Type::String, ["a"]) };
        assert!(written(&broken).is_ok());
    }
}
