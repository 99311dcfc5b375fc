//! DURATION: a number and a unit of time, and what adding one to a temporal value gives.
use super::calendar::{self, NANOS_PER_DAY};
use super::{Data, Type, Vector};

/// The units in the order of their numbers (wire-protocol §6): nanoseconds to business days.
const UNITS: [&str; 11] = ["ns", "us", "ms", "s", "m", "H", "d", "w", "M", "y", "B"];
/// Nanoseconds of those that have a fixed length.
const NANOS: [i64; 8] =
    [1, 1_000, 1_000_000, 1_000_000_000, 60_000_000_000, 3_600_000_000_000, NANOS_PER_DAY, 7 * NANOS_PER_DAY];

/// So many of a unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Duration {
    count: i32,
    unit: usize,
}

impl Duration {
    pub fn new(count: i32, unit: &str) -> Option<Duration> {
        UNITS.iter().position(|own| *own == unit).map(|unit| Duration { count, unit })
    }

    pub fn negated(self) -> Duration {
        Duration { count: self.count.wrapping_neg(), ..self }
    }

    /// What `7d` means.
    pub fn parse(text: &str) -> Option<Duration> {
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '-')?;
        Duration::new(text[..digits].parse().ok()?, &text[digits..])
    }

    /// As a DURATION cell: the number, then the unit's.
    pub fn cell(self) -> Vector {
        let cell = i64::from(self.count as u32) | (self.unit as i64) << 32;
        Vector::new(Type::Duration, Data::I64(vec![cell]))
    }

    /// The DURATION at `row`; of another type or with a unit that minnow does not know: `None`.
    pub fn of(cells: &Vector, row: usize) -> Option<Duration> {
        let (Type::Duration, Data::I64(own)) = (cells.ty, &cells.data) else { return None };
        let cell = own.get(row)?;
        let unit = usize::try_from(cell >> 32).ok().filter(|unit| *unit < UNITS.len())?;
        Some(Duration { count: *cell as i32, unit })
    }

    /// A temporal cell so much later; `None` if the unit is finer than the type's or the outcome has
    /// no such cell. A time of day stays within its day, which no source says `[U]`.
    pub fn add(self, cell: i64, ty: Type) -> Option<i64> {
        let count = i64::from(self.count);
        match (UNITS[self.unit], ty) {
            ("M" | "y", _) if calendar::is_clock(ty) => None,
            ("M", Type::Month) => Some(cell + count),
            ("y", Type::Month) => Some(cell + 12 * count),
            (_, Type::Month) => None,
            ("M", _) => on_day(cell, ty, |day| months_later(day, count)),
            ("y", _) => on_day(cell, ty, |day| months_later(day, 12 * count)),
            ("B", _) if !calendar::is_clock(ty) => on_day(cell, ty, |day| business_days_later(day, count)),
            ("B", _) => None,
            _ => {
                let (nanos, tick) = (NANOS[self.unit], calendar::tick(ty)?);
                if nanos < tick {
                    return None;
                }
                let later = cell.checked_add(count.checked_mul(nanos / tick)?)?;
                Some(if calendar::is_clock(ty) { later.rem_euclid(NANOS_PER_DAY / tick) } else { later })
            }
        }
    }
}

impl std::fmt::Display for Duration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.count, UNITS[self.unit])
    }
}

/// The same time of another day.
fn on_day(cell: i64, ty: Type, change: impl FnOnce(i64) -> i64) -> Option<i64> {
    let per_day = NANOS_PER_DAY / calendar::tick(ty)?;
    change(cell.div_euclid(per_day)).checked_mul(per_day)?.checked_add(cell.rem_euclid(per_day))
}

/// The same day of another month, or that month's last.
fn months_later(day: i64, count: i64) -> i64 {
    let (year, month, of_month) = calendar::civil(day);
    let months = year * 12 + month - 1 + count;
    let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
    let last = (28..=31).rev().find(|last| calendar::exists(year, month, *last)).unwrap_or(28);
    calendar::days(year, month, of_month.min(last))
}

/// So many days from Monday to Friday later.
fn business_days_later(day: i64, count: i64) -> i64 {
    let works = |day: &i64| (day + 3).rem_euclid(7) < 5;
    let step = count.signum();
    let mut day = day;
    for _ in 0..count.unsigned_abs().min(1 << 20) {
        day += step;
        while !works(&day) {
            day += step;
        }
    }
    day
}
