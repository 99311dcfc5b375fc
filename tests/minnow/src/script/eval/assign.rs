//! Assignments.
use std::sync::Arc;

use super::index;
use crate::error::{Error, Result};
use crate::script::ast::{Expr, Operator};
use crate::script::{Session, operators};
use crate::value::{Dict, Table, Value, Vector};

impl Session {
    pub(super) fn assign(
        &mut self,
        targets: &[Expr],
        operator: Option<Operator>,
        value: &Expr,
    ) -> Result<()> {
        let mut value = self.eval(value)?;
        let [target] = targets else {
            for (position, target) in targets.iter().enumerate() {
                self.assign_one(target, index::item(&value, position)?)?;
            }
            return Ok(());
        };
        if let Some(operator) = operator {
            value = operators::binary(operator, &self.eval(target)?, &value)?;
        }
        self.assign_one(target, value)
    }

    fn assign_one(&mut self, target: &Expr, value: Value) -> Result<()> {
        match target {
            Expr::Name(name) => {
                self.own_variables().insert(name.clone(), value);
                Ok(())
            }
            Expr::Index { object, index } => {
                let [index] = index.as_slice() else {
                    return Err(Error::runtime("An element to assign to has one index."));
                };
                let at = self.eval(index)?;
                self.change(root(object)?, |_, variable| set(variable, &at, value))
            }
            Expr::Member { object, name } => {
                let at = Value::string(name);
                self.change(root(object)?, |_, variable| set(variable, &at, value))
            }
            _ => Err(Error::runtime("Only a variable, an element or a column can be assigned to.")),
        }
    }
}

fn root(object: &Expr) -> Result<&str> {
    match object {
        Expr::Name(name) => Ok(name),
        _ => Err(Error::runtime("Only elements of a variable can be assigned to.")),
    }
}

/// Puts `value` where the index `at` points.
pub fn set(variable: &mut Value, at: &Value, value: Value) -> Result<()> {
    match variable {
        Value::Dict(dict) => set_key(Arc::make_mut(dict), at, value),
        Value::Table(table) => set_column(Arc::make_mut(table), at, &value),
        Value::Vector(cells) => set_cells(cells, at, &value),
        Value::Tuple(items) => {
            let rows = index::positions(at, items.len())?;
            Arc::make_mut(items).set(rows.into_iter().map(|row| row as usize), value);
            Ok(())
        }
        _ => Err(Error::runtime("The object has no elements to assign to.")),
    }
}

/// Puts a value under a key, new or known.
pub fn set_key(dict: &mut Dict, key: &Value, value: Value) -> Result<()> {
    let Value::Scalar(key) = key else { return Err(Error::runtime("A key must be a scalar.")) };
    let key = key.cast(dict.keys.ty)?;
    match (0..dict.keys.len()).find(|own| dict.keys.compare(*own, &key, 0).is_eq()) {
        Some(position) => dict.values.set([position], value),
        None => {
            dict.keys.append(&key)?;
            dict.values.push(value);
        }
    }
    Ok(())
}

fn set_column(table: &mut Table, at: &Value, value: &Value) -> Result<()> {
    let Some(name) = at.as_str() else { return Err(Error::runtime("A column is named by a string.")) };
    let Some(cells) = value.cells() else { return Err(Error::runtime("A column must be a vector.")) };
    let rows = if table.columns.is_empty() { cells.len() } else { table.rows() };
    let column = Arc::new(if cells.len() == rows { (**cells).clone() } else { cells.stretched(rows) });
    if column.len() != rows {
        return Err(Error::runtime("The column must have as many rows as the table."));
    }
    match table.position(name) {
        Some(position) => table.columns[position] = column,
        None => {
            table.names.push(name.to_owned());
            table.columns.push(column);
        }
    }
    Ok(())
}

/// Replaces cells: the old rows and the new ones side by side, then one pick from both.
fn set_cells(cells: &mut Arc<Vector>, at: &Value, value: &Value) -> Result<()> {
    let rows = index::positions(at, cells.len())?;
    let null = Arc::new(Vector::nulls(cells.ty, 1));
    let new = match value {
        Value::Void => &null,
        _ => value.cells().ok_or_else(|| Error::runtime("Only scalars and vectors fit into a vector."))?,
    };
    if new.len() != 1 && new.len() != rows.len() {
        return Err(Error::runtime("As many values as elements are needed."));
    }
    let mut picks: Vec<u32> = (0..cells.len() as u32).collect();
    for (position, row) in rows.iter().enumerate() {
        let source = if new.len() == 1 { 0 } else { position };
        picks[*row as usize] = (cells.len() + source) as u32;
    }
    let mut both = (**cells).clone();
    both.append(new)?;
    *cells = Arc::new(both.gather(&picks));
    Ok(())
}
