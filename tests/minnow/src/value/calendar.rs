//! Dates of the proleptic Gregorian calendar as days since 1970-01-01, and the clock of temporal
//! types.
use std::time::{SystemTime, UNIX_EPOCH};

use super::Type;

pub const NANOS_PER_DAY: i64 = 86_400_000_000_000;

/// The clock as a cell of a temporal type that has a date. It runs in UTC, as minnow has no time
/// zone.
pub fn now(ty: Type) -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let nanos = i64::try_from(elapsed.as_nanos()).unwrap_or(i64::MAX);
    convert(nanos, Type::Nanotimestamp, ty).expect("a moment has a date")
}

/// Days since 1970-01-01 of a civil date.
pub fn days(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Year, month and day of `days` since 1970-01-01.
pub fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096).div_euclid(365);
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Whether such a day exists.
pub fn exists(year: i64, month: i64, day: i64) -> bool {
    (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && civil(days(year, month, day)) == (year, month, day)
}

/// Nanoseconds of one tick of a temporal type; MONTH has no fixed length.
pub fn tick(ty: Type) -> Option<i64> {
    Some(match ty {
        Type::Date => NANOS_PER_DAY,
        Type::Datehour => 3_600_000_000_000,
        Type::Minute => 60_000_000_000,
        Type::Second | Type::Datetime => 1_000_000_000,
        Type::Time | Type::Timestamp => 1_000_000,
        Type::Nanotime | Type::Nanotimestamp => 1,
        _ => return None,
    })
}

/// Whether values of the type say a time of day and no date.
pub fn is_clock(ty: Type) -> bool {
    matches!(ty, Type::Time | Type::Minute | Type::Second | Type::Nanotime)
}

/// A temporal cell as a cell of another temporal type, rounded down. `None` when it does not fit
/// or the types cannot be converted, as a date into a time of day (dolphindb-semantics §11.2).
pub fn convert(cell: i64, from: Type, to: Type) -> Option<i64> {
    if from == to {
        return Some(cell);
    }
    if from == Type::Month {
        return convert(days(cell.div_euclid(12), cell.rem_euclid(12) + 1, 1), Type::Date, to);
    }
    if to == Type::Month {
        let (year, month, _) = civil(convert(cell, from, Type::Date)?);
        return Some(year * 12 + month - 1);
    }
    let (unit, target) = (tick(from)?, tick(to)?);
    let cell = match (is_clock(from), is_clock(to)) {
        (false, true) => cell.rem_euclid(NANOS_PER_DAY / unit),
        (true, false) => return None,
        _ => cell,
    };
    if unit >= target { cell.checked_mul(unit / target) } else { Some(cell.div_euclid(target / unit)) }
}

/// Whether `convert` can succeed between the two types.
pub fn convertible(from: Type, to: Type) -> bool {
    from == to
        || match (is_clock(from), is_clock(to)) {
            (true, false) => false,
            (false, true) => !matches!(from, Type::Date | Type::Month),
            _ => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_civil_are_inverse() {
        assert_eq!((days(1970, 1, 1), days(2000, 3, 1), days(1969, 12, 31)), (0, 11_017, -1));
        for day in (-1_000_000..1_000_000).step_by(37) {
            let (year, month, of_month) = civil(day);
            assert_eq!(days(year, month, of_month), day);
        }
        assert!(exists(2000, 2, 29) && !exists(1900, 2, 29) && !exists(2013, 13, 1) && !exists(2013, 4, 31));
    }

    #[test]
    fn conversions_round_down_before_the_epoch_too() {
        assert_eq!(convert(-1, Type::Timestamp, Type::Date), Some(-1));
        assert_eq!(convert(-1, Type::Timestamp, Type::Second), Some(86_399));
        assert_eq!(convert(24_240, Type::Month, Type::Date), Some(days(2020, 1, 1)));
        assert_eq!(convert(days(2020, 1, 31), Type::Date, Type::Month), Some(24_240));
        assert_eq!(convert(i64::MAX, Type::Timestamp, Type::Nanotimestamp), None);
        assert_eq!(convert(1, Type::Second, Type::Date), None);
        assert!(!convertible(Type::Date, Type::Time) && convertible(Type::Datetime, Type::Time));
    }
}
