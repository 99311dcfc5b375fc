//! `group by`: each item once per group. Groups come in the order of their keys; a server's own
//! order is not documented `[U]`.
use std::sync::Arc;

use super::super::Session;
use super::super::ast::{Item, Query};
use super::super::operators;
use super::super::scope::{Columns, Scope};
use super::{free_name, item_name, order};
use crate::error::{Error, Result};
use crate::value::{Table, Type, Value, Vector};

impl Session {
    pub(super) fn grouped(&mut self, query: &Query) -> Result<Table> {
        let rows = self.columns()?.rows();
        let keys = self.group_keys(&query.group_by)?;
        let groups = order::groups(rows, &keys);
        let firsts: Vec<u32> = groups.iter().filter_map(|group| group.first().copied()).collect();
        let mut table = Table::default();
        for (item, key) in query.group_by.iter().zip(&keys) {
            table.names.push(item_name(item));
            table.columns.push(Arc::new(key.gather(&firsts)));
        }
        // `select key, f(x) .. group by key` names the key twice and gets it once.
        let items: Vec<&Item> =
            query.items.iter().filter(|item| table.position(&item_name(item)).is_none()).collect();
        let mut cells: Vec<Vec<Value>> = vec![Vec::new(); items.len()];
        let mut kept = Vec::new();
        let (source, numbers) = (self.columns()?.table.clone(), self.columns()?.row_numbers());
        for (number, group) in groups.iter().enumerate() {
            self.check_cancelled()?;
            let mut columns = Columns::new(source.clone());
            columns.pick(&group.iter().map(|row| numbers[*row as usize]).collect::<Vec<_>>());
            let row = self.within(Scope::Columns(columns), |session| session.group_row(query, &items))?;
            if let Some(row) = row {
                kept.push(number as u32);
                cells.iter_mut().zip(row).for_each(|(column, cell)| column.push(cell));
            }
        }
        let mut table = order::gather(&table, &kept);
        for (item, cells) in items.iter().zip(cells) {
            table.names.push(free_name(&table.names, item_name(item)));
            table.columns.push(Arc::new(column(&cells)?));
        }
        Ok(table)
    }

    /// The columns to group by.
    pub(super) fn group_keys(&mut self, items: &[Item]) -> Result<Vec<Arc<Vector>>> {
        let rows = self.columns()?.rows();
        let mut keys = Vec::new();
        for item in items {
            match self.eval(&item.expr)? {
                Value::Vector(cells) if cells.len() == rows => keys.push(cells),
                _ => return Err(Error::runtime("A group by column must have one value per row.")),
            }
        }
        Ok(keys)
    }

    /// One group's values, `None` if `having` drops it.
    fn group_row(&mut self, query: &Query, items: &[&Item]) -> Result<Option<Vec<Value>>> {
        if let Some(having) = &query.having
            && !operators::is_true(&self.eval(having)?)?
        {
            return Ok(None);
        }
        items.iter().map(|item| self.eval(&item.expr)).collect::<Result<_>>().map(Some)
    }
}

/// One column of the groups' values. A column that is no aggregate must be one value per group.
fn column(cells: &[Value]) -> Result<Vector> {
    let ty = cells.iter().find_map(|cell| cell.cells().map(|cells| cells.ty)).unwrap_or(Type::Int);
    let mut column = Vector::empty(ty, cells.len());
    for cell in cells {
        match cell {
            Value::Void => column.append(&Vector::nulls(ty, 1))?,
            Value::Scalar(cell) => column.append(cell)?,
            Value::Vector(cells) if cells.len() == 1 => column.append(cells)?,
            _ => return Err(Error::runtime("With group by, each column must have one value per group.")),
        }
    }
    Ok(column)
}
