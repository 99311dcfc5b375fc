//! Making, joining and rearranging vectors.
use std::sync::Arc;

use super::args;
use crate::error::{Error, Result};
use crate::script::ast::Operator;
use crate::script::{Native, Session, operators};
use crate::store::bucket;
use crate::value::{Data, LONGEST, Rows, Table, Type, Value, Vector};

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
    Native::new("arrayVector", &["index", "value"], 2, array_vector),
    Native::new("rowSize", &["X"], 1, row_size),
    Native::new("hashBucket", &["X", "buckets"], 2, hash_bucket),
    Native::new("array", &["dataType", "initialSize", "capacity", "defaultValue"], 1, array),
];

/// The cells of a scalar, vector or pair.
pub fn cells<'a>(function: &str, args: &'a [Value], index: usize, name: &str) -> Result<&'a Arc<Vector>> {
    let wrong = || args::bad(function, name, "must be a scalar or a vector");
    args::required(function, args, index, name)?.cells().ok_or_else(wrong)
}

/// The number of each cell's bucket, as a HASH level has it.
fn hash_bucket(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    const NAME: &str = "hashBucket";
    let of = cells(NAME, &args, 0, "X")?;
    let buckets = u32::try_from(args::integer(NAME, &args, 1, "buckets")?).ok().filter(|count| *count > 0);
    let buckets = buckets.ok_or_else(|| args::bad(NAME, "buckets", "must be a positive number"))?;
    let number = |row| (!of.is_null(row)).then(|| i64::from(bucket(of, row, buckets)));
    let numbers = Arc::new(Vector::integers(Type::Int, (0..of.len()).map(number)));
    Ok(if matches!(args[0], Value::Scalar(_)) { Value::Scalar(numbers) } else { Value::Vector(numbers) })
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
        Value::Vector(cells) if cells.ty.element().is_some() => {
            let more = match more {
                Value::Tuple(items) => Arc::new(Vector::from_rows(items, cells.ty)?),
                Value::Vector(more) if more.ty.element().is_some() => more.clone(),
                _ => return Err(Error::runtime("Only rows can be appended to an array vector.")),
            };
            let ty = cells.ty;
            let fitted = Table::of([("rows", (*more).clone())]).fitted([("rows", ty)].into_iter())?;
            Arc::make_mut(cells).append(&fitted[0])
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

/// Rows that end where `index` says, cut from `value`.
fn array_vector(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let (index, values) =
        (cells("arrayVector", &args, 0, "index")?, cells("arrayVector", &args, 1, "value")?);
    let wrong = |what| args::bad("arrayVector", "index", what);
    let ends: Option<Vec<u32>> =
        (0..index.len()).map(|row| index.integer(row).and_then(|end| u32::try_from(end).ok())).collect();
    let ends = ends.filter(|ends| ends.is_sorted()).ok_or_else(|| wrong("must ascend"))?;
    if ends.last().copied().unwrap_or(0) as usize != values.len() {
        return Err(wrong("must end where value ends"));
    }
    let rows = Vector::rows(Rows { ends, values: (**values).clone() });
    let wrong = || args::bad("arrayVector", "value", "is of a type that has no array vectors");
    Ok(Value::Vector(rows.ok_or_else(wrong)?.into()))
}

fn row_size(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let Data::Rows(rows) = &cells("rowSize", &args, 0, "X")?.data else {
        return Err(args::bad("rowSize", "X", "must be an array vector"));
    };
    let sizes = rows.sizes().into_iter().map(|size| Some(size.into()));
    Ok(Value::Vector(Vector::integers(Type::Int, sizes).into()))
}

fn flatten(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    if let Value::Vector(cells) = &args[0]
        && let Data::Rows(rows) = &cells.data
    {
        return Ok(Value::Vector(rows.values.clone().into()));
    }
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
    let zeros = || zero(ty);
    let default = match args::given(&args, 3) {
        Some(_) => cells("array", &args, 3, "defaultValue")?.cast(ty)?,
        None => zeros(),
    };
    Ok(Value::Vector(default.gather(&vec![0; rows as usize]).into()))
}

/// A cell of zero, or what stands for it in the type.
fn zero(ty: Type) -> Vector {
    match ty {
        Type::Complex | Type::Point => Vector::new(ty, Data::F64x2(vec![[0.0; 2]])),
        Type::Decimal128(_) => Vector::new(ty, Data::I128(vec![0])),
        _ => Vector::integers(ty, [Some(0)]),
    }
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
            a.keys == b.keys && a.values.iter().zip(b.values.iter()).all(|(a, b)| equal(a, b))
        }
        _ => match (a.cells(), b.cells()) {
            (Some(x), Some(y)) if x.len() == y.len() && x.ty.element().is_some() => {
                x.ty == y.ty && (0..x.len()).all(|row| x.compare(row, y, row).is_eq())
            }
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
