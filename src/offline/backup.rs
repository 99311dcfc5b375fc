//! A backup of one table in a directory, and what a server says and does about it.
use crate::cluster::sql::{self, Rows};
use crate::cluster::{Cluster, UNEXPECTED};
use crate::data::{Batch, Datum};
use crate::error::{Error, Kind, Result};
use crate::model::{TableName, Unit};

/// The backup of `table` in the directory `dir` of the machine whose server is asked.
#[derive(Clone, Debug)]
pub struct Backup {
    /// The directory, an absolute path there.
    pub dir: String,
    /// The table that was backed up.
    pub table: TableName,
}

/// One partition in a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its path within the database, such as `/20130101/Key3`, without the table's index.
    pub partition: String,
    /// Its rows.
    pub rows: u64,
    /// The id of the chunk, which names its file or folder.
    pub chunk: String,
}

impl Backup {
    /// `"dir", "dfs://db", "table"`, with which most calls begin.
    fn arguments(&self) -> String {
        let TableName { db, table } = &self.table;
        format!("{}, {}, {}", sql::text(&self.dir), sql::text(db), sql::text(table))
    }

    fn explain(&self, error: Error, doing: &str) -> Error {
        error.context(format!("{doing} {} in the directory {}", self.table, self.dir))
    }

    /// Backs up these columns of `rows` by a query; returns how many partitions were written, those
    /// left out that have not changed.
    ///
    /// # Errors
    /// What the server answers: the directory may not be writable, or hold a backup of the other
    /// mode.
    pub fn take(&self, server: &mut dyn Cluster, rows: Rows, columns: &[String], force: bool) -> Result<()> {
        let dir = sql::text(&self.dir);
        let script = format!("backup({dir}, <{}>, {force})", rows.select(columns));
        server.query(&script).map(drop).map_err(|error| self.explain(error, "backing up"))
    }

    /// Backs up all of the table as files; nobody can write to it meanwhile.
    ///
    /// # Errors
    /// As [`Backup::take`].
    pub fn take_snapshot(&self, server: &mut dyn Cluster) -> Result<()> {
        let script = format!("backupTable({})", self.arguments());
        server.query(&script).map(drop).map_err(|error| self.explain(error, "backing up"))
    }

    /// What the backup holds, for a table with so many partitioning levels.
    ///
    /// # Errors
    /// What the server answers, or `Protocol` when that is no list.
    pub fn list(&self, server: &mut dyn Cluster, levels: usize) -> Result<Vec<Held>> {
        let answer = server.query(&format!("getBackupList({})", self.arguments()));
        let Datum::Table(list) = answer.map_err(|error| self.explain(error, "listing the backup of"))? else {
            return Err(self.strange(server));
        };
        let texts = |name: &str| -> Option<Vec<String>> {
            let column = list.column(name).filter(|column| column.ty.is_text())?;
            Some(column.texts().map(|text| String::from_utf8_lossy(text).into_owned()).collect())
        };
        let (Some(chunks), Some(paths)) = (texts("chunkID"), texts("chunkPath")) else {
            return Err(self.strange(server));
        };
        let rows = list.column("rows").map(|column| column.integers().collect::<Vec<_>>());
        let rows = rows.filter(|rows| rows.len() == chunks.len()).ok_or_else(|| self.strange(server))?;
        let held = chunks.into_iter().zip(paths).zip(rows).map(|((chunk, path), rows)| {
            let rows = rows.and_then(|rows| u64::try_from(rows).ok())?;
            Some(Held { partition: self.partition(&path, levels)?, rows, chunk })
        });
        held.collect::<Option<_>>().ok_or_else(|| self.strange(server))
    }

    /// The path within the database of a chunk's path, which begins with the database's name and, for
    /// chunks of one table, ends with the table's index (dolphindb-semantics §1.6, §2.3).
    fn partition(&self, path: &str, levels: usize) -> Option<String> {
        let database = self.table.db.trim_start_matches("dfs:/");
        let path = path.trim_start_matches("dfs:/");
        let within = path.strip_prefix(database)?.strip_prefix('/')?;
        let labels: Vec<&str> = within.split('/').take(levels).collect();
        (labels.len() == levels).then(|| match levels {
            0 => "/".to_owned(),
            _ => labels.iter().map(|label| format!("/{label}")).collect(),
        })
    }

    /// Makes the server read every file of the backup and compare it with what it wrote.
    ///
    /// # Errors
    /// `Mismatch` naming partitions that are damaged, otherwise what the server answers.
    pub fn check(&self, server: &mut dyn Cluster) -> Result<()> {
        self.examine(server, &self.arguments())
    }

    /// As [`Backup::check`], of the files of one partition.
    ///
    /// # Errors
    /// As [`Backup::check`].
    pub fn check_part(&self, server: &mut dyn Cluster, unit: &Unit) -> Result<()> {
        self.examine(server, &format!("{}, {}", self.arguments(), self.path(unit)))
    }

    fn examine(&self, server: &mut dyn Cluster, arguments: &str) -> Result<()> {
        let answer = server.query(&format!("checkBackup({arguments})"));
        let Datum::Table(bad) = answer.map_err(|error| self.explain(error, "checking the backup of"))? else {
            return Err(self.strange(server));
        };
        if bad.rows == 0 {
            return Ok(());
        }
        let paths = bad.column("partitionPath").filter(|column| column.ty.is_text());
        let first = paths.and_then(|column| column.texts().next().map(String::from_utf8_lossy));
        let (label, first) = (server.label(), first.unwrap_or_default());
        let what = format!(
            "{} partitions of the backup of {} in {} are damaged on {label}, first {first}",
            bad.rows, self.table, self.dir
        );
        Err(Error::new(Kind::Mismatch, what).advise("remove the directory and repeat the call"))
    }

    /// The rows that a backup by query holds of one partition.
    ///
    /// # Errors
    /// What the server answers, or `Protocol` when that is no table of these columns.
    pub fn load(&self, server: &mut dyn Cluster, partition: &str, columns: &[String]) -> Result<Batch> {
        let (dir, partition) = (sql::text(&self.dir), sql::text(partition));
        let TableName { db, table } = &self.table;
        // Here the partition comes before the table (dolphindb-semantics §1.1).
        let script = format!("loadBackup({dir}, {}, {partition}, {})", sql::text(db), sql::text(table));
        let answer = server.query(&script).map_err(|error| self.explain(error, "reading the backup of"))?;
        match answer {
            Datum::Table(rows) if rows.columns.iter().map(|(name, _)| name).eq(columns) => Ok(rows),
            Datum::Table(_) => {
                let what =
                    format!("the backup of {} in {} has other columns than the table", self.table, self.dir);
                Err(Error::new(Kind::Schema, what)
                    .advise("restore it with the server's restore into a table of that structure"))
            }
            _ => Err(self.strange(server)),
        }
    }

    /// The script that restores `unit` into `target`: rows of a query are appended, files replace the
    /// partition. `snapshot` is said where there is one and never else (dolphindb-semantics §1.7).
    pub fn restore(&self, unit: &Unit, target: &TableName, is_snapshot: bool) -> String {
        let more = if is_snapshot { ", false, false" } else { "" };
        let (path, table) = (self.path(unit), sql::load_table(target));
        format!("restore({}, {path}, true, {table}{more})", self.arguments())
    }

    /// `unit` as `restore` and `checkBackup` name it: by a path that begins with the database's name
    /// (dolphindb-semantics §1.6).
    fn path(&self, unit: &Unit) -> String {
        let database = self.table.db.trim_start_matches("dfs:/");
        sql::text(&if unit.keys.is_empty() { "%".to_owned() } else { format!("{database}{unit}") })
    }

    /// The folder, from [`Backup::dir`], that the server keeps the table's files in, those of each chunk
    /// in a folder of its own if they are copies (dolphindb-semantics §1.4).
    pub fn folder(&self) -> String {
        format!("{}/{}", self.table.db.trim_start_matches("dfs://"), self.table.table)
    }

    fn strange(&self, server: &dyn Cluster) -> Error {
        let what = format!("{} gave no usable answer about the backup in {}", server.label(), self.dir);
        Error::new(Kind::Protocol, what).advise(UNEXPECTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PartitionKey;

    fn backup() -> Backup {
        Backup { dir: "/b".into(), table: TableName::new("dfs://a/db", "t") }
    }

    #[test]
    fn a_chunks_path_gives_the_partitions_whatever_the_granularity() {
        let partition = |path, levels| backup().partition(path, levels);
        assert_eq!(partition("/a/db/20130101/Key0/6F", 2).as_deref(), Some("/20130101/Key0"));
        assert_eq!(partition("dfs://a/db/20130101/Key0", 2).as_deref(), Some("/20130101/Key0"));
        assert_eq!(partition("/a/db/6F", 0).as_deref(), Some("/"));
        assert_eq!(partition("/other/20130101/Key0/6F", 2), None);
        assert_eq!(partition("/a/db/20130101", 2), None);
    }

    #[test]
    fn snapshot_is_said_for_files_and_never_for_queries() {
        let key = PartitionKey { column: "d".into(), literal: "1".into(), label: "20130101".into() };
        let (unit, target) = (Unit { keys: vec![key], ..Unit::default() }, TableName::new("dfs://a/db", "t"));
        let start = r#"restore("/b", "dfs://a/db", "t", "/a/db/20130101", true, loadTable("dfs://a/db","t")"#;
        assert_eq!(backup().restore(&unit, &target, false), format!("{start})"));
        assert_eq!(backup().restore(&unit, &target, true), format!("{start}, false, false)"));
    }
}
