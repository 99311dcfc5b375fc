//! Columns that only one side has, and what becomes of them.
use super::naming::{Choice, Counterpart};
use super::{Finding, some_of};
use crate::cluster::{Cluster, describe, sql};
use crate::error::{Error, Kind, Result};
use crate::model::{ColumnDef, TableName, TableSchema};

/// What becomes of columns that only one side has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Drift {
    /// They are named, and nothing is done.
    #[default]
    Fail,
    /// Those that only the source has are added to the target.
    AddColumns,
    /// Those that only the source has are not synced, and those that only the target has get no values.
    IgnoreExtra,
}

impl Drift {
    /// Every one.
    pub const ALL: [Drift; 3] = [Drift::Fail, Drift::AddColumns, Drift::IgnoreExtra];

    /// As users write it.
    pub fn name(self) -> &'static str {
        match self {
            Drift::Fail => "fail",
            Drift::AddColumns => "addColumns",
            Drift::IgnoreExtra => "ignoreExtra",
        }
    }

    /// The one called `name`.
    pub fn named(name: &str) -> Option<Drift> {
        Drift::ALL.into_iter().find(|drift| drift.name() == name)
    }
}

/// Columns that are added to a table of the target, at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// The table.
    pub table: TableName,
    /// The columns.
    pub columns: Vec<ColumnDef>,
}

/// What a drift came to.
#[derive(Default)]
pub(super) struct Settled {
    /// The columns that are synced, if not all that were chosen.
    pub(super) columns: Option<Vec<String>>,
    /// What is added to the target.
    pub(super) addition: Option<Addition>,
    pub(super) findings: Vec<Finding>,
    pub(super) notes: Vec<String>,
}

impl Drift {
    /// What becomes of the columns of `ours` that were chosen and that `theirs` lacks.
    pub(super) fn settle(
        self,
        choice: &Choice,
        ours: &TableSchema,
        counterpart: &Counterpart,
        theirs: &TableSchema,
    ) -> Settled {
        let chosen = || ours.columns.iter().filter(|column| choice.takes(&column.name));
        let there = |column: &&ColumnDef| theirs.column(counterpart.naming.there(&column.name)).is_some();
        let (both, lacking): (Vec<&ColumnDef>, Vec<&ColumnDef>) = chosen().partition(there);
        let both: Vec<String> = both.iter().map(|column| column.name.clone()).collect();
        let mut settled = Settled::default();
        if self == Drift::Fail || lacking.is_empty() && self == Drift::AddColumns {
            return settled;
        }
        let present = Choice { columns: Some(&both), ..*choice };
        settled.findings.extend(present.left_out(ours).into_iter().map(|finding| Finding {
            what: finding.what.replace("`columns` lacks", "the target lacks"),
            fix: "give the target that column first".into(),
        }));
        let names: Vec<String> = lacking.iter().map(|column| format!("`{}`", column.name)).collect();
        if self == Drift::AddColumns {
            let called = |column: &&ColumnDef| ColumnDef {
                name: counterpart.naming.there(&column.name).to_owned(),
                ty: column.ty,
            };
            let columns: Vec<ColumnDef> = lacking.iter().map(called).collect();
            let table = counterpart.table.clone();
            settled.notes.push(format!(
                "{} are added to {table} at the target first, without values in the rows that are there; \
                 others who write to it must send them too",
                some_of(&names)
            ));
            settled.addition = Some(Addition { table, columns });
        } else {
            if !lacking.is_empty() {
                settled.notes.push(format!("{} are at the source only and are not synced", some_of(&names)));
            }
            settled.columns = Some(both);
        }
        settled
    }
}

impl Addition {
    /// The columns and their table, in words.
    pub(super) fn shown(&self) -> String {
        format!("the columns {} of {}", quoted(&self.columns).join(", "), self.table)
    }

    /// Adds what is still missing, and makes sure that it is as it was to be: another run may add the same
    /// meanwhile. Says what it added.
    ///
    /// # Errors
    /// What the target answers; `Schema` when a column of another type is there.
    pub fn make(&self, target: &mut dyn Cluster) -> Result<Option<String>> {
        let missing = self.missing(target)?;
        if missing.is_empty() {
            return Ok(None);
        }
        let added = target.query(&self.call(&missing)).map(drop);
        let names = quoted(&missing);
        match (self.missing(target)?.is_empty(), added) {
            (true, _) => Ok(Some(self.shown())),
            (false, added) => {
                let table = &self.table;
                let error = added
                    .err()
                    .unwrap_or_else(|| Error::new(Kind::Mismatch, "they are not there afterwards"));
                let what = format!(
                    "{} cannot be added to {table} on {}: {}",
                    names.join(", "),
                    target.label(),
                    error.message()
                );
                let advice = format!("let an administrator of that cluster run {}", self.call(&missing));
                Err(Error::new(error.kind(), what).advise(advice))
            }
        }
    }

    fn missing(&self, target: &mut dyn Cluster) -> Result<Vec<ColumnDef>> {
        let theirs = describe(target, &self.table)?;
        let mut missing = Vec::new();
        for column in &self.columns {
            match theirs.column(&column.name) {
                Some(other) if other.ty == column.ty => {}
                None => missing.push(column.clone()),
                Some(other) => {
                    let (name, ours, theirs) = (&column.name, column.ty.name(), other.ty.name());
                    let what = format!("`{name}` of {} was to be {ours} and is {theirs}", self.table);
                    return Err(Error::new(Kind::Schema, what).advise("look who else changes that table"));
                }
            }
        }
        Ok(missing)
    }

    /// The manual's `addColumn` takes types as constants.
    fn call(&self, columns: &[ColumnDef]) -> String {
        let names: Vec<String> = columns.iter().map(|column| sql::text(&column.name)).collect();
        let types: Vec<_> = columns.iter().map(|column| column.ty.name()).collect();
        let table = sql::load_table(&self.table);
        format!("addColumn({table}, [{}], [{}])", names.join(","), types.join(","))
    }
}

fn quoted(columns: &[ColumnDef]) -> Vec<String> {
    columns.iter().map(|column| format!("`{}`", column.name)).collect()
}
