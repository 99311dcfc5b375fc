//! Rows as a distributed table's columns take them: as any table's, but the last columns may be
//! missing, and too long texts are cut or refused (dolphindb-semantics §4.4).
use std::sync::Arc;

use super::{DecimalScale, TableShape};
use crate::error::{Error, Result};
use crate::value::{Data, Strings, Table, Type, Vector, unfit};

/// A DFS STRING keeps this many bytes; what is longer is cut without a word.
const STRING_BYTES: usize = 65_535;
/// A DFS BLOB keeps this many.
const BLOB_BYTES: usize = (64 << 20) - 1;
/// A longer SYMBOL is refused.
const SYMBOL_BYTES: usize = 255;

/// The columns of `rows` for a table of this shape. All up to the last partition column must be
/// there (the manual's insert_data).
pub fn coerce(rows: &Table, shape: &TableShape, decimals: DecimalScale) -> Result<Vec<Arc<Vector>>> {
    let given = rows.columns.len();
    let least = shape.partition_columns.iter().max().map_or(1, |last| last + 1);
    if !(least..=shape.columns.len()).contains(&given) {
        return Err(other_width());
    }
    let columns = &shape.columns[..given];
    let scaled = rows.columns.iter().zip(columns).map(|(own, (name, ty))| scaled(own, name, *ty, decimals));
    let rows = Table { names: rows.names.clone(), columns: scaled.collect::<Result<_>>()? };
    let fitted = rows.fitted(columns.iter().map(|(name, ty)| (name.as_str(), *ty)))?;
    fitted.into_iter().zip(columns).map(|(column, (name, _))| limited(column, name)).collect()
}

/// Refuses rows that lack columns.
pub fn whole(rows: &Table, shape: &TableShape) -> Result<()> {
    if rows.columns.len() == shape.columns.len() { Ok(()) } else { Err(other_width()) }
}

fn other_width() -> Error {
    let text = "The number of columns of the current table must match that of the target table. RefId:S01015";
    Error::runtime(text)
}

/// Decimals of too large a scale, cut or refused where they are not to be rounded.
fn scaled(own: &Arc<Vector>, name: &str, ty: Type, how: DecimalScale) -> Result<Arc<Vector>> {
    match (own.ty.scale(), ty.scale()) {
        (Some(given), Some(wanted)) if given > wanted => match how {
            DecimalScale::Round => Ok(own.clone()),
            DecimalScale::Truncate => Ok(Arc::new(own.truncated(wanted)?)),
            DecimalScale::Refuse => Err(unfit(own, name, ty)),
        },
        _ => Ok(own.clone()),
    }
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
