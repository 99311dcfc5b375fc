//! Making, joining and rearranging vectors.
use std::sync::Arc;

use super::args;
use crate::error::{Error, Result};
use crate::script::ast::Operator;
use crate::script::{Native, Session, operators};
use crate::value::{LONGEST, Type, Value, Vector};

pub const FUNCTIONS: &[Native] = &[
    Native::new("seq", &["start", "end"], 2, |_, args| crate::script::range(&args[0], &args[1])),
    Native::new("til", &["n"], 1, til),
    Native::new("take", &["X", "n"], 2, take),
    Native::new("join", &["X", "Y"], 2, join),
    Native::new("sort", &["X", "ascending"], 1, sort),
    Native::new("isort", &["X", "ascending"], 1, isort),
    Native::new("distinct", &["X"], 1, distinct),
    Native::new("reverse", &["X"], 1, reverse),
    Native::new("at", &["X", "index"], 1, at),
    Native::new("flatten", &["X"], 1, flatten),
    Native::new("pair", &["a", "b"], 2, |_, args| crate::script::pair(&args[0], &args[1])),
    Native::new("array", &["dataType", "initialSize", "capacity", "defaultValue"], 1, array),
];

/// The cells of a scalar, vector or pair.
pub fn cells<'a>(function: &str, args: &'a [Value], index: usize, name: &str) -> Result<&'a Arc<Vector>> {
    let wrong = || args::bad(function, name, "must be a scalar or a vector");
    args::required(function, args, index, name)?.cells().ok_or_else(wrong)
}

fn til(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let count = args::integer("til", &args, 0, "n")?;
    if !(0..=LONGEST as i64).contains(&count) {
        return Err(args::bad("til", "n", "is out of range"));
    }
    Ok(Value::Vector(Vector::integers(Type::Int, (0..count).map(Some)).into()))
}

/// The first `n` cells, from the start again where there are fewer; from the end if `n < 0`.
fn take(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let count = args::integer("take", &args, 1, "n")?;
    if count.unsigned_abs() > LONGEST as u64 {
        return Err(args::bad("take", "n", "is out of range"));
    }
    let pick = |rows: usize| -> Vec<u32> {
        let (rows, start) = (rows as i64, if count < 0 { count } else { 0 });
        if rows == 0 {
            return Vec::new();
        }
        (start..start + count.abs()).map(|row| row.rem_euclid(rows) as u32).collect()
    };
    match &args[0] {
        Value::Tuple(items) => {
            let picked = pick(items.len()).iter().map(|row| items[*row as usize].clone()).collect();
            Ok(Value::Tuple(Arc::new(picked)))
        }
        Value::Table(table) => {
            let rows = pick(table.rows());
            let columns = table.columns.iter().map(|column| column.gather(&rows).into()).collect();
            Ok(Value::Table(crate::value::Table { names: table.names.clone(), columns }.into()))
        }
        _ => {
            let cells = cells("take", &args, 0, "X")?;
            Ok(Value::Vector(cells.gather(&pick(cells.len())).into()))
        }
    }
}

fn join(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let mut joined = args[0].clone();
    extend(&mut joined, &args[1])?;
    Ok(joined)
}

/// Appends to a vector or tuple.
pub fn extend(own: &mut Value, more: &Value) -> Result<()> {
    match own {
        Value::Tuple(items) => {
            let items = Arc::make_mut(items);
            match more {
                Value::Tuple(more) => items.extend(more.iter().cloned()),
                _ => items.push(more.clone()),
            }
            Ok(())
        }
        Value::Scalar(cells) | Value::Vector(cells) => {
            let wrong = || Error::runtime("Only a scalar or a vector can be appended to a vector.");
            let mut longer = std::mem::replace(cells, Arc::new(Vector::empty(Type::Int, 0)));
            let appended = match more {
                Value::Void => Arc::make_mut(&mut longer).append(&Vector::nulls(Type::Void, 1)),
                _ => more.cells().ok_or_else(wrong).and_then(|more| Arc::make_mut(&mut longer).append(more)),
            };
            *own = Value::Vector(longer);
            appended
        }
        _ => Err(Error::runtime("The object cannot be appended to.")),
    }
}

fn order(function: &str, args: &[Value]) -> Result<(Arc<Vector>, Vec<u32>)> {
    let cells = cells(function, args, 0, "X")?;
    let ascends = args::optional_bool(function, args, 1, "ascending", true)?;
    let mut rows: Vec<u32> = (0..cells.len() as u32).collect();
    rows.sort_by(|a, b| {
        let order = cells.compare(*a as usize, cells, *b as usize);
        if ascends { order } else { order.reverse() }
    });
    Ok((cells.clone(), rows))
}

fn sort(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let (cells, rows) = order("sort", &args)?;
    Ok(Value::Vector(cells.gather(&rows).into()))
}

fn isort(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let (_, rows) = order("isort", &args)?;
    Ok(Value::Vector(Vector::integers(Type::Int, rows.iter().map(|row| Some(i64::from(*row)))).into()))
}

fn distinct(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    Ok(Value::Vector(distinct_cells(cells("distinct", &args, 0, "X")?).into()))
}

/// Each value once, where it came first.
pub fn distinct_cells(cells: &Vector) -> Vector {
    let mut rows: Vec<u32> = (0..cells.len() as u32).collect();
    rows.sort_by(|a, b| cells.compare(*a as usize, cells, *b as usize));
    rows.dedup_by(|a, b| cells.compare(*a as usize, cells, *b as usize).is_eq());
    rows.sort_unstable();
    cells.gather(&rows)
}

fn reverse(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    if let Value::Tuple(items) = &args[0] {
        return Ok(Value::Tuple(Arc::new(items.iter().rev().cloned().collect())));
    }
    let cells = cells("reverse", &args, 0, "X")?;
    Ok(Value::Vector(cells.gather(&(0..cells.len() as u32).rev().collect::<Vec<_>>()).into()))
}

/// `at(mask)`: where it is true. `at(X, index)`: `X[index]`.
fn at(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    if let Some(index) = args::given(&args, 1) {
        return crate::script::index(&args[0], std::slice::from_ref(index));
    }
    let cells = cells("at", &args, 0, "X")?;
    let mask = operators::mask(&Value::Vector(cells.clone()), cells.len())?;
    let rows = mask.iter().enumerate().filter(|(_, held)| **held).map(|(row, _)| Some(row as i64));
    Ok(Value::Vector(Vector::integers(Type::Int, rows).into()))
}

fn flatten(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let Value::Tuple(items) = &args[0] else { return Ok(args[0].clone()) };
    let Some(first) = items.first() else { return Ok(args[0].clone()) };
    let mut flat = first.clone();
    for item in &items[1..] {
        extend(&mut flat, item)?;
    }
    Ok(flat)
}

fn array(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let ty = super::cast::type_of(args::required("array", &args, 0, "dataType")?)
        .ok_or_else(|| args::bad("array", "dataType", "is no data type"))?;
    let rows =
        if args::given(&args, 1).is_some() { args::integer("array", &args, 1, "initialSize")? } else { 0 };
    if !(0..=LONGEST as i64).contains(&rows) {
        return Err(args::bad("array", "initialSize", "is out of range"));
    }
    let zeros = || Vector::integers(ty, [Some(0)]);
    let default = match args::given(&args, 3) {
        Some(_) => cells("array", &args, 3, "defaultValue")?.cast(ty)?,
        None => zeros(),
    };
    Ok(Value::Vector(default.gather(&vec![0; rows as usize]).into()))
}

/// `a == b` as a scalar, whatever the two are.
pub fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Void, Value::Void) => true,
        (Value::Tuple(a), Value::Tuple(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equal(a, b))
        }
        (Value::Table(a), Value::Table(b)) => a.names == b.names && a.columns == b.columns,
        (Value::Dict(a), Value::Dict(b)) => {
            a.keys == b.keys && a.values.iter().zip(&b.values).all(|(a, b)| equal(a, b))
        }
        _ => match (a.cells(), b.cells()) {
            (Some(x), Some(y)) if x.len() == y.len() => {
                let same = operators::binary(Operator::Eq, a, b);
                same.is_ok_and(|same| {
                    same.cells()
                        .is_some_and(|flags| (0..flags.len()).all(|row| flags.integer(row) == Some(1)))
                })
            }
            _ => false,
        },
    }
}
