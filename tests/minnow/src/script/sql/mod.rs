//! Queries: from the table over the conditions and groups to the result.
mod change;
mod context;
mod datasource;
mod group;
mod insert;
mod order;
mod source;

use std::sync::Arc;

pub use datasource::DataSource;

use super::ast::{Expr, Item, Query, Shape};
use super::names::{Use, names};
use super::scope::{Columns, Scope};
use super::{Session, operators, unknown_column};
use crate::error::{Error, Result};
use crate::value::{Table, Value, Vector};

/// Functions that make one value of a column.
const AGGREGATES: &[&str] = &["count", "sum", "min", "max", "avg", "first", "last", "std", "nunique"];

impl Session {
    pub(super) fn query(&mut self, query: &Query) -> Result<Value> {
        let (columns, conditions) = self.source(query)?;
        self.within(Scope::Columns(columns), |session| {
            session.filter(&conditions)?;
            if !query.context_by.is_empty() {
                let table = session.in_context(query)?;
                return session.sorted_result(table, &query.order_by).map(|table| shaped(query, table));
            }
            let mut table =
                if query.group_by.is_empty() { session.plain(query)? } else { session.grouped(query)? };
            if query.distinct {
                table = order::distinct(&table);
            }
            if !query.group_by.is_empty() || query.distinct {
                table = session.sorted_result(table, &query.order_by)?;
            }
            let table = session.limited(table, query.limit.as_ref())?;
            Ok(shaped(query, table))
        })
    }

    /// Applies conditions one after the other, each to the rows that those before it left.
    fn filter(&mut self, conditions: &[&Expr]) -> Result<()> {
        for condition in conditions {
            self.check_cancelled()?;
            let kept = self.eval(condition)?;
            let columns = self.columns()?;
            let mask = operators::mask(&kept, columns.rows())?;
            columns.keep(&mask);
        }
        Ok(())
    }

    /// The columns that the innermost query looks at.
    fn columns(&mut self) -> Result<&mut Columns> {
        match self.scopes.last_mut() {
            Some(Scope::Columns(columns)) => Ok(columns),
            _ => Err(Error::runtime("There is no query here.")),
        }
    }

    /// A query without groups: its rows in order, then each item over all of them.
    fn plain(&mut self, query: &Query) -> Result<Table> {
        let aggregates = !query.items.is_empty() && query.items.iter().any(|item| has_aggregate(&item.expr));
        if !query.order_by.is_empty() && !aggregates && !query.distinct {
            let rows = self.sort_rows(query)?;
            self.columns()?.pick(&rows);
        }
        if query.items.is_empty() {
            let columns = self.columns()?;
            let positions = 0..columns.table.columns.len();
            let names = columns.table.names.clone();
            return Ok(Table { names, columns: positions.map(|position| columns.at(position)).collect() });
        }
        let rows = self.columns()?.rows();
        let mut values = Vec::new();
        for item in &query.items {
            values.push((item_name(item), self.eval(&item.expr)?));
        }
        let only_scalars = values.iter().all(|(_, value)| matches!(value, Value::Scalar(_) | Value::Void));
        table_of(values, if aggregates && only_scalars { 1 } else { rows })
    }

    fn limited(&mut self, table: Table, limit: Option<&Expr>) -> Result<Table> {
        let Some(limit) = limit else { return Ok(table) };
        let wrong = || Error::runtime("The limit of a query must be a number or a pair of numbers.");
        let (from, to) = match self.eval(limit)? {
            Value::Pair(ends) => (ends.integer(0).ok_or_else(wrong)?, ends.integer(1).ok_or_else(wrong)?),
            count => (0, count.as_i64().ok_or_else(wrong)?),
        };
        let clamp = |end: i64| usize::try_from(end).map_err(|_| wrong()).map(|end| end.min(table.rows()));
        let (from, to) = (clamp(from)?, clamp(to)?);
        if (from, to) == (0, table.rows()) {
            return Ok(table);
        }
        let cut = |column: &Arc<Vector>| Arc::new(column.slice(from, to.saturating_sub(from)));
        Ok(Table { names: table.names.clone(), columns: table.columns.iter().map(cut).collect() })
    }
}

/// `exec` of one column yields the column, or its value if it is an aggregate.
fn shaped(query: &Query, mut table: Table) -> Value {
    if query.shape == Shape::Select || table.columns.len() != 1 {
        return Value::Table(table.into());
    }
    let column = table.columns.remove(0);
    let is_scalar = query.group_by.is_empty()
        && query.context_by.is_empty()
        && query.items.len() == 1
        && has_aggregate(&query.items[0].expr);
    if is_scalar && column.len() == 1 { Value::Scalar(column) } else { Value::Vector(column) }
}

/// Columns of `rows` rows from values; scalars are repeated.
fn table_of(values: Vec<(String, Value)>, rows: usize) -> Result<Table> {
    let mut table = Table::default();
    for (name, value) in values {
        let column = match &value {
            Value::Void => Arc::new(Vector::nulls(crate::value::Type::Int, rows)),
            Value::Vector(cells) if cells.len() == rows => cells.clone(),
            Value::Scalar(cells) => Arc::new(cells.stretched(rows)),
            // A function's name where a column was meant.
            Value::Function(_) => return Err(unknown_column(&name)),
            _ => {
                return Err(Error::runtime(format!(
                    "The column [{name}] of a query must be a scalar or a vector of {rows} rows."
                )));
            }
        };
        table.columns.push(column);
        table.names.push(free_name(&table.names, name));
    }
    Ok(table)
}

/// Two columns of one result cannot share a name.
fn free_name(taken: &[String], name: String) -> String {
    let mut free = name.clone();
    let mut number = 0;
    while taken.iter().any(|own| own.eq_ignore_ascii_case(&free)) {
        number += 1;
        free = format!("{name}{number}");
    }
    free
}

/// The column's name: its alias, its own, or made of the function and its column. A server's
/// rule for longer expressions is not documented `[U]`.
fn item_name(item: &Item) -> String {
    item.alias.clone().unwrap_or_else(|| expr_name(&item.expr))
}

fn expr_name(expr: &Expr) -> String {
    match expr {
        Expr::Name(name) => name.clone(),
        Expr::Member { name, .. } => name.clone(),
        Expr::Call { function, args } => {
            let inner = args.first().and_then(|arg| arg.value.as_ref()).map(expr_name);
            let outer = expr_name(function);
            inner.map_or(outer.clone(), |inner| format!("{outer}_{inner}"))
        }
        Expr::Method { object, name, .. } => format!("{name}_{}", expr_name(object)),
        Expr::Negate(inner) | Expr::Not(inner) | Expr::Index { object: inner, .. } => expr_name(inner),
        Expr::Binary(_, left, _) => expr_name(left),
        _ => "col".to_owned(),
    }
}

fn has_aggregate(expr: &Expr) -> bool {
    let mut found = false;
    names(expr, &mut |name, used| found |= used == Use::Call && AGGREGATES.contains(&name));
    found
}
