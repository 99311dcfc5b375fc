//! Values to bytes. Every value has a form on the wire, so that nothing fails after `OK`.
use std::collections::HashMap;
use std::io::{Result, Write};
use std::sync::Arc;

use super::{BLOCK, BLOCK_ROWS, CODE, FUNCTION, HANDLE, SYMBOL_WITH_BASE, form};
use crate::store::PartitionedTable;
use crate::value::{Data, Dict, Rows, Strings, Table, Type, Value, Vector};

/// Larger bases are refused by clients (wire-protocol §6); such columns go as plain texts.
const MAX_BASE: usize = 1 << 21;

/// Writes `value` with its flag.
pub fn write_object(out: &mut impl Write, value: &Value) -> Result<()> {
    match value {
        Value::Void => out.write_all(&[Type::Void.id(), form::SCALAR, 1]),
        Value::Scalar(cell) => scalar(out, cell),
        Value::Vector(cells) => vector(out, cells, &mut Bases::default()),
        Value::Pair(cells) => {
            header(out, cells.ty.id(), form::PAIR, cells.len())?;
            scale(out, cells.ty)?;
            data(out, cells)
        }
        Value::Tuple(items) => tuple(out, items),
        Value::Dict(dict) => dictionary(out, dict),
        Value::Table(own) => table(out, own),
        Value::Dfs(handle) => table(out, &without_rows(handle)),
        Value::Database(database) => tagged(out, &[HANDLE, form::SCALAR], &format!("DB[{}]", database.url)),
        // The third byte is the kind of function: a built-in.
        Value::Function(function) => tagged(out, &[FUNCTION, form::SCALAR, 0], function.name()),
        Value::Code(code) => tagged(out, &[CODE, form::SCALAR], &code.text),
        Value::Handle(handle) => tagged(out, &[handle.data_type(), form::SCALAR], &handle.to_string()),
    }
}

/// What a handle of a distributed table looks like to a client: its columns, no data. The server's
/// own answer is not documented.
fn without_rows(handle: &PartitionedTable) -> Table {
    let columns = handle.columns();
    Table {
        names: columns.iter().map(|(name, _)| name.clone()).collect(),
        columns: columns.iter().map(|(_, ty)| Arc::new(Vector::empty(*ty, 0))).collect(),
    }
}

/// A scalar that clients show as its text.
fn tagged(out: &mut impl Write, flag: &[u8], shown: &str) -> Result<()> {
    out.write_all(flag)?;
    text(out, shown.as_bytes())
}

fn text(out: &mut impl Write, text: &[u8]) -> Result<()> {
    out.write_all(text)?;
    out.write_all(&[0])
}

fn scalar(out: &mut impl Write, cell: &Vector) -> Result<()> {
    out.write_all(&[cell.ty.id(), form::SCALAR])?;
    match cell.ty {
        Type::Void => out.write_all(&[1]),
        _ => {
            scale(out, cell.ty)?;
            data(out, cell)
        }
    }
}

/// Decimals say their scale in front of the cells.
fn scale(out: &mut impl Write, ty: Type) -> Result<()> {
    ty.scale().map_or(Ok(()), |scale| out.write_all(&i32::from(scale).to_le_bytes()))
}

fn header(out: &mut impl Write, kind: u8, form: u8, rows: usize) -> Result<()> {
    out.write_all(&[kind, form])?;
    count(out, rows)?;
    count(out, 1)
}

/// Lengths are 32 bits wide on the wire; minnow holds no longer vectors.
fn count(out: &mut impl Write, count: usize) -> Result<()> {
    let count = i32::try_from(count).map_err(|_| std::io::Error::other("too long for the protocol"))?;
    out.write_all(&count.to_le_bytes())
}

fn tuple(out: &mut impl Write, items: &[Value]) -> Result<()> {
    header(out, Type::Any.id(), form::VECTOR, items.len())?;
    items.iter().try_for_each(|item| write_object(out, item))
}

fn dictionary(out: &mut impl Write, dict: &Dict) -> Result<()> {
    let same = common_type(&dict.values);
    out.write_all(&[same.unwrap_or(Type::Any).id(), form::DICTIONARY])?;
    vector(out, &dict.keys, &mut Bases::default())?;
    let Some(ty) = same else { return tuple(out, &dict.values) };
    header(out, ty.id(), form::VECTOR, dict.values.len())?;
    scale(out, ty)?;
    dict.values.iter().filter_map(Value::cells).try_for_each(|cell| data(out, cell))
}

/// The type of all values when they are scalars of one type.
fn common_type(values: &[Value]) -> Option<Type> {
    let ty = |value: &Value| match value {
        Value::Scalar(cell) => Some(cell.ty),
        _ => None,
    };
    let first = ty(values.first()?)?;
    values.iter().all(|value| ty(value) == Some(first)).then_some(first)
}

fn table(out: &mut impl Write, table: &Table) -> Result<()> {
    out.write_all(&[0, form::TABLE])?;
    count(out, table.rows())?;
    count(out, table.columns.len())?;
    out.write_all(&[0])?;
    for name in &table.names {
        text(out, name.as_bytes())?;
    }
    let mut bases = Bases::default();
    table.columns.iter().try_for_each(|column| vector(out, column, &mut bases))
}

fn vector<'a>(out: &mut impl Write, cells: &'a Vector, bases: &mut Bases<'a>) -> Result<()> {
    if let (Type::Symbol, Data::Text(texts)) = (cells.ty, &cells.data)
        && !texts.is_empty()
        && let Some((base, codes)) = Base::of(texts)
    {
        header(out, SYMBOL_WITH_BASE, form::VECTOR, texts.len())?;
        bases.write(out, base)?;
        return plain(out, &codes, i32::to_le_bytes);
    }
    if let Data::Rows(rows) = &cells.data {
        return array_vector(out, cells.ty, rows);
    }
    header(out, cells.ty.id(), form::VECTOR, cells.len())?;
    scale(out, cells.ty)?;
    data(out, cells)
}

/// Rows, elements, then blocks: how many rows, how wide each length is, the lengths, the elements.
fn array_vector(out: &mut impl Write, ty: Type, rows: &Rows) -> Result<()> {
    out.write_all(&[ty.id(), form::VECTOR])?;
    count(out, rows.len())?;
    count(out, rows.values.len())?;
    scale(out, ty)?;
    let sizes = rows.sizes();
    let mut first = 0;
    for sizes in sizes.chunks(BLOCK_ROWS) {
        let longest = sizes.iter().copied().max().unwrap_or(0);
        let width = if longest <= 0xff {
            1
        } else if longest <= 0xffff {
            2
        } else {
            4
        };
        out.write_all(&(sizes.len() as u16).to_le_bytes())?;
        out.write_all(&[width as u8, 0])?;
        for size in sizes {
            out.write_all(&size.to_le_bytes()[..width])?;
        }
        let elements = sizes.iter().map(|size| *size as usize).sum();
        data(out, &rows.values.slice(first, elements))?;
        first += elements;
    }
    Ok(())
}

fn data(out: &mut impl Write, cells: &Vector) -> Result<()> {
    match &cells.data {
        _ if cells.ty == Type::Void => Ok(()),
        Data::I8(cells) => plain(out, cells, i8::to_le_bytes),
        Data::I16(cells) => plain(out, cells, i16::to_le_bytes),
        Data::I32(cells) => plain(out, cells, i32::to_le_bytes),
        Data::I64(cells) => plain(out, cells, i64::to_le_bytes),
        Data::F32(cells) => plain(out, cells, f32::to_le_bytes),
        Data::I128(cells) => plain(out, cells, i128::to_le_bytes),
        Data::F64(cells) => plain(out, cells, f64::to_le_bytes),
        Data::F64x2(cells) => plain(out, cells.as_flattened(), f64::to_le_bytes),
        Data::B16(cells) => plain(out, cells, |cell| cell),
        Data::Text(texts) if cells.ty == Type::Blob => blobs(out, texts),
        Data::Text(texts) => out.write_all(&texts.bytes),
        Data::Rows(rows) => data(out, &rows.values),
    }
}

fn blobs(out: &mut impl Write, texts: &Strings) -> Result<()> {
    for row in 0..texts.len() {
        let blob = texts.get(row);
        count(out, blob.len())?;
        out.write_all(blob)?;
    }
    Ok(())
}

fn plain<T: Copy, const W: usize>(out: &mut impl Write, cells: &[T], bytes: fn(T) -> [u8; W]) -> Result<()> {
    let mut block = Vec::with_capacity(cells.len().min(BLOCK) * W);
    for cells in cells.chunks(BLOCK) {
        block.clear();
        cells.iter().for_each(|cell| block.extend_from_slice(&bytes(*cell)));
        out.write_all(&block)?;
    }
    Ok(())
}

/// The different texts of a SYMBOL vector; the first is the empty one, which is NULL.
#[derive(PartialEq)]
struct Base<'a>(Vec<&'a [u8]>);

impl<'a> Base<'a> {
    /// The base of `texts` and each text's place in it, unless the base would be too large.
    fn of(texts: &'a Strings) -> Option<(Base<'a>, Vec<i32>)> {
        let mut base: Vec<&[u8]> = vec![b""];
        let mut places = HashMap::from([(base[0], 0)]);
        let mut codes = Vec::with_capacity(texts.len());
        for index in 0..texts.len() {
            let text = texts.get(index);
            codes.push(*places.entry(text).or_insert_with(|| {
                base.push(text);
                base.len() as i32 - 1
            }));
            if base.len() > MAX_BASE {
                return None;
            }
        }
        Some((Base(base), codes))
    }
}

/// The bases sent with one table: a base is sent once, then named by its number.
#[derive(Default)]
struct Bases<'a>(Vec<Base<'a>>);

impl<'a> Bases<'a> {
    fn write(&mut self, out: &mut impl Write, base: Base<'a>) -> Result<()> {
        if let Some(id) = self.0.iter().position(|sent| *sent == base) {
            count(out, id)?;
            return count(out, 0);
        }
        count(out, self.0.len())?;
        count(out, base.0.len())?;
        base.0.iter().try_for_each(|entry| text(out, entry))?;
        self.0.push(base);
        Ok(())
    }
}
