//! Writing rows over those with the same key.
use std::collections::HashMap;
use std::sync::Arc;

use super::coerce::whole;
use super::split::sorted_rows;
use super::unique::{RowKey, row_keys};
use super::{PartitionedTable, Selection};
use crate::error::Result;
use crate::value::{Table, Vector};

/// How rows find those that they replace (dolphindb-semantics §4.1).
#[derive(Clone, Debug, Default)]
pub struct Upsert {
    /// Positions of the key columns, the partition columns among them.
    pub keys: Vec<usize>,
    /// NULL cells of new rows leave what is there.
    pub ignore_null: bool,
    /// Whether a NULL key equals another (enableNullSafeJoin).
    pub nulls_match: bool,
    /// Every touched partition is sorted by these columns afterwards.
    pub sort: Vec<usize>,
}

/// How many rows were new, and how many replaced others.
pub struct Upserted {
    pub inserted: usize,
    pub updated: usize,
}

impl PartitionedTable {
    /// Stores rows as one transaction. Of several rows with a new row's key the first is changed,
    /// the others stay.
    pub fn upsert(&self, rows: &Table, how: &Upsert) -> Result<Upserted> {
        self.refreshed().upsert_now(rows, how)
    }

    fn upsert_now(&self, rows: &Table, how: &Upsert) -> Result<Upserted> {
        whole(rows, &self.shape)?;
        let (columns, parts) = self.split(rows)?;
        let mut transaction = self.begin(parts.iter().map(|(key, _)| *key).collect())?;
        let everything: Vec<usize> = (0..self.columns().len()).collect();
        let mut total = Upserted { inserted: 0, updated: 0 };
        for (key, rows) in &parts {
            let old = self.scan(&everything, &Selection::chunk(key))?;
            let new: Vec<Arc<Vector>> = columns.iter().map(|column| Arc::new(column.gather(rows))).collect();
            let before = old.rows();
            let (merged, updated) = merged(old, &new, how)?;
            total.updated += updated;
            total.inserted += merged[0].len() - before;
            transaction.replace(*key, &merged, &sorted_rows(&merged, &how.sort))?;
        }
        transaction.commit()?;
        Ok(total)
    }
}

/// The rows of a partition after the new ones, and how many new ones changed old ones.
fn merged(old: Table, new: &[Arc<Vector>], how: &Upsert) -> Result<(Vec<Arc<Vector>>, usize)> {
    let (before, added) = (old.rows(), new[0].len());
    let pick = |columns: &[Arc<Vector>]| -> Vec<Arc<Vector>> {
        how.keys.iter().map(|position| columns[*position].clone()).collect()
    };
    let mut places: HashMap<RowKey, usize> = HashMap::new();
    for (key, row) in row_keys(&pick(&old.columns), before).into_iter().zip(0..) {
        places.entry(key).or_insert(row);
    }
    // For each column and row of the outcome, the row that it comes from, new rows after old ones.
    let mut sources: Vec<Vec<u32>> = vec![(0..before as u32).collect(); new.len()];
    let mut updated = 0;
    let key_columns = pick(new);
    for (key, row) in row_keys(&key_columns, added).into_iter().zip(0..) {
        let has_null = key_columns.iter().any(|column| column.is_null(row));
        let source = (before + row) as u32;
        match places.get(&key).filter(|_| how.nulls_match || !has_null) {
            Some(place) => {
                updated += 1;
                for (column, sources) in new.iter().zip(&mut sources) {
                    if !(how.ignore_null && column.is_null(row)) {
                        sources[*place] = source;
                    }
                }
            }
            None => {
                places.entry(key).or_insert(sources[0].len());
                sources.iter_mut().for_each(|sources| sources.push(source));
            }
        }
    }
    let mut columns = Vec::with_capacity(new.len());
    for ((column, more), sources) in old.columns.into_iter().zip(new).zip(&sources) {
        let mut both = Arc::unwrap_or_clone(column);
        both.append(more)?;
        columns.push(Arc::new(both.gather(sources)));
    }
    Ok((columns, updated))
}
