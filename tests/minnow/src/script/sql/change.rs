//! `delete` and `update`.
use std::sync::Arc;

use super::super::ast::Expr;
use super::super::scope::{Columns, Scope};
use super::super::{Session, unknown_column};
use super::{order, source};
use crate::error::{Error, Result};
use crate::functions::rights;
use crate::node::Right;
use crate::value::{Table, Type, Value, Vector};

impl Session {
    /// `delete from table where ..`; a distributed table is changed partition by partition.
    pub(in crate::script) fn delete(&mut self, target: &Expr, conditions: &[Expr]) -> Result<Value> {
        let conditions = source::split_ands(conditions);
        match self.eval(target)? {
            Value::Dfs(table) => {
                rights::write(self, Right::Delete, &table)?;
                let (selection, rest) = self.select_partitions(&table, conditions)?;
                table.delete(&selection, &mut |rows: &Table| {
                    let mut doomed = vec![false; rows.rows()];
                    let matching = self.matching(&Arc::new(rows.clone()), &rest)?;
                    matching.iter().for_each(|row| doomed[*row as usize] = true);
                    Ok(doomed)
                })?;
                Ok(Value::Void)
            }
            Value::Table(table) => {
                source::refuse_partition(&conditions)?;
                let mut kept = vec![true; table.rows()];
                let matching = self.matching(&table, &conditions)?;
                matching.iter().for_each(|row| kept[*row as usize] = false);
                let rows: Vec<u32> = (0..table.rows() as u32).filter(|row| kept[*row as usize]).collect();
                self.replace(target, order::gather(&table, &rows))
            }
            _ => Err(Error::runtime("Rows can be deleted from a table only.")),
        }
    }

    /// `update table set column = value, .. where ..`; a distributed table is changed partition by
    /// partition.
    pub(in crate::script) fn update(
        &mut self,
        target: &Expr,
        changes: &[(String, Expr)],
        conditions: &[Expr],
    ) -> Result<Value> {
        let conditions = source::split_ands(conditions);
        match self.eval(target)? {
            Value::Dfs(table) => {
                rights::write(self, Right::Update, &table)?;
                let (selection, rest) = self.select_partitions(&table, conditions)?;
                table
                    .rewrite(&selection, &mut |rows| self.updated(&Arc::new(rows.clone()), changes, &rest))?;
                Ok(Value::Void)
            }
            Value::Table(table) => {
                source::refuse_partition(&conditions)?;
                match self.updated(&table, changes, &conditions)? {
                    Some(changed) => self.replace(target, changed),
                    None => Ok(Value::Void),
                }
            }
            _ => Err(Error::runtime("Rows can be updated in a table only.")),
        }
    }

    /// The table with the changes in the rows that match; `None` if none does.
    fn updated(
        &mut self,
        table: &Arc<Table>,
        changes: &[(String, Expr)],
        conditions: &[&Expr],
    ) -> Result<Option<Table>> {
        let rows = self.matching(table, conditions)?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut columns = Columns::new(table.clone());
        columns.pick(&rows);
        let values = self.within(Scope::Columns(columns), |session| {
            changes.iter().map(|(_, value)| session.eval(value)).collect::<Result<Vec<_>>>()
        })?;
        let mut changed = Table::clone(table);
        for ((name, _), value) in changes.iter().zip(values) {
            let position = changed.position(name).ok_or_else(|| unknown_column(name))?;
            let mut column = Value::Vector(changed.columns[position].clone());
            let at = Vector::integers(Type::Int, rows.iter().map(|row| Some(i64::from(*row))));
            super::super::eval::set(&mut column, &Value::Vector(at.into()), value)?;
            if let Value::Vector(cells) = column {
                changed.columns[position] = cells;
            }
        }
        Ok(Some(changed))
    }

    fn replace(&mut self, target: &Expr, table: Table) -> Result<Value> {
        let Expr::Name(name) = target else {
            return Err(Error::runtime("A table in memory is changed through its variable."));
        };
        self.change(name, |_, variable| {
            *variable = Value::Table(table.into());
            Ok(Value::Void)
        })
    }
}
