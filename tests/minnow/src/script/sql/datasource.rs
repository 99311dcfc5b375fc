//! Data sources: one query cut into its partitions (dolphindb-semantics §5.1).
use std::fmt;
use std::sync::Arc;

use super::source::split_ands;
use super::{Query, Session};
use crate::error::{Error, Result};
use crate::script::Code;
use crate::script::ast::{Arg, Expr};
use crate::script::names::in_clauses;
use crate::script::scope::Scope;
use crate::store::{PartitionedTable, Scheme};
use crate::value::{Extent, Resource, Type, Value, Vector};

/// A query on one partition that has not been run.
#[derive(Debug)]
pub struct DataSource {
    pub code: Code,
    /// The partition's path; empty when the table is in memory.
    pub path: String,
    /// The partitioned table.
    pub table: Option<Arc<PartitionedTable>>,
}

/// A table, and partitions by path and by number.
type Parts = (Arc<PartitionedTable>, Vec<(String, Vec<u32>)>);

impl Session {
    /// The sources of a query, in the order of their paths' texts. It reads no rows.
    pub fn data_sources(&mut self, code: &Code, forced: bool) -> Result<Vec<DataSource>> {
        let Expr::Query(query) = &*code.expr else {
            return Err(Error::argument("sqlDS", "The argument 'sqlObj' must be metacode of a query."));
        };
        let code = &self.with_variables(code, query);
        let captured = code.locals.iter().cloned().collect();
        let parts = self.within(Scope::Code(captured), |session| session.parts(query))?;
        let Some((table, mut parts)) = parts else {
            return Ok(vec![DataSource { code: code.clone(), path: String::new(), table: None }]);
        };
        if !forced {
            refuse_global(query, &table)?;
        }
        parts.sort();
        parts.into_iter().map(|(path, numbers)| part(code, query, &table, path, &numbers)).collect()
    }

    /// The metacode with the session's variables that its conditions name: parts of it may run in
    /// other sessions.
    fn with_variables(&self, code: &Code, query: &Query) -> Code {
        let mut code = code.clone();
        in_clauses(query, &mut |name, _| {
            if let Some(value) = self.get(name).filter(|_| code.locals.iter().all(|(own, _)| own != name)) {
                code.locals.push((name.to_owned(), value));
            }
        });
        code
    }

    /// The table of a distributed query and the partitions that its conditions leave.
    fn parts(&mut self, query: &Query) -> Result<Option<Parts>> {
        let Value::Dfs(table) = self.eval(&query.from)? else { return Ok(None) };
        if table.levels().is_empty() {
            return Ok(None);
        }
        let (selection, _) = self.select_partitions(&table, split_ands(&query.conditions))?;
        let chunks = table.metadata(&selection).into_iter().filter(|chunk| chunk.rows > 0);
        let parts = chunks.map(|chunk| (chunk.path, chunk.partition)).collect();
        Ok(Some((table, parts)))
    }
}

/// What needs rows of several partitions cannot be cut. The sentence is ours `[U]`.
fn refuse_global(query: &Query, table: &PartitionedTable) -> Result<()> {
    let is_partition_column = |expr: &Expr| match expr {
        Expr::Name(name) => {
            table.position(name).is_some_and(|position| table.partition_columns().contains(&position))
        }
        _ => false,
    };
    if query.group_by.iter().any(|item| !is_partition_column(&item.expr)) || !query.order_by.is_empty() {
        let text = "sqlDS can't split a query with order by, or group by on a column that doesn't partition.";
        return Err(Error::runtime(text));
    }
    Ok(())
}

/// The query with one more condition per level.
fn part(
    code: &Code,
    query: &Query,
    table: &Arc<PartitionedTable>,
    path: String,
    numbers: &[u32],
) -> Result<DataSource> {
    let mut query = query.clone();
    query.from = Expr::Constant(Value::Dfs(table.clone()));
    for ((level, position), number) in table.levels().iter().zip(table.partition_columns()).zip(numbers) {
        let key = match level.scheme() {
            Scheme::Value(elements) => elements.cell(*number as usize),
            _ => Vector::integers(Type::Int, [Some(i64::from(*number))]),
        };
        let column = Expr::Name(table.columns()[*position].0.clone());
        let args = [column, Expr::Constant(Value::Scalar(key.into()))];
        let args = args.map(|value| Arg { name: None, value: Some(value) }).to_vec();
        let function = Box::new(Expr::Name("partition".into()));
        query.conditions.push(Expr::Call { function, args });
    }
    let text = format!("{} [partition = {path}]", code.text);
    let code = Code { expr: Arc::new(Expr::Query(query.into())), locals: code.locals.clone(), text };
    Ok(DataSource { code, path, table: Some(table.clone()) })
}

impl Resource for DataSource {
    fn extent(&self) -> Extent {
        self.code.locals.extent()
    }

    fn data_type(&self) -> u8 {
        23
    }
}

impl fmt::Display for DataSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataSource< {} >", self.code.text)
    }
}
