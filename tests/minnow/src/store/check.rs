//! What a new database or table must be like. The wordings are ours; the server's are not documented.
use super::{Database, TableShape};
use crate::error::{Error, Result};
use crate::value::Type;

/// Refuses a database that no server would make.
pub fn database(database: &Database) -> Result<()> {
    if database.url.strip_prefix("dfs://").is_none_or(|name| name.trim_matches('/').is_empty()) {
        return Err(Error::argument("database", "A database's path must be dfs:// and a name."));
    }
    if !(1..=3).contains(&database.levels.len()) {
        return Err(Error::argument("database", "A database needs one to three partition levels."));
    }
    Ok(())
}

/// Refuses a table that the database cannot hold.
pub fn table(database: &Database, shape: &TableShape) -> Result<()> {
    let refuse = |why: String| Err(Error::argument("createPartitionedTable", why));
    let mut letters = shape.name.chars();
    let valid = letters.next().is_some_and(char::is_alphabetic)
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_');
    if !valid {
        return refuse(format!("'{}' is not a valid table name.", shape.name));
    }
    columns(database, &shape.columns)?;
    if shape.partition_columns.is_empty() {
        return Ok(());
    }
    if shape.partition_columns.len() != database.levels.len() {
        return refuse(format!("{} has {} partition columns.", database.url, database.levels.len()));
    }
    for (position, level) in shape.partition_columns.iter().zip(&database.levels) {
        let (name, ty) = &shape.columns[*position];
        if !level.accepts(*ty) {
            let (own, scheme) = (ty.name(), level.ty().name());
            return refuse(format!("The partition column [{name}] of type {own} does not suit {scheme}."));
        }
    }
    Ok(())
}

/// Refuses columns that no table of the database can have.
pub fn columns(database: &Database, columns: &[(String, Type)]) -> Result<()> {
    for (at, (name, ty)) in columns.iter().enumerate() {
        let why = if columns[..at].iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            "is there twice".to_owned()
        } else if !ty.is_storable() {
            format!("cannot be stored as {}", ty.name())
        } else if ty.element().is_some() && database.engine != "TSDB" {
            // dolphindb-semantics §3.3.
            format!("of type {} needs the TSDB engine", ty.name())
        } else {
            continue;
        };
        return Err(Error::argument("createPartitionedTable", format!("The column [{name}] {why}.")));
    }
    Ok(())
}
