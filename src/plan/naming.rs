//! What the target calls a table and its columns, and which of them are synced.
use super::Finding;
use super::some_of;
use crate::cluster::{sql, translated};
use crate::data::{Batch, Column, Type};
use crate::journal::Rename;
use crate::model::{ColumnDef, Naming, TableDesign, TableName, TableSchema, nearest};

/// A table as the target has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterpart {
    /// Its name.
    pub table: TableName,
    /// What its columns are called.
    pub naming: Naming,
    /// The condition that rows must pass, in its names.
    pub filter: Option<String>,
    /// Columns that get no values, and their places among all of the target's.
    pub blanks: Vec<(usize, ColumnDef)>,
    /// Columns whose type is wider there, under their names at the source, with that type.
    pub widened: Vec<(String, Type)>,
    /// How many bytes of each text and BLOB it keeps, by their names at the source.
    pub limits: Vec<(String, usize)>,
}

impl Counterpart {
    /// One in which everything is called alike.
    pub fn same(table: &TableName, filter: Option<&str>) -> Self {
        let filter = filter.map(str::to_owned);
        Counterpart {
            table: table.clone(),
            naming: Naming::default(),
            filter,
            blanks: Vec::new(),
            widened: Vec::new(),
            limits: Vec::new(),
        }
    }

    /// `rows` of the columns that are synced, with all columns of the target, in its order and under
    /// its names.
    pub fn complete(&self, rows: &Batch) -> Batch {
        let named = |(name, column): &(String, Column)| (self.naming.there(name).to_owned(), column.clone());
        let mut columns: Vec<_> = rows.columns.iter().map(named).collect();
        for (at, blank) in &self.blanks {
            columns.insert(*at, (blank.name.clone(), Column::nulls(blank.ty, rows.rows)));
        }
        Batch { rows: rows.rows, columns }
    }

    /// How a table like `design`, which the source has, is built as this one, of the columns `seen`.
    pub(super) fn like(&self, design: TableDesign, seen: &TableSchema) -> TableDesign {
        let name = |name: &str| Some(sql::column(self.naming.there(name)));
        let there =
            |names: Vec<String>| names.iter().map(|name| self.naming.there(name).to_owned()).collect();
        let mut columns = design.columns;
        columns
            .iter_mut()
            .for_each(|column| column.def.name = self.naming.there(&column.def.name).to_owned());
        columns.retain(|column| seen.column(&column.def.name).is_some());
        // A level may be a call with the column in it.
        let part = |part: String| match seen.column(self.naming.there(&part)) {
            Some(column) => column.name.clone(),
            None => translated(&part, &name),
        };
        TableDesign {
            name: self.table.clone(),
            columns,
            partitioned_by: design.partitioned_by.into_iter().map(part).collect(),
            sort_columns: there(design.sort_columns),
            primary_key: there(design.primary_key),
            ..design
        }
    }

    /// The names of the columns that get no values.
    pub(super) fn blank(&self) -> Vec<String> {
        self.blanks.iter().map(|(_, column)| format!("`{}`", column.name)).collect()
    }
}

/// Which columns of a table are synced, all without a choice, and what is called otherwise.
pub(super) struct Choice<'a> {
    pub(super) columns: Option<&'a [String]>,
    pub(super) rename: &'a Rename,
    pub(super) filter: Option<&'a str>,
    /// The column of the window.
    pub(super) window: Option<&'a str>,
}

impl Choice<'_> {
    /// The counterpart of `table`, without a look at the target, and what is wrong with the choice.
    pub(super) fn counterpart(&self, table: &TableName, ours: &TableSchema) -> (Counterpart, Vec<Finding>) {
        let Rename { db, table: own, columns } = self.rename;
        let there = TableName::new(db.as_ref().unwrap_or(&table.db), own.as_ref().unwrap_or(&table.table));
        let naming = Naming::new(columns.iter().cloned());
        let name = |word: &str| ours.column(word).map(|column| sql::column(naming.there(&column.name)));
        let filter = self.filter.map(|filter| match columns.is_empty() {
            true => filter.to_owned(),
            false => translated(filter, &name),
        });
        let findings = self.flaws(ours, &naming);
        let same = Counterpart::same(&there, filter.as_deref());
        (Counterpart { naming, ..same }, findings)
    }

    pub(super) fn takes(&self, name: &str) -> bool {
        self.columns.is_none_or(|columns| columns.iter().any(|own| own == name))
    }

    fn flaws(&self, ours: &TableSchema, naming: &Naming) -> Vec<Finding> {
        let mut findings = Vec::new();
        let listed = self.columns.unwrap_or_default().iter();
        for (option, name) in listed
            .map(|name| ("columns", name))
            .chain(self.rename.columns.iter().map(|(name, _)| ("rename", name)))
        {
            if ours.column(name).is_none() {
                let all = ours.columns.iter().map(|column| column.name.as_str());
                let near = nearest(name, all).unwrap_or_default();
                findings.push(Finding::new(
                    format!("there is no column `{name}`, the nearest is `{near}`"),
                    format!("correct the option `{option}`"),
                ));
            } else if !self.takes(name) {
                let what = format!("the column `{name}` is renamed, but not among `columns`");
                findings.push(Finding::new(what, "add it there, or leave it out of `rename`"));
            }
        }
        findings.extend(self.left_out(ours));
        let kept: Vec<&str> =
            ours.columns.iter().map(|column| column.name.as_str()).filter(|name| self.takes(name)).collect();
        for (at, name) in kept.iter().enumerate() {
            let there = naming.there(name);
            if let Some(other) = kept[..at].iter().find(|other| naming.there(other) == there) {
                let what =
                    format!("the columns `{other}` and `{name}` would both be `{there}` at the target");
                findings.push(Finding::new(what, "correct the option `rename`"));
            }
        }
        findings
    }

    /// Columns without which rows have no place, or mean other rows.
    pub(super) fn left_out(&self, ours: &TableSchema) -> Vec<Finding> {
        let mut needed: Vec<(&str, &str)> =
            ours.levels.iter().map(|level| (level.column.as_str(), "partitions the table")).collect();
        needed.extend(self.window.map(|name| (name, "is the window's")));
        let used = std::cell::RefCell::new(Vec::new());
        let note = |word: &str| {
            used.borrow_mut().extend(ours.column(word).map(|column| column.name.clone()));
            None
        };
        self.filter.map(|filter| translated(filter, &note));
        let used = used.into_inner();
        needed.extend(used.iter().map(|name| (name.as_str(), "is in the filter")));
        needed.dedup();
        let missing = needed.into_iter().filter(|(name, _)| ours.column(name).is_some() && !self.takes(name));
        let finding = |(name, why): (&str, &str)| {
            let what = format!("`columns` lacks `{name}`, which {why}");
            Finding::new(what, "add it to the option `columns`")
        };
        missing.map(finding).collect()
    }

    /// The structure of the columns that are synced, under the target's names.
    pub(super) fn seen(&self, ours: &TableSchema, naming: &Naming) -> TableSchema {
        let mut seen = ours.clone();
        seen.columns.retain(|column| self.takes(&column.name));
        let there = |name: &mut String| *name = naming.there(name).to_owned();
        seen.columns.iter_mut().for_each(|column| there(&mut column.name));
        seen.levels.iter_mut().for_each(|level| there(&mut level.column));
        seen.storage.sort_columns.iter_mut().for_each(there);
        seen
    }

    /// Takes out of `theirs` the columns that get no values, with their places. What is not chosen
    /// stays as it is, to be found.
    pub(super) fn blanks(&self, seen: &TableSchema, theirs: &mut TableSchema) -> Vec<(usize, ColumnDef)> {
        if self.columns.is_none() {
            return Vec::new();
        }
        let all = theirs.columns.iter().cloned().enumerate();
        let blanks: Vec<_> = all.filter(|(_, column)| seen.column(&column.name).is_none()).collect();
        theirs.columns.retain(|column| seen.column(&column.name).is_some());
        blanks
    }
}

/// A sort column without values would make one of all rows.
pub(super) fn unsorted(theirs: &TableSchema, seen: &TableSchema) -> Option<Finding> {
    let is_blank = |name: &&String| seen.column(name).is_none();
    let missing: Vec<String> = theirs.storage.sort_columns.iter().filter(is_blank).cloned().collect();
    (!missing.is_empty()).then(|| {
        let what = format!("the target sorts by {}, which would get no values", some_of(&missing));
        Finding::new(what, "add it to the option `columns`")
    })
}

/// The target's structure with its partitioning under the source's names.
pub(super) fn named_here(mut theirs: TableSchema, naming: &Naming) -> TableSchema {
    theirs.levels.iter_mut().for_each(|level| level.column = naming.here(&level.column).to_owned());
    theirs
}
