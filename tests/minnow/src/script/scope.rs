//! Where names are looked up.
use std::collections::HashMap;
use std::sync::Arc;

use super::Session;
use crate::error::{Class, Error, Result};
use crate::value::{Table, Value, Vector};

/// One level of names. The innermost is asked first.
pub enum Scope {
    /// A function's arguments and local variables. A function sees nothing of its caller.
    Function(HashMap<String, Value>),
    /// Metacode: what it captured, then the session's variables, never those of the function
    /// that evaluates it (dolphindb-semantics §5.2).
    Code(HashMap<String, Value>),
    /// A query's columns, then what is around the query.
    Columns(Columns),
}

/// The rows that a query still looks at.
pub struct Columns {
    pub table: Arc<Table>,
    /// `None` for all.
    rows: Option<Vec<u32>>,
    /// Columns already cut down to `rows`, by position.
    cut: HashMap<usize, Arc<Vector>>,
}

impl Columns {
    pub fn new(table: Arc<Table>) -> Self {
        Columns { table, rows: None, cut: HashMap::new() }
    }

    pub fn rows(&self) -> usize {
        self.rows.as_ref().map_or(self.table.rows(), Vec::len)
    }

    /// A column cut down to the rows, `None` if there is no such column.
    pub fn named(&mut self, name: &str) -> Option<Arc<Vector>> {
        self.table.position(name).map(|position| self.at(position))
    }

    pub fn at(&mut self, position: usize) -> Arc<Vector> {
        let whole = &self.table.columns[position];
        match &self.rows {
            None => whole.clone(),
            Some(rows) => self.cut.entry(position).or_insert_with(|| Arc::new(whole.gather(rows))).clone(),
        }
    }

    /// Keeps the rows for which `mask`, one flag per present row, says so.
    pub fn keep(&mut self, mask: &[bool]) {
        if mask.iter().all(|kept| *kept) {
            return;
        }
        self.rows = Some(match &self.rows {
            None => (0..mask.len() as u32).filter(|row| mask[*row as usize]).collect(),
            Some(rows) => rows.iter().zip(mask).filter(|(_, kept)| **kept).map(|(row, _)| *row).collect(),
        });
        self.cut.clear();
    }

    /// Looks at exactly these of the present rows.
    pub fn pick(&mut self, picked: &[u32]) {
        let rows = self.rows.take();
        self.rows = Some(match rows {
            None => picked.to_vec(),
            Some(rows) => picked.iter().map(|row| rows[*row as usize]).collect(),
        });
        self.cut.clear();
    }

    /// Numbers of the present rows in the table.
    pub fn row_numbers(&self) -> Vec<u32> {
        self.rows.clone().unwrap_or_else(|| (0..self.table.rows() as u32).collect())
    }
}

impl Session {
    /// The value of a variable or column as code that runs now sees it.
    pub(super) fn look_up(&mut self, name: &str) -> Option<Value> {
        for scope in self.scopes.iter_mut().rev() {
            match scope {
                Scope::Columns(columns) => {
                    if let Some(column) = columns.named(name) {
                        return Some(Value::Vector(column));
                    }
                }
                Scope::Function(variables) => {
                    return variables
                        .get(name)
                        .cloned()
                        .or_else(|| self.node.shared.read().get(name).cloned());
                }
                Scope::Code(captured) => {
                    if let Some(value) = captured.get(name) {
                        return Some(value.clone());
                    }
                    break;
                }
            }
        }
        self.get(name)
    }

    /// How many rows the innermost query looks at.
    pub fn query_rows(&self) -> Option<usize> {
        match self.scopes.last() {
            Some(Scope::Columns(columns)) => Some(columns.rows()),
            _ => None,
        }
    }

    /// The variables that an assignment changes now.
    pub(super) fn own_variables(&mut self) -> &mut HashMap<String, Value> {
        let function = self.scopes.iter_mut().rev().find_map(|scope| match scope {
            Scope::Function(variables) => Some(variables),
            _ => None,
        });
        function.unwrap_or(&mut self.variables)
    }

    /// Lets `change` work on a variable in place. It must not look up variables itself: the one
    /// it changes is away meanwhile, and a shared one is locked.
    pub(super) fn change<T>(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut Session, &mut Value) -> Result<T>,
    ) -> Result<T> {
        if let Some(own) = self.own_variables().get_mut(name) {
            let mut value = std::mem::replace(own, Value::Void);
            let outcome = change(self, &mut value);
            self.own_variables().insert(name.to_owned(), value);
            return outcome;
        }
        let node = self.node.clone();
        match node.shared.write().get_mut(name) {
            Some(shared) => change(self, shared),
            None => Err(unknown(name)),
        }
    }

    /// Runs `work` with one more scope.
    pub(super) fn within<T>(
        &mut self,
        scope: Scope,
        work: impl FnOnce(&mut Session) -> Result<T>,
    ) -> Result<T> {
        self.scopes.push(scope);
        let outcome = work(self);
        self.scopes.pop();
        outcome
    }
}

/// A name that means nothing. A server says which word it could not recognise; the rest of the
/// sentence is ours `[U]`.
pub fn unknown(name: &str) -> Error {
    Error {
        class: Class::Syntax,
        function: String::new(),
        text: format!("Syntax Error: Cannot recognize the token {name}"),
    }
}

/// A name that is no column of the table at hand. The sentence is inferred `[U]`.
pub fn unknown_column(name: &str) -> Error {
    Error::runtime(format!("Unrecognized column name [{name}]"))
}
