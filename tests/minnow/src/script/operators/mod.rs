//! The operators, on whole columns. A scalar meets every row of a vector; a tuple is taken
//! element by element.
mod arithmetic;
mod compare;
mod logic;

use std::sync::Arc;

pub use logic::{is_true, mask, not};

use super::ast::Operator;
use crate::error::{Class, Error, Result};
use crate::value::{Data, Rows, Type, Value, Vector};

pub fn binary(operator: Operator, left: &Value, right: &Value) -> Result<Value> {
    match operator {
        Operator::In => compare::is_in(left, right),
        Operator::Like => compare::like(left, right),
        Operator::And | Operator::Or => logic::combine(operator, left, right),
        Operator::Eq | Operator::Ne | Operator::Lt | Operator::Le | Operator::Gt | Operator::Ge => {
            broadcast(left, right, &|a, b| compare::compare(operator, a, b))
        }
        _ => broadcast(left, right, &|a, b| arithmetic::arithmetic(operator, a, b)),
    }
}

/// `value between low:high`, both ends included.
pub fn between(value: &Value, range: &Value) -> Result<Value> {
    let Some(ends) = range.cells().filter(|ends| ends.len() == 2) else {
        return Err(Error::runtime("The right side of between must be a pair."));
    };
    let above = binary(Operator::Ge, value, &Value::Scalar(ends.cell(0).into()))?;
    let below = binary(Operator::Le, value, &Value::Scalar(ends.cell(1).into()))?;
    binary(Operator::And, &above, &below)
}

pub fn negate(value: &Value) -> Result<Value> {
    match value {
        Value::Void => Ok(Value::Void),
        Value::Tuple(items) => {
            let negated: Result<Vec<_>> = items.iter().map(negate).collect();
            Ok(Value::tuple(negated?))
        }
        _ => rewrap(value, arithmetic::negate),
    }
}

/// The cells of a scalar, vector or pair mapped, the form kept.
pub fn rewrap(value: &Value, map: impl FnOnce(&Vector) -> Result<Vector>) -> Result<Value> {
    match value {
        Value::Scalar(cells) => map(cells).map(|cells| Value::Scalar(cells.into())),
        Value::Vector(cells) => map(cells).map(|cells| Value::Vector(cells.into())),
        Value::Pair(cells) => map(cells).map(|cells| Value::Pair(cells.into())),
        _ => Err(Error::runtime("The operand must be a scalar, a vector or a pair.")),
    }
}

type Kernel<'a> = &'a dyn Fn(&Vector, &Vector) -> Result<Vector>;

fn broadcast(left: &Value, right: &Value, kernel: Kernel) -> Result<Value> {
    if let (Value::Tuple(_), _) | (_, Value::Tuple(_)) = (left, right) {
        return broadcast_tuples(left, right, kernel);
    }
    let void = Arc::new(Vector::nulls(Type::Void, 1));
    let cells = |value: &Value| match value {
        Value::Void => Ok(void.clone()),
        _ => value
            .cells()
            .cloned()
            .ok_or_else(|| Error::runtime("The operands must be scalars, vectors or tuples.")),
    };
    let (a, b) = (cells(left)?, cells(right)?);
    let outcome = Arc::new(by_element(&a, &b, kernel)?);
    Ok(match (left, right) {
        (Value::Pair(_), Value::Pair(_) | Value::Scalar(_)) | (Value::Scalar(_), Value::Pair(_)) => {
            Value::Pair(outcome)
        }
        (Value::Vector(_) | Value::Pair(_), _) | (_, Value::Vector(_) | Value::Pair(_)) => {
            Value::Vector(outcome)
        }
        _ => Value::Scalar(outcome),
    })
}

/// Array vectors element by element: with a scalar, with a cell for each row, or with rows of the same
/// lengths (the manual's arrayVector).
fn by_element(a: &Vector, b: &Vector, kernel: Kernel) -> Result<Vector> {
    let nested = |shape: &Rows, values: Vector| {
        let ty = values.ty;
        Vector::rows(Rows { ends: shape.ends.clone(), values }).ok_or_else(|| {
            Error::runtime(format!("There are no array vectors of {}. RefId: S02024", ty.name()))
        })
    };
    match (&a.data, &b.data) {
        (Data::Rows(x), Data::Rows(y)) if x.ends == y.ends => nested(x, kernel(&x.values, &y.values)?),
        (Data::Rows(_), Data::Rows(_)) => Err(unequal()),
        (Data::Rows(x), _) => nested(x, kernel(&x.values, &spread(b, x)?)?),
        (_, Data::Rows(y)) => nested(y, kernel(&spread(a, y)?, &y.values)?),
        _ => kernel(a, b),
    }
}

/// A cell per element of `rows`, given one for all or one per row.
fn spread(cells: &Vector, rows: &Rows) -> Result<Vector> {
    if cells.len() == 1 {
        return Ok(cells.clone());
    }
    if cells.len() != rows.len() {
        return Err(unequal());
    }
    let places: Vec<u32> = (0..rows.len()).flat_map(|row| rows.range(row).map(move |_| row as u32)).collect();
    Ok(cells.gather(&places))
}

fn broadcast_tuples(left: &Value, right: &Value, kernel: Kernel) -> Result<Value> {
    let items = match (left, right) {
        (Value::Tuple(a), Value::Tuple(b)) if a.len() == b.len() => {
            a.iter().zip(b.iter()).map(|(a, b)| broadcast(a, b, kernel)).collect::<Result<Vec<_>>>()?
        }
        (Value::Tuple(a), Value::Scalar(_) | Value::Void) => {
            a.iter().map(|a| broadcast(a, right, kernel)).collect::<Result<_>>()?
        }
        (Value::Scalar(_) | Value::Void, Value::Tuple(b)) => {
            b.iter().map(|b| broadcast(left, b, kernel)).collect::<Result<_>>()?
        }
        _ => return Err(unequal()),
    };
    Ok(Value::tuple(items))
}

fn unequal() -> Error {
    Error::runtime("Both vectors must have the same length.")
}

fn incompatible(a: &Vector, b: &Vector) -> Error {
    Error {
        class: Class::IncompatibleType,
        function: String::new(),
        text: format!("Can't combine {} with {}.", a.ty.name(), b.ty.name()),
    }
}

/// Pairs up rows; one row meets all of the other side.
fn zip<A: Copy, B: Copy, R>(a: &[A], b: &[B], combine: impl Fn(A, B) -> R) -> Result<Vec<R>> {
    match (a, b) {
        _ if a.len() == b.len() => Ok(a.iter().zip(b).map(|(a, b)| combine(*a, *b)).collect()),
        (_, [b]) => Ok(a.iter().map(|a| combine(*a, *b)).collect()),
        ([a], _) => Ok(b.iter().map(|b| combine(*a, *b)).collect()),
        _ => Err(unequal()),
    }
}

/// Logical, integral and temporal cells widened; NULL is the least.
fn wide(vector: &Vector) -> std::borrow::Cow<'_, [i64]> {
    match &vector.data {
        Data::I64(cells) => cells.as_slice().into(),
        _ => (0..vector.len()).map(|row| vector.integer(row).unwrap_or(i64::MIN)).collect(),
    }
}

/// Numbers as DOUBLE; NULL is the least.
fn doubles(vector: &Vector) -> std::borrow::Cow<'_, [f64]> {
    match &vector.data {
        Data::F64(cells) => cells.as_slice().into(),
        _ => (0..vector.len()).map(|row| vector.double(row).unwrap_or(f64::MIN)).collect(),
    }
}

fn is_whole(ty: Type) -> bool {
    ty.is_integral() || ty == Type::Bool
}

#[cfg(test)]
mod tests;
