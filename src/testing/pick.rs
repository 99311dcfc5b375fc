//! The conditions that a node in memory understands.
use super::table::{FakeTable, Row};
use crate::cluster::literal;
use crate::error::{Error, Kind, Result};

/// The rows of `table` that pass `partition(a, 1), partition(b, 2), a >= 1, a < 2, (b = 3)` or a part of it.
pub(super) fn picked<'a>(table: &'a FakeTable, conditions: &str) -> Result<Vec<&'a Row>> {
    let (mut keys, mut comparisons) = (Vec::new(), Vec::new());
    for condition in split(conditions) {
        match condition.strip_prefix("partition(") {
            Some(key) => keys.extend(key.split_once(", ").map(|(_, key)| key.trim_end_matches(')'))),
            None => comparisons.push(comparison(table, condition.trim_matches(['(', ')']))?),
        }
    }
    let within = |row: &&Row| keys.is_empty() || table.keys_of(row).is_some_and(|own| own == keys);
    let passes = |row: &&Row| comparisons.iter().all(|passes| passes(row));
    Ok(table.rows.iter().filter(within).filter(passes).collect())
}

/// The parts between commas that stand in no parentheses.
fn split(conditions: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0, 0);
    for (at, byte) in conditions.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth -= 1,
            b',' if depth == 0 => {
                parts.push(conditions[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(conditions[from..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

type Test = Box<dyn Fn(&Row) -> bool>;

/// `a = 1`, `a >= 1` or `a < 1` over a column of four bytes, `isValid(a` or `isNull(a`.
fn comparison(table: &FakeTable, text: &str) -> Result<Test> {
    let cell = |name: &str| {
        let at = table.position(name).ok_or_else(|| unrecognized(name))?;
        let ty = table.schema.columns[at].ty;
        let read = move |row: &Row| i32::from_le_bytes(row[at][..].try_into().expect("four bytes"));
        Ok::<_, Error>((ty, read))
    };
    if let Some((function, name)) = text.split_once('(') {
        let (_, read) = cell(name)?;
        let valid = function == "isValid";
        return Ok(Box::new(move |row| (read(row) != i32::MIN) == valid));
    }
    let [name, operator, constant] = text.split(' ').collect::<Vec<_>>()[..] else {
        return Err(syntax(text));
    };
    let (ty, read) = cell(name)?;
    let dated = || (15_600..15_800).find(|value| literal(ty, *value).as_deref() == Some(constant));
    let own = constant.parse().ok().or_else(dated).ok_or_else(|| syntax(text))?;
    let own: i32 = i32::try_from(own).map_err(|_| syntax(text))?;
    Ok(match operator {
        "=" => Box::new(move |row| read(row) == own),
        ">=" => Box::new(move |row| read(row) >= own),
        "<" => Box::new(move |row| read(row) < own),
        _ => return Err(syntax(text)),
    })
}

pub(super) fn unrecognized(name: &str) -> Error {
    Error::new(Kind::Server, format!("Unrecognized column name [{name}]"))
}

pub(super) fn syntax(text: &str) -> Error {
    Error::new(Kind::Server, format!("Syntax Error: {text}"))
}
