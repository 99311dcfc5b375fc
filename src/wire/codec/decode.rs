//! Objects from bytes (wire-protocol §6).
use std::io::Read;

use super::packing::unpack;
use super::reader::{Reader, broken};
use super::symbols::Bases;
use super::{arrays, form};
use crate::data::{Batch, Bytes, Cells, Column, Datum, Type};
use crate::error::{Error, Kind, Result};

/// Objects inside objects; the deepest answer of a server (`schema`) has four levels.
const MAX_DEPTH: usize = 32;
/// No text that stands alone or names something is longer.
const TEXT_LIMIT: usize = 64 << 20;
const NAME_LIMIT: usize = 64 << 10;

/// Reads one object.
///
/// A set becomes a vector, a vector of VOID becomes `Void`, a dictionary whose keys are not text is
/// read and described only.
///
/// # Errors
/// `Schema` for an object or a column of a type that [`Type`] does not have, `Protocol` for what is
/// not an object, `Network` when the line breaks. After any of them the position is lost.
pub fn decode(reader: &mut Reader<impl Read>) -> Result<Datum> {
    Decoder { reader, bases: Bases::default(), depth: 0 }.object()
}

struct Decoder<'r, R> {
    reader: &'r mut Reader<R>,
    bases: Bases,
    depth: usize,
}

impl<R: Read> Decoder<'_, R> {
    fn object(&mut self) -> Result<Datum> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(broken(format!("an object is nested deeper than {MAX_DEPTH} levels")));
        }
        let [ty, form] = self.reader.array()?;
        let object = match form {
            form::SCALAR => self.scalar(ty),
            form::VECTOR | form::PAIR => self.vector(form, ty),
            form::SET => self.object(),
            form::DICTIONARY => self.dictionary(),
            form::TABLE => self.table().map(Datum::Table),
            _ => Err(unsupported(form, ty)),
        }?;
        self.depth -= 1;
        Ok(object)
    }

    fn scalar(&mut self, ty: u8) -> Result<Datum> {
        match ty {
            form::VOID => self.reader.array().map(|[_]: [u8; 1]| Datum::Void),
            form::FUNCTION => {
                let [_kind] = self.reader.array()?;
                self.reader.text(TEXT_LIMIT).map(Datum::Opaque)
            }
            ty if form::NAMED.contains(&ty) => self.reader.text(TEXT_LIMIT).map(Datum::Opaque),
            _ => {
                let known = Type::from_id(i32::from(ty)).filter(|ty| !matches!(ty, Type::Array(_)));
                let known = self.scaled(known.ok_or_else(|| unsupported(form::SCALAR, ty))?)?;
                self.cells(known, 1).map(Datum::Scalar)
            }
        }
    }

    fn vector(&mut self, form: u8, ty: u8) -> Result<Datum> {
        if ty == form::COMPRESSED {
            return decode(&mut Reader::new(&unpack(self.reader)?[..]));
        }
        let known = Type::from_id(i32::from(ty));
        if known.is_none() && ![form::VOID, form::ANY, form::SYMBOL_WITH_BASE].contains(&ty) {
            return Err(unsupported(form, ty));
        }
        let rows = self.reader.count("rows")?;
        let _columns = self.reader.i32()?;
        match (ty, known) {
            (_, Some(known)) => {
                let known = self.scaled(known)?;
                self.cells(known, rows).map(Datum::Vector)
            }
            (form::ANY, _) => self.tuple(rows).map(Datum::Tuple),
            (form::SYMBOL_WITH_BASE, _) => self.bases.column(self.reader, rows).map(Datum::Vector),
            _ => Ok(Datum::Void),
        }
    }

    /// A decimal's type comes before how many digits are behind the point.
    fn scaled(&mut self, ty: Type) -> Result<Type> {
        if ty.scale().is_none() {
            return Ok(ty);
        }
        let scale = self.reader.i32()?;
        let name = form::type_name(ty.id() as u8);
        ty.with_scale(scale).ok_or_else(|| broken(format!("a {name} has {scale} digits behind the point")))
    }

    fn cells(&mut self, ty: Type, rows: usize) -> Result<Column> {
        let cells = match (ty, ty.width()) {
            (_, Some(width)) => Cells::Fixed(vec![Bytes::new(self.reader.bytes(rows * width)?)]),
            (Type::Array(element), _) => arrays::read(self.reader, rows, element.width())?,
            (Type::Blob, _) => Cells::Blob(vec![Bytes::new(self.reader.blobs(rows)?)]),
            _ => Cells::Text(vec![Bytes::new(self.reader.texts(rows)?)]),
        };
        Ok(Column { ty, rows, cells })
    }

    fn tuple(&mut self, rows: usize) -> Result<Vec<Datum>> {
        let mut items = Vec::new();
        for _ in 0..rows {
            items.push(self.object()?);
        }
        Ok(items)
    }

    fn dictionary(&mut self) -> Result<Datum> {
        let keys = self.object()?;
        let values = match self.object()? {
            Datum::Tuple(values) => values,
            Datum::Vector(column) => scalars(&column),
            _ => return Err(broken("the values of a dictionary are not a vector")),
        };
        match keys {
            Datum::Vector(keys) if keys.rows != values.len() => {
                Err(broken(format!("a dictionary has {} keys and {} values", keys.rows, values.len())))
            }
            Datum::Vector(keys) if keys.ty.is_text() => {
                let keys: Result<Vec<String>> = keys.texts().map(utf8).collect();
                Ok(Datum::Dict(keys?.into_iter().zip(values).collect()))
            }
            Datum::Vector(keys) => Ok(Datum::Opaque(format!("dictionary with {} keys", keys.ty.name()))),
            _ => Err(broken("the keys of a dictionary are not a vector")),
        }
    }

    fn table(&mut self) -> Result<Batch> {
        let rows = self.reader.count("rows")?;
        let count = self.reader.count("columns")?;
        let _name = self.reader.text(NAME_LIMIT)?;
        let mut names = Vec::new();
        for _ in 0..count {
            names.push(self.reader.text(NAME_LIMIT)?);
        }
        let mut columns = Vec::new();
        for name in names {
            let column = self.column(rows).map_err(|error| match error.kind() {
                Kind::Network | Kind::Silent => error,
                _ => error.context(format!("column `{name}`")),
            })?;
            columns.push((name, column));
        }
        Ok(Batch { rows, columns })
    }

    fn column(&mut self, rows: usize) -> Result<Column> {
        let [ty, form] = self.reader.array()?;
        match (form, ty) {
            (form::VECTOR, form::VOID | form::ANY) | (0 | 2.., _) => Err(unsupported(form, ty)),
            _ => match self.vector(form, ty)? {
                Datum::Vector(column) if column.rows == rows => Ok(column),
                _ => Err(broken(format!("the length differs from the {rows} rows of its table"))),
            },
        }
    }
}

/// The cells of a column as scalars, of arrays as vectors.
fn scalars(column: &Column) -> Vec<Datum> {
    let cells = column.each();
    match column.ty {
        Type::Array(element) => {
            cells.map(|cell| Datum::Vector(Column::fixed(element.ty(), cell.into_owned()))).collect()
        }
        ty => cells.map(|cell| Datum::Scalar(Column::of(ty, [cell]))).collect(),
    }
}

fn utf8(text: &[u8]) -> Result<String> {
    String::from_utf8(text.to_vec()).map_err(|_| broken("a text of the peer is not UTF-8"))
}

fn unsupported(form: u8, ty: u8) -> Error {
    Error::new(Kind::Schema, format!("{} cannot be transferred yet", form::describe(form, ty)))
        .advise("leave it out of what is read")
}
