//! Bytes to values. Memory is taken as bytes arrive, whatever lengths the peer announces.
use std::collections::HashMap;
use std::io::{BufRead, Read};
use std::sync::Arc;

use super::super::packing::{COMPRESSED, unpack};
use super::{BLOCK, CODE, FUNCTION, HANDLE, SOURCE, SYMBOL_WITH_BASE, form};
use crate::error::{Error, Result};
use crate::value::{DEEPEST, Data, Dict, Rows, Strings, Table, Type, Value, Vector};

/// No text or blob is longer: the server cuts texts far below (dolphindb-semantics §11.1).
const MAX_TEXT: u64 = 1 << 28;
/// A VOID vector has no bytes, so its length costs the peer nothing.
const MAX_VOIDS: usize = 1 << 20;

/// Symbol bases by id: within a table a later column may refer to an earlier column's base.
type Bases = HashMap<i32, Strings>;

/// Reads one object. After an error the stream's position is lost: close the connection.
pub fn read_object(input: &mut impl BufRead) -> Result<Value> {
    Decoder { input, bases: Bases::new(), depth: 0 }.object()
}

struct Decoder<'a, R> {
    input: &'a mut R,
    bases: Bases,
    depth: usize,
}

impl<R: BufRead> Decoder<'_, R> {
    fn object(&mut self) -> Result<Value> {
        if self.depth == DEEPEST {
            return Err(Error::runtime("The object is nested too deeply."));
        }
        self.depth += 1;
        let [kind, form] = self.array()?;
        let value = match form {
            form::SCALAR => match kind {
                FUNCTION | HANDLE | CODE | SOURCE => self.shown(kind)?,
                _ => self.scalar(scalar_type(kind)?)?,
            },
            form::VECTOR => self.vector(kind)?,
            form::PAIR => self.pair(scalar_type(kind)?)?,
            form::DICTIONARY => self.dictionary()?,
            form::TABLE => self.table()?,
            _ => return Err(Error::runtime(format!("minnow cannot read objects of form {form}."))),
        };
        self.depth -= 1;
        Ok(value)
    }

    fn scalar(&mut self, ty: Type) -> Result<Value> {
        let ty = self.with_scale(ty)?;
        let cells = match ty {
            Type::Void => return self.array::<1>().map(|_| Value::Void),
            Type::Any => return Err(unsupported("ANY scalars")),
            Type::Array(_) => return Err(unsupported("scalars of an array vector's type")),
            ty => self.cells(ty, 1)?,
        };
        Ok(Value::Scalar(Arc::new(cells)))
    }

    /// What belongs to the node that sent it arrives as the text that shows it.
    fn shown(&mut self, kind: u8) -> Result<Value> {
        if kind == FUNCTION {
            self.array::<1>()?;
        }
        self.text().map(|text| Value::string(&text))
    }

    fn vector(&mut self, kind: u8) -> Result<Value> {
        if kind == COMPRESSED {
            return read_object(&mut &unpack(self.input)?[..]);
        }
        if kind == SYMBOL_WITH_BASE {
            let rows = self.shape()?;
            return Ok(Value::Vector(Arc::new(self.symbols(rows)?)));
        }
        let ty = scalar_type(kind)?;
        if ty.element().is_some() {
            return self.array_vector(ty).map(|cells| Value::Vector(Arc::new(cells)));
        }
        let rows = self.shape()?;
        let ty = self.with_scale(ty)?;
        if ty == Type::Any {
            let mut items = Vec::new();
            for _ in 0..rows {
                items.push(self.object()?);
            }
            return Ok(Value::tuple(items));
        }
        Ok(Value::Vector(Arc::new(self.cells(ty, rows)?)))
    }

    /// The type with the scale that decimals say in front of their cells.
    fn with_scale(&mut self, ty: Type) -> Result<Type> {
        if ty.scale().is_none() {
            return Ok(ty);
        }
        let scale = i32::from_le_bytes(self.array()?);
        let scaled = u8::try_from(scale).ok().and_then(|scale| ty.scaled(scale));
        scaled.ok_or_else(|| Error::runtime(format!("{} has no scale {scale}.", ty.name())))
    }

    /// Blocks of rows: the lengths, then the elements. How many elements the header announces is
    /// not looked at: one client says 1 (wire-protocol §6).
    fn array_vector(&mut self, ty: Type) -> Result<Vector> {
        let rows = self.shape()?;
        let ty = self.with_scale(ty)?;
        let element = ty.element().ok_or_else(|| unsupported("such array vectors"))?;
        let mut nested = Rows::empty(element);
        while nested.len() < rows {
            let block = usize::from(u16::from_le_bytes(self.array()?));
            let [width, _] = self.array()?;
            if block == 0 || block > rows - nested.len() {
                return Err(Error::runtime("A block of an array vector has another number of rows."));
            }
            let lengths = match width {
                1 => self.plain(block, |length: [u8; 1]| u32::from(length[0]))?,
                2 => self.plain(block, |length| u32::from(u16::from_le_bytes(length)))?,
                4 => self.plain(block, u32::from_le_bytes)?,
                _ => return Err(Error::runtime(format!("A row's length is never {width} bytes wide."))),
            };
            let mut end = nested.values.len();
            for length in lengths {
                end += length as usize;
                let end = u32::try_from(end).ok().filter(|end| i32::try_from(*end).is_ok());
                nested.ends.push(end.ok_or_else(|| unsupported("array vectors of so many elements"))?);
            }
            let more = self.cells(element, end - nested.values.len())?;
            nested.values.append(&more)?;
        }
        Ok(Vector::new(ty, Data::Rows(Box::new(nested))))
    }

    fn pair(&mut self, ty: Type) -> Result<Value> {
        match self.shape()? {
            2 => {
                let ty = self.with_scale(ty)?;
                Ok(Value::Pair(Arc::new(self.cells(ty, 2)?)))
            }
            rows => Err(Error::runtime(format!("A pair has 2 cells, not {rows}."))),
        }
    }

    fn dictionary(&mut self) -> Result<Value> {
        let (keys, values) = (self.object()?, self.object()?);
        let Value::Vector(keys) = keys else {
            return Err(Error::runtime("The keys of a dictionary must be a vector of one type."));
        };
        let values = match values {
            Value::Tuple(items) => Arc::unwrap_or_clone(items),
            Value::Vector(cells) => (0..cells.len()).map(|row| Value::at(&cells, row)).collect(),
            _ => return Err(Error::runtime("The values of a dictionary must be a vector.")),
        };
        if keys.len() != values.len() {
            return Err(Error::runtime("A dictionary has as many keys as values."));
        }
        Ok(Value::Dict(Arc::new(Dict { keys: Arc::unwrap_or_clone(keys), values })))
    }

    fn table(&mut self) -> Result<Value> {
        let (rows, columns) = (self.count()?, self.count()?);
        self.text()?;
        let mut table = Table::default();
        for _ in 0..columns {
            table.names.push(self.text()?);
        }
        self.bases.clear();
        for name in &table.names {
            match self.object()? {
                Value::Vector(column) if column.len() == rows => table.columns.push(column),
                Value::Vector(column) => {
                    let found = column.len();
                    return Err(Error::runtime(format!("Column {name} has {found} rows, not {rows}.")));
                }
                _ => return Err(unsupported(&format!("columns like {name} (no vector of one type)"))),
            }
        }
        Ok(Value::Table(Arc::new(table)))
    }

    /// Rows of a vector; its columns are always 1.
    fn shape(&mut self) -> Result<usize> {
        let rows = self.count()?;
        self.count()?;
        Ok(rows)
    }

    fn symbols(&mut self, rows: usize) -> Result<Vector> {
        let id = i32::from_le_bytes(self.array()?);
        let size = self.count()?;
        if size > 0 {
            let base = self.texts(size)?;
            self.bases.insert(id, base);
        }
        let codes = self.plain(rows, i32::from_le_bytes)?;
        let Some(base) = self.bases.get(&id) else {
            return Err(Error::runtime(format!("The symbol base {id} was never sent.")));
        };
        let mut texts = Strings::default();
        for code in codes {
            let code = usize::try_from(code).ok().filter(|code| *code < base.len());
            let code = code.ok_or_else(|| Error::runtime("A symbol code lies outside its base."))?;
            texts.push(base.get(code));
            check_size(&texts)?;
        }
        Ok(Vector::new(Type::Symbol, Data::Text(texts)))
    }

    fn cells(&mut self, ty: Type, rows: usize) -> Result<Vector> {
        if ty == Type::Void {
            return match rows {
                0..=MAX_VOIDS => Ok(Vector::new(ty, Data::I8(vec![i8::MIN; rows]))),
                _ => Err(unsupported("such long VOID vectors")),
            };
        }
        let data = match Vector::empty(ty, 0).data {
            Data::I8(_) => Data::I8(self.plain(rows, i8::from_le_bytes)?),
            Data::I16(_) => Data::I16(self.plain(rows, i16::from_le_bytes)?),
            Data::I32(_) => Data::I32(self.plain(rows, i32::from_le_bytes)?),
            Data::I64(_) => Data::I64(self.plain(rows, i64::from_le_bytes)?),
            Data::I128(_) => Data::I128(self.plain(rows, i128::from_le_bytes)?),
            Data::F32(_) => Data::F32(self.plain(rows, f32::from_le_bytes)?),
            Data::F64(_) => Data::F64(self.plain(rows, f64::from_le_bytes)?),
            Data::F64x2(_) => Data::F64x2(self.plain(rows, two_doubles)?),
            Data::B16(_) => Data::B16(self.plain(rows, |cell: [u8; 16]| cell)?),
            Data::Text(_) if ty == Type::Blob => Data::Text(self.blobs(rows)?),
            Data::Text(_) => Data::Text(self.texts(rows)?),
            Data::Rows(_) => return Err(unsupported("array vectors of array vectors")),
        };
        Ok(Vector::new(ty, data))
    }

    fn plain<T, const W: usize>(&mut self, rows: usize, cell: fn([u8; W]) -> T) -> Result<Vec<T>> {
        let mut cells = Vec::with_capacity(rows.min(BLOCK));
        let mut block = vec![0; rows.min(BLOCK) * W];
        while cells.len() < rows {
            let bytes = &mut block[..(rows - cells.len()).min(BLOCK) * W];
            self.input.read_exact(bytes)?;
            cells.extend(bytes.as_chunks().0.iter().map(|bytes| cell(*bytes)));
        }
        Ok(cells)
    }

    fn blobs(&mut self, rows: usize) -> Result<Strings> {
        let mut blobs = Strings::default();
        for _ in 0..rows {
            let length = self.count()?;
            if length as u64 > MAX_TEXT {
                return Err(unsupported("blobs of this length"));
            }
            blobs.starts.push(blobs.bytes.len() as u32);
            let read = self.input.by_ref().take(length as u64).read_to_end(&mut blobs.bytes)?;
            if read < length {
                return Err(Error::runtime("A blob ends early."));
            }
            blobs.bytes.push(0);
            check_size(&blobs)?;
        }
        Ok(blobs)
    }

    fn texts(&mut self, rows: usize) -> Result<Strings> {
        let mut texts = Strings::default();
        for _ in 0..rows {
            check_size(&texts)?;
            texts.starts.push(texts.bytes.len() as u32);
            self.text_into(&mut texts.bytes)?;
        }
        check_size(&texts)?;
        Ok(texts)
    }

    fn text(&mut self) -> Result<String> {
        let mut bytes = Vec::new();
        self.text_into(&mut bytes)?;
        bytes.pop();
        String::from_utf8(bytes).map_err(|_| Error::runtime("A name is not valid UTF-8."))
    }

    /// Appends one text with its NUL.
    fn text_into(&mut self, bytes: &mut Vec<u8>) -> Result<()> {
        let read = self.input.by_ref().take(MAX_TEXT).read_until(0, bytes)?;
        match bytes.last() {
            Some(0) if read > 0 => Ok(()),
            _ => Err(Error::runtime("A text does not end.")),
        }
    }

    fn count(&mut self) -> Result<usize> {
        let count = i32::from_le_bytes(self.array()?);
        usize::try_from(count).map_err(|_| Error::runtime(format!("{count} is no length.")))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

fn two_doubles(cell: [u8; 16]) -> [f64; 2] {
    let (parts, _) = cell.as_chunks();
    [f64::from_le_bytes(parts[0]), f64::from_le_bytes(parts[1])]
}

fn scalar_type(kind: u8) -> Result<Type> {
    Type::from_id(kind).ok_or_else(|| match kind {
        41..=43 => unsupported("columns of type IOTANY, INSTRUMENT or MKTDATA"),
        _ => unsupported(&format!("values of type {kind}")),
    })
}

fn unsupported(what: &str) -> Error {
    Error::runtime(format!("minnow cannot read {what}."))
}

/// The starts of texts are 32 bits wide.
fn check_size(texts: &Strings) -> Result<()> {
    match u32::try_from(texts.bytes.len()) {
        Ok(_) => Ok(()),
        Err(_) => Err(unsupported("text vectors of 4 GiB and more")),
    }
}
