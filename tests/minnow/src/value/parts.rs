//! What a value is made of, and how deep and large that is. Values share their parts, so a script
//! doubles one with every `x = (x, x)`; who then walked, showed or dropped it would need a stack and
//! a time without end. Every composite keeps its extent, so that refusing costs nothing.
use std::ops::Deref;

use super::{Table, Value};
use crate::error::{Error, Result};
use crate::script::{Bound, Function};

/// How many levels of values a value may have: as many as one that arrives by wire.
pub const DEEPEST: usize = 64;
/// How much it may weigh, shared parts counted as often as they are seen.
const HEAVIEST: u64 = 1 << 28;
/// What a part weighs beside its cells.
const PART: u64 = 64;

/// How deep a value is nested, and how much there is to walk.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Extent {
    depth: usize,
    weight: u64,
}

impl Extent {
    fn of_cells(count: usize) -> Extent {
        Extent { depth: 1, weight: PART + count as u64 }
    }

    fn and(self, other: Extent) -> Extent {
        Extent { depth: self.depth.max(other.depth), weight: self.weight.saturating_add(other.weight) }
    }

    /// Of what has this inside.
    fn around(self) -> Extent {
        Extent { depth: self.depth + 1, weight: self.weight.saturating_add(PART) }
    }
}

/// What has an extent.
pub trait Extended {
    fn extent(&self) -> Extent;
}

impl Extended for Value {
    fn extent(&self) -> Extent {
        match self {
            Value::Scalar(cells) | Value::Vector(cells) | Value::Pair(cells) => Extent::of_cells(cells.len()),
            Value::Table(table) => Extent::of_cells(cells_of(table)),
            Value::Tuple(items) => items.extent().around(),
            Value::Dict(dict) => dict.values.extent().around(),
            Value::Function(function) => function.extent(),
            Value::Code(code) => code.locals.extent().around(),
            Value::Handle(handle) => handle.extent().around(),
            Value::Void | Value::Dfs(_) | Value::Database(_) => Extent::of_cells(1),
        }
    }
}

fn cells_of(table: &Table) -> usize {
    table.rows().saturating_mul(table.columns.len())
}

impl Extended for (String, Value) {
    fn extent(&self) -> Extent {
        self.1.extent()
    }
}

impl Extended for Bound {
    fn extent(&self) -> Extent {
        match self {
            Bound::Value(value) => value.extent(),
            Bound::Open | Bound::Variable(_) => Extent::default(),
        }
    }
}

impl Extended for Function {
    fn extent(&self) -> Extent {
        match self {
            Function::Partial { bound, .. } => bound.extent().around(),
            _ => Extent::of_cells(1),
        }
    }
}

/// Parts in their order, with the extent of all of them together.
#[derive(Clone, Debug)]
pub struct Parts<T> {
    items: Vec<T>,
    /// What belongs to the extent and is no item: a partial application's function.
    base: Extent,
    extent: Extent,
}

impl<T> Default for Parts<T> {
    fn default() -> Self {
        Parts { items: Vec::new(), base: Extent::default(), extent: Extent::default() }
    }
}

impl<T: Extended> Parts<T> {
    /// Parts beside something else.
    pub fn beside(base: &impl Extended, items: Vec<T>) -> Self {
        let mut parts = Parts { items, base: base.extent(), extent: Extent::default() };
        parts.measure();
        parts
    }

    pub fn extent(&self) -> Extent {
        self.extent
    }

    pub fn push(&mut self, item: T) {
        self.extent = self.extent.and(item.extent());
        self.items.push(item);
    }

    /// Puts items into the places.
    pub fn set(&mut self, places: impl IntoIterator<Item = usize>, item: T)
    where
        T: Clone,
    {
        places.into_iter().for_each(|place| self.items[place] = item.clone());
        self.measure();
    }

    fn measure(&mut self) {
        self.extent = self.items.iter().fold(self.base, |extent, item| extent.and(item.extent()));
    }
}

impl<T> Deref for Parts<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T: Extended> From<Vec<T>> for Parts<T> {
    fn from(items: Vec<T>) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Extended> FromIterator<T> for Parts<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut parts = Parts::default();
        parts.extend(items);
        parts
    }
}

impl<T: Extended> Extend<T> for Parts<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, items: I) {
        items.into_iter().for_each(|item| self.push(item));
    }
}

impl Value {
    /// An ANY vector.
    pub fn tuple(items: impl Into<Parts<Value>>) -> Value {
        Value::Tuple(std::sync::Arc::new(items.into()))
    }

    /// The value, unless it is too deep or too large to be walked. A server's limits are not
    /// documented `[U]`, nor is the sentence.
    pub fn bounded(self) -> Result<Value> {
        let Extent { depth, weight } = self.extent();
        if depth > DEEPEST || (depth > 1 && weight > HEAVIEST) {
            // What was made of parts that were within the bounds is not much beyond them: dropping it
            // is harmless.
            return Err(Error::runtime("The object is nested too deeply or has too many parts."));
        }
        Ok(self)
    }
}
