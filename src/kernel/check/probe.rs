//! Values through real objects and back.
//!
//! Everything that a sync will do with the server is done once with a few cells of every type: a
//! wrong slot that no symbol contradicted, a wrong flag word or a wrong counter shows as a value
//! that does not come back.
use crate::data::{Batch, Column, Datum, Type};
use crate::kernel::answer;
use crate::kernel::cell::{is_known, is_optional, refuse};
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
        if !is_known(*ty) {
            continue;
        }
        // Any scale but 0 shows one that is lost.
        let ty = ty.with_scale(3).unwrap_or(*ty);
        match shape(session, ty).and_then(|()| cells(session, ty)) {
            Err(why) if is_optional(ty) => refuse(ty, why),
            outcome => outcome.map_err(doing(&ty.name()))?,
        }
    }
    strings(session).map_err(doing("text as bytes"))?;
    plain_arrays(session).map_err(doing("arrays"))?;
    for ty in Type::ALL.iter().filter_map(|ty| ty.with_scale(3)?.array()).filter(|ty| is_known(*ty)) {
        if let Err(why) = arrays(session, ty) {
            refuse(ty, why);
        }
    }
    containers(session).map_err(doing("containers"))?;
    function(session).map_err(doing("calling eval"))
}

fn doing(what: &str) -> impl Fn(String) -> String {
    move |error| format!("the round trip of values ({what}): {error}")
}

/// An object can be given back.
fn destruction(session: &Session) -> Result<(), String> {
    let vector = session.vector(Type::Int, 1).map_err(text)?;
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
    let vector = session.vector(ty, 2).map_err(text)?;
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
    if ty.width().is_some() {
        let value = session.column(&column).map_err(text)?;
        let blocks = ServerColumn::new(value, ty, column.rows).read_blocks().map_err(text)?;
        if blocks != bytes(&column) {
            return Err("cells read in blocks differ".to_string());
        }
    }
    // Whether a scalar of 16 bytes or a BLOB shows its bytes in a block is not known of every release.
    if ty.width() == Some(16) || matches!(ty, Type::Symbol | Type::Blob) {
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
    left.ty == right.ty && left.rows == right.rows && left.each().eq(right.each())
}

fn bytes(column: &Column) -> Vec<u8> {
    column.cells.segments().iter().flat_map(|segment| segment.iter().copied()).collect()
}

/// The methods for BLOB work on text, which every server has.
fn strings(session: &Session) -> Result<(), String> {
    let cells = sample(Type::String);
    let blobs = Column::of(Type::Blob, cells.each());
    let vector = session.vector(Type::String, blobs.rows).map_err(text)?;
    let as_bytes = ServerColumn::new(vector.clone(), Type::Blob, blobs.rows);
    as_bytes.write(&blobs).map_err(text)?;
    let bytes_back = as_bytes.read().map_err(text)?;
    let back = ServerColumn::new(vector, Type::String, blobs.rows).read().map_err(text)?;
    match same_column(&back, &cells) && same_column(&bytes_back, &blobs) {
        true => Ok(()),
        false => Err(format!("{cells:?} came back as {back:?}")),
    }
}

/// The methods for arrays work on those without NULL, which every server that makes them has.
fn plain_arrays(session: &Session) -> Result<(), String> {
    let cells = [&[1_i32, 2][..], &[3]]
        .map(|cell| cell.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>());
    let arrays = Column::of(Type::Int.array().ok_or("INT has no arrays")?, cells);
    match session.column(&arrays) {
        Ok(_) => same(session, &Datum::Vector(arrays)),
        // Arrays of every type are refused when their turn comes.
        Err(_) => Ok(()),
    }
}

/// Arrays of several values, of one NULL and of one value.
fn arrays(session: &Session, ty: Type) -> Result<(), String> {
    let Type::Array(element) = ty else { return Err("arrays of nothing".to_string()) };
    let cells: Vec<Vec<u8>> = sample(element.ty()).each().map(|cell| cell.into_owned()).collect();
    let [first, second, null] = &cells[..] else { return Err("a sample has three cells".to_string()) };
    same(session, &Datum::Vector(Column::of(ty, [[&**first, second].concat(), null.clone(), first.clone()])))
}

/// A value, another one and NULL.
fn sample(ty: Type) -> Column {
    let cells = match ty {
        Type::Symbol | Type::String => [b"first".to_vec(), "second \u{3a9}".into()],
        Type::Blob => [b"\0first\xff".to_vec(), vec![7; 100]],
        Type::Bool => [vec![1], vec![0]],
        Type::Float => [1.5_f32, -2.25].map(|cell| cell.to_le_bytes().to_vec()),
        Type::Double => [1.5_f64, -2.25].map(|cell| cell.to_le_bytes().to_vec()),
        Type::Complex | Type::Point => {
            [[1.5_f64, -2.25], [0.0, 1e300]].map(|cell| cell.map(f64::to_le_bytes).concat())
        }
        Type::Uuid | Type::Ipaddr | Type::Int128 => [(1..17).collect(), vec![7; 16]],
        _ => [7_i128, 12].map(|cell| cell.to_le_bytes()[..ty.width().unwrap_or(0)].to_vec()),
    };
    let null = ty.null();
    Column::of(ty, cells.into_iter().chain([null]))
}

/// The first cell of `column`.
fn one(column: &Column) -> Column {
    Column::of(column.ty, column.each().take(1))
}

fn text(error: crate::error::Error) -> String {
    error.to_string()
}
