//! Objects to bytes (wire-protocol §6). Columns are lent, not copied.
use super::reader::count_ends;
use super::{Gather, form};
use crate::data::{Batch, Cells, Column, Datum};
use crate::error::{Error, Kind, Result};

/// Adds `datum` to `out`.
///
/// # Errors
/// `Argument` for what has no bytes: a handle, a name with a NUL character, more than 2^31 rows.
/// `Bug` for a column that does not hold what it says.
pub fn encode<'a>(datum: &'a Datum, out: &mut Gather<'a>) -> Result<()> {
    match datum {
        Datum::Void => out.put(&[form::VOID, form::SCALAR, 1]),
        Datum::Scalar(column) => {
            check(column, 1)?;
            out.put(&[column.ty.id() as u8, form::SCALAR]);
            lend(column, out);
        }
        Datum::Vector(column) => vector(column, column.rows, out)?,
        Datum::Tuple(items) => tuple(items.iter(), items.len(), out)?,
        Datum::Dict(items) => {
            out.put(&[form::ANY, form::DICTIONARY]);
            out.put(&[crate::data::Type::String as u8, form::VECTOR]);
            size(items.len(), 1, out)?;
            items.iter().try_for_each(|(key, _)| name(key, out))?;
            tuple(items.iter().map(|(_, item)| item), items.len(), out)?;
        }
        Datum::Table(batch) => encode_table(batch, out)?,
        Datum::Opaque(what) => {
            return Err(Error::new(Kind::Argument, format!("{what} cannot be sent to a server")));
        }
    }
    Ok(())
}

/// Adds `batch` to `out` as a table without a name.
///
/// # Errors
/// As [`encode`].
pub fn encode_table<'a>(batch: &'a Batch, out: &mut Gather<'a>) -> Result<()> {
    out.put(&[form::VOID, form::TABLE]);
    size(batch.rows, batch.columns.len(), out)?;
    out.put_text("");
    batch.columns.iter().try_for_each(|(own, _)| name(own, out))?;
    for (own, column) in &batch.columns {
        let in_column = |error: Error| error.context(format!("column `{own}`"));
        vector(column, batch.rows, out).map_err(in_column)?;
    }
    Ok(())
}

/// SYMBOL cells go as plain texts of type 17, as one of the vendor's own clients sends them.
fn vector<'a>(column: &'a Column, rows: usize, out: &mut Gather<'a>) -> Result<()> {
    check(column, rows)?;
    out.put(&[column.ty.id() as u8, form::VECTOR]);
    size(rows, 1, out)?;
    lend(column, out);
    Ok(())
}

fn tuple<'a>(items: impl Iterator<Item = &'a Datum>, len: usize, out: &mut Gather<'a>) -> Result<()> {
    out.put(&[form::ANY, form::VECTOR]);
    size(len, 1, out)?;
    items.into_iter().try_for_each(|item| encode(item, out))
}

fn lend<'a>(column: &'a Column, out: &mut Gather<'a>) {
    column.cells.segments().iter().for_each(|segment| out.lend(segment));
}

fn size(rows: usize, columns: usize, out: &mut Gather<'_>) -> Result<()> {
    for count in [rows, columns] {
        let count = i32::try_from(count);
        out.put_i32(count.map_err(|_| Error::new(Kind::Argument, "more than 2^31 rows in one object"))?);
    }
    Ok(())
}

fn name(text: &str, out: &mut Gather<'_>) -> Result<()> {
    if text.contains('\0') {
        return Err(Error::new(Kind::Argument, format!("the name {text:?} holds a NUL character")));
    }
    out.put_text(text);
    Ok(())
}

/// Bytes that do not fit `rows` would shift everything after them, and the peer would store it.
fn check(column: &Column, rows: usize) -> Result<()> {
    let whole = match (&column.cells, column.ty.width()) {
        (Cells::Fixed(_), Some(width)) => column.cells.byte_len() == rows * width,
        (Cells::Text(segments), None) => {
            let ended = segments.iter().all(|segment| segment.last().is_none_or(|last| *last == 0));
            ended && segments.iter().map(|segment| count_ends(segment)).sum::<usize>() == rows
        }
        _ => false,
    };
    match whole && column.rows == rows {
        true => Ok(()),
        false => {
            let ty = column.ty.name();
            Err(Error::new(Kind::Bug, format!("the cells of a {ty} column are not {rows} rows")))
        }
    }
}
