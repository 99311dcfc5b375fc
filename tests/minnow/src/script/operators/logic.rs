//! `&&`, `||`, `!` and conditions. `or` ignores a NULL, `and` and `!` keep it; a condition that
//! is NULL does not hold. The NULL rules are inferred from a server's default settings `[U]`.
use super::super::ast::Operator;
use super::{rewrap, zip};
use crate::error::{Error, Result};
use crate::value::{Data, Type, Value, Vector};

const NULL: i8 = i8::MIN;

pub fn combine(operator: Operator, left: &Value, right: &Value) -> Result<Value> {
    let both = if operator == Operator::And { and } else { or };
    super::broadcast(left, right, &|a, b| {
        Ok(Vector::new(Type::Bool, Data::I8(zip(&truths(a)?, &truths(b)?, both)?)))
    })
}

fn and(x: i8, y: i8) -> i8 {
    if x == NULL || y == NULL { NULL } else { x & y }
}

fn or(x: i8, y: i8) -> i8 {
    match (x, y) {
        (NULL, other) | (other, NULL) => other,
        _ => x | y,
    }
}

pub fn not(value: &Value) -> Result<Value> {
    if matches!(value, Value::Void) {
        return Ok(Value::Void);
    }
    rewrap(value, |cells| {
        let flipped = truths(cells)?.iter().map(|x| if *x == NULL { NULL } else { 1 - x }).collect();
        Ok(Vector::new(Type::Bool, Data::I8(flipped)))
    })
}

/// Each cell as 1, 0 or NULL.
fn truths(cells: &Vector) -> Result<Vec<i8>> {
    if cells.ty.is_text() || cells.ty.is_temporal() {
        return Err(Error::runtime(format!("A {} is neither true nor false.", cells.ty.name())));
    }
    if let (Type::Bool, Data::I8(own)) = (cells.ty, &cells.data) {
        return Ok(own.clone());
    }
    Ok((0..cells.len()).map(|row| cells.double(row).map_or(NULL, |number| i8::from(number != 0.0))).collect())
}

/// Whether a condition holds.
pub fn is_true(value: &Value) -> Result<bool> {
    match value {
        Value::Void => Ok(false),
        Value::Scalar(cell) => Ok(truths(cell)?[0] == 1),
        _ => Err(Error::runtime("A condition must be a scalar.")),
    }
}

/// Which of `rows` rows a condition keeps; a scalar condition speaks for all of them.
pub fn mask(value: &Value, rows: usize) -> Result<Vec<bool>> {
    let truths = match value {
        Value::Void => vec![0],
        Value::Scalar(cells) | Value::Vector(cells) => truths(cells)?,
        _ => return Err(Error::runtime("A where condition must yield one BOOL per row.")),
    };
    match truths.as_slice() {
        _ if truths.len() == rows => Ok(truths.iter().map(|truth| *truth == 1).collect()),
        [truth] => Ok(vec![*truth == 1; rows]),
        _ => Err(Error::runtime("A where condition must yield one BOOL per row.")),
    }
}
