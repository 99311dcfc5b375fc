//! The table of a query. Of a distributed table only the columns that the query names are read,
//! and only from the partitions that its conditions leave.
use std::sync::Arc;

use super::super::Session;
use super::super::ast::{Expr, Operator, Query};
use super::super::names::in_clauses;
use super::super::scope::{Columns, Scope};
use crate::error::{Error, Result};
use crate::functions::rights;
use crate::store::{Comparison, PartitionedTable, Selection};
use crate::value::{Data, Table, Type, Value, Vector};

impl Session {
    /// The rows to look at, and the conditions still to be applied to them.
    pub(super) fn source<'q>(&mut self, query: &'q Query) -> Result<(Columns, Vec<&'q Expr>)> {
        let conditions = split_ands(&query.conditions);
        match self.eval(&query.from)? {
            Value::Table(table) => {
                refuse_partition(&conditions)?;
                Ok((Columns::new(table), conditions))
            }
            Value::Dfs(table) => {
                rights::read(self, &table)?;
                let (selection, conditions) = self.select_partitions(&table, conditions)?;
                self.refuse_too_many(&table, &selection)?;
                let wanted = wanted_columns(query, &table);
                Ok((Columns::new(table.scan(&wanted, &selection)?.into()), conditions))
            }
            _ => Err(Error::runtime("The from clause must be a table.")),
        }
    }

    /// dolphindb-semantics §5.3.
    fn refuse_too_many(&self, table: &PartitionedTable, selection: &Selection) -> Result<()> {
        match table.exceeds(selection, self.node.switches.most_partitions()) {
            Some(count) => Err(Error::runtime(format!(
                "The number of partitions [{count}] relevant to the query is too large. Please add more \
                 specific filtering conditions on partition columns in WHERE clause, or consider changing \
                 the value of the configuration parameter maxPartitionNumPerQuery. RefId:S02039"
            ))),
            None => Ok(()),
        }
    }

    /// Takes the `partition(column, keys)` conditions out and lets the others prune.
    pub(super) fn select_partitions<'q>(
        &mut self,
        table: &PartitionedTable,
        conditions: Vec<&'q Expr>,
    ) -> Result<(Selection, Vec<&'q Expr>)> {
        let mut selection = Selection::all();
        let mut rest = Vec::new();
        for condition in conditions {
            if let Some(args) = partition_args(condition) {
                self.keep_partitions(table, &mut selection, args)?;
                continue;
            }
            self.prune(table, &mut selection, condition)?;
            rest.push(condition);
        }
        Ok((selection, rest))
    }

    /// dolphindb-semantics §5.3.
    fn keep_partitions(
        &mut self,
        table: &PartitionedTable,
        selection: &mut Selection,
        (column, keys): (&str, &Expr),
    ) -> Result<()> {
        let level = table
            .partition_columns()
            .iter()
            .position(|position| table.position(column) == Some(*position))
            .ok_or_else(|| Error::runtime(format!("The column {column} is no partitioning column.")))?;
        let keys = self.eval(keys)?;
        let keys = keys.cells().ok_or_else(|| Error::runtime("The keys of partition() must be a vector."))?;
        selection.keep(level, &table.levels()[level].named(keys)?);
        Ok(())
    }

    /// Lets `column op constant` narrow the selection; any other condition leaves it as it is.
    fn prune(&mut self, table: &PartitionedTable, selection: &mut Selection, condition: &Expr) -> Result<()> {
        let position = |expr: &Expr| match expr {
            Expr::Name(name) => table.position(name),
            _ => None,
        };
        match condition {
            Expr::Binary(operator, left, right) => {
                if let (Some(column), Some(how)) = (position(left), comparison(*operator)) {
                    if let Some(constants) = self.constants(table, right)? {
                        table.prune(selection, column, how, &constants);
                    }
                } else if let (Some(column), Some(how)) = (position(right), comparison(mirrored(*operator)))
                    && let Some(constants) = self.constants(table, left)?
                    && *operator != Operator::In
                {
                    table.prune(selection, column, how, &constants);
                }
            }
            Expr::Between(value, range) => {
                if let Some(column) = position(value)
                    && let Some(ends) = self.constants(table, range)?.filter(|ends| ends.len() == 2)
                {
                    table.prune(selection, column, Comparison::GreaterOrEqual, &ends.cell(0));
                    table.prune(selection, column, Comparison::LessOrEqual, &ends.cell(1));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The value of an expression that names no column of the table.
    fn constants(&mut self, table: &PartitionedTable, expr: &Expr) -> Result<Option<Arc<Vector>>> {
        let mut varies = false;
        super::super::names::names(expr, &mut |name, _| {
            varies |= table.position(name).is_some();
        });
        if varies { Ok(None) } else { Ok(self.eval(expr)?.cells().cloned()) }
    }

    /// Which rows of `rows` the conditions keep.
    pub(super) fn matching(&mut self, rows: &Arc<Table>, conditions: &[&Expr]) -> Result<Vec<u32>> {
        self.within(Scope::Columns(Columns::new(rows.clone())), |session| {
            session.filter(conditions)?;
            Ok(session.columns()?.row_numbers())
        })
    }
}

/// `a and b` as two conditions: the outcome is the same, and each may name partitions.
pub fn split_ands(conditions: &[Expr]) -> Vec<&Expr> {
    fn split<'q>(condition: &'q Expr, parts: &mut Vec<&'q Expr>) {
        match condition {
            Expr::Binary(Operator::And, left, right) => {
                split(left, parts);
                split(right, parts);
            }
            _ => parts.push(condition),
        }
    }
    let mut parts = Vec::new();
    conditions.iter().for_each(|condition| split(condition, &mut parts));
    parts
}

/// Column and keys of `partition(column, keys)`.
fn partition_args(condition: &Expr) -> Option<(&str, &Expr)> {
    let Expr::Call { function, args } = condition else { return None };
    match (&**function, args.as_slice()) {
        (Expr::Name(name), [column, keys]) if name == "partition" => match (&column.value, &keys.value) {
            (Some(Expr::Name(column)), Some(keys)) => Some((column, keys)),
            _ => None,
        },
        _ => None,
    }
}

pub fn refuse_partition(conditions: &[&Expr]) -> Result<()> {
    if conditions.iter().any(|condition| partition_args(condition).is_some()) {
        return Err(Error::runtime("partition() needs a partitioned table in the from clause."));
    }
    Ok(())
}

fn comparison(operator: Operator) -> Option<Comparison> {
    Some(match operator {
        Operator::Eq | Operator::In => Comparison::In,
        Operator::Lt => Comparison::Less,
        Operator::Le => Comparison::LessOrEqual,
        Operator::Gt => Comparison::Greater,
        Operator::Ge => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

/// The operator with its sides exchanged.
fn mirrored(operator: Operator) -> Operator {
    match operator {
        Operator::Lt => Operator::Gt,
        Operator::Le => Operator::Ge,
        Operator::Gt => Operator::Lt,
        Operator::Ge => Operator::Le,
        other => other,
    }
}

/// Positions of the columns that the query names, all for `*`; at least one, for its rows.
fn wanted_columns(query: &Query, table: &PartitionedTable) -> Vec<usize> {
    let columns = table.columns();
    if query.items.is_empty() {
        return (0..columns.len()).collect();
    }
    let mut named = vec![false; columns.len()];
    in_clauses(query, &mut |name, _| {
        if let Some(position) = table.position(name) {
            named[position] = true;
        }
    });
    if !named.contains(&true) {
        named[narrowest(columns)] = true;
    }
    (0..columns.len()).filter(|position| named[*position]).collect()
}

fn narrowest(columns: &[(String, Type)]) -> usize {
    let width = |ty| match Vector::empty(ty, 0).data {
        Data::I8(_) => 1,
        Data::I16(_) => 2,
        Data::I32(_) | Data::F32(_) => 4,
        Data::I64(_) | Data::F64(_) => 8,
        Data::I128(_) | Data::F64x2(_) | Data::B16(_) => 16,
        Data::Text(_) | Data::Rows(_) => 32,
    };
    (0..columns.len()).min_by_key(|position| width(columns[*position].1)).unwrap_or(0)
}
