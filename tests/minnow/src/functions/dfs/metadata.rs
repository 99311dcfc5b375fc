//! Chunks as a cluster's metadata functions list them (dolphindb-semantics §2.1). The types of the
//! columns are not documented; numbers are as wide as their meaning asks for.
use std::collections::HashSet;
use std::sync::Arc;

use super::{args, require_login};
use crate::error::Result;
use crate::node::Node;
use crate::script::Session;
use crate::store::{ChunkMeta, PartitionedTable, Selection};
use crate::value::{Data, Table, Type, Value, Vector, text};

/// What a list that is not told otherwise ends after, without a word.
const TOP: i64 = 1024;

/// A chunk and the table that it belongs to; file chunks belong to none.
type Entry = (Option<Arc<PartitionedTable>>, ChunkMeta);

/// Every chunk with rows or without and the file chunks, as the controller knows them.
pub fn cluster_chunks(session: &mut Session, _: Vec<Value>) -> Result<Value> {
    require_login(session, "list chunks")?;
    let entries = whole_chunks(session)?;
    table([
        ("chunkId", ids(&entries)),
        ("file", texts(&entries, |(_, chunk)| chunk.path.clone())),
        ("size", numbers(&entries, Type::Long, file_size)),
        ("version", numbers(&entries, Type::Int, |(_, chunk)| chunk.version.into())),
        ("vcLength", numbers(&entries, Type::Int, |_| 1)),
        ("versionChain", texts(&entries, |(_, chunk)| format!("{}:0:{} -> ", chunk.cid, chunk.version))),
        ("state", texts(&entries, |_| "COMPLETE".into())),
        ("replicas", texts(&entries, |(_, chunk)| replicas(session, chunk))),
        ("replicaCount", numbers(&entries, Type::Int, |(_, chunk)| holders(session, chunk).len() as i64)),
        ("lastUpdated", numbers(&entries, Type::Timestamp, |(_, chunk)| chunk.updated)),
        ("permission", texts(&entries, |_| "READ_WRITE".into())),
    ])
}

pub fn all_chunks(session: &mut Session, _: Vec<Value>) -> Result<Value> {
    require_login(session, "list chunks")?;
    let mut entries = whole_chunks(session)?;
    entries.retain(|(_, chunk)| is_here(session, chunk));
    chunk_table(session, &entries)
}

pub fn chunks(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    require_login(session, "list chunks")?;
    let pattern = args::optional_text("getChunksMeta", &given, 0, "chunkPath")?.unwrap_or("%");
    let mut entries = whole_chunks(session)?;
    entries.retain(|(_, chunk)| matches(pattern, &chunk.path) && is_here(session, chunk));
    entries.truncate(top("getChunksMeta", &given, 1)?);
    chunk_table(session, &entries)
}

/// Chunks without rows are missing.
pub fn tablets(session: &mut Session, given: Vec<Value>) -> Result<Value> {
    require_login(session, "list chunks")?;
    let pattern = args::optional_text("getTabletsMeta", &given, 0, "chunkPath")?.unwrap_or("%");
    let name = args::optional_text("getTabletsMeta", &given, 1, "tableName")?.unwrap_or("%");
    let usage = args::optional_bool("getTabletsMeta", &given, 2, "diskUsage", false)?;
    let mut entries = entries(session)?;
    let wanted = |(table, chunk): &Entry| {
        chunk.rows > 0
            && is_here(session, chunk)
            && matches(pattern, &chunk.path)
            && matches(name, name_of(table))
    };
    entries.retain(wanted);
    entries.truncate(top("getTabletsMeta", &given, 3)?);
    let mut columns = vec![
        ("chunkId", ids(&entries)),
        ("path", texts(&entries, |(_, chunk)| on_disk(session, chunk))),
        ("dfsPath", texts(&entries, |(_, chunk)| chunk.path.clone())),
        ("tableName", texts(&entries, |(table, _)| name_of(table).to_owned())),
        ("version", numbers(&entries, Type::Int, |(_, chunk)| chunk.version.into())),
        ("rowNum", numbers(&entries, Type::Long, |(_, chunk)| chunk.rows as i64)),
        ("createCids", texts(&entries, |(_, chunk)| format!("[{}]", chunk.cid))),
        (
            "latestPhysicalDir",
            texts(&entries, |(table, chunk)| {
                let number = table.as_ref().map_or(0, |table| table.number());
                format!("{}_{number}_{}", name_of(table), chunk.cid)
            }),
        ),
    ];
    if usage {
        columns.push(("diskUsage", numbers(&entries, Type::Long, |(_, chunk)| chunk.bytes as i64)));
    }
    table(columns)
}

fn chunk_table(session: &Session, entries: &[Entry]) -> Result<Value> {
    table([
        ("site", texts(entries, |_| session.node.alias.clone())),
        ("chunkId", ids(entries)),
        ("path", texts(entries, |(_, chunk)| on_disk(session, chunk))),
        ("dfsPath", texts(entries, |(_, chunk)| chunk.path.clone())),
        ("type", numbers(entries, Type::Int, |(table, _)| table.is_some().into())),
        ("flag", numbers(entries, Type::Int, |_| 0)),
        ("size", numbers(entries, Type::Long, file_size)),
        ("version", numbers(entries, Type::Int, |(_, chunk)| chunk.version.into())),
        ("state", numbers(entries, Type::Int, |_| 0)),
        (
            "versionList",
            texts(entries, |(table, chunk)| {
                format!("cid : {},{}=>{}:{}; #", chunk.cid, name_of(table), chunk.cid, chunk.rows)
            }),
        ),
        ("resolved", numbers(entries, Type::Bool, |_| 1)),
    ])
}

/// The chunks of every table, by database and table.
fn entries(session: &Session) -> Result<Vec<Entry>> {
    let store = &session.node.store;
    let mut entries = Vec::new();
    for url in store.databases() {
        for name in store.tables(&url)? {
            let table = store.table(&url, &name)?;
            let chunks = table.metadata(&Selection::all());
            entries.extend(chunks.into_iter().map(|chunk| (Some(table.clone()), chunk)));
        }
    }
    Ok(entries)
}

/// The nodes that hold a replica of the chunk.
fn holders(session: &Session, chunk: &ChunkMeta) -> Vec<Arc<Node>> {
    session.node.cluster.holders(&chunk.id)
}

fn is_here(session: &Session, chunk: &ChunkMeta) -> bool {
    holders(session, chunk).iter().any(|node| node.alias == session.node.alias)
}

fn replicas(session: &Session, chunk: &ChunkMeta) -> String {
    let replica = |node: &Arc<Node>| format!("{}:{}:0", node.alias, chunk.version);
    holders(session, chunk).iter().map(replica).collect::<Vec<_>>().join(",")
}

/// Every chunk once, though tables may share it, and the file chunks.
fn whole_chunks(session: &Session) -> Result<Vec<Entry>> {
    let mut entries = entries(session)?;
    let mut seen = HashSet::new();
    entries.retain(|(_, chunk)| seen.insert(chunk.id));
    entries.extend(session.node.store.files()?.into_iter().map(|file| (None, file)));
    Ok(entries)
}

fn name_of(table: &Option<Arc<PartitionedTable>>) -> &str {
    table.as_ref().map_or("", |table| table.name())
}

/// Of tablets it is always 0.
fn file_size((table, chunk): &Entry) -> i64 {
    if table.is_some() { 0 } else { chunk.bytes as i64 }
}

/// How many entries are shown; a negative number shows all.
fn top(function: &str, given: &[Value], index: usize) -> Result<usize> {
    let top = match args::given(given, index) {
        Some(_) => args::integer(function, given, index, "top")?,
        None => TOP,
    };
    Ok(usize::try_from(top).unwrap_or(usize::MAX))
}

/// `%` and `*` stand for any text, `?` for one character (dolphindb-semantics §1.6).
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut from) = (0, 0);
    // Where to go on when what follows the last of these does not match.
    let mut retry: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some('%' | '*') => {
                retry = Some((at + 1, from + 1));
                at += 1;
            }
            Some(own) if *own == '?' || *own == text[from] => (at, from) = (at + 1, from + 1),
            _ => match retry {
                Some((after, next)) => {
                    (at, from) = (after, next);
                    retry = Some((after, next + 1));
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|left| matches!(left, '%' | '*'))
}

fn on_disk(session: &Session, chunk: &ChunkMeta) -> String {
    format!("{}/CHUNKS{}", session.node.store.root.display(), chunk.path)
}

fn ids(entries: &[Entry]) -> Vector {
    let cells = entries.iter().map(|(_, chunk)| chunk.id).collect();
    let ids = Vector::new(Type::Uuid, Data::B16(cells));
    let shown: Vec<String> = (0..ids.len()).map(|row| text::cell(&ids, row)).collect();
    Vector::strings(Type::String, shown.iter().map(String::as_str))
}

fn texts(entries: &[Entry], of: impl Fn(&Entry) -> String) -> Vector {
    let texts: Vec<String> = entries.iter().map(of).collect();
    Vector::strings(Type::String, texts.iter().map(String::as_str))
}

fn numbers(entries: &[Entry], ty: Type, of: impl Fn(&Entry) -> i64) -> Vector {
    Vector::integers(ty, entries.iter().map(|entry| Some(of(entry))))
}

fn table(columns: impl IntoIterator<Item = (&'static str, Vector)>) -> Result<Value> {
    Ok(Value::Table(Table::of(columns).into()))
}
