//! Descriptions of databases and tables as bytes.
use std::collections::BTreeSet;

use super::bytes::{Reader, Writer};
use super::identity::Identity;
use super::{Database, KeepDuplicates, Level, Scheme, TableShape};
use crate::error::{Error, Result};

/// A database and one of its tables.
pub fn encode(database: &Database, shape: &TableShape) -> Vec<u8> {
    let mut out = Writer::default();
    for part in [encode_database(database), encode_table(shape, 0, Identity(0))] {
        out.u32(part.len() as u32);
        out.0.extend_from_slice(&part);
    }
    out.0
}

/// What [`encode`] wrote.
pub fn decode(bytes: &[u8]) -> Result<(Database, TableShape)> {
    let mut input = Reader(bytes);
    let length = input.u32()? as usize;
    let database = decode_database(input.take(length)?)?;
    let length = input.u32()? as usize;
    let (shape, ..) = decode_table(input.take(length)?)?;
    Ok((database, shape))
}

pub fn encode_database(database: &Database) -> Vec<u8> {
    let mut out = Writer::default();
    let Database { url, engine, atomic, granularity, owner, .. } = database;
    [url, engine, atomic, granularity, owner].into_iter().for_each(|text| out.text(text));
    out.u64(database.id.0);
    out.u32(database.levels.len() as u32);
    for level in &database.levels {
        match level.scheme() {
            Scheme::Value(elements) => {
                out.u32(1);
                out.vector(elements);
                out.u32(level.gone().len() as u32);
                level.gone().iter().for_each(|number| out.u32(*number));
            }
            Scheme::Range(boundaries) => {
                out.u32(2);
                out.vector(boundaries);
            }
            Scheme::List(lists) => {
                out.u32(3);
                out.u32(lists.len() as u32);
                lists.iter().for_each(|list| out.vector(list));
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
    let (url, engine, atomic) = (input.text()?, input.text()?, input.text()?);
    let (granularity, owner, id) = (input.text()?, input.text()?, Identity(input.u64()?));
    let mut levels = Vec::new();
    for _ in 0..input.u32()? {
        let mut gone = BTreeSet::new();
        let scheme = match input.u32()? {
            1 => {
                let elements = input.vector()?;
                gone = (0..input.u32()?).map(|_| input.u32()).collect::<Result<_>>()?;
                Scheme::Value(elements)
            }
            2 => Scheme::Range(input.vector()?),
            3 => Scheme::List((0..input.u32()?).map(|_| input.vector()).collect::<Result<_>>()?),
            5 => Scheme::Hash { ty: input.ty()?, buckets: input.u32()? },
            kind => return Err(Error::runtime(format!("A stored partition type has the number {kind}."))),
        };
        levels.push(Level::with_gone(scheme, gone)?);
    }
    Ok(Database { url, levels, engine, atomic, granularity, owner, id })
}

/// A table's shape, its number within the database and its identity.
pub fn encode_table(shape: &TableShape, number: u32, id: Identity) -> Vec<u8> {
    let mut out = Writer::default();
    out.u32(number);
    out.u64(id.0);
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
    out.u32(shape.keep as u32);
    out.u32(u32::from(shape.soft_delete));
    out.text(&shape.comment);
    for texts in [&shape.sort_key_mapping, &shape.primary_key, &shape.column_comments] {
        out.u32(texts.len() as u32);
        texts.iter().for_each(|text| out.text(text));
    }
    out.0
}

pub fn decode_table(bytes: &[u8]) -> Result<(TableShape, u32, Identity)> {
    let mut input = Reader(bytes);
    let (number, id) = (input.u32()?, Identity(input.u64()?));
    let (name, owner) = (input.text()?, input.text()?);
    let (mut columns, mut compression) = (Vec::new(), Vec::new());
    for _ in 0..input.u32()? {
        columns.push((input.text()?, input.ty()?));
        compression.push(input.text()?);
    }
    let partition_columns = (0..input.u32()?).map(|_| Ok(input.u32()? as usize)).collect::<Result<_>>()?;
    let texts = |input: &mut Reader| (0..input.u32()?).map(|_| input.text()).collect::<Result<Vec<_>>>();
    let sort_columns = texts(&mut input)?;
    let keep = KeepDuplicates::numbered(input.u32()? as usize)
        .ok_or_else(|| Error::runtime("A stored table keeps duplicates in an unknown way."))?;
    let soft_delete = input.u32()? != 0;
    let comment = input.text()?;
    let (sort_key_mapping, primary_key) = (texts(&mut input)?, texts(&mut input)?);
    let column_comments = texts(&mut input)?;
    let shape = TableShape {
        name,
        columns,
        partition_columns,
        owner,
        compression,
        sort_columns,
        keep,
        sort_key_mapping,
        soft_delete,
        primary_key,
        comment,
        column_comments,
    };
    Ok((shape, number, id))
}
