//! What a run does at the target, and whether its user may. What nobody tells is said to be unknown:
//! only a right that is surely missing forbids a run.
use super::Finding;
use crate::cluster::{Access, Cluster, Held, sql};
use crate::error::{Error, Kind};
use crate::model::{Mode, TableName, TableSchema};

/// One thing that a run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Reads rows, to look before it writes and to prove it after.
    Read,
    /// Adds rows.
    Insert,
    /// Changes rows.
    Update,
    /// Removes rows.
    Delete,
    /// Drops partitions.
    Drop,
    /// Makes a database.
    MakeDatabase,
    /// Makes tables, or changes what they look like.
    MakeTables,
    /// Makes partitions.
    MakePartitions,
}

/// The rights of the manual's user access control, any set of which is enough for a deed. Who has made
/// what it is about needs none of them.
const RIGHTS: &[(Deed, &str, &[&[&str]])] = &[
    (Deed::Read, "read", &[READ]),
    (Deed::Insert, "add rows to", &[INSERT]),
    (Deed::Update, "change rows of", &[UPDATE]),
    (Deed::Delete, "remove rows from", &[DELETE]),
    (Deed::Drop, "drop partitions of", &[DELETE, MANAGE]),
    (Deed::MakeDatabase, "make", &[OWN]),
    (Deed::MakeTables, "make or change tables in", &[&["DBOBJ_CREATE"], MANAGE]),
    (Deed::MakePartitions, "add partitions to", &[MANAGE]),
];

const READ: &[&str] = &["TABLE_READ", "DB_READ", "ACCESS_READ"];
const INSERT: &[&str] = &["TABLE_INSERT", "DB_INSERT", "ACCESS_INSERT", "TABLE_WRITE", "DB_WRITE"];
const UPDATE: &[&str] = &["TABLE_UPDATE", "DB_UPDATE", "ACCESS_UPDATE", "TABLE_WRITE", "DB_WRITE"];
const DELETE: &[&str] = &["TABLE_DELETE", "DB_DELETE", "ACCESS_DELETE", "TABLE_WRITE", "DB_WRITE"];
const MANAGE: &[&str] = &["DB_MANAGE"];
const OWN: &[&str] = &["DB_OWNER"];

impl Deed {
    /// What a run in `mode` does to a table that is there. What removes rows drops whole partitions, or
    /// deletes where a window cuts them.
    pub fn of(mode: Mode, mirrors: bool, is_cut: bool) -> Vec<Deed> {
        let removal = if is_cut { Deed::Delete } else { Deed::Drop };
        let mut deeds = match mode {
            Mode::VerifyOnly => return Vec::new(),
            Mode::Auto | Mode::Append => vec![Deed::Read, Deed::Insert],
            Mode::Upsert => vec![Deed::Read, Deed::Update],
            Mode::Replace => vec![Deed::Read, Deed::Insert, removal],
        };
        if mirrors && !deeds.contains(&removal) {
            deeds.push(removal);
        }
        deeds
    }

    /// A dimension table has no partitions to drop: it is emptied.
    pub(super) fn to_table_of(self, schema: &TableSchema) -> Deed {
        match self {
            Deed::Drop if schema.levels.is_empty() => Deed::Delete,
            deed => deed,
        }
    }

    fn is_of_database(self) -> bool {
        matches!(self, Deed::Drop | Deed::MakeDatabase | Deed::MakeTables | Deed::MakePartitions)
    }
}

/// What is known of a user's rights.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) findings: Vec<Finding>,
    pub(super) notes: Vec<String>,
}

/// Whether the user at `target` may do `deeds`, each to a table.
pub(super) fn rights(target: &mut dyn Cluster, deeds: &[(Deed, TableName)]) -> Known {
    let mut known = Known::default();
    if deeds.is_empty() {
        return known;
    }
    let Some(access) = Access::of(target) else {
        let what = "what its user may do at the target is not known: its release tells administrators only";
        known.notes.push(what.into());
        return known;
    };
    let user = access.user().unwrap_or_else(|| "the user".to_owned());
    let mut untold = Vec::new();
    for (deed, table) in deeds {
        let Some((_, what, sets)) = RIGHTS.iter().find(|(own, ..)| own == deed) else { continue };
        let object = if deed.is_of_database() { table.db.clone() } else { table.to_string() };
        let held: Vec<Held> = sets.iter().map(|names| access.holds_for(names, &object)).collect();
        let is_held = held.iter().any(|held| matches!(held, Held::Yes(_)));
        let has_made = match deed {
            _ if is_held => continue,
            Deed::MakeDatabase => Some(false),
            _ => has_made(target, table, &user),
        };
        match held.iter().all(|held| *held == Held::No) && has_made == Some(false) {
            _ if has_made == Some(true) => {}
            true => known.findings.push(Finding::new(
                format!("`{user}` may not {what} {object} at the target"),
                grant(sets, *deed, &user, &object),
            )),
            false => untold.push(format!("{what} {object}")),
        }
    }
    if !untold.is_empty() {
        let what = untold.join(", ");
        known.notes.push(format!("whether `{user}` may {what} at the target is not known"));
    }
    known
}

/// What an administrator can run; DB_OWNER is given for the beginnings of names only.
fn grant(sets: &[&[&str]], deed: Deed, user: &str, object: &str) -> String {
    let names = sets[0];
    let right = names.iter().find(|name| deed.is_of_database() && name.starts_with("DB_"));
    let (right, star) = (right.unwrap_or(&names[0]), if sets[0] == OWN { "*" } else { "" });
    let object = sql::text(&format!("{object}{star}"));
    format!("let an administrator there run grant({}, {right}, {object})", sql::text(user))
}

/// Whether `user` has made the table or its database, if the target tells who has.
fn has_made(target: &mut dyn Cluster, table: &TableName, user: &str) -> Option<bool> {
    let mut owned = |script: String, key: &str| {
        let answer = target.query(&script).ok()?;
        Some(answer.get(key)?.as_str()? == user)
    };
    let database = owned(format!("schema(database({}))", sql::text(&table.db)), "databaseOwner");
    let own = owned(format!("schema({})", sql::load_table(table)), "tableOwner");
    [database, own].into_iter().flatten().reduce(|one, other| one || other)
}

/// An `error` of who may not even look, with all else that the user may not do.
pub(super) fn with_rights(error: Error, target: &mut dyn Cluster, deeds: &[(Deed, TableName)]) -> Error {
    if error.kind() != Kind::Login {
        return error;
    }
    let Known { findings, .. } = rights(target, deeds);
    let whats = findings.iter().map(|finding| format!(", {}", finding.what)).collect::<String>();
    let mut fixes: Vec<&str> = findings.iter().map(|finding| finding.fix.as_str()).collect();
    fixes.dedup();
    let advice = if fixes.is_empty() { error.advice().to_owned() } else { fixes.join(", ") };
    Error::new(Kind::Login, format!("{}{whats}", error.message())).advise(advice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Batch, Column, Datum, Type};
    use crate::error::Result;

    /// A target that shows these cells about the user, and who made the table.
    struct Target(Option<Vec<(&'static str, &'static str)>>, &'static str);

    impl Cluster for Target {
        fn label(&self) -> &str {
            "B"
        }

        fn query(&mut self, script: &str) -> Result<Datum> {
            let cells = match script.starts_with("schema(loadTable") {
                true => return Ok(Datum::Dict(vec![("tableOwner".into(), Datum::text(self.1))])),
                false => self.0.as_ref().filter(|_| script.contains("getUserAccess")),
            };
            let cells = cells.ok_or_else(|| Error::new(Kind::Login, "<NoPrivilege>"))?;
            let column =
                |(name, cell): &(&str, &str)| ((*name).to_owned(), Column::text(Type::String, [*cell]));
            Ok(Datum::Table(Batch { rows: 1, columns: cells.iter().map(column).collect() }))
        }

        fn append(&mut self, _: &TableName, _: &Batch) -> Result<u64> {
            unreachable!("a plan appends nothing")
        }
    }

    fn known(cells: Option<Vec<(&'static str, &'static str)>>, owner: &'static str, deeds: &[Deed]) -> Known {
        let deeds: Vec<_> = deeds.iter().map(|deed| (*deed, TableName::new("dfs://d", "t"))).collect();
        rights(&mut Target(cells, owner), &deeds)
    }

    #[test]
    fn every_right_that_a_mode_needs_is_missed_at_once() {
        let none = || Some(vec![("userId", "sync"), ("groups", ""), ("ACCESS_READ", "allow")]);
        let shown =
            ["ACCESS_INSERT", "ACCESS_DELETE", "DB_MANAGE", "DB_OWNER", "DBOBJ_CREATE", "ACCESS_UPDATE"];
        let cells = || none().map(|all| [all, shown.map(|name| (name, "none")).to_vec()].concat());
        for (deeds, missing) in [
            (Deed::of(Mode::VerifyOnly, false, false), 0),
            (Deed::of(Mode::Auto, false, false), 1),
            (Deed::of(Mode::Auto, true, false), 2),
            (Deed::of(Mode::Append, false, true), 1),
            (Deed::of(Mode::Upsert, false, false), 1),
            (Deed::of(Mode::Replace, true, true), 2),
            (vec![Deed::MakeDatabase, Deed::MakeTables, Deed::MakePartitions], 3),
        ] {
            let found = known(cells(), "admin", &deeds);
            assert_eq!(found.findings.len(), missing, "{deeds:?}: {found:?}");
            assert!(found.notes.is_empty(), "{found:?}");
        }
        let found = known(cells(), "admin", &Deed::of(Mode::Replace, false, false)).findings;
        let said = |at: usize| format!("{}; {}", found[at].what, found[at].fix);
        assert_eq!(
            said(0),
            "`sync` may not add rows to dfs://d/t at the target; let an administrator there run \
             grant(\"sync\", TABLE_INSERT, \"dfs://d/t\")"
        );
        assert!(said(1).ends_with("grant(\"sync\", DB_DELETE, \"dfs://d\")"), "{}", said(1));
    }

    #[test]
    fn a_dimension_table_is_emptied_with_the_right_to_remove_its_rows() {
        let parted = crate::testing::flights_schema(1);
        assert_eq!(Deed::Drop.to_table_of(&parted), Deed::Drop);
        assert_eq!(Deed::Drop.to_table_of(&TableSchema::default()), Deed::Delete);
        assert_eq!(Deed::Insert.to_table_of(&TableSchema::default()), Deed::Insert);
    }

    #[test]
    fn who_made_it_needs_no_right_and_what_is_not_told_forbids_nothing() {
        let replace = Deed::of(Mode::Replace, false, false);
        let cells = |groups| vec![("userId", "sync"), ("groups", groups), ("ACCESS_INSERT", "none")];
        assert!(known(Some(cells("")), "sync", &replace).findings.is_empty());
        let grouped = known(Some(cells("traders")), "admin", &replace);
        assert!(grouped.findings.is_empty() && grouped.notes.len() == 1, "{grouped:?}");
        let untold = known(None, "admin", &replace);
        assert!(untold.findings.is_empty() && untold.notes[0].contains("is not known"), "{untold:?}");
        assert!(known(None, "admin", &[]).notes.is_empty());
    }
}
