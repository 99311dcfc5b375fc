//! Values made of values: vectors, pairs, ranges, and the constants that have names.
use crate::error::{Error, Result};
use crate::value::{LONGEST, Type, Value, Vector};

/// `[a, b]`: one vector if the items are scalars that fit one type, else a tuple.
pub fn vector(items: Vec<Value>) -> Result<Value> {
    let types = items.iter().filter_map(|item| match item {
        Value::Scalar(cell) => Some(Some(cell.ty)),
        Value::Void => None,
        _ => Some(None),
    });
    let Some(ty) = types.reduce(|a, b| common(a?, b?)) else {
        return Ok(Value::tuple(items));
    };
    let Some(ty) = ty else { return Ok(Value::tuple(items)) };
    let mut cells = Vector::empty(ty, items.len());
    for item in &items {
        match item {
            Value::Scalar(cell) => cells.append(cell)?,
            _ => cells.append(&Vector::nulls(ty, 1))?,
        }
    }
    Ok(Value::Vector(cells.into()))
}

/// The type that holds values of both, if there is one.
fn common(a: Type, b: Type) -> Option<Type> {
    let number = |ty: Type| ty.is_integral() || ty.is_floating();
    match (a, b) {
        _ if a == b => Some(a),
        _ if a.is_text() && b.is_text() => Some(Type::String),
        (Type::Bool, other) | (other, Type::Bool) if other.is_integral() => Some(other),
        // Their numbers grow with their width.
        _ if number(a) && number(b) => Some(if a.id() > b.id() { a } else { b }),
        _ => None,
    }
}

/// `a:b`.
pub fn pair(first: &Value, second: &Value) -> Result<Value> {
    match vector(vec![first.clone(), second.clone()])? {
        Value::Vector(cells) => Ok(Value::Pair(cells)),
        _ => Err(Error::runtime("Both sides of a pair must be scalars of one type.")),
    }
}

/// `a..b`, both ends included, downwards if `b` is less.
pub fn range(first: &Value, last: &Value) -> Result<Value> {
    let (Value::Scalar(first), Value::Scalar(last)) = (first, last) else {
        return Err(Error::runtime("Both ends of a range must be scalars."));
    };
    let ty = if first.ty.is_temporal() { first.ty } else { common(first.ty, last.ty).unwrap_or(Type::Void) };
    let (Some(from), Some(to)) = (first.integer(0), last.integer(0)) else {
        return Err(Error::runtime("Both ends of a range must be integers or temporal values."));
    };
    if (ty.is_temporal() && last.ty != ty) || ty == Type::Void {
        return Err(Error::runtime("Both ends of a range must have the same type."));
    }
    if from.abs_diff(to) >= LONGEST as u64 {
        return Err(Error::runtime("The range is too long."));
    }
    let cells = if from <= to {
        Vector::integers(ty, (from..=to).map(Some))
    } else {
        Vector::integers(ty, (to..=from).rev().map(Some))
    };
    Ok(Value::Vector(cells.into()))
}

/// `INT[]`, `DECIMAL32(2)[]`: the type of array vectors.
pub fn array_type(element: &Value) -> Result<Value> {
    let ty = element.as_i64().and_then(Type::from_constant);
    let ty = ty.ok_or_else(|| Error::runtime("An index has one or two parts."))?;
    // The number is documented (dolphindb-semantics §11.1), the sentence is not.
    ty.array()
        .map(|array| Value::int(array.constant()))
        .ok_or_else(|| Error::runtime(format!("There are no array vectors of {}. RefId: S02024", ty.name())))
}

/// `DECIMAL64(4)`: a decimal type with its scale.
pub fn decimal_type(name: &str, scale: &Value) -> Result<Value> {
    let ty = Type::from_name(name).zip(scale.as_i64().and_then(|scale| u8::try_from(scale).ok()));
    let ty = ty.and_then(|(ty, scale)| ty.scaled(scale));
    // As above.
    ty.map(|ty| Value::int(ty.constant()))
        .ok_or_else(|| Error::runtime(format!("{name} has no scale {scale}. RefId: S05010")))
}

/// Named constants: types by their id, partition schemes by theirs (dolphindb-semantics §3.4).
pub fn constant(name: &str) -> Option<Value> {
    const NUMBERS: [(&str, i32); 12] = [
        ("SEQ", 0),
        ("VALUE", 1),
        ("RANGE", 2),
        ("LIST", 3),
        ("COMPO", 4),
        ("HASH", 5),
        // How a TSDB table keeps duplicates.
        ("ALL", 0),
        ("FIRST", 1),
        ("LAST", 2),
        // What undef forgets. Clients send the names (wire-protocol §7); the numbers are ours.
        ("VAR", 0),
        ("SHARED", 1),
        ("DEF", 2),
    ];
    if let Some((_, id)) = NUMBERS.iter().find(|(own, _)| *own == name) {
        return Some(Value::int(*id));
    }
    // What grant is given; minnow keeps their names, whatever number a server has for them `[U]`.
    if let Some(access) = crate::functions::ACCESS_TYPES.iter().find(|own| **own == name) {
        return Some(Value::string(access));
    }
    Type::ALL.iter().find(|ty| ty.name() == name).map(|ty| Value::int(ty.constant()))
}
