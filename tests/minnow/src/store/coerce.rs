//! Rows as a distributed table's columns take them: as any table's, and too long texts cut or
//! refused (dolphindb-semantics §4.4).
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::value::{Data, Strings, Table, Type, Vector};

/// A DFS STRING keeps this many bytes; what is longer is cut without a word.
const STRING_BYTES: usize = 65_535;
/// A DFS BLOB keeps this many.
const BLOB_BYTES: usize = (64 << 20) - 1;
/// A longer SYMBOL is refused.
const SYMBOL_BYTES: usize = 255;

/// The columns of `rows` for a table with these columns.
pub fn coerce(rows: &Table, columns: &[(String, Type)]) -> Result<Vec<Arc<Vector>>> {
    let fitted = rows.fitted(columns.iter().map(|(name, ty)| (name.as_str(), *ty)))?;
    fitted.into_iter().zip(columns).map(|(column, (name, _))| limited(column, name)).collect()
}

fn limited(column: Arc<Vector>, name: &str) -> Result<Arc<Vector>> {
    match &column.data {
        Data::Text(texts) if column.ty == Type::Symbol => check_symbols(texts, name).map(|()| column),
        Data::Text(texts) => Ok(match cut(texts, most(column.ty)) {
            Some(short) => Arc::new(Vector::new(column.ty, short)),
            None => column,
        }),
        _ => Ok(column),
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

fn most(ty: Type) -> usize {
    if ty == Type::Blob { BLOB_BYTES } else { STRING_BYTES }
}

/// The texts with the too long ones cut; `None` when there are none.
fn cut(texts: &Strings, most: usize) -> Option<Data> {
    (0..texts.len()).find(|row| texts.get(*row).len() > most)?;
    let mut short = Strings::default();
    for row in 0..texts.len() {
        let text = texts.get(row);
        short.push(&text[..text.len().min(most)]);
    }
    Some(Data::Text(short))
}
