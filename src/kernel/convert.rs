//! Server values to the engine's and back.
use super::column::Column;
use super::session::Session;
use super::table::Table;
use super::value::{ANY, Form, VOID, Value};
use crate::data::{Batch, Datum};
use crate::error::{Error, Kind, Result};

/// What `value` holds. Cells stay in the server's memory where it shows them.
pub(super) fn to_datum(value: &Value) -> Result<Datum> {
    if value.is_null() {
        return Ok(Datum::Void);
    }
    let id = value.type_id();
    match (value.form(), value.ty()?) {
        (Form::Scalar, _) if id == VOID => Ok(Datum::Void),
        (Form::Scalar, Some(ty)) => Ok(Datum::Scalar(Column::new(value.clone(), ty, 1).read()?)),
        (Form::Vector | Form::Pair, Some(ty)) => {
            Ok(Datum::Vector(Column::new(value.clone(), ty, value.size()?).read()?))
        }
        (Form::Vector, None) if id == ANY => Ok(Datum::Tuple(items(value)?)),
        (Form::Dictionary, _) => dictionary(value),
        (Form::Table, _) => Ok(Datum::Table(Table(value.clone()).read()?)),
        _ => Ok(Datum::Opaque(value.describe()?)),
    }
}

fn items(value: &Value) -> Result<Vec<Datum>> {
    (0..value.size()?).map(|index| to_datum(&value.get(index)?)).collect()
}

fn dictionary(value: &Value) -> Result<Datum> {
    let (keys, values) = value.items()?;
    match to_datum(&keys)? {
        Datum::Vector(keys) if keys.ty.is_text() => {
            let names = keys.texts().map(|key| String::from_utf8_lossy(key).into_owned());
            Ok(Datum::Dict(names.zip(items(&values)?).collect()))
        }
        _ => Ok(Datum::Opaque(value.describe()?)),
    }
}

/// A new server object that holds `datum`.
pub(super) fn to_value(session: &Session, datum: &Datum) -> Result<Value> {
    match datum {
        Datum::Void => session.void(),
        // A vector gives the scalar of its own type whatever the type is.
        Datum::Scalar(column) => session.column(column)?.get(0),
        Datum::Vector(column) => session.column(column),
        Datum::Tuple(items) => tuple(session, items),
        Datum::Dict(items) => {
            let value = session.dictionary()?;
            items.iter().try_for_each(|(key, item)| value.put(key, &to_value(session, item)?))?;
            Ok(value)
        }
        Datum::Table(batch) => table(session, batch),
        Datum::Opaque(what) => Err(Error::new(Kind::Bug, format!("{what} cannot be given to the server"))),
    }
}

fn tuple(session: &Session, items: &[Datum]) -> Result<Value> {
    let value = session.tuple(items.len())?;
    for (index, item) in items.iter().enumerate() {
        value.set(index, &to_value(session, item)?)?;
    }
    Ok(value)
}

/// The rows as a table in the server's memory.
pub(super) fn table(session: &Session, batch: &Batch) -> Result<Value> {
    let names: Vec<&str> = batch.columns.iter().map(|(name, _)| name.as_str()).collect();
    let columns: Result<Vec<Value>> = batch
        .columns
        .iter()
        .map(|(name, column)| {
            session.column(column).map_err(|error| error.context(format!("column `{name}`")))
        })
        .collect();
    session.table(&names, &columns?)
}
