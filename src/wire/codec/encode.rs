//! Objects to bytes (wire-protocol §6). Columns are lent, not copied.
use super::reader::count_ends;
use super::{Gather, arrays, form};
use crate::data::{Batch, Bytes, Cells, Column, Datum, Type};
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
            head(column.ty, form::SCALAR, out);
            scale(column.ty, out);
            lend(column, out);
        }
        Datum::Vector(column) => vector(column, column.rows, out)?,
        Datum::Tuple(items) => tuple(items.iter(), items.len(), out)?,
        Datum::Dict(items) => {
            out.put(&[form::ANY, form::DICTIONARY]);
            head(Type::String, form::VECTOR, out);
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
    encode_packed(batch, &[], out)
}

/// As [`encode_table`], with those columns compressed that have their bytes in `packed`.
///
/// # Errors
/// As [`encode`].
pub fn encode_packed<'a>(
    batch: &'a Batch,
    packed: &'a [Option<Vec<u8>>],
    out: &mut Gather<'a>,
) -> Result<()> {
    // The type byte of a table whose sender compresses (wire-protocol §6).
    let compresses = packed.iter().any(Option::is_some);
    out.put(&[if compresses { 8 } else { form::VOID }, form::TABLE]);
    size(batch.rows, batch.columns.len(), out)?;
    out.put_text("");
    batch.columns.iter().try_for_each(|(own, _)| name(own, out))?;
    for (index, (own, column)) in batch.columns.iter().enumerate() {
        let in_column = |error: Error| error.context(format!("column `{own}`"));
        match packed.get(index).and_then(Option::as_ref) {
            Some(bytes) => out.lend(bytes),
            None => vector(column, batch.rows, out).map_err(in_column)?,
        }
    }
    Ok(())
}

/// SYMBOL cells go as plain texts of type 17, as one of the vendor's own clients sends them.
fn vector<'a>(column: &'a Column, rows: usize, out: &mut Gather<'a>) -> Result<()> {
    check(column, rows)?;
    head(column.ty, form::VECTOR, out);
    if let Cells::Array(lengths, values) = &column.cells {
        size(rows, arrays::values(lengths), out)?;
        scale(column.ty, out);
        arrays::lend(lengths, values, width(column.ty), out);
    } else {
        size(rows, 1, out)?;
        scale(column.ty, out);
        lend(column, out);
    }
    Ok(())
}

fn head(ty: Type, form: u8, out: &mut Gather<'_>) {
    out.put(&[ty.id() as u8, form]);
}

fn scale(ty: Type, out: &mut Gather<'_>) {
    if let Some(scale) = ty.scale() {
        out.put_i32(scale.into());
    }
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

/// Bytes of a cell or of a value in a cell.
fn width(ty: Type) -> usize {
    match ty {
        Type::Array(element) => element.width(),
        ty => ty.width().unwrap_or(1),
    }
}

/// Bytes that do not fit `rows` would shift everything after them, and the peer would store it.
fn check(column: &Column, rows: usize) -> Result<()> {
    let bytes = || column.cells.segments().iter().map(|segment| segment.len()).sum::<usize>();
    let whole = match (&column.cells, column.ty) {
        (Cells::Fixed(_), ty) if ty.width().is_some() => bytes() == rows * width(ty),
        (Cells::Text(segments), ty) if ty.is_text() => {
            let ended = segments.iter().all(|segment| segment.last().is_none_or(|last| *last == 0));
            ended && segments.iter().map(|segment| count_ends(segment)).sum::<usize>() == rows
        }
        (Cells::Blob(segments), Type::Blob) => segments.iter().try_fold(0, count_blobs) == Some(rows),
        (Cells::Array(lengths, _), Type::Array(_)) => {
            lengths.len() == rows && arrays::values(lengths) * width(column.ty) == bytes()
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

/// `before` and the cells of a segment, if it holds whole ones.
fn count_blobs(before: usize, segment: &Bytes) -> Option<usize> {
    let (mut rest, mut cells) = (&**segment, before);
    while !rest.is_empty() {
        let (length, behind) = rest.split_first_chunk()?;
        let length = usize::try_from(i32::from_le_bytes(*length)).ok()?;
        rest = behind.get(length..)?;
        cells += 1;
    }
    Some(cells)
}
