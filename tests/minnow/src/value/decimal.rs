//! Decimals: digits without a point, and a scale that says where it is.
use super::{Data, Rows, Type, Vector};
use crate::error::{Error, Result};

/// The same number with another scale, halves rounded away from zero; `None` if it does not fit.
/// That appending rounds is inferred: texts are rounded since 2.00.10 (dolphindb-semantics §4.4).
pub fn rescaled(digits: i128, from: u8, to: u8) -> Option<i128> {
    if to >= from {
        return digits.checked_mul(power(to - from));
    }
    let unit = power(from - to);
    let (whole, rest) = (digits / unit, digits % unit);
    let away = i128::from(rest.unsigned_abs() >= unit.unsigned_abs() - rest.unsigned_abs());
    Some(whole + away * rest.signum())
}

fn power(scale: u8) -> i128 {
    10i128.pow(u32::from(scale))
}

pub fn to_double(digits: i128, scale: u8) -> f64 {
    digits as f64 / 10f64.powi(i32::from(scale))
}

pub fn of_double(number: f64, scale: u8) -> Option<i128> {
    let digits = (number * 10f64.powi(i32::from(scale))).round();
    (digits.abs() < 1.7e38).then_some(digits as i128)
}

pub fn spelled(digits: i128, scale: u8) -> String {
    let sign = if digits < 0 { "-" } else { "" };
    if scale == 0 {
        return digits.to_string();
    }
    let (whole, rest) = (
        digits.unsigned_abs() / power(scale).unsigned_abs(),
        digits.unsigned_abs() % power(scale).unsigned_abs(),
    );
    format!("{sign}{whole}.{rest:0width$}", width = usize::from(scale))
}

/// What `text` spells: digits, a point, digits; further digits are rounded.
pub fn parsed(text: &str, scale: u8) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !all(whole) || !all(fraction) {
        return None;
    }
    let kept = fraction.get(..fraction.len().min(usize::from(scale) + 1))?;
    let digits: i128 = format!("0{whole}{kept}").parse().ok()?;
    let digits = rescaled(digits, kept.len() as u8, scale)?;
    Some(if negative { -digits } else { digits })
}

impl Vector {
    /// A decimal vector of these digits; `None` is NULL. Digits that the type does not hold are an
    /// error, whose sentence is ours `[U]`.
    pub fn decimals(ty: Type, digits: impl IntoIterator<Item = Option<i128>>) -> Result<Vector> {
        let mut cells = Vector::empty(ty, 0);
        let digits = digits.into_iter();
        let overflow =
            || Error::runtime(format!("Decimal math overflow: a number does not fit {}.", ty.name()));
        match &mut cells.data {
            Data::I32(own) => {
                for digits in digits {
                    own.push(digits.map_or(Ok(i32::MIN), i32::try_from).map_err(|_| overflow())?);
                }
            }
            Data::I64(own) => {
                for digits in digits {
                    own.push(digits.map_or(Ok(i64::MIN), i64::try_from).map_err(|_| overflow())?);
                }
            }
            Data::I128(own) => own.extend(digits.map(|digits| digits.unwrap_or(i128::MIN))),
            _ => unreachable!("no other layout has decimals"),
        }
        Ok(cells)
    }

    /// Decimals, or an array vector of such, with the digits cut off that a smaller scale lacks.
    pub fn truncated(&self, scale: u8) -> Result<Vector> {
        let (Some(own), Some(to)) = (self.ty.scale(), self.ty.scaled(scale)) else { return Ok(self.clone()) };
        if let Data::Rows(rows) = &self.data {
            let rows = Rows { ends: rows.ends.clone(), values: rows.values.truncated(scale)? };
            return Ok(Vector::new(to, Data::Rows(Box::new(rows))));
        }
        let unit = power(own.saturating_sub(scale));
        Vector::decimals(to, (0..self.len()).map(|row| self.unscaled(row).map(|digits| digits / unit)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_spelled_parsed_and_rounded() {
        for (text, scale, digits) in [
            ("1.25", 2, 125),
            ("-0.05", 2, -5),
            ("7", 3, 7000),
            ("1.005", 2, 101),
            ("-1.004", 2, -100),
            (".5", 0, 1),
        ] {
            assert_eq!(parsed(text, scale), Some(digits), "{text}");
        }
        assert_eq!(
            (spelled(-5, 2), spelled(7000, 3), spelled(i128::MAX, 0)),
            ("-0.05".into(), "7.000".into(), i128::MAX.to_string())
        );
        assert_eq!(
            (rescaled(125, 2, 1), rescaled(-125, 2, 1), rescaled(124, 2, 1)),
            (Some(13), Some(-13), Some(12))
        );
        for text in ["", "-", ".", "1e3", "1.2.3", "x", "9999999999999999999999999999999999999999"] {
            assert_eq!(parsed(text, 2), None, "{text}");
        }
        assert!(Vector::decimals(Type::Decimal32(2), [Some(i128::from(i32::MAX) + 1)]).is_err());
    }
}
