//! Array vectors: the values of all cells as one vector, and how many each cell has.
use super::answer::ask;
use super::column::Column;
use super::session::Session;
use super::sys::*;
use super::value::Value;
use crate::data::{self, Bytes, Cells, Datum, Element, Type};
use crate::error::{Error, Kind, Result};

/// The first `rows` cells of `value`. The values stay in the server's memory.
pub(super) fn read(value: &Value, element: Element, rows: usize) -> Result<Cells> {
    if rows == 0 {
        return Ok(Cells::Array([].into(), Vec::new()));
    }
    let (raw, count) = (value.raw(), rows as i32);
    // SAFETY: the value is live and on its thread, as having it proves.
    let sizes = ask(cs_value::default(), |failure, out| unsafe { cs_row_sizes(raw, count, failure, out) })?;
    // SAFETY: as above.
    let values = ask(cs_value::default(), |failure, out| unsafe { cs_flatten(raw, count, failure, out) })?;
    let (sizes, values) = (Value::adopt(sizes), Value::adopt(values));
    // Cells are read as the type says, so what comes must be of it.
    if (sizes.type_id(), sizes.size()?) != (Type::Int.id(), rows) {
        return Err(Error::new(Kind::Server, "the lengths of an array vector are no INT for each row"));
    }
    let lengths: Option<Vec<u32>> = Column::new(sizes, Type::Int, rows)
        .read()?
        .integers()
        .map(|length| length.and_then(|length| u32::try_from(length).ok()))
        .collect();
    let count = values.size()?;
    let total = lengths.iter().flatten().map(|length| *length as usize).sum::<usize>();
    match lengths {
        Some(lengths) if total == count && values.type_id() == element.ty().id() => {
            let values = Column::new(values, element.ty(), count).read()?;
            Ok(Cells::Array(lengths.into(), values.cells.segments().to_vec()))
        }
        _ => Err(Error::new(Kind::Server, format!("an array vector says {total} values and shows {count}"))),
    }
}

/// A vector with the cells of `column`. Cells without values get a single NULL, as which the server
/// would store them (dolphindb-semantics §4.4) and without which it makes no array vector.
pub(super) fn create(session: &Session, column: &data::Column, element: Element) -> Result<Value> {
    if column.rows == 0 {
        let script = Datum::text(&format!("array({},0)", column.ty.name()));
        let script = super::convert::to_value(session, &script)?;
        return session.call("eval", &[&session.call("parseExpr", &[&script])?]);
    }
    let (lengths, values) = without_gaps(column, element)?;
    let mut end = 0_u32;
    let ends = lengths.iter().map(|length| {
        end = end.checked_add(*length).filter(|end| i32::try_from(*end).is_ok())?;
        Some(end)
    });
    let ends: Option<Vec<u32>> = ends.collect();
    let ends = ends.ok_or_else(|| Error::new(Kind::Refused, "an array vector has more than 2^31 values"))?;
    let ends = data::Column::of(Type::Int, ends.iter().map(|end| end.to_le_bytes()));
    session.call("arrayVector", &[&session.column(&ends)?, &session.column(&values)?])
}

/// The lengths and the values of `column`, where no length is zero.
fn without_gaps(column: &data::Column, element: Element) -> Result<(Vec<u32>, data::Column)> {
    let Cells::Array(lengths, segments) = &column.cells else {
        return Err(Error::new(Kind::Bug, "an array column without lengths"));
    };
    let filled: Vec<u32> = lengths.iter().map(|length| (*length).max(1)).collect();
    let cells = match lengths.contains(&0) {
        false => segments.clone(),
        true => {
            let null = element.ty().null();
            let cells =
                column.each().flat_map(|cell| if cell.is_empty() { null.clone() } else { cell.into_owned() });
            vec![Bytes::new(cells.collect::<Vec<u8>>())]
        }
    };
    let rows = filled.iter().map(|length| *length as usize).sum();
    Ok((filled, data::Column { ty: element.ty(), rows, cells: Cells::Fixed(cells) }))
}
