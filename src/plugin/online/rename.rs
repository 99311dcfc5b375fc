//! The option `rename`: what the target calls the database, the table and columns.
use crate::data::Datum;
use crate::error::{Error, Kind, Result};
use crate::journal::Rename;
use crate::plugin::call::values::names;
use crate::plugin::clusters::names::members;

const KNOWN: &[&str] = &["dbPath", "tableName", "columns"];

/// The dictionary that a user wrote.
pub(in crate::plugin) fn parse(value: &Datum) -> Result<Rename> {
    let mut rename = Rename::default();
    for (name, value) in members("the option `rename`", value, KNOWN)? {
        match name {
            "dbPath" => rename.db = Some(text(name, value)?),
            "tableName" => rename.table = Some(text(name, value)?),
            _ => rename.columns = columns(value)?,
        }
    }
    match &rename.db {
        Some(db) if !db.starts_with("dfs://") || db.len() == "dfs://".len() => {
            Err(wrong("`dbPath` in `rename` is not the path of a distributed database"))
        }
        _ => Ok(rename),
    }
}

fn text(name: &str, value: &Datum) -> Result<String> {
    let given = value.as_str().filter(|text| !text.trim().is_empty());
    given.map(str::to_owned).ok_or_else(|| wrong(format!("`{name}` in `rename` must be a string")))
}

fn columns(value: &Datum) -> Result<Vec<(String, String)>> {
    let Datum::Dict(items) = value else {
        return Err(wrong(
            "`columns` in `rename` must be a dictionary from names at the source to names at the target",
        ));
    };
    items.iter().map(|(name, value)| Ok((name.clone(), text(name, value)?))).collect()
}

/// The option `columns`.
pub(in crate::plugin) fn subset(value: &Datum) -> Result<Vec<String>> {
    let all = names("columns", value)?;
    let twice = all.iter().enumerate().find(|(at, name)| all[..*at].contains(name));
    match (all.is_empty(), twice) {
        (true, _) => Err(wrong("the option `columns` names no column")),
        (_, Some((_, name))) => Err(wrong(format!("the option `columns` names `{name}` twice"))),
        _ => Ok(all),
    }
}

/// `target`, and all that tells it from another destination there.
pub(in crate::plugin) fn destination(target: &str, rename: &Rename, columns: Option<&[String]>) -> String {
    let mut text = target.to_owned();
    if !rename.is_empty() {
        let own = |name: &Option<String>| name.clone().unwrap_or_else(|| "*".into());
        text += &format!(" as {}/{}", own(&rename.db), own(&rename.table));
        rename.columns.iter().for_each(|(here, there)| text += &format!(", `{here}` as `{there}`"));
    }
    if let Some(columns) = columns {
        text += &format!(", only `{}`", columns.join("`, `"));
    }
    text
}

fn wrong(what: impl Into<String>) -> Error {
    let example =
        "dict([\"dbPath\",\"tableName\",\"columns\"], (\"dfs://db2\", \"t2\", dict([\"price\"], [\"px\"])))";
    Error::new(Kind::Argument, what)
        .advise(format!("write `rename` as {example}, any member may be left out"))
}
