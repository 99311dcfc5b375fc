//! A node that several connections share.
use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use super::pick::{picked, syntax, unrecognized};
use super::plugin::Plugin;
use super::table::{self, FakeTable, Row};
use crate::cluster::{Cluster, units};
use crate::data::{Batch, Column, Datum, Type};
use crate::error::{Error, Kind, Result};
use crate::model::{TableName, TableSchema};

/// What goes wrong with one append.
#[derive(Clone)]
pub(crate) enum Fault {
    /// Other rows are stored than were sent, and the full count is reported.
    Alter(fn(&mut Vec<Row>)),
    /// One row less is reported than was stored.
    ReportFewer,
    /// The line breaks before anything is stored.
    DieBefore,
    /// The line breaks after everything was stored.
    DieAfter,
    /// The target does not answer, having stored everything.
    Silent,
    /// The chunk is locked by another transaction.
    Busy,
    /// The code of the connection panics.
    Panic,
    /// Something of the test's own happens before the rows are stored.
    Meet(Arc<dyn Fn() + Send + Sync>),
}

#[derive(Default)]
pub(crate) struct Inner {
    pub(crate) tables: BTreeMap<(String, String), FakeTable>,
    /// Every question, and `append` for every append.
    pub(crate) log: Vec<String>,
    /// The release that it says it is, if it says.
    pub(crate) version: Option<String>,
    /// Whether it tells about its chunks.
    pub(crate) tells_chunks: bool,
    /// How many of them it keeps to itself.
    pub(crate) hides_chunks: usize,
    /// What the plugin of the node makes of a fingerprint that it is asked for; without one it has
    /// no plugin.
    pub(crate) plugin: Option<Plugin>,
    /// What goes wrong with the append of this number, counted from 0; `None` is every append.
    pub(crate) faults: Vec<(Option<usize>, Fault)>,
}

/// A connection to a node in memory.
#[derive(Clone, Default)]
pub(crate) struct FakeNode(Arc<Mutex<Inner>>);

impl FakeNode {
    pub(crate) fn with(name: &TableName, table: FakeTable) -> Self {
        let node = FakeNode::default();
        node.lock().tables.insert((name.db.clone(), name.table.clone()), table);
        node
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock()
    }

    /// Makes the append of this number fail.
    pub(crate) fn failing(self, append: usize, fault: Fault) -> Self {
        self.lock().faults.push((Some(append), fault));
        self
    }

    /// How many appends arrived.
    pub(crate) fn appends(&self) -> usize {
        self.lock().appends()
    }

    /// The rows of a table with their columns in the order of `names`, sorted.
    pub(crate) fn sorted_rows(&self, name: &TableName, names: &[&str]) -> Vec<Row> {
        let inner = self.lock();
        let table = &inner.tables[&(name.db.clone(), name.table.clone())];
        let at: Vec<usize> = names.iter().map(|name| table.position(name).unwrap()).collect();
        let mut rows: Vec<Row> =
            table.rows.iter().map(|row| at.iter().map(|at| row[*at].clone()).collect()).collect();
        rows.sort();
        rows
    }

    /// Answers `select a,b from .. where ..`; a count gets the rows to be counted.
    fn rows_of(&self, question: &str) -> Result<Batch> {
        let (what, rest) = question.split_once(" from ").ok_or_else(|| syntax(question))?;
        let (from, conditions) = rest.split_once(" where ").unwrap_or((rest, ""));
        let inner = self.lock();
        let table = inner.table(from)?;
        let picked = picked(table, conditions)?;
        let names: Vec<&str> = match what.strip_prefix("select top 64 ").or(what.strip_prefix("select ")) {
            Some(names) => names.split(',').collect(),
            None => vec![&table.schema.columns[0].name],
        };
        let column = |name: &&str| {
            let at = table.position(name).ok_or_else(|| unrecognized(name))?;
            let cells: Vec<&Vec<u8>> = picked.iter().map(|row| &row[at]).collect();
            Ok(((*name).to_owned(), table::column(table.schema.columns[at].ty, &cells)))
        };
        Ok(Batch { rows: picked.len(), columns: names.iter().map(column).collect::<Result<_>>()? })
    }
}

/// The parts of `exec max(a) from ..`, or of `min`.
fn extreme(script: &str) -> Option<(bool, &str, &str)> {
    let (greatest, rest) = match script.strip_prefix("exec max(") {
        Some(rest) => (true, rest),
        None => (false, script.strip_prefix("exec min(")?),
    };
    let (name, rest) = rest.split_once(") from ")?;
    Some((greatest, name, rest))
}

impl Inner {
    /// Does `dropPartition(database("db"), "/path", "table")`.
    fn drop_partition(&mut self, script: &str) -> Result<Datum> {
        let literals: Vec<String> = script.split('"').skip(1).step_by(2).map(str::to_owned).collect();
        let [db, path, table] = <[String; 3]>::try_from(literals).map_err(|_| syntax(script))?;
        self.log.push("drop".into());
        let table = self.tables.get_mut(&(db, table)).ok_or_else(|| syntax(script))?;
        let unit = units(&table.schema)?.into_iter().find(|unit| unit.to_string() == path);
        let unit = unit.ok_or_else(|| Error::new(Kind::Server, format!("no partition {path}")))?;
        let keys: Vec<String> = unit.keys.into_iter().map(|key| key.literal).collect();
        let kept = table.rows.iter().filter(|row| table.keys_of(row).is_none_or(|own| own != keys));
        table.rows = kept.cloned().collect();
        Ok(Datum::Void)
    }

    /// Does what taking the right to write asks for besides reading and appending.
    fn ledger(&mut self, script: &str) -> Option<Datum> {
        let name = (LEDGER.to_owned(), "leases".to_owned());
        if script == "now()" {
            let since = std::time::UNIX_EPOCH.elapsed().expect("a clock after 1970");
            return Some(Datum::Scalar(Column::fixed(
                Type::Timestamp,
                (since.as_millis() as i64).to_le_bytes(),
            )));
        }
        if script.starts_with("typestr(createTable") {
            let text = ["dbPath", "tableName", "runId", "holder"].map(|name| super::def(name, Type::String));
            let times = ["since", "expires"].map(|name| super::def(name, Type::Timestamp));
            let columns = text.into_iter().chain(times).chain([super::def("beat", Type::Long)]).collect();
            self.tables.insert(name, FakeTable::new(TableSchema { columns, ..TableSchema::default() }));
        } else if let Some(conditions) = script.strip_prefix("delete from ") {
            let (runs, beat) = conditions.split_once("runId in [")?.1.split_once(']')?;
            let runs: Vec<&str> = runs.split('"').skip(1).step_by(2).collect();
            let beat = beat.strip_prefix(", beat < ").map_or(i64::MAX, |beat| beat.parse().expect("a beat"));
            let beat_of = |row: &Row| i64::from_le_bytes(row[6].as_slice().try_into().expect("eight bytes"));
            let stays = |row: &Row| !runs.iter().any(|run| run.as_bytes() == row[2]) || beat_of(row) >= beat;
            self.tables.get_mut(&name)?.rows.retain(stays);
        } else if !script.starts_with("typestr(database") {
            return None;
        }
        Some(Datum::Void)
    }

    /// What the metadata functions list about every table, all of one database.
    fn metadata(&self, script: &str) -> Result<Datum> {
        if !self.tells_chunks {
            return Err(Error::new(Kind::Server, "<NoPrivilege>"));
        }
        super::chunks::listed(&self.tables, script, self.hides_chunks)
    }

    fn appends(&self) -> usize {
        self.log.iter().filter(|line| *line == "append").count()
    }

    /// Notes one append and says what goes wrong with it.
    fn next_fault(&mut self) -> Option<Fault> {
        let number = self.appends();
        self.log.push("append".into());
        let hit = |(at, _): &&(Option<usize>, Fault)| at.is_none_or(|at| at == number);
        self.faults.iter().find(hit).map(|(_, fault)| fault.clone())
    }

    /// The table that `text`, an expression with one or two string literals, names.
    fn table(&self, text: &str) -> Result<&FakeTable> {
        self.tables.get(&named(text)).ok_or_else(|| Error::new(Kind::Server, format!("no table {text}")))
    }

    fn table_mut(&mut self, text: &str) -> Result<&mut FakeTable> {
        self.tables.get_mut(&named(text)).ok_or_else(|| Error::new(Kind::Server, format!("no table {text}")))
    }
}

/// The first two string literals of `text`.
fn named(text: &str) -> (String, String) {
    let mut literals = text.split('"').skip(1).step_by(2).map(str::to_owned);
    (literals.next().unwrap_or_default(), literals.next().unwrap_or_default())
}

/// The database where a target says who may write.
const LEDGER: &str = "dfs://clusterSync";

fn long(value: u64) -> Datum {
    Datum::Scalar(Column::fixed(Type::Long, value.to_le_bytes()))
}

impl Cluster for FakeNode {
    fn label(&self) -> &str {
        "fake:8848"
    }

    fn query(&mut self, script: &str) -> Result<Datum> {
        self.lock().log.push(script.to_owned());
        let db = script.split('"').nth(1).unwrap_or_default().to_owned();
        if script.starts_with("existsDatabase") {
            return Ok(long(u64::from(self.lock().tables.keys().any(|(own, _)| *own == db))));
        }
        if script.starts_with("existsTable") {
            return Ok(long(u64::from(self.lock().table(script).is_ok())));
        }
        if let Some(path) = script.strip_prefix("exists(") {
            let path = path.trim_matches(['"', ')']);
            return Ok(long(u64::from(std::path::Path::new(path).exists())));
        }
        if script.starts_with("getTables") {
            let inner = self.lock();
            let names = inner.tables.keys().filter(|(own, _)| *own == db).map(|(_, table)| table);
            return Ok(Datum::Vector(Column::text(Type::String, names)));
        }
        if script.starts_with("schema") {
            return Ok(self.lock().table(script)?.describe());
        }
        if let Some(answer) = self.lock().ledger(script) {
            return Ok(answer);
        }
        if script.starts_with("dropPartition") {
            return self.lock().drop_partition(script);
        }
        if script.starts_with("truncate") {
            self.lock().table_mut(script)?.rows.clear();
            return Ok(Datum::Void);
        }
        if let ("version()", Some(version)) = (script, &self.lock().version) {
            return Ok(Datum::text(version));
        }
        if script.contains("getUserAccess") {
            let columns = vec![("userId".to_owned(), Column::text(Type::String, ["admin"]))];
            return Ok(Datum::Table(Batch { rows: 1, columns }));
        }
        if script.contains("getTabletsMeta") || script.contains("getClusterChunksStatus") {
            return self.lock().metadata(script);
        }
        if let Some(queries) = script.strip_prefix("((").and_then(|rest| rest.strip_suffix("))")) {
            let each =
                queries.split("), (exec").map(|query| self.rows_of(query).map(|rows| long(rows.rows as u64)));
            return Ok(Datum::Tuple(each.collect::<Result<_>>()?));
        }
        if script.starts_with("clusterSync::fingerprint") {
            let inner = self.lock();
            let plugin = inner.plugin.as_ref().ok_or_else(|| syntax(script))?;
            return plugin(super::plugin::fingerprint(&inner.tables, script)?);
        }
        if let Some((greatest, name, rest)) = extreme(script) {
            let rows = self.rows_of(&format!("select {name} from {rest}"))?;
            let cells = rows.columns[0].1.integers().flatten();
            let end = if greatest { cells.max() } else { cells.min() };
            return Ok(Datum::Scalar(Column::fixed(Type::Long, end.unwrap_or(i64::MIN).to_le_bytes())));
        }
        let rows = self.rows_of(script)?;
        Ok(if script.starts_with("exec count") { long(rows.rows as u64) } else { Datum::Table(rows) })
    }

    fn append(&mut self, table: &TableName, rows: &Batch) -> Result<u64> {
        self.take_in(table, rows, |held, rows| held.append(rows))
    }

    fn upsert(&mut self, table: &TableName, rows: &Batch, keys: &[String]) -> Result<()> {
        self.take_in(table, rows, |held, rows| held.upsert(rows, keys)).map(drop)
    }
}

impl FakeNode {
    /// Lets `store` store rows as a write does, unless a fault is due.
    fn take_in(
        &self,
        table: &TableName,
        rows: &Batch,
        store: impl FnOnce(&mut FakeTable, Vec<Row>) -> u64,
    ) -> Result<u64> {
        let is_ledger = table.db == LEDGER;
        let fault = if is_ledger { None } else { self.lock().next_fault() };
        let mut rows = table::rows(rows);
        let sent = rows.len() as u64;
        match &fault {
            Some(Fault::Alter(alter)) => alter(&mut rows),
            Some(Fault::DieBefore) => return Err(Error::new(Kind::Network, "the line broke")),
            Some(Fault::Busy) => return Err(Error::new(Kind::Busy, "<ChunkInTransaction>it is locked")),
            Some(Fault::Panic) => panic!("a defect in the connection"),
            Some(Fault::Meet(meet)) => meet(),
            _ => {}
        }
        let mut inner = self.lock();
        let held = inner.tables.get_mut(&(table.db.clone(), table.table.clone())).expect("a table");
        let stored = store(held, rows);
        match fault {
            Some(Fault::Alter(_)) => Ok(sent),
            Some(Fault::ReportFewer) => Ok(stored - 1),
            Some(Fault::Silent) => Err(Error::new(Kind::Silent, "the server did not move a byte for 1s")),
            Some(Fault::DieAfter) => Err(Error::new(Kind::Network, "the line broke")),
            _ => Ok(stored),
        }
    }
}
