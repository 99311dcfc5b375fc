//! One line for all types of time, so that a cell of one can be compared with a cell of another:
//! moments as nanoseconds since 1970, times of day as nanoseconds since midnight, whole numbers as
//! they are. A cell covers the line from its start to the start of the next one.
use crate::cluster::civil;
use crate::data::Type;

const SECOND: i128 = 1_000_000_000;
const DAY: i128 = 86_400 * SECOND;

/// What kind of line a type's cells lie on; those of different kinds do not compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Whole numbers.
    Numbers,
    /// Moments.
    Moments,
    /// Times of day.
    Clock,
}

/// The line of `ty`; nothing for types that have no order that a window could use.
pub(super) fn line(ty: Type) -> Option<Line> {
    use Type::*;
    match ty {
        Char | Short | Int | Long => Some(Line::Numbers),
        Date | Month | Datetime | Timestamp | Nanotimestamp | Datehour => Some(Line::Moments),
        Time | Minute | Second | Nanotime => Some(Line::Clock),
        _ => None,
    }
}

/// The length of a cell where all are equally long.
fn tick(ty: Type) -> i128 {
    use Type::*;
    match ty {
        Date => DAY,
        Datehour => 3_600 * SECOND,
        Minute => 60 * SECOND,
        Second | Datetime => SECOND,
        Time | Timestamp => SECOND / 1_000,
        _ => 1,
    }
}

/// Where the cell `value` of type `ty` starts.
pub(super) fn start(ty: Type, value: i64) -> i128 {
    match ty {
        Type::Month => i128::from(first_day(value)) * DAY,
        _ => i128::from(value) * tick(ty),
    }
}

/// The cell of type `ty` that holds `point`.
pub(super) fn holding(ty: Type, point: i128) -> Option<i64> {
    let cell = match ty {
        Type::Month => {
            let (year, month, _) = civil(i64::try_from(point.div_euclid(DAY)).ok()?);
            i128::from(year * 12 + month - 1)
        }
        _ => point.div_euclid(tick(ty)),
    };
    i64::try_from(cell).ok().filter(|cell| fits(ty, *cell))
}

/// The first cell of type `ty` that starts at `point` or later.
pub(super) fn from(ty: Type, point: i128) -> Option<i64> {
    let cell = holding(ty, point)?;
    let later = start(ty, cell) < point;
    Some(cell + i64::from(later)).filter(|cell| fits(ty, *cell))
}

/// Whether the number is a cell, and not the type's NULL or wider than the type.
fn fits(ty: Type, cell: i64) -> bool {
    match ty.width() {
        Some(1) => i8::try_from(cell).is_ok_and(|cell| cell != i8::MIN),
        Some(2) => i16::try_from(cell).is_ok_and(|cell| cell != i16::MIN),
        Some(4) => i32::try_from(cell).is_ok_and(|cell| cell != i32::MIN),
        _ => cell != i64::MIN,
    }
}

/// The first day of a month, months and days counted as their types do.
fn first_day(month: i64) -> i64 {
    let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
    // A month has at most 31 days, so this is at most one day and some months too early.
    let mut day = (year - 1970) * 365 + (year - 1970) / 4 + (month - 1) * 30 - 800;
    while (civil(day).0, civil(day).1) < (year, month) {
        day += 1;
    }
    day
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_starts_on_its_first_day() {
        for (month, day) in
            [(1970 * 12, 0), (2013 * 12, 15_706), (2024 * 12 + 2, 19_783), (1900 * 12, -25_567)]
        {
            assert_eq!(first_day(month), day);
            assert_eq!(holding(Type::Month, start(Type::Month, month)), Some(month));
            assert_eq!(holding(Type::Month, start(Type::Month, month) - 1), Some(month - 1));
        }
        for year in [1, 1600, 2262, 9999] {
            assert_eq!(civil(first_day(year * 12)), (year, 1, 1));
        }
    }

    #[test]
    fn points_between_cells_go_down_or_up() {
        let noon = start(Type::Timestamp, 43_200_000);
        assert_eq!((holding(Type::Date, noon), from(Type::Date, noon)), (Some(0), Some(1)));
        assert_eq!((holding(Type::Datehour, noon), from(Type::Datehour, noon)), (Some(12), Some(12)));
        let before = start(Type::Nanotimestamp, -1);
        assert_eq!((holding(Type::Datetime, before), from(Type::Datetime, before)), (Some(-1), Some(0)));
    }

    #[test]
    fn what_a_type_cannot_hold_is_no_cell() {
        assert_eq!(holding(Type::Char, 128), None);
        assert_eq!(from(Type::Int, i128::from(i32::MIN)), None);
        assert_eq!(holding(Type::Nanotimestamp, i128::from(i64::MAX) + 1), None);
    }
}
