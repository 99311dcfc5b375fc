//! Cells as text and back, in the forms that the server prints and scripts write.
use std::net::{Ipv4Addr, Ipv6Addr};

use super::calendar::{self, NANOS_PER_DAY, civil};
use super::{Data, Duration, Rows, Type, Vector, decimal};

/// The cell at `row` as text; NULL is empty.
pub fn cell(vector: &Vector, row: usize) -> String {
    if vector.is_null(row) && vector.ty.element().is_none() {
        return String::new();
    }
    if let Some(duration) = Duration::of(vector, row) {
        return duration.to_string();
    }
    if vector.ty.is_decimal() {
        return decimal::spelled(vector.unscaled(row).unwrap_or(0), vector.ty.scale().unwrap_or(0));
    }
    match &vector.data {
        Data::F64x2(cells) => pair_of_doubles(cells[row], vector.ty),
        Data::Rows(rows) => elements(rows, row),
        Data::F32(cells) => float(f64::from(cells[row]), cells[row].to_string()),
        Data::F64(cells) => float(cells[row], cells[row].to_string()),
        Data::B16(cells) => bytes(&cells[row], vector.ty),
        Data::Text(strings) => String::from_utf8_lossy(strings.get(row)).into_owned(),
        _ => integer(vector.integer(row).unwrap_or_default(), vector.ty),
    }
}

/// A row of an array vector.
fn elements(rows: &Rows, row: usize) -> String {
    let spelled: Vec<String> = rows.range(row).map(|place| cell(&rows.values, place)).collect();
    format!("[{}]", spelled.join(","))
}

fn pair_of_doubles([first, second]: [f64; 2], ty: Type) -> String {
    let spell = |number: f64| float(number, number.to_string());
    match ty {
        Type::Point => format!("({}, {})", spell(first), spell(second)),
        _ if second < 0.0 => format!("{}{}i", spell(first), spell(second)),
        _ => format!("{}+{}i", spell(first), spell(second)),
    }
}

fn float(number: f64, plain: String) -> String {
    if number != 0.0 && number.is_finite() && !(1e-6..1e16).contains(&number.abs()) {
        return format!("{number:e}");
    }
    plain
}

fn integer(cell: i64, ty: Type) -> String {
    let date = |days: i64| {
        let (year, month, day) = civil(days);
        format!("{year:04}.{month:02}.{day:02}")
    };
    let moment = |unit: i64| {
        let per_day = NANOS_PER_DAY / unit;
        format!("{}T{}", date(cell.div_euclid(per_day)), clock(cell.rem_euclid(per_day), unit))
    };
    match ty {
        Type::Date => date(cell),
        Type::Month => format!("{:04}.{:02}M", cell.div_euclid(12), cell.rem_euclid(12) + 1),
        Type::Datehour => format!("{}T{:02}", date(cell.div_euclid(24)), cell.rem_euclid(24)),
        Type::Minute => format!("{:02}:{:02}m", cell / 60, cell % 60),
        _ => match calendar::tick(ty) {
            Some(unit) if calendar::is_clock(ty) => clock(cell, unit),
            Some(unit) => moment(unit),
            None => cell.to_string(),
        },
    }
}

/// A time of day counted in ticks of `unit` nanoseconds.
fn clock(ticks: i64, unit: i64) -> String {
    let per_second = 1_000_000_000 / unit;
    let (seconds, rest) = (ticks.div_euclid(per_second), ticks.rem_euclid(per_second));
    let whole = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    match unit {
        1 => format!("{whole}.{rest:09}"),
        1_000_000 => format!("{whole}.{rest:03}"),
        _ => whole,
    }
}

/// 16-byte types lie reversed against their text form (wire-protocol §6).
fn bytes(cell: &[u8; 16], ty: Type) -> String {
    let mut forward = *cell;
    forward.reverse();
    if ty == Type::Ipaddr {
        return match forward {
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, a, b, c, d] => Ipv4Addr::new(a, b, c, d).to_string(),
            _ => Ipv6Addr::from(forward).to_string(),
        };
    }
    let hex: String = forward.iter().map(|byte| format!("{byte:02x}")).collect();
    if ty == Type::Int128 {
        return hex;
    }
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The 16 bytes that a UUID, IPADDR or INT128 text means.
pub fn parse_bytes(text: &str, ty: Type) -> Option<[u8; 16]> {
    let mut forward = match ty {
        Type::Ipaddr => match text.parse::<Ipv4Addr>() {
            Ok(address) => u128::from(u32::from(address)).to_be_bytes(),
            Err(_) => text.parse::<Ipv6Addr>().ok()?.octets(),
        },
        _ => {
            let hex = if ty == Type::Uuid { text.replace('-', "") } else { text.to_owned() };
            let valid = hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
            u128::from_str_radix(&hex, 16).ok().filter(|_| valid)?.to_be_bytes()
        }
    };
    forward.reverse();
    Some(forward)
}

/// The cell of a logical, integral or temporal type that a text means.
pub fn parse_integer(text: &str, ty: Type) -> Option<i64> {
    match ty {
        Type::Bool => match text {
            "true" => Some(1),
            "false" => Some(0),
            _ => text.parse::<f64>().ok().map(|number| i64::from(number != 0.0)),
        },
        _ if ty.is_temporal() => {
            let (own, cell) = parse_temporal(text)?;
            calendar::convertible(own, ty).then(|| calendar::convert(cell, own, ty))?
        }
        _ => text.parse().ok().or_else(|| text.parse().ok().and_then(super::cast::round)),
    }
}

/// A temporal literal: its type is told by its form.
pub fn parse_temporal(text: &str) -> Option<(Type, i64)> {
    if let Some((date, clock)) = text.split_once(['T', ' ']) {
        return moment(parse_date(date)?, clock);
    }
    if let Some(month) = text.strip_suffix('M') {
        let (year, month) = month.split_once('.')?;
        let (year, month) = (number(year, 4)?, number(month, 2)?);
        return (1..=12).contains(&month).then_some((Type::Month, year * 12 + month - 1));
    }
    if let Some(minute) = text.strip_suffix('m') {
        let (hour, minute) = minute.split_once(':')?;
        let (hour, minute) = (number(hour, 2)?, number(minute, 2)?);
        return (hour < 24 && minute < 60).then_some((Type::Minute, hour * 60 + minute));
    }
    if text.contains(':') {
        return parse_clock(text);
    }
    parse_date(text).map(|days| (Type::Date, days))
}

fn moment(days: i64, clock: &str) -> Option<(Type, i64)> {
    if let Some(hour) = number(clock, 2) {
        return (hour < 24).then_some((Type::Datehour, days * 24 + hour));
    }
    let (own, cell) = parse_clock(clock)?;
    let ty = match own {
        Type::Second => Type::Datetime,
        Type::Time => Type::Timestamp,
        _ => Type::Nanotimestamp,
    };
    let per_day = NANOS_PER_DAY / calendar::tick(ty)?;
    Some((ty, days.checked_mul(per_day)?.checked_add(cell)?))
}

fn parse_clock(text: &str) -> Option<(Type, i64)> {
    let (whole, fraction) = text.split_once('.').map_or((text, ""), |(whole, fraction)| (whole, fraction));
    let mut parts = whole.split(':').map(|part| number(part, 2));
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || hour >= 24 || minute >= 60 || second >= 60 {
        return None;
    }
    let seconds = (hour * 60 + minute) * 60 + second;
    match fraction.len() {
        0 => Some((Type::Second, seconds)),
        3 => Some((Type::Time, seconds * 1_000 + number(fraction, 3)?)),
        6 => Some((Type::Nanotime, seconds * 1_000_000_000 + number(fraction, 6)? * 1_000)),
        9 => Some((Type::Nanotime, seconds * 1_000_000_000 + number(fraction, 9)?)),
        _ => None,
    }
}

fn parse_date(text: &str) -> Option<i64> {
    let mut parts = text.split(['.', '-', '/']);
    let (year, month, day) =
        (number(parts.next()?, 4)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    (parts.next().is_none() && calendar::exists(year, month, day)).then(|| calendar::days(year, month, day))
}

/// Exactly `digits` decimal digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}
