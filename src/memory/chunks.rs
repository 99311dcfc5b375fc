//! What the source's chunks were when a table was last verified.
use serde::{Deserialize, Serialize};

use super::Memory;
use crate::error::Result;
use crate::model::{ChunkMark, Remembered, TableName};

const KIND: &str = "chunks";
const VERSION: u32 = 1;

/// Which table at which target.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct About {
    target: String,
    db: String,
    table: String,
    columns: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Content {
    chunks: Vec<Chunk>,
}

/// Path, rows, then what [`ChunkMark`] holds; an array each, since there are many.
#[derive(Serialize, Deserialize)]
struct Chunk(String, u64, String, i64, String, Option<i64>);

impl Memory {
    /// What is remembered of `table` and these columns of it; nothing the first time.
    ///
    /// # Errors
    /// `State` when the file cannot be read or relied on.
    pub fn chunks(&self, target: &str, table: &TableName, columns: &[String]) -> Result<Remembered> {
        let content: Option<Content> = self.read(&about(target, table, columns), KIND, VERSION)?;
        let chunks = content.map_or(Vec::new(), |content| content.chunks).into_iter();
        Ok(chunks
            .map(|Chunk(path, rows, id, version, newest, updated)| {
                (path, (rows, ChunkMark { id, version, newest, updated }))
            })
            .collect())
    }

    /// Remembers `chunks` in place of what was remembered before.
    ///
    /// # Errors
    /// `State` when the file cannot be written.
    pub fn remember(
        &self,
        target: &str,
        table: &TableName,
        columns: &[String],
        chunks: &Remembered,
    ) -> Result<()> {
        let chunk = |(path, (rows, mark)): (&String, &(u64, ChunkMark))| {
            let ChunkMark { id, version, newest, updated } = mark.clone();
            Chunk(path.clone(), *rows, id, version, newest, updated)
        };
        let content = Content { chunks: chunks.iter().map(chunk).collect() };
        self.write(&about(target, table, columns), KIND, VERSION, content)
    }
}

fn about(target: &str, table: &TableName, columns: &[String]) -> About {
    let TableName { db, table } = table.clone();
    About { target: target.to_owned(), db, table, columns: columns.to_vec() }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn what_is_remembered_comes_back_for_the_same_table_only() {
        let home = tempfile::tempdir().unwrap();
        let memory = Memory::within(home.path());
        let (table, columns) = (TableName::new("dfs://db", "t"), ["a".to_owned()]);
        let mark = ChunkMark { id: "x".into(), version: 7, newest: "9:0:7".into(), updated: None };
        let known: Remembered = HashMap::from([("/1/Key0".to_owned(), (3, mark))]);
        assert_eq!(memory.chunks("B", &table, &columns).unwrap(), HashMap::new());
        memory.remember("B", &table, &columns, &known).unwrap();
        assert_eq!(memory.chunks("B", &table, &columns).unwrap(), known);
        assert_eq!(memory.chunks("C", &table, &columns).unwrap(), HashMap::new());
        assert_eq!(memory.chunks("B", &table, &[]).unwrap(), HashMap::new());
    }
}
