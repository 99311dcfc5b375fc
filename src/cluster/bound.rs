//! One cell of a number or time as a script literal.
use super::calendar::{civil, clock};
use super::literal::written;
use crate::data::{Column, Type};

const NANOS: i64 = 1_000_000_000;

/// The literal for `value`, a cell of type `ty`; nothing when it is NULL or no script can write it.
pub fn literal(ty: Type, value: i64) -> Option<String> {
    match ty {
        Type::Nanotime => Some(nanotime(value)),
        Type::Nanotimestamp => {
            let day = 86_400 * NANOS;
            let (y, m, d) = civil(value.div_euclid(day));
            Some(format!("{y:04}.{m:02}.{d:02}T{}", nanotime(value.rem_euclid(day))))
        }
        _ if ty.is_text() => None,
        _ => {
            let cell = value.to_le_bytes().get(..ty.width()?)?.to_vec();
            Some(written(&Column::fixed(ty, cell)).ok()?.pop()?.literal)
        }
    }
}

fn nanotime(value: i64) -> String {
    let (hour, minute, second) = clock(value / NANOS);
    format!("{hour:02}:{minute:02}:{second:02}.{:09}", value % NANOS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_as_scripts_write_them() {
        for (ty, value, expected) in [
            (Type::Long, -7, Some("-7l")),
            (Type::Timestamp, 1, Some("1970.01.01T00:00:00.001")),
            (Type::Nanotime, 34_200 * NANOS + 1, Some("09:30:00.000000001")),
            (Type::Nanotimestamp, -1, Some("1969.12.31T23:59:59.999999999")),
            (Type::Date, i64::from(i32::MIN), None),
            (Type::Uuid, 1, None),
            (Type::Double, 1, None),
            (Type::String, 1, None),
        ] {
            assert_eq!(literal(ty, value).as_deref(), expected, "{ty:?}");
        }
    }
}
