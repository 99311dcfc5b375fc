//! The server that we run inside, as one side of a sync.
use super::convert::{table, to_datum, to_value};
use super::session::Session;
use super::thread;
use super::value::Value;
use crate::cluster::{Cluster, Host};
use crate::data::{Batch, Column, Datum, Type};
use crate::error::{Error, Kind, Result};
use crate::model::TableName;

/// This server, for the duration of one call of a script. Everything runs as the script's user.
pub struct Local<'call> {
    session: Session<'call>,
}

impl<'call> Local<'call> {
    pub(super) fn new(session: Session<'call>) -> Self {
        Local { session }
    }

    fn call(&self, function: &str, args: &[Datum]) -> Result<Value> {
        let args: Vec<Value> = args.iter().map(|arg| to_value(&self.session, arg)).collect::<Result<_>>()?;
        self.session.call(function, &args.iter().collect::<Vec<_>>())
    }
}

impl Cluster for Local<'_> {
    fn label(&self) -> &str {
        "this node"
    }

    fn is_here(&self) -> bool {
        true
    }

    fn query(&mut self, script: &str) -> Result<Datum> {
        // A long call whose rows other threads drop would otherwise hold all of them.
        thread::release_returned();
        // `parseExpr` takes expressions, and to delete is a statement (manual of `runScript`).
        if script.starts_with("delete ") {
            return self.call("runScript", &[Datum::text(script)]).map(|_| Datum::Void);
        }
        let code = self.call("parseExpr", &[Datum::text(script)])?;
        to_datum(&self.session.call("eval", &[&code])?)
    }

    fn append(&mut self, name: &TableName, rows: &Batch) -> Result<u64> {
        let target = self.call("loadTable", &[Datum::text(&name.db), Datum::text(&name.table)])?;
        let rows = table(&self.session, rows)?;
        let stored = to_datum(&self.session.call("tableInsert", &[&target, &rows])?)?;
        stored
            .as_count()
            .ok_or_else(|| Error::new(Kind::Server, format!("tableInsert into {name} gave no row count")))
    }

    fn upsert(&mut self, name: &TableName, rows: &Batch, keys: &[String]) -> Result<()> {
        let target = self.call("loadTable", &[Datum::text(&name.db), Datum::text(&name.table)])?;
        let rows = table(&self.session, rows)?;
        if keys.is_empty() {
            return self.session.call("upsert!", &[&target, &rows]).map(drop);
        }
        // NULLs of the source take the place of values too.
        let ignores = to_value(&self.session, &Datum::Scalar(Column::fixed(Type::Bool, [0u8])))?;
        let keys = to_value(&self.session, &Datum::Vector(Column::text(Type::String, keys)))?;
        self.session.call("upsert!", &[&target, &rows, &ignores, &keys]).map(drop)
    }
}

impl Host for Local<'_> {
    fn print(&mut self, line: &str) {
        // Progress is a courtesy: a session that cannot show it still gets its result.
        drop(self.call("print", &[Datum::text(line)]));
    }

    fn is_cancelled(&mut self) -> bool {
        self.session.is_cancelled()
    }

    fn node(&mut self) -> &mut dyn Cluster {
        self
    }

    fn ear(&self) -> fn() -> bool {
        thread::is_cancelled
    }
}
