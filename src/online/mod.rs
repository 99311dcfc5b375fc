//! What is done to one unit at the target over the wire: look, clear, append.

mod native;
#[cfg(test)]
mod tests;

pub use native::{can_ask, native};

use crate::cluster::{Cluster, count, describe, read, sql, sql::Rows};
use crate::data::{Batch, Column, Datum, Fingerprint, Type};
use crate::error::{Error, Kind, Result};

/// The fingerprint of what the target holds of `there`, its columns in the order of `columns`.
///
/// # Errors
/// What the target answers.
pub fn look(target: &mut dyn Cluster, there: Rows, columns: &[String]) -> Result<Fingerprint> {
    match count(target, there)? {
        0 => Ok(Fingerprint::default()),
        _ => Ok(fingerprint(&read(target, there, columns)?)),
    }
}

/// The fingerprint of `rows`, their columns in the order they come in.
pub fn fingerprint(rows: &Batch) -> Fingerprint {
    Fingerprint::of(rows.rows, rows.columns.iter().map(|(_, column)| column))
}

/// `rows` with its columns in the order of `columns`: the server appends by position and ignores
/// names (dolphindb-semantics §4.1).
///
/// # Errors
/// `Bug` when a column is missing.
pub fn in_order(rows: &Batch, columns: &[String]) -> Result<Batch> {
    let named = |name: &String| {
        let column = rows
            .column(name)
            .ok_or_else(|| Error::new(Kind::Bug, format!("the rows to send lack the column `{name}`")))?;
        Ok((name.clone(), column.clone()))
    };
    Ok(Batch { rows: rows.rows, columns: columns.iter().map(named).collect::<Result<_>>()? })
}

/// As [`in_order`], with numbers in the wider types that the target has for the columns in `widened`.
///
/// # Errors
/// As [`in_order`].
pub fn fitted(rows: &Batch, columns: &[String], widened: &[(String, Type)]) -> Result<Batch> {
    let mut rows = in_order(rows, columns)?;
    for (name, column) in &mut rows.columns {
        if let Some((_, ty)) = widened.iter().find(|(own, _)| own == name) {
            *column = column.widened(*ty).ok_or_else(|| {
                Error::new(
                    Kind::Bug,
                    format!("the column `{name}` is no longer one that {} holds", ty.name()),
                )
                .advise("sync anew; report this if it happens again")
            })?;
        }
    }
    Ok(rows)
}

/// Refuses `rows` of which the target would keep a part only: in a column of `limits` no cell may have
/// more bytes.
///
/// # Errors
/// `Refused`, naming the column.
pub fn require_whole(rows: &Batch, limits: &[(String, usize)]) -> Result<()> {
    let bytes = |(name, most): &(String, usize)| rows.column(name)?.longer_than(*most);
    let Some((bytes, (name, most))) = limits.iter().find_map(|limit| Some((bytes(limit)?, limit))) else {
        return Ok(());
    };
    let what = format!("a cell of `{name}` has {bytes} bytes, and the target keeps no more than {most}");
    Err(Error::new(Kind::Refused, what).advise(format!(
        "the rows read with it are not sent: shorten it, or leave such rows out with a filter such as \
         strlen({name}) <= {most}"
    )))
}

/// As [`look`], of a target that lacks the columns in `added` and will have them without values.
///
/// # Errors
/// As [`look`].
pub fn look_before(
    target: &mut dyn Cluster,
    there: Rows,
    columns: &[String],
    added: &[(String, Type)],
) -> Result<Fingerprint> {
    if count(target, there)? == 0 {
        return Ok(Fingerprint::default());
    }
    let is_added = |name: &&String| added.iter().any(|(own, _)| own == *name);
    let present: Vec<String> = columns.iter().filter(|name| !is_added(name)).cloned().collect();
    let mut rows = read(target, there, &present)?;
    let nulls = added.iter().map(|(name, ty)| (name.clone(), Column::nulls(*ty, rows.rows)));
    rows.columns.extend(nulls);
    Ok(fingerprint(&in_order(&rows, columns)?))
}

/// Drops the partition of `there` at the target, all of it, or empties a dimension table, or deletes
/// what a window takes of them, and makes sure that nothing is left.
///
/// # Errors
/// `Refused` when `there` is neither, `Mismatch` when rows are left, otherwise
/// what the target answers.
pub fn clear(target: &mut dyn Cluster, there: Rows) -> Result<()> {
    let removal = removal(target, there)?;
    target.query(&removal)?;
    match count(target, there)? {
        0 => Ok(()),
        left => Err(Error::new(Kind::Mismatch, format!("it was dropped but still holds {left} rows"))
            .advise("look whether somebody else writes to it")),
    }
}

/// The script that removes `there` and nothing else.
fn removal(target: &mut dyn Cluster, there: Rows) -> Result<String> {
    let (db, table) = (sql::text(&there.table.db), sql::text(&there.table.table));
    let partial = || {
        Error::new(Kind::Refused, "only whole partitions can be replaced")
            .advise("empty the table with truncate, then use the mode auto")
    };
    let unit = there.unit.filter(|_| there.filter.is_none()).ok_or_else(partial)?;
    if there.window.is_some() || unit.slice.is_some() {
        return Ok(there.delete());
    }
    if unit.keys.is_empty() {
        // Only of a dimension table are no keys the whole partition.
        return match describe(target, there.table)?.levels.is_empty() {
            true => Ok(format!("truncate({db}, {table})")),
            false => Err(partial()),
        };
    }
    if let Some(key) = unit.keys.iter().find(|key| !names_one_partition(&key.label)) {
        let what = format!("`{}` may name another partition when it stands in a path", key.label);
        return Err(Error::new(Kind::Refused, what)
            .advise("empty this partition with dropPartition by value, then use the mode auto"));
    }
    // The table is named always: without it the partition of every table would go
    // (dolphindb-semantics §4.1).
    Ok(format!("dropPartition(database({db}), {}, {table})", sql::text(&unit.path())))
}

/// Whether `label` is surely one component of a path: separators and wildcards would make it drop
/// something else, and how the server writes blanks and the like is not documented
/// (dolphindb-semantics §1.6, §2.3).
fn names_one_partition(label: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    !label.is_empty() && label.chars().all(plain)
}

/// Appends `rows`, whose columns are in the target's order, and makes sure that the target says it
/// stored as many.
///
/// # Errors
/// `Mismatch` when it stored another number, one that [`is_open`] when only a look can tell whether
/// it did, otherwise the target stored nothing.
pub fn append(target: &mut dyn Cluster, there: Rows, rows: &Batch) -> Result<()> {
    let stored = target.append(there.table, rows).map_err(|error| match is_open(error.kind()) {
        true => error
            .context(format!("the append broke off, `{}` tells what the target holds now", there.count())),
        false => error,
    })?;
    match stored == rows.rows as u64 {
        true => Ok(()),
        false => Err(Error::new(
            Kind::Mismatch,
            format!("{} rows were sent but the target says that it stored {stored}", rows.rows),
        )
        .advise(
            "drop what it holds now with dropPartition; rows are left out when a key is NULL or \
             outside the target's scheme",
        )),
    }
}

/// Puts `rows`, whose columns are in the target's order, in the place of rows with the same `keys`,
/// or adds them. What has become of them only a look can tell.
///
/// # Errors
/// As [`append`].
pub fn upsert(target: &mut dyn Cluster, there: Rows, rows: &Batch, keys: &[String]) -> Result<()> {
    // A PKEY table knows its key, and takes no other (dolphindb-semantics §4.1).
    let schema = target.query(&format!("schema({})", sql::load_table(there.table)))?;
    let own = schema.get("engineType").and_then(Datum::as_str) == Some("PKEY");
    let keys: Vec<String> = keys.iter().map(|key| there.name(key).to_owned()).collect();
    target.upsert(there.table, rows, if own { &[] } else { &keys })
}

/// Whether an error of this kind leaves it open what the target did.
pub fn is_open(kind: Kind) -> bool {
    matches!(kind, Kind::Network | Kind::Silent | Kind::Protocol)
}

/// Why what is read back is not what was to be there: `before`, and what was `sent`.
pub fn difference(before: Fingerprint, sent: Fingerprint, held: Fingerprint) -> Error {
    let difference = match before.rows {
        _ if (before + sent).rows == held.rows => {
            format!("its {} rows differ from what was sent", held.rows)
        }
        0 => format!("{} rows were sent but {} are read back", sent.rows, held.rows),
        before => format!("{} rows were added to {before} but {} are read back", sent.rows, held.rows),
    };
    Error::new(Kind::Mismatch, format!("verification failed, {difference}"))
        .advise("drop the partition at the target with dropPartition and run again")
}
