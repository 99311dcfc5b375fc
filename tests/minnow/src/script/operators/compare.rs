//! Comparisons, `in` and `like`. NULL equals NULL and is less than everything else.
use std::cmp::Ordering;
use std::collections::HashSet;

use super::super::ast::Operator;
use super::{doubles, incompatible, is_whole, unequal, wide, zip};
use crate::error::{Error, Result};
use crate::value::{Data, Strings, Type, Value, Vector, calendar};

pub fn compare(operator: Operator, a: &Vector, b: &Vector) -> Result<Vector> {
    let (a_cast, b_cast);
    let (mut a, mut b) = (a, b);
    if let Some(ty) = common_type(a.ty, b.ty).ok_or_else(|| incompatible(a, b))? {
        (a_cast, b_cast) = (a.cast(ty)?, b.cast(ty)?);
        (a, b) = (&a_cast, &b_cast);
    }
    let cells = match (&a.data, &b.data) {
        (Data::I8(a), Data::I8(b)) => zip(a, b, |x, y| holds(operator, x.cmp(&y)))?,
        (Data::I16(a), Data::I16(b)) => zip(a, b, |x, y| holds(operator, x.cmp(&y)))?,
        (Data::I32(a), Data::I32(b)) => zip(a, b, |x, y| holds(operator, x.cmp(&y)))?,
        (Data::B16(a), Data::B16(b)) => {
            zip(a, b, |x, y| holds(operator, x.iter().rev().cmp(y.iter().rev())))?
        }
        (Data::I128(a), Data::I128(b)) => zip(a, b, |x, y| holds(operator, x.cmp(&y)))?,
        (Data::F64x2(a), Data::F64x2(b)) => {
            zip(a, b, |x, y| holds(operator, x[0].total_cmp(&y[0]).then(x[1].total_cmp(&y[1]))))?
        }
        (Data::Text(a), Data::Text(b)) => texts(operator, a, b)?,
        (Data::F32(_) | Data::F64(_), _) | (_, Data::F32(_) | Data::F64(_)) => {
            zip(&doubles(a), &doubles(b), |x, y| {
                x.partial_cmp(&y).map_or(i8::from(operator == Operator::Ne), |order| holds(operator, order))
            })?
        }
        _ => zip(&wide(a), &wide(b), |x, y| holds(operator, x.cmp(&y)))?,
    };
    Ok(Vector::new(Type::Bool, Data::I8(cells)))
}

/// `None` if the types cannot be compared, `Some(None)` if they can be as they are, else the type
/// that both sides take first: of two temporal types the finer one.
fn common_type(a: Type, b: Type) -> Option<Option<Type>> {
    let number = |ty: Type| ty.is_floating() || is_whole(ty);
    match (a, b) {
        // They are taken element by element before.
        (Type::Array(_), _) | (_, Type::Array(_)) => None,
        _ if a == b || (a.is_text() && b.is_text()) || (number(a) && number(b)) => Some(None),
        (Type::Void, ty) | (ty, Type::Void) => Some(Some(ty)),
        _ if a.is_temporal() && b.is_temporal() => {
            let finer = |ty| calendar::tick(ty).unwrap_or(i64::MAX);
            let (coarse, fine) = if finer(a) < finer(b) { (b, a) } else { (a, b) };
            let target = if calendar::convertible(coarse, fine) { fine } else { coarse };
            calendar::convertible(fine, target).then_some(Some(target))
        }
        _ if a.is_decimal() && b.is_floating() || b.is_decimal() && a.is_floating() => {
            Some(Some(Type::Double))
        }
        _ if a.is_decimal() && (b.is_decimal() || is_whole(b)) || is_whole(a) && b.is_decimal() => {
            Type::Decimal128(0).scaled(a.scale().max(b.scale()).unwrap_or(0)).map(Some)
        }
        _ if a.is_temporal() && is_whole(b) || is_whole(a) && b.is_temporal() => Some(None),
        _ if a.is_text() && matches!(b, Type::Uuid | Type::Ipaddr | Type::Int128) => Some(Some(b)),
        _ if b.is_text() && matches!(a, Type::Uuid | Type::Ipaddr | Type::Int128) => Some(Some(a)),
        _ => None,
    }
}

fn holds(operator: Operator, order: Ordering) -> i8 {
    i8::from(match operator {
        Operator::Eq => order.is_eq(),
        Operator::Ne => order.is_ne(),
        Operator::Lt => order.is_lt(),
        Operator::Le => order.is_le(),
        Operator::Gt => order.is_gt(),
        _ => order.is_ge(),
    })
}

fn texts(operator: Operator, a: &Strings, b: &Strings) -> Result<Vec<i8>> {
    let compare = |x: usize, y: usize| holds(operator, a.get(x).cmp(b.get(y)));
    match (a.len(), b.len()) {
        (rows, others) if rows == others => Ok((0..rows).map(|row| compare(row, row)).collect()),
        (rows, 1) => Ok((0..rows).map(|row| compare(row, 0)).collect()),
        (1, rows) => Ok((0..rows).map(|row| compare(0, row)).collect()),
        _ => Err(unequal()),
    }
}

/// Whether each cell of `left` is one of `right`'s; a scalar on the right is a list of one.
pub fn is_in(left: &Value, right: &Value) -> Result<Value> {
    let right = match right {
        Value::Dict(dict) => &Value::Vector(dict.keys.clone().into()),
        Value::Table(table) if table.columns.len() == 1 => &Value::Vector(table.columns[0].clone()),
        Value::Tuple(items) => &crate::script::vector(items.to_vec())?,
        _ => right,
    };
    let Some(wanted) = right.cells() else {
        return Err(Error::runtime("The right side of in must be a scalar or a vector."));
    };
    let (cells, wanted) = match left {
        Value::Void => (Vector::nulls(wanted.ty, 1), (**wanted).clone()),
        _ => {
            let cells = left.cells().ok_or_else(|| Error::runtime("The left side of in must have cells."))?;
            match common_type(cells.ty, wanted.ty).ok_or_else(|| incompatible(cells, wanted))? {
                Some(ty) => (cells.cast(ty)?, wanted.cast(ty)?),
                None => ((**cells).clone(), (**wanted).clone()),
            }
        }
    };
    let found = Vector::new(Type::Bool, Data::I8(members(&cells, &wanted)));
    Ok(if matches!(left, Value::Vector(_)) {
        Value::Vector(found.into())
    } else {
        Value::Scalar(found.into())
    })
}

fn members(cells: &Vector, wanted: &Vector) -> Vec<i8> {
    match (&cells.data, &wanted.data) {
        (Data::Text(own), Data::Text(list)) => {
            let set: HashSet<&[u8]> = (0..list.len()).map(|row| list.get(row)).collect();
            (0..own.len()).map(|row| i8::from(set.contains(own.get(row)))).collect()
        }
        (Data::I128(own), Data::I128(list)) => {
            let set: HashSet<&i128> = list.iter().collect();
            own.iter().map(|cell| i8::from(set.contains(cell))).collect()
        }
        (Data::F64x2(own), Data::F64x2(list)) => {
            own.iter().map(|cell| i8::from(list.contains(cell))).collect()
        }
        (Data::B16(own), Data::B16(list)) => {
            let set: HashSet<&[u8; 16]> = list.iter().collect();
            own.iter().map(|cell| i8::from(set.contains(cell))).collect()
        }
        _ if cells.ty.is_floating() || wanted.ty.is_floating() => {
            // One bit pattern for both zeros.
            let bits = |number: f64| (number + 0.0).to_bits();
            let set: HashSet<u64> = doubles(wanted).iter().copied().map(bits).collect();
            doubles(cells).iter().map(|cell| i8::from(set.contains(&bits(*cell)))).collect()
        }
        _ => {
            let set: HashSet<i64> = wide(wanted).iter().copied().collect();
            wide(cells).iter().map(|cell| i8::from(set.contains(cell))).collect()
        }
    }
}

/// Texts against a pattern in which `%` stands for any run of characters.
pub fn like(left: &Value, right: &Value) -> Result<Value> {
    let Some(pattern) = right.as_str() else {
        return Err(Error::runtime("The right side of like must be a string."));
    };
    super::rewrap(left, |cells| {
        let Data::Text(strings) = &cells.data else {
            return Err(Error::runtime("The left side of like must be of a text type."));
        };
        Ok(Vector::bools((0..strings.len()).map(|row| matches(strings.get(row), pattern.as_bytes()))))
    })
}

/// Greedy with one step back: linear in practice, never exponential.
fn matches(text: &[u8], pattern: &[u8]) -> bool {
    let (mut at, mut own, mut retry) = (0, 0, None);
    while at < text.len() {
        match pattern.get(own) {
            Some(b'%') => {
                retry = Some((at, own));
                own += 1;
            }
            Some(byte) if *byte == text[at] => {
                at += 1;
                own += 1;
            }
            _ => {
                let Some((from, star)) = retry else { return false };
                retry = Some((from + 1, star));
                at = from + 1;
                own = star + 1;
            }
        }
    }
    pattern[own..].iter().all(|byte| *byte == b'%')
}
