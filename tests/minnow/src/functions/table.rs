//! Tables in memory, and dictionaries.
use std::sync::Arc;

use super::{args, cast, dfs, vector};
use crate::error::Result;
use crate::script::{Native, Session};
use crate::value::{Dict, LONGEST, Parts, Table, Type, Value, Vector};

pub const FUNCTIONS: &[Native] = &[
    Native::new("table", &["args..."], 1, table),
    // Rows are only added to it, which is all that scripts here do (manual of `streamTable`).
    Native::new("streamTable", &["args..."], 1, table),
    Native::new("dict", &["keyObj", "valueObj", "ordered"], 2, dict),
    Native::new("keys", &["X"], 1, keys),
    Native::new("values", &["X"], 1, values),
    Native::new("rows", &["X"], 1, |_, args| shape(&args[0]).map(|(rows, _)| Value::int(rows as i32))),
    Native::new("cols", &["X"], 1, |_, args| shape(&args[0]).map(|(_, cols)| Value::int(cols as i32))),
    Native::new("columnNames", &["X"], 1, column_names),
    Native::new("colNames", &["X"], 1, column_names),
    Native::in_place("append!", &["obj", "newData"], 2, append),
    Native::in_place("tableInsert", &["table", "args..."], 2, table_insert),
];

/// `table(col1 as .., col2)`, `table(columns as vectors)`, or `table(capacity:size, names, types)`.
fn table(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let made = match (&args[0], args.len()) {
        (Value::Pair(_), 3) => empty_table(&args)?,
        (Value::Table(table), 1) => table.clone(),
        (Value::Dict(dict), 1) => from_dict(dict)?,
        _ => unnamed(args)?,
    };
    Ok(Value::Table(made))
}

fn empty_table(args: &[Value]) -> Result<Arc<Table>> {
    let names = args::texts("table", args, 1, "colNames")?;
    let types = types("table", &args[2], names.len())?;
    let size = args[0].cells().and_then(|ends| ends.integer(1)).unwrap_or(0);
    let size = usize::try_from(size).ok().filter(|size| *size <= LONGEST);
    let size = size.ok_or_else(|| args::bad("table", "size", "is out of range"))?;
    let columns = types.iter().map(|ty| Arc::new(Vector::nulls(*ty, size))).collect();
    checked(Table { names, columns })
}

/// The argument colTypes: a type for each of so many columns.
pub fn types(function: &str, given: &Value, count: usize) -> Result<Vec<Type>> {
    let types: Option<Vec<Type>> = match given {
        Value::Tuple(items) => items.iter().map(cast::type_of).collect(),
        other => other.cells().and_then(|cells| {
            (0..cells.len()).map(|row| cast::type_of(&Value::Scalar(cells.cell(row).into()))).collect()
        }),
    };
    types
        .filter(|types| types.len() == count && types.iter().all(|ty| ty.is_storable()))
        .ok_or_else(|| args::bad(function, "colTypes", "must be one data type per column"))
}

/// Columns given one by one are called `C0`, `C1`, .. unless the script gave names.
fn unnamed(args: Vec<Value>) -> Result<Arc<Table>> {
    let values: Vec<Value> = match args.as_slice() {
        [Value::Tuple(items)] => items.to_vec(),
        _ => args,
    };
    let names = (0..values.len()).map(|number| format!("C{number}")).collect();
    named(names, &values)
}

/// A table of named columns; scalars are repeated.
pub fn from_columns(names: Vec<String>, values: Vec<Value>) -> Result<Value> {
    named(names, &values).map(Value::Table)
}

fn named(names: Vec<String>, values: &[Value]) -> Result<Arc<Table>> {
    let rows = values.iter().filter_map(|value| match value {
        Value::Tuple(items) => Some(items.len()),
        _ => value.cells().map(|cells| cells.len()),
    });
    let rows = rows.max().unwrap_or(0);
    let mut columns = Vec::new();
    for value in values {
        columns.push(match value {
            Value::Scalar(cells) => Arc::new(cells.stretched(rows)),
            Value::Vector(cells) => cells.clone(),
            Value::Tuple(items) => Arc::new(array_vector(items)?),
            _ => return Err(args::bad("table", "X", "must be made of vectors of equal length")),
        });
    }
    checked(Table { names, columns })
}

/// A tuple of vectors as an array vector, so that it can fill a column of such.
fn array_vector(items: &[Value]) -> Result<Vector> {
    let ty = items.iter().find_map(|item| item.cells()?.ty.array());
    let ty = ty.ok_or_else(|| args::bad("table", "X", "must be made of vectors of equal length"))?;
    Vector::from_rows(items, ty)
}

fn checked(table: Table) -> Result<Arc<Table>> {
    let rows = table.rows();
    if table.columns.iter().any(|column| column.len() != rows) {
        return Err(args::bad("table", "X", "must be made of vectors of equal length"));
    }
    let repeated = table.names.iter().enumerate().find(|(at, name)| table.position(name) != Some(*at));
    match repeated {
        Some((_, name)) => Err(args::bad("table", "colNames", &format!("has the name {name} twice"))),
        None => Ok(table.into()),
    }
}

fn from_dict(dict: &Dict) -> Result<Arc<Table>> {
    let names = (0..dict.keys.len()).map(|row| crate::value::text::cell(&dict.keys, row)).collect();
    named(names, &dict.values)
}

/// A dictionary of keys and values, or an empty one of two types.
fn dict(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    if let (Value::Scalar(_), Value::Scalar(_)) = (&args[0], &args[1])
        && let (Some(key), Some(_)) = (cast::type_of(&args[0]), cast::type_of(&args[1]))
    {
        return Ok(Value::Dict(Dict { keys: Vector::empty(key, 0), values: Parts::default() }.into()));
    }
    let keys = args[0].cells().ok_or_else(|| args::bad("dict", "keyObj", "must be a vector"))?;
    let values = items(&args[1]);
    if values.len() != keys.len() {
        return Err(args::bad("dict", "valueObj", "must have one value per key"));
    }
    let mut dict = Dict { keys: Vector::empty(keys.ty, keys.len()), values: Parts::default() };
    for (row, value) in values.into_iter().enumerate() {
        crate::script::set_key(&mut dict, &Value::Scalar(keys.cell(row).into()), value)?;
    }
    Ok(Value::Dict(dict.into()))
}

/// The elements of a value as values of their own.
fn items(value: &Value) -> Vec<Value> {
    match value {
        Value::Tuple(items) => items.to_vec(),
        Value::Vector(cells) => (0..cells.len()).map(|row| Value::at(cells, row)).collect(),
        other => vec![other.clone()],
    }
}

fn keys(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    match &args[0] {
        Value::Dict(dict) => Ok(Value::Vector(dict.keys.clone().into())),
        _ => names_of(&args[0], "keys"),
    }
}

fn values(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    match &args[0] {
        Value::Dict(dict) => crate::script::vector(dict.values.to_vec()),
        Value::Table(table) => {
            Ok(Value::Tuple(Arc::new(table.columns.iter().cloned().map(Value::Vector).collect())))
        }
        _ => Err(args::bad("values", "X", "must be a dictionary or a table")),
    }
}

fn shape(value: &Value) -> Result<(usize, usize)> {
    match value {
        Value::Table(table) => Ok((table.rows(), table.columns.len())),
        Value::Dfs(table) => Ok((table.rows()?, table.columns().len())),
        Value::Tuple(items) => Ok((items.len(), 1)),
        _ => {
            let cells = value.cells().ok_or_else(|| args::bad("rows", "X", "has no rows"))?;
            Ok((cells.len(), 1))
        }
    }
}

fn column_names(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    names_of(&args[0], "columnNames")
}

fn names_of(value: &Value, function: &str) -> Result<Value> {
    let names: Vec<&str> = match value {
        Value::Table(table) => table.names.iter().map(String::as_str).collect(),
        Value::Dfs(table) => table.columns().iter().map(|(name, _)| name.as_str()).collect(),
        _ => return Err(args::bad(function, "X", "must be a table")),
    };
    Ok(Value::Vector(Vector::strings(Type::String, names).into()))
}

/// Appends and returns the object (dolphindb-semantics §4.1).
fn append(session: &mut Session, own: &mut Value, args: Vec<Value>) -> Result<Value> {
    match own {
        Value::Table(_) | Value::Dfs(_) => {
            insert("append!", session, own, args)?;
        }
        Value::Dict(_) => return Err(args::bad("append!", "obj", "must be a vector or a table")),
        _ => vector::extend(own, args.first().unwrap_or(&Value::Void))?,
    }
    Ok(own.clone())
}

/// Appends and returns how many rows were stored (dolphindb-semantics §4.1).
fn table_insert(session: &mut Session, own: &mut Value, args: Vec<Value>) -> Result<Value> {
    let rows = insert("tableInsert", session, own, args)?;
    Ok(Value::int(i32::try_from(rows).unwrap_or(i32::MAX)))
}

/// Columns are matched by position; their names are not looked at (dolphindb-semantics §4.4).
fn insert(function: &str, session: &mut Session, own: &mut Value, args: Vec<Value>) -> Result<usize> {
    match own {
        Value::Dfs(table) => dfs::store_rows(function, session, table, &args),
        Value::Table(table) => append_rows(Arc::make_mut(table), &*new_rows(args)?),
        _ => Err(args::bad(function, "table", "must be a table")),
    }
}

/// The rows to append: a table, a tuple of columns, or the columns one by one.
fn new_rows(args: Vec<Value>) -> Result<Arc<Table>> {
    let values = match args.as_slice() {
        [Value::Table(table)] => return Ok(table.clone()),
        [Value::Tuple(items)] => items.to_vec(),
        [Value::Dict(dict)] => dict.values.to_vec(),
        _ => args,
    };
    unnamed(values)
}

/// All casts come first, so that a failing one leaves the table as it was.
pub fn append_rows(table: &mut Table, rows: &Table) -> Result<usize> {
    let types = table.columns.iter().map(|column| column.ty);
    let fitted = rows.fitted(table.names.iter().map(String::as_str).zip(types))?;
    for (own, new) in table.columns.iter_mut().zip(&fitted) {
        Arc::make_mut(own).append(new)?;
    }
    Ok(rows.rows())
}
