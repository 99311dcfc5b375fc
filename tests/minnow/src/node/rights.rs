//! What users may do with databases and tables (the manual's user access control). A rule says that a
//! right is granted or denied for everything, some databases, a database or a table; a rule for more
//! takes the place of those for less, and one for less that denies counts beside it.
use std::collections::BTreeMap;
use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    Read,
    Insert,
    Update,
    Delete,
    /// Make tables in a database.
    CreateTables,
    DropTables,
    /// Do anything with databases but make them.
    Manage,
    /// Make databases, and manage those that one has made.
    Own,
}

/// What a rule is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Object {
    All,
    /// The databases whose url starts so.
    Databases(String),
    Database(String),
    Table(String, String),
}

impl Object {
    fn covers(&self, other: &Object) -> bool {
        match (self, other) {
            (Object::All, _) => true,
            (
                Object::Databases(prefix),
                Object::Databases(url) | Object::Database(url) | Object::Table(url, _),
            ) => url.starts_with(prefix.as_str()),
            (Object::Database(own), Object::Database(url) | Object::Table(url, _)) => own == url,
            _ => self == other,
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Object::All => f.write_str("*"),
            Object::Databases(prefix) => write!(f, "{prefix}*"),
            Object::Database(url) => f.write_str(url),
            Object::Table(url, name) => write!(f, "{url}/{name}"),
        }
    }
}

/// The rules of one user; without a rule nothing is allowed.
#[derive(Clone, Debug, Default)]
pub struct Rights {
    rules: BTreeMap<(Right, Object), bool>,
}

impl Rights {
    pub fn allow(&self, right: Right, object: &Object) -> bool {
        let applying = self.rules.iter().filter(|((own, of), _)| *own == right && of.covers(object));
        applying.map(|(_, allowed)| *allowed).reduce(|one, other| one && other).unwrap_or(false)
    }

    /// Grants a right, denies it, or forgets what was said of it. Granting less than what is denied
    /// is refused with the object that is denied.
    pub fn set(&mut self, right: Right, object: &Object, allowed: Option<bool>) -> Result<(), Object> {
        let denies = |((own, of), allowed): (&(Right, Object), &bool)| {
            (*own == right && !allowed && of != object && of.covers(object)).then(|| of.clone())
        };
        if allowed == Some(true)
            && let Some(denied) = self.rules.iter().find_map(denies)
        {
            return Err(denied);
        }
        self.rules.retain(|(own, of), _| *own != right || !object.covers(of));
        if let Some(allowed) = allowed {
            self.rules.insert((right, object.clone()), allowed);
        }
        Ok(())
    }

    /// Forgets the rules about an object that is no more.
    pub fn forget(&mut self, object: &Object) {
        self.rules.retain(|(_, of), _| !object.covers(of));
    }

    /// The objects that a right is granted or denied for, but for everything.
    pub fn objects(&self, right: Right, allowed: bool) -> Vec<&Object> {
        let chosen = self
            .rules
            .iter()
            .filter(|((own, of), state)| *own == right && **state == allowed && *of != Object::All);
        chosen.map(|((_, of), _)| of).collect()
    }

    /// `allow`, `deny` or `none`: what is said of a right for everything.
    pub fn state(&self, right: Right) -> &'static str {
        match self.rules.get(&(right, Object::All)) {
            Some(true) => "allow",
            Some(false) => "deny",
            None => "none",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The manual's seven examples of rules for more and for less.
    #[test]
    fn rules_for_more_replace_rules_for_less() {
        let table = Object::Table("dfs://test".into(), "pt".into());
        let other = Object::Table("dfs://test".into(), "pt1".into());
        let (deny, grant, revoke) = (Some(false), Some(true), None);
        for (steps, (here, there)) in [
            ([(&table, deny), (&Object::All, grant)], (true, true)),
            ([(&table, grant), (&Object::All, deny)], (false, false)),
            ([(&table, grant), (&Object::All, revoke)], (false, false)),
            ([(&Object::All, grant), (&table, deny)], (false, true)),
            ([(&Object::All, grant), (&table, revoke)], (true, true)),
            ([(&Object::All, deny), (&table, revoke)], (false, false)),
            ([(&Object::All, revoke), (&table, grant)], (true, false)),
        ] {
            let mut rights = Rights::default();
            steps.iter().for_each(|(object, to)| rights.set(Right::Read, object, *to).unwrap());
            let found = (rights.allow(Right::Read, &table), rights.allow(Right::Read, &other));
            assert_eq!(found, (here, there), "{steps:?}");
        }
        let mut rights = Rights::default();
        rights.set(Right::Read, &Object::All, deny).unwrap();
        assert_eq!(rights.set(Right::Read, &table, grant), Err(Object::All));
    }
}
