//! Functions that make one value of many. NULLs are left out.
use super::args;
use crate::error::{Error, Result};
use crate::script::{Native, Session};
use crate::value::{Type, Value, Vector};

const ONE: &[&str] = &["X"];

pub const FUNCTIONS: &[Native] = &[
    Native::new("size", ONE, 1, size),
    Native::new("count", ONE, 0, count),
    Native::new("sum", ONE, 1, sum),
    Native::new("avg", ONE, 1, |_, args| mean(&args).map(|(mean, ..)| scalar(mean))),
    Native::new("std", ONE, 1, std_dev),
    Native::new("min", ONE, 1, |_, args| extreme(&args, "min", false)),
    Native::new("max", ONE, 1, |_, args| extreme(&args, "max", true)),
    Native::new("first", ONE, 1, |_, args| at_end(&args, "first")),
    Native::new("last", ONE, 1, |_, args| at_end(&args, "last")),
    Native::new("nunique", ONE, 1, nunique),
    Native::new("all", ONE, 1, |_, args| truth(&args, true)),
    Native::new("any", ONE, 1, |_, args| truth(&args, false)),
];

fn cells<'a>(args: &'a [Value], function: &str) -> Result<&'a Vector> {
    let wrong = || args::bad(function, "X", "must be a scalar or a vector");
    args[0].cells().map(|cells| &**cells).ok_or_else(wrong)
}

/// Elements of a vector, rows of a table, entries of a dictionary, NULLs included.
fn length(value: &Value, function: &str) -> Result<usize> {
    match value {
        Value::Void => Ok(0),
        Value::Tuple(items) => Ok(items.len()),
        Value::Table(table) => Ok(table.rows()),
        Value::Dict(dict) => Ok(dict.keys.len()),
        Value::Dfs(table) => table.rows(),
        _ => value.cells().map(|cells| cells.len()).ok_or_else(|| args::bad(function, "X", "has no size")),
    }
}

fn size(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    length(&args[0], "size").map(number_of)
}

fn number_of(count: usize) -> Value {
    Value::int(i32::try_from(count).unwrap_or(i32::MAX))
}

/// Without an argument, `count(*)`: the rows that a query looks at.
fn count(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    match args.first() {
        None => session
            .query_rows()
            .map(number_of)
            .ok_or_else(|| Error::runtime("count(*) can be used in a query only.")),
        Some(Value::Scalar(cells) | Value::Vector(cells) | Value::Pair(cells)) => {
            Ok(number_of((0..cells.len()).filter(|row| !cells.is_null(*row)).count()))
        }
        Some(other) => length(other, "count").map(number_of),
    }
}

fn sum(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let cells = cells(&args, "sum")?;
    if cells.ty.is_decimal() {
        return decimal_sum(cells);
    }
    if !(cells.ty.is_integral() || cells.ty.is_floating() || matches!(cells.ty, Type::Bool | Type::Void)) {
        return Err(args::bad("sum", "X", "must be numeric"));
    }
    let mut seen = false;
    if cells.ty.is_floating() {
        let total: f64 = (0..cells.len()).filter_map(|row| cells.double(row)).inspect(|_| seen = true).sum();
        return Ok(scalar(seen.then_some(total)));
    }
    let mut total = 0i64;
    for number in (0..cells.len()).filter_map(|row| cells.integer(row)) {
        total = total.wrapping_add(number);
        seen = true;
    }
    Ok(Value::Scalar(Vector::integers(Type::Long, [seen.then_some(total)]).into()))
}

/// Of the widest type with the same scale. Which type a server's sum has is not known `[U]`.
fn decimal_sum(cells: &Vector) -> Result<Value> {
    let digits: Vec<i128> = (0..cells.len()).filter_map(|row| cells.unscaled(row)).collect();
    let total = digits.iter().try_fold(0i128, |total, digits| total.checked_add(*digits));
    let total =
        total.ok_or_else(|| Error::runtime("Decimal math overflow: the sum does not fit DECIMAL128."))?;
    let ty = Type::Decimal128(cells.ty.scale().unwrap_or(0));
    Ok(Value::Scalar(Vector::decimals(ty, [(!digits.is_empty()).then_some(total)])?.into()))
}

fn scalar(number: Option<f64>) -> Value {
    Value::Scalar(Vector::doubles([number]).into())
}

/// Mean, number of values, and the sum of squared distances from the mean.
fn mean(args: &[Value]) -> Result<(Option<f64>, usize, f64)> {
    let cells = cells(args, "avg")?;
    if cells.ty.is_text() || cells.ty.element().is_some() {
        return Err(args::bad("avg", "X", "must be numeric"));
    }
    let numbers = || (0..cells.len()).filter_map(|row| cells.double(row));
    let count = numbers().count();
    let mean = numbers().sum::<f64>() / count as f64;
    Ok(((count > 0).then_some(mean), count, numbers().map(|number| (number - mean).powi(2)).sum()))
}

fn std_dev(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let (_, count, squares) = mean(&args)?;
    Ok(scalar((count > 1).then(|| (squares / (count - 1) as f64).sqrt())))
}

fn extreme(args: &[Value], function: &str, wants_max: bool) -> Result<Value> {
    let cells = cells(args, function)?;
    if cells.ty.element().is_some() || matches!(cells.ty, Type::Complex | Type::Point | Type::Blob) {
        return Err(args::bad(function, "X", "must have an order"));
    }
    let better = |a: usize, b: usize| cells.compare(a, cells, b).is_gt() == wants_max;
    let best = (0..cells.len())
        .filter(|row| !cells.is_null(*row))
        .reduce(|best, row| if better(row, best) { row } else { best });
    Ok(Value::Scalar(best.map_or(Vector::nulls(cells.ty, 1), |row| cells.cell(row)).into()))
}

fn at_end(args: &[Value], function: &str) -> Result<Value> {
    let rows = length(&args[0], function)?;
    let position = if function == "first" { Some(0) } else { rows.checked_sub(1) };
    match (&args[0], position.filter(|position| *position < rows)) {
        (Value::Tuple(items), Some(position)) => Ok(items[position].clone()),
        (Value::Table(_), Some(position)) => crate::script::item(&args[0], position),
        (_, position) => Ok(Value::at(cells(args, function)?, position.unwrap_or(usize::MAX))),
    }
}

fn nunique(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let distinct = super::vector::distinct_cells(cells(&args, "nunique")?);
    Ok(number_of((0..distinct.len()).filter(|row| !distinct.is_null(*row)).count()))
}

fn truth(args: &[Value], all: bool) -> Result<Value> {
    let cells = cells(args, if all { "all" } else { "any" })?;
    let flags = crate::script::operators::mask(&Value::Vector(cells.clone().into()), cells.len())?;
    let outcome = if all { flags.iter().all(|flag| *flag) } else { flags.contains(&true) };
    Ok(Value::bool(outcome))
}
