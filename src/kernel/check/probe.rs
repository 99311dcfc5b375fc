//! Values through real objects and back.
//!
//! Everything that a sync will do with the server is done once with a few cells of every type: a
//! wrong slot that no symbol contradicted, a wrong flag word or a wrong counter shows as a value
//! that does not come back.
use crate::data::{Batch, Cells, Column, Datum, Type};
use crate::kernel::answer;
use crate::kernel::column::Column as ServerColumn;
use crate::kernel::convert::{to_datum, to_value};
use crate::kernel::session::Session;
use crate::kernel::sys::{cs_failure, cs_release};
use crate::kernel::value::{Form, Value};

/// Fails with what did not come back.
pub(super) fn round_trip(session: &Session) -> Result<(), String> {
    // First, because every later step gives objects back.
    destruction(session).map_err(doing("giving an object back"))?;
    for ty in Type::ALL {
        shape(session, *ty).and_then(|()| cells(session, *ty)).map_err(doing(ty.name()))?;
    }
    containers(session).map_err(doing("containers"))?;
    function(session).map_err(doing("calling eval"))
}

fn doing(what: &str) -> impl Fn(String) -> String {
    move |error| format!("the round trip of values ({what}): {error}")
}

/// An object can be given back.
fn destruction(session: &Session) -> Result<(), String> {
    let vector = session.vector(Type::Int.id(), 1).map_err(text)?;
    let mut failure = cs_failure::default();
    // SAFETY: this is the only reference, and it is not used again.
    let released = unsafe { cs_release(vector.into_raw(), &mut failure) };
    if released { Ok(()) } else { Err(answer::take(failure.message)) }
}

/// Objects that hold others.
fn containers(session: &Session) -> Result<(), String> {
    let column = sample(Type::Int);
    let rows = column.rows;
    let columns = vec![("first".into(), column), ("second".into(), sample(Type::String))];
    same(session, &Datum::Table(Batch { rows, columns }))?;
    same(session, &Datum::Tuple(vec![Datum::text("a"), Datum::Vector(sample(Type::Long))]))?;
    same(session, &Datum::Dict(vec![("key".into(), Datum::text("b"))]))
}

/// A function is found and computes.
fn function(session: &Session) -> Result<(), String> {
    let eval = session.function("eval").map_err(text)?;
    let script = to_value(session, &Datum::text("6*7")).map_err(text)?;
    let code = session.call("parseExpr", &[&script]).map_err(text)?;
    // Built-ins overwrite arguments that are flagged as temporary.
    let kept = to_datum(&script).map_err(text)?;
    if kept.as_str() != Some("6*7") {
        return Err(format!("an argument became {kept:?}"));
    }
    let answer = to_datum(&eval.call(session, &[&code]).map_err(text)?).map_err(text)?;
    if answer.as_i64() == Some(42) { Ok(()) } else { Err(format!("6*7 is {answer:?}")) }
}

/// The flag word tells form and type.
fn shape(session: &Session, ty: Type) -> Result<(), String> {
    let vector = session.vector(ty.id(), 2).map_err(text)?;
    if vector.form() != Form::Vector || vector.type_id() != ty.id() {
        return Err(format!("a vector shows as {:?} of type {}", vector.form(), vector.type_id()));
    }
    match vector.size().map_err(text)? {
        2 => vector.describe().map(drop).map_err(text),
        size => Err(format!("a vector of 2 cells has {size}")),
    }
}

/// Cells come back, as a vector, block by block, and one alone.
fn cells(session: &Session, ty: Type) -> Result<(), String> {
    let column = sample(ty);
    same(session, &Datum::Vector(column.clone()))?;
    if !ty.is_text() {
        let value = session.column(&column).map_err(text)?;
        let blocks = ServerColumn::new(value, ty, column.rows).read_blocks().map_err(text)?;
        if blocks != bytes(&column) {
            return Err("cells read in blocks differ".to_string());
        }
    }
    // Whether a 16-byte scalar shows its bytes in a block is not known of every release.
    if ty.width() == Some(16) || ty == Type::Symbol {
        return Ok(());
    }
    let first = one(&column);
    same(session, &Datum::Scalar(first))
}

fn same(session: &Session, datum: &Datum) -> Result<(), String> {
    let value: Value = to_value(session, datum).map_err(text)?;
    let back = to_datum(&value).map_err(text)?;
    if equal(datum, &back) { Ok(()) } else { Err(format!("{datum:?} came back as {back:?}")) }
}

fn equal(left: &Datum, right: &Datum) -> bool {
    match (left, right) {
        (Datum::Scalar(left), Datum::Scalar(right)) | (Datum::Vector(left), Datum::Vector(right)) => {
            same_column(left, right)
        }
        (Datum::Tuple(left), Datum::Tuple(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| equal(left, right))
        }
        (Datum::Dict(left), Datum::Dict(right)) => {
            let pairs = || left.iter().zip(right);
            left.len() == right.len()
                && pairs().all(|(left, right)| left.0 == right.0 && equal(&left.1, &right.1))
        }
        (Datum::Table(left), Datum::Table(right)) => {
            let pairs = || left.columns.iter().zip(&right.columns);
            left.columns.len() == right.columns.len()
                && pairs().all(|(left, right)| left.0 == right.0 && same_column(&left.1, &right.1))
        }
        _ => false,
    }
}

fn same_column(left: &Column, right: &Column) -> bool {
    left.ty == right.ty && left.rows == right.rows && bytes(left) == bytes(right)
}

fn bytes(column: &Column) -> Vec<u8> {
    column.cells.segments().iter().flat_map(|segment| segment.iter().copied()).collect()
}

/// A value, another one and NULL.
fn sample(ty: Type) -> Column {
    let Some(width) = ty.width() else { return Column::text(ty, ["first", "second \u{3a9}", ""]) };
    let cells: [Vec<u8>; 3] = match ty {
        Type::Bool => [vec![1], vec![0], vec![0x80]],
        Type::Float => [1.5_f32, -2.25, -f32::MAX].map(|cell| cell.to_le_bytes().to_vec()),
        Type::Double => [1.5_f64, -2.25, -f64::MAX].map(|cell| cell.to_le_bytes().to_vec()),
        Type::Uuid | Type::Ipaddr | Type::Int128 => [(1..17).collect(), vec![7; 16], vec![0; 16]],
        _ => [7_i64, 12, i64::MIN >> (64 - 8 * width)].map(|cell| cell.to_le_bytes()[..width].to_vec()),
    };
    Column::fixed(ty, cells.concat())
}

/// The first cell of `column`.
fn one(column: &Column) -> Column {
    match &column.cells {
        Cells::Text(_) => Column::text(column.ty, ["first"]),
        Cells::Fixed(_) => Column::fixed(column.ty, bytes(column)[..column.ty.width().unwrap_or(0)].to_vec()),
    }
}

fn text(error: crate::error::Error) -> String {
    error.to_string()
}
