//! Values to bytes. Every value has a form on the wire, so that nothing fails after `OK`.
use std::collections::HashMap;
use std::io::{Result, Write};
use std::sync::Arc;

use super::{BLOCK, CODE, FUNCTION, HANDLE, SYMBOL_WITH_BASE, form};
use crate::store::PartitionedTable;
use crate::value::{Data, Dict, Strings, Table, Type, Value, Vector};

/// Larger bases are refused by clients (wire-protocol §6); such columns go as plain texts.
const MAX_BASE: usize = 1 << 21;

/// Writes `value` with its flag.
pub fn write_object(out: &mut impl Write, value: &Value) -> Result<()> {
    match value {
        Value::Void => out.write_all(&[Type::Void as u8, form::SCALAR, 1]),
        Value::Scalar(cell) => scalar(out, cell),
        Value::Vector(cells) => vector(out, cells, &mut Bases::default()),
        Value::Pair(cells) => {
            header(out, cells.ty as u8, form::PAIR, cells.len())?;
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
    out.write_all(&[cell.ty as u8, form::SCALAR])?;
    match cell.ty {
        Type::Void => out.write_all(&[1]),
        _ => data(out, cell),
    }
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
    header(out, Type::Any as u8, form::VECTOR, items.len())?;
    items.iter().try_for_each(|item| write_object(out, item))
}

fn dictionary(out: &mut impl Write, dict: &Dict) -> Result<()> {
    let same = common_type(&dict.values);
    out.write_all(&[same.unwrap_or(Type::Any) as u8, form::DICTIONARY])?;
    vector(out, &dict.keys, &mut Bases::default())?;
    let Some(ty) = same else { return tuple(out, &dict.values) };
    header(out, ty as u8, form::VECTOR, dict.values.len())?;
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
    header(out, cells.ty as u8, form::VECTOR, cells.len())?;
    data(out, cells)
}

fn data(out: &mut impl Write, cells: &Vector) -> Result<()> {
    match &cells.data {
        _ if cells.ty == Type::Void => Ok(()),
        Data::I8(cells) => plain(out, cells, i8::to_le_bytes),
        Data::I16(cells) => plain(out, cells, i16::to_le_bytes),
        Data::I32(cells) => plain(out, cells, i32::to_le_bytes),
        Data::I64(cells) => plain(out, cells, i64::to_le_bytes),
        Data::F32(cells) => plain(out, cells, f32::to_le_bytes),
        Data::F64(cells) => plain(out, cells, f64::to_le_bytes),
        Data::B16(cells) => plain(out, cells, |cell| cell),
        Data::Text(texts) => out.write_all(&texts.bytes),
    }
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
