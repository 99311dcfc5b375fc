//! What an upsert is going to change at the target, worked out before it is done: the server says
//! nothing about it, and of several rows with one key it changes only the first
//! (dolphindb-semantics §4.1).
use std::collections::HashSet;

use crate::cluster::sql;
use crate::data::{Batch, Column, Fingerprint, Type, row_hashes};
use crate::error::{Error, Kind, Result};

/// The rows of `held` that give way to rows of `sent` with the same `keys`. Both have the same
/// columns in the same order.
///
/// # Errors
/// `Argument` when the keys cannot be keys, `Refused` when a key is NULL or not unique where it has
/// to be.
pub(super) fn superseded(sent: &Batch, held: &Batch, keys: &[String]) -> Result<Fingerprint> {
    let ours = hashes(sent, keys)?;
    require_values(sent, keys)?;
    let mut wanted = HashSet::with_capacity(ours.len());
    if !ours.into_iter().all(|key| wanted.insert(key)) {
        return Err(refusal(keys, "two of its rows at the source have the same")
            .advise("name columns that identify a row, or use another mode"));
    }
    let all = row_hashes(held.rows, held.columns.iter().map(|(_, column)| column));
    let (mut gone, mut met) = (Fingerprint::default(), HashSet::new());
    for (key, row) in hashes(held, keys)?.into_iter().zip(all) {
        if !wanted.contains(&key) {
            continue;
        }
        if !met.insert(key) {
            return Err(refusal(keys, "two of its rows at the target have the same")
                .advise("remove the doubled rows there: an upsert would change only one of them"));
        }
        gone = gone + Fingerprint::of_row(row);
    }
    Ok(gone)
}

fn refusal(keys: &[String], what: &str) -> Error {
    Error::new(Kind::Refused, format!("{what} {}", keys.join(", ")))
}

fn hashes(rows: &Batch, keys: &[String]) -> Result<Vec<u128>> {
    let columns: Vec<&Column> = keys.iter().map(|key| column(rows, key)).collect::<Result<_>>()?;
    Ok(row_hashes(rows.rows, columns))
}

fn column<'a>(rows: &'a Batch, key: &str) -> Result<&'a Column> {
    rows.column(key).ok_or_else(|| {
        Error::new(Kind::Argument, format!("there is no column {} to be a key", sql::column(key)))
            .advise("name columns of the table in `keyColumns`")
    })
}

/// NULL keys match nothing (dolphindb-semantics §4.1), so that they would be added again and again.
fn require_values(rows: &Batch, keys: &[String]) -> Result<()> {
    for key in keys {
        match has_null(column(rows, key)?) {
            Some(false) => {}
            Some(true) => {
                return Err(Error::new(Kind::Refused, format!("the key `{key}` is NULL in one of its rows"))
                    .advise("name columns without NULLs, or leave such rows out with a filter"));
            }
            None => {
                return Err(Error::new(Kind::Argument, format!("the column `{key}` cannot be a key"))
                    .advise("name columns of whole numbers, times, texts or UUIDs in `keyColumns`"));
            }
        }
    }
    Ok(())
}

/// Whether a cell is NULL; `None` for types that are no keys.
fn has_null(column: &Column) -> Option<bool> {
    match column.ty {
        ty if ty.is_text() => Some(column.texts().any(<[u8]>::is_empty)),
        Type::Uuid | Type::Ipaddr | Type::Int128 => {
            Some(column.fixed_cells().any(|cell| cell.iter().all(|byte| *byte == 0)))
        }
        ty => ty.is_integral().then(|| column.integers().any(|cell| cell.is_none())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ints;

    fn rows(keys: &[i32], values: &[i32]) -> Batch {
        let column = |values: &[i32]| ints(Type::Int, values.iter().copied());
        Batch { rows: keys.len(), columns: vec![("k".into(), column(keys)), ("v".into(), column(values))] }
    }

    fn fingerprint(rows: &Batch) -> Fingerprint {
        Fingerprint::of(rows.rows, rows.columns.iter().map(|(_, column)| column))
    }

    fn by_k() -> Vec<String> {
        vec!["k".into()]
    }

    #[test]
    fn rows_with_the_same_keys_give_way() {
        let gone = superseded(&rows(&[1, 2, 9], &[7, 7, 7]), &rows(&[3, 2, 1], &[5, 6, 7]), &by_k()).unwrap();
        assert_eq!(gone, fingerprint(&rows(&[2, 1], &[6, 7])));
        let none = superseded(&rows(&[1], &[1]), &rows(&[2, 2], &[1, 1]), &by_k()).unwrap();
        assert_eq!(none, Fingerprint::default(), "what is not touched may be doubled");
    }

    #[test]
    fn keys_that_do_not_tell_rows_apart_are_refused() {
        for (sent, held, expected) in [
            (rows(&[1, 1], &[1, 2]), rows(&[], &[]), "two of its rows at the source have the same k"),
            (rows(&[1], &[1]), rows(&[1, 1], &[1, 2]), "two of its rows at the target have the same k"),
            (rows(&[1, i32::MIN], &[1, 2]), rows(&[], &[]), "the key `k` is NULL in one of its rows"),
        ] {
            let error = superseded(&sent, &held, &by_k()).unwrap_err();
            assert_eq!((error.kind(), error.message()), (Kind::Refused, expected));
        }
        let real = Column::fixed(Type::Double, 1f64.to_le_bytes());
        let sent = Batch { rows: 1, columns: vec![("k".into(), real)] };
        assert_eq!(superseded(&sent, &sent, &by_k()).unwrap_err().kind(), Kind::Argument);
        let error = superseded(&sent, &sent, &["x".into()]).unwrap_err();
        assert!(error.message().contains("there is no column x"), "{error}");
    }
}
