//! What the plugin at a node answers when it is asked for a fingerprint.
use std::collections::BTreeMap;
use std::sync::Arc;

use super::pick::picked;
use super::table::{self, FakeTable};
use crate::data::{Batch, Column, Datum, Fingerprint, Type};
use crate::error::{Error, Kind, Result};

/// Makes an answer of the fingerprint of what was asked for.
pub(crate) type Plugin = Arc<dyn Fn(Fingerprint) -> Result<Datum> + Send + Sync>;

/// The answer that tells `print`, of this version.
pub(crate) fn told(print: Fingerprint, version: u64) -> Datum {
    let long = |value: u64| Column::fixed(Type::Long, value.to_le_bytes());
    let columns = vec![
        ("rows".into(), long(print.rows)),
        ("fingerprint".into(), Column::text(Type::String, [format!("{:032x}", print.sum)])),
        ("version".into(), long(version)),
    ];
    Datum::Table(Batch { rows: 1, columns })
}

/// That of `clusterSync::fingerprint("db", "table", "", ["a", "b"], "partition(a, 1)")`.
pub(super) fn fingerprint(
    tables: &BTreeMap<(String, String), FakeTable>,
    script: &str,
) -> Result<Fingerprint> {
    let wrong = || Error::new(Kind::Server, format!("it is no question: {script}"));
    let literals: Vec<&str> = script.split('"').skip(1).step_by(2).collect();
    let [db, name, "", columns @ .., place] = &literals[..] else { return Err(wrong()) };
    let table = tables.get(&((*db).to_owned(), (*name).to_owned())).ok_or_else(wrong)?;
    let rows = picked(table, place)?;
    let column = |name: &&str| {
        let at = table.position(name).ok_or_else(wrong)?;
        let cells: Vec<&Vec<u8>> = rows.iter().map(|row| &row[at]).collect();
        Ok(table::column(table.schema.columns[at].ty, &cells))
    };
    let columns: Vec<Column> = columns.iter().map(column).collect::<Result<_>>()?;
    Ok(Fingerprint::of(rows.len(), &columns))
}
