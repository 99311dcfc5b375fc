//! Sorting rows, dropping repeated ones, finding groups.
use std::cmp::Ordering;
use std::sync::Arc;

use super::super::Session;
use super::super::ast::{Expr, Query};
use super::super::scope::{Columns, Scope};
use crate::error::{Error, Result};
use crate::value::{Table, Value, Vector};

impl Session {
    /// Numbers of the present rows in the query's order. A key may be an alias of the query.
    pub(super) fn sort_rows(&mut self, query: &Query) -> Result<Vec<u32>> {
        let mut keys = Vec::new();
        for (key, ascends) in &query.order_by {
            let alias = |name: &str| query.items.iter().find(|item| item.alias.as_deref() == Some(name));
            let key = match key {
                Expr::Name(name) => alias(name).map_or(key, |item| &item.expr),
                _ => key,
            };
            keys.push((self.eval(key)?, *ascends));
        }
        let rows = self.columns()?.rows();
        sorted(rows, &keys)
    }

    /// Numbers of the present rows in the order of these keys.
    pub(super) fn sort_by(&mut self, keys: &[(Expr, bool)]) -> Result<Vec<u32>> {
        let keys =
            keys.iter().map(|(key, ascends)| Ok((self.eval(key)?, *ascends))).collect::<Result<Vec<_>>>()?;
        let rows = self.columns()?.rows();
        sorted(rows, &keys)
    }

    /// A finished table sorted by its own columns.
    pub(super) fn sorted_result(&mut self, table: Table, order_by: &[(Expr, bool)]) -> Result<Table> {
        if order_by.is_empty() {
            return Ok(table);
        }
        let table = Arc::new(table);
        let keys = self.within(Scope::Columns(Columns::new(table.clone())), |session| {
            order_by
                .iter()
                .map(|(key, ascends)| Ok((session.eval(key)?, *ascends)))
                .collect::<Result<Vec<_>>>()
        })?;
        Ok(gather(&table, &sorted(table.rows(), &keys)?))
    }
}

fn sorted(rows: usize, keys: &[(Value, bool)]) -> Result<Vec<u32>> {
    let mut columns = Vec::new();
    for (key, ascends) in keys {
        match key {
            Value::Vector(cells) if cells.len() == rows => columns.push((cells.clone(), *ascends)),
            Value::Scalar(_) => {}
            _ => return Err(Error::runtime("A sort key must have one value per row.")),
        }
    }
    Ok(sort(rows, &columns))
}

/// Row numbers in the order of the columns; equal rows keep their order.
pub fn sort(rows: usize, columns: &[(Arc<Vector>, bool)]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..rows as u32).collect();
    order.sort_by(|a, b| {
        let compare = |(cells, ascends): &(Arc<Vector>, bool)| {
            let order = cells.compare(*a as usize, cells, *b as usize);
            if *ascends { order } else { order.reverse() }
        };
        columns.iter().map(compare).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    });
    order
}

/// Rows sorted by the keys, cut into runs of equal keys.
pub fn groups(rows: usize, keys: &[Arc<Vector>]) -> Vec<Vec<u32>> {
    let columns: Vec<_> = keys.iter().map(|key| (key.clone(), true)).collect();
    let order = sort(rows, &columns);
    let same = |a: &u32, b: &u32| keys.iter().all(|key| key.compare(*a as usize, key, *b as usize).is_eq());
    order.chunk_by(same).map(<[u32]>::to_vec).collect()
}

/// The first of each set of equal rows, in the order of the table.
pub fn distinct(table: &Table) -> Table {
    let mut firsts: Vec<u32> =
        groups(table.rows(), &table.columns).iter().filter_map(|group| group.first().copied()).collect();
    firsts.sort_unstable();
    gather(table, &firsts)
}

pub fn gather(table: &Table, rows: &[u32]) -> Table {
    let columns = table.columns.iter().map(|column| Arc::new(column.gather(rows))).collect();
    Table { names: table.names.clone(), columns }
}
