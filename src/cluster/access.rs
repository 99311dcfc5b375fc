//! What the user of a session may, as far as `getUserAccess` tells.
use super::Cluster;
use crate::data::{Batch, Datum};

/// The first administrator has every right; others have those that they are given (manual of user
/// access control).
pub const SUPER: &str = "admin";

/// The row that a server shows about the user who asks.
#[derive(Clone, Debug)]
pub struct Access(Batch);

/// What is known of one right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// The server shows it, everywhere or for what it lists.
    Yes(String),
    /// It is shown, and not held.
    No,
    /// It is not held, unless these groups give it.
    Grouped(String),
    /// The server does not show it.
    Untold,
}

impl Access {
    /// The rights of who asks; nothing where the server keeps them from others than administrators.
    pub fn of(side: &mut (impl Cluster + ?Sized)) -> Option<Access> {
        match side.query("select * from getUserAccess()").ok()? {
            Datum::Table(rows) if rows.rows == 1 => Some(Access(rows)),
            _ => None,
        }
    }

    /// Who asked.
    pub fn user(&self) -> Option<String> {
        self.text("userId")
    }

    /// Whether that is an administrator.
    pub fn is_administrator(&self) -> Option<bool> {
        let flag = self.0.column("isAdmin")?.integers().next().flatten()?;
        Some(flag == 1)
    }

    /// Whether one of the rights `names` is held for anything. Rights over databases are shown as
    /// those over tables, as states (`allow`) or, under `_allowed`, as lists.
    pub fn holds(&self, names: &[&str]) -> Held {
        self.judged(names, &|_| true)
    }

    /// Whether one of the rights `names` is held for `object`, such as `dfs://db` or `dfs://db/table`.
    pub fn holds_for(&self, names: &[&str], object: &str) -> Held {
        let covers = |list: &str| list.split(',').any(|item| covers(item.trim(), object));
        let is_denied = |name: &&str| {
            self.is("deny", name) || self.list(name, "denied").is_some_and(|list| covers(&list))
        };
        match self.user() {
            Some(user) if user == SUPER => Held::Yes("everything".into()),
            _ if names.iter().any(is_denied) => Held::No,
            _ => self.judged(names, &covers),
        }
    }

    fn judged(&self, names: &[&str], counts: &dyn Fn(&str) -> bool) -> Held {
        let (mut is_shown, mut is_clear) = (false, true);
        for name in names {
            let list = self.list(name, "allowed");
            is_shown |= list.is_some() || self.text(name).is_some();
            if self.is("allow", name) {
                return Held::Yes(format!("{name} everywhere"));
            }
            let Some(list) = list.filter(|list| !list.trim().is_empty()) else { continue };
            if counts(&list) {
                return Held::Yes(format!("{name} on {list}"));
            }
            is_clear &= list.split(',').all(|item| item.trim().starts_with("dfs://"));
        }
        match self.text("groups").unwrap_or_default() {
            _ if !is_shown || !is_clear => Held::Untold,
            none if none.is_empty() => Held::No,
            groups => Held::Grouped(groups),
        }
    }

    fn is(&self, state: &str, name: &str) -> bool {
        self.text(name).is_some_and(|own| own.eq_ignore_ascii_case(state))
    }

    fn list(&self, name: &str, kind: &str) -> Option<String> {
        self.text(&format!("{name}_{kind}"))
    }

    fn text(&self, name: &str) -> Option<String> {
        let column = self.0.column(name).filter(|column| column.ty.is_text())?;
        column.texts().next().map(|text| String::from_utf8_lossy(text).into_owned())
    }
}

/// Whether what is said of `item`, a database, a table, or the beginning of either before a `*`, is
/// said of `object` too.
fn covers(item: &str, object: &str) -> bool {
    let within = |start: &str| format!("{object}/").starts_with(start);
    match item.strip_suffix('*') {
        Some(start) => within(start),
        None => !item.is_empty() && within(&format!("{item}/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Column, Type};

    fn access(cells: &[(&str, &str)]) -> Access {
        let columns =
            cells.iter().map(|(name, cell)| ((*name).to_owned(), Column::text(Type::String, [*cell])));
        Access(Batch { rows: 1, columns: columns.collect() })
    }

    #[test]
    fn a_right_counts_for_what_it_is_given_for() {
        let tables = access(&[("groups", ""), ("TABLE_INSERT_allowed", "dfs://a/t, dfs://b")]);
        for (object, held) in
            [("dfs://a/t", true), ("dfs://a/tt", false), ("dfs://a", false), ("dfs://b/u", true)]
        {
            let found = tables.holds_for(&["TABLE_INSERT"], object);
            assert_eq!(matches!(found, Held::Yes(_)), held, "{object}: {found:?}");
            assert!(held || found == Held::No, "{object}: {found:?}");
        }
        let owner = access(&[("DB_OWNER", "none"), ("DB_OWNER_allowed", "dfs://own*")]);
        assert!(matches!(owner.holds_for(&["DB_OWNER"], "dfs://ownDb"), Held::Yes(_)));
        assert_eq!(owner.holds_for(&["DB_OWNER"], "dfs://other"), Held::No);
    }

    #[test]
    fn what_is_denied_is_not_held_and_what_is_not_said_is_not_known() {
        let denied = access(&[("ACCESS_READ", "allow"), ("TABLE_READ_denied", "dfs://a/t")]);
        assert_eq!(denied.holds_for(&["ACCESS_READ", "TABLE_READ"], "dfs://a/t"), Held::No);
        assert!(matches!(denied.holds_for(&["ACCESS_READ", "TABLE_READ"], "dfs://a/u"), Held::Yes(_)));
        assert_eq!(denied.holds_for(&["DB_OWNER"], "dfs://a"), Held::Untold);
        let grouped = access(&[("groups", "traders"), ("TABLE_READ", "none")]);
        assert_eq!(grouped.holds_for(&["TABLE_READ"], "dfs://a/t"), Held::Grouped("traders".into()));
        let strange = access(&[("TABLE_READ_allowed", "[a, t]")]);
        assert_eq!(strange.holds_for(&["TABLE_READ"], "dfs://a/t"), Held::Untold);
        let first = access(&[("userId", "admin"), ("TABLE_READ", "none")]);
        assert!(matches!(first.holds_for(&["TABLE_READ"], "dfs://a/t"), Held::Yes(_)));
    }
}
