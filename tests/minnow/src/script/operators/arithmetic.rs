//! `+ - * / \ %`. NULL makes NULL, and so does a division by zero.
use super::super::ast::Operator;
use super::{doubles, incompatible, is_whole, wide, zip};
use crate::error::Result;
use crate::value::{Data, Duration, Strings, Type, Vector, text};

pub fn arithmetic(operator: Operator, a: &Vector, b: &Vector) -> Result<Vector> {
    if operator == Operator::Add && (a.ty.is_text() || b.ty.is_text()) {
        return join(a, b);
    }
    if a.ty.is_decimal() || b.ty.is_decimal() {
        return decimals(operator, a, b);
    }
    let Some(ty) = result_type(operator, a.ty, b.ty) else { return Err(incompatible(a, b)) };
    match ty {
        Type::Double | Type::Float => {
            let cells = zip(&doubles(a), &doubles(b), |x, y| float(operator, x, y))?;
            let vector = Vector::new(Type::Double, Data::F64(cells));
            if ty == Type::Float { vector.cast(ty) } else { Ok(vector) }
        }
        _ => {
            let cells = zip(&wide(a), &wide(b), |x, y| whole(operator, x, y))?;
            Ok(Vector::integers(ty, cells))
        }
    }
}

/// Sums and differences, of the widest type with the larger scale. What a server makes of products
/// and quotients is not known, so they are refused.
fn decimals(operator: Operator, a: &Vector, b: &Vector) -> Result<Vector> {
    let exact = |ty: Type| ty.is_decimal() || is_whole(ty) || ty == Type::Void;
    if !exact(a.ty) || !exact(b.ty) || !matches!(operator, Operator::Add | Operator::Sub) {
        return Err(incompatible(a, b));
    }
    let ty = Type::Decimal128(a.ty.scale().max(b.ty.scale()).unwrap_or(0));
    let digits = |side: &Vector| -> Result<Vec<Option<i128>>> {
        let side = side.cast(ty)?;
        Ok((0..side.len()).map(|row| side.unscaled(row)).collect())
    };
    let combine = |x: Option<i128>, y: Option<i128>| match (x, y, operator) {
        (Some(x), Some(y), Operator::Add) => x.checked_add(y),
        (Some(x), Some(y), _) => x.checked_sub(y),
        _ => None,
    };
    Vector::decimals(ty, zip(&digits(a)?, &digits(b)?, combine)?)
}

pub fn negate(cells: &Vector) -> Result<Vector> {
    if let Some(duration) = Duration::of(cells, 0) {
        return Ok(duration.negated().cell());
    }
    if cells.ty.is_decimal() {
        let digits = (0..cells.len()).map(|row| cells.unscaled(row).map(|digits| -digits));
        return Vector::decimals(cells.ty, digits);
    }
    if cells.ty.is_floating() || is_whole(cells.ty) {
        return arithmetic(Operator::Sub, &Vector::integers(Type::Char, [Some(0)]), cells).and_then(
            |negated| {
                if cells.ty.is_integral() { negated.cast(cells.ty) } else { Ok(negated) }
            },
        );
    }
    Err(incompatible(cells, cells))
}

/// The type of the outcome. Narrow integers become INT; a temporal value plus a number of its
/// units stays temporal, and the distance of two is a number.
fn result_type(operator: Operator, a: Type, b: Type) -> Option<Type> {
    let number = |ty: Type| ty.is_floating() || is_whole(ty) || ty == Type::Void;
    if number(a) && number(b) {
        return Some(match (a, b) {
            _ if operator == Operator::Ratio => Type::Double,
            (Type::Double, _) | (_, Type::Double) => Type::Double,
            (Type::Float, _) | (_, Type::Float) => Type::Float,
            (Type::Long, _) | (_, Type::Long) => Type::Long,
            _ => Type::Int,
        });
    }
    let offset = |ty: Type| is_whole(ty) || ty == Type::Void;
    match operator {
        Operator::Add if a.is_temporal() && offset(b) => Some(a),
        Operator::Add if b.is_temporal() && offset(a) => Some(b),
        Operator::Sub if a.is_temporal() && offset(b) => Some(a),
        Operator::Sub if a == b && a.is_temporal() => Some(match Vector::empty(a, 0).data {
            Data::I64(_) => Type::Long,
            _ => Type::Int,
        }),
        _ => None,
    }
}

fn float(operator: Operator, x: f64, y: f64) -> f64 {
    if x == f64::MIN || y == f64::MIN {
        return f64::MIN;
    }
    let outcome = match operator {
        Operator::Add => x + y,
        Operator::Sub => x - y,
        Operator::Mul => x * y,
        _ if y == 0.0 => return f64::MIN,
        Operator::Mod => x - y * (x / y).floor(),
        _ => x / y,
    };
    // An overflow becomes NULL (dolphindb-semantics §11.1).
    if outcome.is_infinite() && x.is_finite() && y.is_finite() { f64::MIN } else { outcome }
}

/// Wraps like the machine; the quotient is rounded down.
fn whole(operator: Operator, x: i64, y: i64) -> Option<i64> {
    if x == i64::MIN || y == i64::MIN {
        return None;
    }
    match operator {
        Operator::Add => Some(x.wrapping_add(y)),
        Operator::Sub => Some(x.wrapping_sub(y)),
        Operator::Mul => Some(x.wrapping_mul(y)),
        _ if y == 0 => None,
        Operator::Mod => Some(x.wrapping_sub(y.wrapping_mul(floor_div(x, y)))),
        _ => Some(floor_div(x, y)),
    }
}

fn floor_div(x: i64, y: i64) -> i64 {
    let quotient = x.wrapping_div(y);
    if x % y != 0 && (x < 0) != (y < 0) { quotient - 1 } else { quotient }
}

fn join(a: &Vector, b: &Vector) -> Result<Vector> {
    let spell =
        |vector: &Vector| (0..vector.len()).map(|row| text::cell(vector, row)).collect::<Vec<String>>();
    let (a, b) = (spell(a), spell(b));
    let (a, b): (Vec<&str>, Vec<&str>) =
        (a.iter().map(String::as_str).collect(), b.iter().map(String::as_str).collect());
    let mut strings = Strings::default();
    zip(&a, &b, |x, y| [x, y].concat())?.iter().for_each(|text| strings.push(text.as_bytes()));
    Ok(Vector::new(Type::String, Data::Text(strings)))
}
