//! VALUE partitions that the target lacks, added before anything is restored into them.
use std::collections::HashSet;

use crate::cluster::{Cluster, describe, keys, sql};
use crate::error::Result;
use crate::model::{Scheme, TableName};

/// Adds the values of the source's VALUE levels that the target does not list and returns how many;
/// with `only_count` nothing is changed. Servers before 3.00.2.5 do not do so during a restore
/// (dolphindb-semantics §1.7).
///
/// # Errors
/// What a side answers.
pub fn grow(
    source: &mut dyn Cluster,
    target: &mut dyn Cluster,
    table: &TableName,
    only_count: bool,
) -> Result<usize> {
    let (ours, theirs) = (describe(source, table)?, describe(target, table)?);
    let mut added = 0;
    for (depth, (ours, theirs)) in ours.levels.iter().zip(&theirs.levels).enumerate() {
        if !matches!((&ours.scheme, &theirs.scheme), (Scheme::Value(_), Scheme::Value(_))) {
            continue;
        }
        let listed: HashSet<String> = keys(theirs)?.into_iter().map(|key| key.literal).collect();
        let missing: Vec<String> =
            keys(ours)?.into_iter().map(|key| key.literal).filter(|key| !listed.contains(key)).collect();
        added += missing.len();
        // A literal vector of everything could be longer than a script may be.
        for some in missing.chunks(1000).filter(|_| !only_count) {
            let database = sql::text(&table.db);
            let script = format!("addValuePartitions(database({database}), [{}], {depth})", some.join(","));
            target.query(&script).map_err(|error| {
                error.context(format!("adding partitions to {} on {}", table.db, target.label()))
            })?;
        }
    }
    Ok(added)
}
