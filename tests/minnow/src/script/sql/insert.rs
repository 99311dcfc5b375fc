//! `insert into`.
use super::super::ast::Expr;
use super::super::{Function, Run, Session, unknown_column};
use crate::error::{Error, Result};
use crate::functions;
use crate::value::{Table, Type, Value, Vector};

impl Session {
    /// `insert into t [(columns)] values (..)`. Columns that are not named get NULLs. Distributed
    /// tables refuse the statement by default (dolphindb-semantics §3.2); the sentence is ours `[U]`.
    pub(in crate::script) fn insert(
        &mut self,
        target: &Expr,
        columns: &[String],
        values: &[Expr],
    ) -> Result<Value> {
        let table = match self.eval(target)? {
            Value::Table(table) => table,
            Value::Dfs(_) => {
                return Err(Error::runtime(
                    "insert into a distributed table needs enableInsertStatementForDFSTable=true.",
                ));
            }
            _ => return Err(Error::runtime("Rows can be inserted into a table only.")),
        };
        let values = values.iter().map(|value| self.eval(value)).collect::<Result<Vec<_>>>()?;
        let named = if columns.is_empty() { table.names.as_slice() } else { columns };
        if named.len() != values.len() {
            return Err(Error::runtime("insert into needs one value for each column."));
        }
        if let Some(name) = named.iter().find(|name| table.position(name).is_none()) {
            return Err(unknown_column(name));
        }
        let all = in_order(&table, named, values);
        let Some(native @ crate::script::Native { run: Run::InPlace(run), .. }) =
            functions::find("tableInsert")
        else {
            return Err(Error::runtime("There is no tableInsert."));
        };
        let Expr::Name(name) = target else {
            return self.apply(&Function::Native(native), [vec![Value::Table(table)], all].concat());
        };
        self.change(name, |session, own| run(session, own, all))
    }
}

/// One value for each of the table's columns.
fn in_order(table: &Table, named: &[String], values: Vec<Value>) -> Vec<Value> {
    let value = |name: &String| {
        let place = named.iter().position(|own| own.eq_ignore_ascii_case(name));
        match place.map(|place| &values[place]) {
            None | Some(Value::Void) => Value::Scalar(Vector::nulls(Type::Void, 1).into()),
            Some(given) => given.clone(),
        }
    };
    table.names.iter().map(value).collect()
}
