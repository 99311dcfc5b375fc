//! Rows as a table's columns take them: by position, converted within a category, too long texts
//! cut or refused (dolphindb-semantics §4.4).
use std::sync::Arc;

use crate::error::{Class, Error, Result};
use crate::value::{Data, Strings, Table, Type, Vector};

/// A DFS STRING keeps this many bytes; what is longer is cut without a word.
const STRING_BYTES: usize = 65_535;
/// A longer SYMBOL is refused.
const SYMBOL_BYTES: usize = 255;

/// The columns of `rows` for a table with these columns. Names are ignored.
pub fn coerce(rows: &Table, columns: &[(String, Type)]) -> Result<Vec<Arc<Vector>>> {
    if rows.columns.len() != columns.len() {
        // The server's sentence is not documented, its number is.
        return Err(Error::runtime(format!(
            "The number of columns of the table to insert must be the same as that of the original table: \
             {} expected, {} given. RefId:S01015",
            columns.len(),
            rows.columns.len()
        )));
    }
    if let Some(odd) = rows.columns.iter().position(|column| column.len() != rows.rows()) {
        return Err(Error::runtime(format!("The column [{}] has another length.", rows.names[odd])));
    }
    rows.columns.iter().zip(columns).map(|(given, (name, ty))| column(given, name, *ty)).collect()
}

fn column(given: &Arc<Vector>, name: &str, ty: Type) -> Result<Arc<Vector>> {
    let converted = if given.ty == ty {
        given.clone()
    } else if compatible(given.ty, ty) {
        Arc::new(given.cast(ty).map_err(|_| mismatch(name, ty, given.ty))?)
    } else {
        return Err(mismatch(name, ty, given.ty));
    };
    match &converted.data {
        Data::Text(texts) if ty == Type::Symbol => check_symbols(texts, name).map(|()| converted),
        Data::Text(texts) => Ok(cut(texts).map_or(converted, |texts| Arc::new(Vector::new(ty, texts)))),
        _ => Ok(converted),
    }
}

fn compatible(given: Type, column: Type) -> bool {
    given == Type::Void
        || given.is_integral() && (column.is_integral() || column.is_floating())
        || given.is_floating() && column.is_floating()
        || given.is_temporal() && column.is_temporal()
        || given.is_text() && column.is_text()
}

fn mismatch(name: &str, expected: Type, actual: Type) -> Error {
    Error {
        class: Class::IncompatibleType,
        function: String::new(),
        text: format!(
            "The column [{name}] expects type of {}, but the actual type is {}. RefId:S05004",
            expected.name(),
            actual.name()
        ),
    }
}

/// The server's wording is not documented.
fn check_symbols(texts: &Strings, name: &str) -> Result<()> {
    match (0..texts.len()).find(|row| texts.get(*row).len() > SYMBOL_BYTES) {
        Some(row) => Err(Error::runtime(format!(
            "The column [{name}] holds a SYMBOL of {} bytes; the limit is {SYMBOL_BYTES}.",
            texts.get(row).len()
        ))),
        None => Ok(()),
    }
}

/// The texts with the too long ones cut; `None` when there are none.
fn cut(texts: &Strings) -> Option<Data> {
    (0..texts.len()).find(|row| texts.get(*row).len() > STRING_BYTES)?;
    let mut short = Strings::default();
    for row in 0..texts.len() {
        let text = texts.get(row);
        short.push(&text[..text.len().min(STRING_BYTES)]);
    }
    Some(Data::Text(short))
}
