//! Values of the script language. Bulk data is plain memory in the server's own layout, so that
//! the wire, the store and a plugin read it without conversion.
pub mod calendar;
mod cast;
mod decimal;
mod duration;
mod fit;
mod nested;
mod parts;
mod rows;
mod show;
pub mod text;
mod types;
mod vector;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

pub use duration::Duration;
pub use fit::unfit;
pub use nested::Rows;
pub use parts::{DEEPEST, Extended, Extent, Parts};
pub use rows::LONGEST;
pub use types::Type;
pub(crate) use vector::for_cells;
pub use vector::{Data, Strings, Vector};

use crate::script::{Code, Function};
use crate::store::{Database, PartitionedTable};

/// Anything a variable can hold.
#[derive(Clone, Debug)]
pub enum Value {
    /// The VOID constant: nothing, or an untyped NULL.
    Void,
    /// One cell, kept as a vector of length 1.
    Scalar(Arc<Vector>),
    Vector(Arc<Vector>),
    /// Two cells, as in `1:5`.
    Pair(Arc<Vector>),
    /// An ANY vector.
    Tuple(Arc<Parts<Value>>),
    Dict(Arc<Dict>),
    /// A table in memory.
    Table(Arc<Table>),
    /// A handle of a distributed table (loadTable).
    Dfs(Arc<PartitionedTable>),
    /// A handle of a database (database).
    Database(Arc<Database>),
    Function(Arc<Function>),
    /// Metacode: `<...>` or parseExpr's result.
    Code(Arc<Code>),
    /// A connection to another node, a data source.
    Handle(Arc<dyn Resource>),
}

/// What a handle stands for. Clients see its text only.
pub trait Resource: Any + fmt::Debug + fmt::Display + Send + Sync {
    /// The number of its data type (dolphindb-semantics §11.1).
    fn data_type(&self) -> u8;

    /// Of the values inside.
    fn extent(&self) -> Extent {
        Extent::default()
    }

    /// The built-in that a call of the handle is given to, with the handle first.
    fn called_as(&self) -> Option<&'static str> {
        None
    }
}

/// A dictionary in insertion order; keys are the cells of `keys`.
#[derive(Clone, Debug)]
pub struct Dict {
    pub keys: Vector,
    pub values: Parts<Value>,
}

/// A table in memory: columns of equal length.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub names: Vec<String>,
    pub columns: Vec<Arc<Vector>>,
}

impl Table {
    /// A table of these columns, which have the same length.
    pub fn of<'a>(columns: impl IntoIterator<Item = (&'a str, Vector)>) -> Self {
        let columns = columns.into_iter().map(|(name, cells)| (name.to_owned(), Arc::new(cells)));
        let (names, columns) = columns.unzip();
        Table { names, columns }
    }

    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, |column| column.len())
    }

    /// The position of a column by name; names are compared without regard to case, as the
    /// server does.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|own| own.eq_ignore_ascii_case(name))
    }
}

impl Dict {
    /// A dictionary with STRING keys.
    pub fn of_strings<'a>(items: impl IntoIterator<Item = (&'a str, Value)>) -> Self {
        let (names, values): (Vec<_>, Vec<_>) = items.into_iter().unzip();
        Dict { keys: Vector::strings(Type::String, names), values: values.into() }
    }

    pub fn get(&self, key: &str) -> Option<&Value> {
        (0..self.keys.len()).find(|i| self.keys.text(*i) == Some(key)).map(|i| &self.values[i])
    }
}

impl Value {
    pub fn bool(value: bool) -> Self {
        Value::Scalar(Arc::new(Vector::new(Type::Bool, Data::I8(vec![value as i8]))))
    }

    pub fn int(value: i32) -> Self {
        Value::Scalar(Arc::new(Vector::new(Type::Int, Data::I32(vec![value]))))
    }

    pub fn long(value: i64) -> Self {
        Value::Scalar(Arc::new(Vector::new(Type::Long, Data::I64(vec![value]))))
    }

    pub fn double(value: f64) -> Self {
        Value::Scalar(Arc::new(Vector::new(Type::Double, Data::F64(vec![value]))))
    }

    pub fn string(value: &str) -> Self {
        Value::Scalar(Arc::new(Vector::strings(Type::String, [value])))
    }

    /// What is at `row`: a scalar, or a vector where a cell is a row of elements. NULL when there is
    /// no such row.
    pub fn at(cells: &Vector, row: usize) -> Self {
        match &cells.data {
            Data::Rows(rows) if row < rows.len() => Value::Vector(Arc::new(rows.get(row))),
            Data::Rows(rows) => Value::Vector(Arc::new(Vector::empty(rows.values.ty, 0))),
            _ => Value::Scalar(Arc::new(cells.cell(row))),
        }
    }

    /// The text of a STRING or SYMBOL scalar.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Scalar(cell) => cell.text(0),
            _ => None,
        }
    }

    /// A scalar of an integral, logical or temporal type as a number; NULL is `None`.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Scalar(cell) => cell.integer(0),
            _ => None,
        }
    }

    /// What a handle stands for, if it is a `T`.
    pub fn resource<T: Resource>(&self) -> Option<&T> {
        match self {
            Value::Handle(handle) => (&**handle as &dyn Any).downcast_ref(),
            _ => None,
        }
    }

    /// A scalar, vector or pair as the vector behind it.
    pub fn cells(&self) -> Option<&Arc<Vector>> {
        match self {
            Value::Scalar(cells) | Value::Vector(cells) | Value::Pair(cells) => Some(cells),
            _ => None,
        }
    }
}
