//! The metadata functions of a node in memory. A chunk's version follows from its rows.
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::table::{FakeTable, Row};
use crate::cluster::units;
use crate::data::{Batch, Column, Datum, Type};
use crate::error::Result;

/// What `getTabletsMeta` lists, or what `getClusterChunksStatus` does.
pub(super) fn listed(
    tables: &BTreeMap<(String, String), FakeTable>,
    script: &str,
    hidden: usize,
) -> Result<Datum> {
    let (mut ids, mut paths, mut rows, mut versions) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    // Data nodes are asked about one table, the controller about a database.
    let tablets = script.contains("getTabletsMeta");
    let asked = |name: &str| !tablets || script.contains(&format!("\"{name}\""));
    for ((db, name), table) in tables.iter().filter(|((_, name), _)| asked(name)) {
        for unit in units(&table.schema)? {
            let keys: Vec<&str> = unit.keys.iter().map(|key| key.literal.as_str()).collect();
            let held = |row: &&Row| table.keys_of(row).is_some_and(|own| own == keys);
            let held: Vec<&Row> = table.rows.iter().filter(held).collect();
            if !held.is_empty() && paths.len() + hidden < 20 {
                let mut hasher = DefaultHasher::new();
                held.hash(&mut hasher);
                ids.push(format!("{name}{unit}"));
                paths.push(format!("{}{unit}/7", &db["dfs:/".len()..]));
                rows.push(held.len() as i64);
                versions.push((hasher.finish() >> 1) as i64);
            }
        }
    }
    let texts = |cells: &[String]| Column::text(Type::String, cells);
    let longs = |cells: &[i64]| {
        Column::fixed(Type::Long, cells.iter().flat_map(|cell| cell.to_le_bytes()).collect::<Vec<u8>>())
    };
    let complete = vec!["COMPLETE".to_owned(); ids.len()];
    let columns = match tablets {
        true => vec![("chunkId", texts(&ids)), ("dfsPath", texts(&paths)), ("rowNum", longs(&rows))],
        false => vec![
            ("chunkId", texts(&ids)),
            ("version", longs(&versions)),
            ("versionChain", texts(&paths)),
            ("state", texts(&complete)),
            ("lastUpdated", longs(&rows)),
        ],
    };
    let columns = columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect();
    Ok(Datum::Table(Batch { rows: ids.len(), columns }))
}
