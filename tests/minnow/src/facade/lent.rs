//! A value while it is lent to C++: what the accessors of the server's classes say about it.
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use super::cells;
use crate::error::{Error, Result};
use crate::value::{Data, Dict, Rows, Type, Value, Vector};

/// What an object of the C++ side holds.
pub struct Lent {
    pub value: Value,
    /// Addresses of the segments of a big array, once somebody asked.
    segments: OnceLock<Box<[usize]>>,
}

/// How large a value is and where its cells are.
pub struct Shape {
    pub size: usize,
    pub rows: usize,
    pub columns: usize,
    /// Whether all cells are side by side and of fixed width.
    pub fast: bool,
    pub data: usize,
    pub segments: usize,
    pub segment_size: usize,
    /// Digits after the point of decimals, 0 otherwise.
    pub scale: usize,
}

impl Lent {
    pub fn new(value: Value) -> Self {
        Lent { value, segments: OnceLock::new() }
    }

    fn vector(&self) -> Result<&Vector> {
        self.value.cells().map(|cells| &**cells).ok_or_else(|| unfit("has no cells of one type"))
    }

    fn vector_mut(&mut self) -> Result<&mut Vector> {
        match &mut self.value {
            Value::Scalar(cells) | Value::Vector(cells) | Value::Pair(cells) => Ok(Arc::make_mut(cells)),
            _ => Err(unfit("has no cells of one type")),
        }
    }

    /// The indices of a block; a scalar repeats its one cell.
    fn indices(&self, start: i32, length: i32) -> Result<Box<dyn Iterator<Item = usize>>> {
        match &self.value {
            Value::Scalar(_) => Ok(Box::new(std::iter::repeat_n(0, length.max(0) as usize))),
            _ => Ok(Box::new(self.range(start, length)?)),
        }
    }

    fn range(&self, start: i32, length: i32) -> Result<Range<usize>> {
        let size = self.vector()?.len();
        match (usize::try_from(start), usize::try_from(length)) {
            (Ok(start), Ok(length)) if start + length <= size => Ok(start..start + length),
            _ => Err(Error::runtime(format!("Cells {start} + {length} are outside of a vector of {size}."))),
        }
    }

    pub fn read(&self, ty: Type, start: i32, length: i32) -> Result<Data> {
        if matches!(self.value, Value::Void) {
            return Ok(Vector::nulls(ty, length.max(0) as usize).data);
        }
        cells::cast(self.vector()?, self.indices(start, length)?, ty)
    }

    /// The address of the cells from `start` on, if they lie in memory as the caller wants them.
    pub fn lend(&self, ty: Type, start: i32, length: i32, big: usize) -> Option<usize> {
        let vector = self.vector().ok()?;
        let same = std::mem::discriminant(&vector.data) == std::mem::discriminant(&Vector::empty(ty, 0).data)
            && (ty == Type::Bool) == (vector.ty == Type::Bool)
            && ty.scale() == vector.ty.scale();
        let range = self.range(start, length).ok().filter(|_| same && vector.len() <= big)?;
        let first = cells::address(&vector.data)? as usize;
        Some(first + range.start * cells::width(&vector.data))
    }

    pub fn write(&mut self, start: i32, source: &Vector) -> Result<()> {
        let range = self.range(start, source.len() as i32)?;
        let vector = self.vector_mut()?;
        let fresh = match &source.data {
            _ if source.ty == vector.ty => source.data.clone(),
            Data::Text(_) => source.data.clone(),
            Data::B16(own) => {
                cells::sixteen(own, &vector.data).ok_or_else(|| unfit("holds no 16-byte cells"))?
            }
            _ => cells::cast(source, 0..source.len(), vector.ty)?,
        };
        cells::overwrite(&mut vector.data, range.start, fresh)
    }

    /// Where the texts of a block start, each ended by a NUL; a Void reads as empty texts.
    pub fn texts(&self, start: i32, length: i32) -> Result<Vec<*const u8>> {
        const EMPTY: &[u8] = b"\0";
        if matches!(self.value, Value::Void) {
            return Ok(vec![EMPTY.as_ptr(); length.max(0) as usize]);
        }
        match &self.vector()?.data {
            Data::Text(texts) => {
                Ok(self.indices(start, length)?.map(|index| texts.get(index).as_ptr()).collect())
            }
            _ => Err(unfit("holds no texts")),
        }
    }

    pub fn bytes(&self, start: i32, length: i32) -> Result<Vec<[u8; 16]>> {
        let data = &self.vector()?.data;
        let cells = self.indices(start, length)?.map(|index| cells::bytes(data, index));
        cells.collect::<Option<_>>().ok_or_else(|| unfit("holds no 16-byte cells"))
    }

    pub fn is_null(&self, index: usize) -> bool {
        match &self.value {
            Value::Void => true,
            Value::Scalar(cell) => cell.is_null(0),
            Value::Vector(cells) | Value::Pair(cells) => index >= cells.len() || cells.is_null(index),
            Value::Tuple(cells) => cells.get(index).is_none_or(|cell| matches!(cell, Value::Void)),
            _ => false,
        }
    }

    /// Vectors longer than `big` are big arrays, whose memory is lent in segments
    /// (dolphindb-semantics §11.1). Texts are never fast here: a server would show DolphinString
    /// or symbol numbers, which this stand-in does not have.
    pub fn shape(&self, big: usize) -> Shape {
        let (size, rows, columns) = match &self.value {
            Value::Void | Value::Scalar(_) => (1, 1, 1),
            Value::Vector(cells) | Value::Pair(cells) => (cells.len(), cells.len(), 1),
            Value::Tuple(cells) => (cells.len(), cells.len(), 1),
            Value::Dict(dict) => (dict.values.len(), dict.values.len(), 1),
            Value::Table(table) => (table.rows(), table.rows(), table.columns.len()),
            _ => (0, 0, 0),
        };
        let scale = self.value.cells().and_then(|cells| cells.ty.scale()).unwrap_or(0).into();
        let mut shape =
            Shape { size, rows, columns, fast: false, data: 0, segments: 0, segment_size: size, scale };
        if let Value::Vector(cells) | Value::Pair(cells) = &self.value
            && let Some(address) = cells::address(&cells.data)
        {
            shape.fast = size <= big;
            if shape.fast {
                shape.data = address as usize;
            } else {
                shape.segment_size = (big.next_power_of_two() / 4).max(1);
                shape.segments = self.segments(address as usize, cells, shape.segment_size);
            }
        }
        shape
    }

    fn segments(&self, address: usize, vector: &Vector, rows: usize) -> usize {
        let step = rows * cells::width(&vector.data);
        let all = self
            .segments
            .get_or_init(|| (0..vector.len().div_ceil(rows)).map(|index| address + index * step).collect());
        all.as_ptr() as usize
    }

    pub fn cell(&self, index: i32) -> Result<Value> {
        match (&self.value, usize::try_from(index)) {
            (Value::Scalar(_), _) => Ok(self.value.clone()),
            (Value::Vector(cells) | Value::Pair(cells), Ok(index)) if index < cells.len() => {
                Ok(Value::at(cells, index))
            }
            (Value::Tuple(cells), Ok(index)) if index < cells.len() => Ok(cells[index].clone()),
            _ => Err(Error::runtime(format!("There is no cell {index}."))),
        }
    }

    pub fn column(&self, index: i32) -> Result<Value> {
        match (&self.value, usize::try_from(index)) {
            (Value::Table(table), Ok(index)) if index < table.columns.len() => {
                Ok(Value::Vector(table.columns[index].clone()))
            }
            _ => Err(Error::runtime(format!("There is no column {index}."))),
        }
    }

    fn nested(&self) -> Result<&Rows> {
        match &self.vector()?.data {
            Data::Rows(rows) => Ok(rows),
            _ => Err(unfit("is no array vector")),
        }
    }

    /// The elements of all rows of an array vector. From where to where is known for the whole
    /// only: no source says whether the second number counts or ends.
    pub fn flat(&self) -> Result<Value> {
        Ok(Value::Vector(Arc::new(self.nested()?.values.clone())))
    }

    /// How many elements each row of an array vector has.
    pub fn sizes(&self) -> Result<Value> {
        let sizes = self.nested()?.sizes().into_iter().map(|size| Some(size.into()));
        Ok(Value::Vector(Arc::new(Vector::integers(Type::Int, sizes))))
    }

    pub fn keys(&self) -> Result<Value> {
        match &self.value {
            Value::Dict(dict) => Ok(Value::Vector(Arc::new(dict.keys.clone()))),
            Value::Table(table) => Ok(Value::Vector(Arc::new(Vector::strings(
                Type::String,
                table.names.iter().map(String::as_str),
            )))),
            _ => Err(unfit("has no keys")),
        }
    }

    pub fn values(&self) -> Result<Value> {
        match &self.value {
            Value::Dict(dict) => Ok(Value::Tuple(Arc::new(dict.values.clone()))),
            Value::Table(table) => {
                Ok(Value::Tuple(Arc::new(table.columns.iter().cloned().map(Value::Vector).collect())))
            }
            _ => Err(unfit("has no values")),
        }
    }

    /// The member under a key, Void if a dictionary has none.
    pub fn member(&self, key: &Value) -> Result<Value> {
        match (&self.value, key) {
            (Value::Dict(dict), Value::Scalar(key)) => {
                Ok(place(dict, key).map_or(Value::Void, |index| dict.values[index].clone()))
            }
            (Value::Table(table), Value::Scalar(key)) => key
                .text(0)
                .and_then(|name| table.position(name))
                .map(|index| Value::Vector(table.columns[index].clone()))
                .ok_or_else(|| Error::runtime("The table has no such column.")),
            _ => Err(unfit("has no members")),
        }
    }

    pub fn insert(&mut self, key: &Value, item: &Value) -> Result<()> {
        let (Value::Dict(dict), Value::Scalar(key)) = (&mut self.value, key) else {
            return Err(unfit("is no dictionary, or the key no scalar"));
        };
        let dict = Arc::make_mut(dict);
        match place(dict, key) {
            Some(index) => dict.values.set([index], item.clone()),
            None => {
                dict.keys.append(key)?;
                dict.values.push(item.clone());
            }
        }
        Ok(())
    }

    /// Puts `cell` at `index`, as any value in an ANY vector, as a cell elsewhere.
    pub fn put(&mut self, index: i32, cell: &Value) -> Result<()> {
        match (&mut self.value, cell) {
            (Value::Tuple(cells), _) => {
                let place = usize::try_from(index).ok().filter(|place| *place < cells.len());
                let place = place.ok_or_else(|| Error::runtime(format!("There is no cell {index}.")))?;
                Arc::make_mut(cells).set([place], cell.clone());
                Ok(())
            }
            (Value::Vector(_), Value::Scalar(cell)) => self.write(index, cell),
            _ => Err(unfit("takes no such cell")),
        }
    }

    pub fn column_name(&self, index: i32) -> Result<&str> {
        match (&self.value, usize::try_from(index)) {
            (Value::Table(table), Ok(index)) if index < table.names.len() => Ok(&table.names[index]),
            _ => Err(Error::runtime(format!("There is no column {index}."))),
        }
    }
}

fn unfit(what: &str) -> Error {
    Error::runtime(format!("The value {what}."))
}

/// Where a dictionary keeps `key`.
fn place(dict: &Dict, key: &Vector) -> Option<usize> {
    (0..dict.keys.len()).find(|index| match key.text(0) {
        Some(text) => dict.keys.text(*index) == Some(text),
        None => key.integer(0).is_some() && dict.keys.integer(*index) == key.integer(0),
    })
}
