//! Descriptions of databases and tables as bytes.
use super::bytes::{Reader, Writer};
use super::{Database, Level, Scheme, TableShape};
use crate::error::{Error, Result};

pub fn encode_database(database: &Database) -> Vec<u8> {
    let mut out = Writer::default();
    for text in [&database.url, &database.engine, &database.atomic, &database.owner] {
        out.text(text);
    }
    out.u32(database.levels.len() as u32);
    for level in &database.levels {
        match level.scheme() {
            Scheme::Value(elements) => {
                out.u32(1);
                out.vector(elements);
            }
            Scheme::Range(boundaries) => {
                out.u32(2);
                out.vector(boundaries);
            }
            Scheme::Hash { ty, buckets } => {
                out.u32(5);
                out.ty(*ty);
                out.u32(*buckets);
            }
        }
    }
    out.0
}

pub fn decode_database(bytes: &[u8]) -> Result<Database> {
    let mut input = Reader(bytes);
    let (url, engine, atomic, owner) = (input.text()?, input.text()?, input.text()?, input.text()?);
    let mut levels = Vec::new();
    for _ in 0..input.u32()? {
        let scheme = match input.u32()? {
            1 => Scheme::Value(input.vector()?),
            2 => Scheme::Range(input.vector()?),
            5 => Scheme::Hash { ty: input.ty()?, buckets: input.u32()? },
            kind => return Err(Error::runtime(format!("A stored partition type has the number {kind}."))),
        };
        levels.push(Level::new(scheme)?);
    }
    Ok(Database { url, levels, engine, atomic, owner })
}

/// A table's shape and its number within the database.
pub fn encode_table(shape: &TableShape, number: u32) -> Vec<u8> {
    let mut out = Writer::default();
    out.u32(number);
    out.text(&shape.name);
    out.text(&shape.owner);
    out.u32(shape.columns.len() as u32);
    for ((name, ty), compression) in shape.columns.iter().zip(&shape.compression) {
        out.text(name);
        out.ty(*ty);
        out.text(compression);
    }
    out.u32(shape.partition_columns.len() as u32);
    shape.partition_columns.iter().for_each(|position| out.u32(*position as u32));
    out.u32(shape.sort_columns.len() as u32);
    shape.sort_columns.iter().for_each(|name| out.text(name));
    out.0
}

pub fn decode_table(bytes: &[u8]) -> Result<(TableShape, u32)> {
    let mut input = Reader(bytes);
    let number = input.u32()?;
    let (name, owner) = (input.text()?, input.text()?);
    let (mut columns, mut compression) = (Vec::new(), Vec::new());
    for _ in 0..input.u32()? {
        columns.push((input.text()?, input.ty()?));
        compression.push(input.text()?);
    }
    let partition_columns = (0..input.u32()?).map(|_| Ok(input.u32()? as usize)).collect::<Result<_>>()?;
    let sort_columns = (0..input.u32()?).map(|_| input.text()).collect::<Result<_>>()?;
    Ok((TableShape { name, columns, partition_columns, owner, compression, sort_columns }, number))
}
