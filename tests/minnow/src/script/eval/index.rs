//! Elements of values: `v[i]`, `t[column]`, `d[key]`, `t.column`.
use crate::error::{Error, Result};
use crate::script::{operators, unknown_column};
use crate::value::{Dict, Table, Type, Value, Vector};

/// How many items a `for` loop over the value has.
pub fn items(value: &Value) -> Result<usize> {
    match value {
        Value::Void => Ok(0),
        Value::Scalar(_) => Ok(1),
        Value::Vector(cells) | Value::Pair(cells) => Ok(cells.len()),
        Value::Tuple(items) => Ok(items.len()),
        Value::Table(table) => Ok(table.rows()),
        Value::Dict(dict) => Ok(dict.keys.len()),
        _ => Err(Error::runtime("The object cannot be iterated.")),
    }
}

/// The item at `position`: a cell, an element, a row as a dictionary, a dictionary's value.
pub fn item(value: &Value, position: usize) -> Result<Value> {
    let outside = || Error::runtime("The index is out of range.");
    match value {
        Value::Scalar(_) => Ok(value.clone()),
        Value::Vector(cells) | Value::Pair(cells) => Ok(Value::at(cells, position)),
        Value::Tuple(items) => items.get(position).cloned().ok_or_else(outside),
        Value::Table(table) => Ok(Value::Dict(row(table, position).into())),
        Value::Dict(dict) => dict.values.get(position).cloned().ok_or_else(outside),
        _ => Err(Error::runtime("The object has no elements.")),
    }
}

fn row(table: &Table, position: usize) -> Dict {
    let cells = table.columns.iter().map(|column| Value::at(column, position));
    Dict::of_strings(table.names.iter().map(String::as_str).zip(cells))
}

/// `object.name`.
pub fn member(object: &Value, name: &str) -> Result<Value> {
    match object {
        Value::Table(table) => column(table, name),
        Value::Dict(dict) => Ok(dict.get(name).cloned().unwrap_or(Value::Void)),
        _ => Err(Error::runtime(format!("The object has no member {name}."))),
    }
}

fn column(table: &Table, name: &str) -> Result<Value> {
    table
        .position(name)
        .map(|position| Value::Vector(table.columns[position].clone()))
        .ok_or_else(|| unknown_column(name))
}

/// `object[at]`, or `table[rows, column]`.
pub fn index(object: &Value, at: &[Value]) -> Result<Value> {
    match at {
        [at] => index_once(object, at),
        [rows, columns] => index_once(&index_once(object, columns)?, rows),
        _ => Err(Error::runtime("An index has one or two parts.")),
    }
}

fn index_once(object: &Value, at: &Value) -> Result<Value> {
    match object {
        Value::Dict(dict) => from_dict(dict, at),
        Value::Table(table) => from_table(table, at),
        Value::Tuple(items) => match at {
            Value::Scalar(_) => item(object, whole(at)?),
            _ => {
                let picked: Result<Vec<_>> =
                    positions(at, items.len())?.iter().map(|row| item(object, *row as usize)).collect();
                Ok(Value::tuple(picked?))
            }
        },
        Value::Vector(cells) | Value::Pair(cells) => match at {
            // A position outside yields NULL, as a server's vectors do.
            Value::Scalar(cell) if cell.ty != Type::Bool => {
                Ok(Value::at(cells, whole(at).unwrap_or(usize::MAX)))
            }
            _ => Ok(Value::Vector(pick(cells, at)?.into())),
        },
        _ => Err(Error::runtime("The object cannot be indexed.")),
    }
}

fn from_dict(dict: &Dict, key: &Value) -> Result<Value> {
    let Some(keys) = key.cells() else { return Err(Error::runtime("A key must be a scalar or a vector.")) };
    let keys = keys.cast(dict.keys.ty)?;
    let find = |row: usize| {
        let position = (0..dict.keys.len()).find(|own| dict.keys.compare(*own, &keys, row).is_eq());
        position.map_or(Value::Void, |position| dict.values[position].clone())
    };
    match key {
        Value::Scalar(_) => Ok(find(0)),
        _ => super::literal::vector((0..keys.len()).map(find).collect()),
    }
}

fn from_table(table: &Table, at: &Value) -> Result<Value> {
    if let Some(name) = at.as_str() {
        return column(table, name);
    }
    let Some(cells) = at.cells() else { return Err(Error::runtime("A table is indexed by names or rows.")) };
    if cells.ty.is_text() {
        let mut picked = Table::default();
        for row in 0..cells.len() {
            let name = cells.text(row).unwrap_or_default();
            let Value::Vector(cells) = column(table, name)? else { continue };
            picked.names.push(name.to_owned());
            picked.columns.push(cells);
        }
        return Ok(Value::Table(picked.into()));
    }
    if let Value::Scalar(cell) = at
        && cell.ty != Type::Bool
    {
        return item(&Value::Table(table.clone().into()), whole(at)?);
    }
    let rows = positions(at, table.rows())?;
    let columns = table.columns.iter().map(|column| column.gather(&rows).into()).collect();
    Ok(Value::Table(Table { names: table.names.clone(), columns }.into()))
}

fn whole(at: &Value) -> Result<usize> {
    at.as_i64()
        .and_then(|position| usize::try_from(position).ok())
        .ok_or_else(|| Error::runtime("The index must be a number that is not negative."))
}

/// The cells at the positions; those outside are NULL.
fn pick(cells: &Vector, at: &Value) -> Result<Vector> {
    let Value::Vector(numbers) = at else { return Ok(cells.gather(&positions(at, cells.len())?)) };
    if numbers.ty == Type::Bool {
        return Ok(cells.gather(&positions(at, cells.len())?));
    }
    let mut padded = cells.clone();
    padded.append(&Vector::nulls(cells.ty, 1))?;
    let rows: Vec<u32> = (0..numbers.len())
        .map(|row| {
            let inside = numbers.integer(row).and_then(|position| usize::try_from(position).ok());
            inside.filter(|position| *position < cells.len()).unwrap_or(cells.len()) as u32
        })
        .collect();
    Ok(padded.gather(&rows))
}

/// Row numbers that an index means: a BOOL mask, a pair `[from, to)`, or positions.
pub fn positions(at: &Value, rows: usize) -> Result<Vec<u32>> {
    let outside = || Error::runtime("The index is out of range.");
    let Some(cells) = at.cells() else { return Err(Error::runtime("An index must be made of numbers.")) };
    if cells.ty == Type::Bool {
        let mask = operators::mask(at, rows)?;
        return Ok((0..rows as u32).filter(|row| mask[*row as usize]).collect());
    }
    let inside =
        |row: usize| cells.integer(row).and_then(|p| u32::try_from(p).ok()).filter(|p| (*p as usize) <= rows);
    if matches!(at, Value::Pair(_)) {
        let (from, to) = (inside(0).unwrap_or(0), inside(1).ok_or_else(outside)?);
        return Ok((from..to).collect());
    }
    let strictly = |row: usize| inside(row).filter(|p| (*p as usize) < rows).ok_or_else(outside);
    (0..cells.len()).map(strictly).collect()
}
