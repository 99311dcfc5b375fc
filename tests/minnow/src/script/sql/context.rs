//! `context by`: each item over the rows of its group, every row kept.
use std::sync::Arc;

use super::super::Session;
use super::super::ast::{Expr, Query};
use super::super::operators;
use super::super::scope::{Columns, Scope};
use super::{item_name, order, table_of};
use crate::error::{Error, Result};
use crate::value::Table;

impl Session {
    /// Groups come in the order of their keys, as with `group by`. A limit counts within each
    /// group, from its end if it is negative.
    pub(super) fn in_context(&mut self, query: &Query) -> Result<Table> {
        let keys = self.group_keys(&query.context_by)?;
        let (source, numbers) = (self.columns()?.table.clone(), self.columns()?.row_numbers());
        let mut whole: Option<Table> = None;
        for group in order::groups(numbers.len(), &keys) {
            self.check_cancelled()?;
            let mut columns = Columns::new(source.clone());
            columns.pick(&group.iter().map(|row| numbers[*row as usize]).collect::<Vec<_>>());
            let part = self.within(Scope::Columns(columns), |session| session.context_rows(query))?;
            let Some(part) = part else { continue };
            match &mut whole {
                None => whole = Some(part),
                Some(whole) => {
                    for (own, more) in whole.columns.iter_mut().zip(&part.columns) {
                        Arc::make_mut(own).append(more)?;
                    }
                }
            }
        }
        match whole {
            Some(whole) => Ok(whole),
            // No group: the columns that no rows have.
            None => self.context_rows(query).map(Option::unwrap_or_default),
        }
    }

    /// The rows of one group, `None` if `having` drops it.
    fn context_rows(&mut self, query: &Query) -> Result<Option<Table>> {
        if !query.context_sort.is_empty() {
            let rows = self.sort_by(&query.context_sort)?;
            self.columns()?.pick(&rows);
        }
        if let Some(having) = &query.having {
            let rows = self.columns()?.rows();
            let kept = operators::mask(&self.eval(having)?, rows)?;
            if !kept.contains(&true) && rows > 0 {
                return Ok(None);
            }
            self.columns()?.keep(&kept);
        }
        let rows = self.columns()?.rows();
        let table = if query.items.is_empty() {
            let columns = self.columns()?;
            let positions = 0..columns.table.columns.len();
            Table {
                names: columns.table.names.clone(),
                columns: positions.map(|at| columns.at(at)).collect(),
            }
        } else {
            let mut values = Vec::new();
            for item in &query.items {
                values.push((item_name(item), self.eval(&item.expr)?));
            }
            table_of(values, rows)?
        };
        self.context_limit(table, query.limit.as_ref()).map(Some)
    }

    fn context_limit(&mut self, table: Table, limit: Option<&Expr>) -> Result<Table> {
        let Some(limit) = limit else { return Ok(table) };
        let wrong = || Error::runtime("The limit of a query with context by must be a number.");
        let count = self.eval(limit)?.as_i64().ok_or_else(wrong)?;
        let kept = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX).min(table.rows());
        let start = if count < 0 { table.rows() - kept } else { 0 };
        let columns = table.columns.iter().map(|column| column.slice(start, kept).into()).collect();
        Ok(Table { names: table.names, columns })
    }
}
