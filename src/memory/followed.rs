//! How far a followed table has come.
use serde::{Deserialize, Serialize};

use super::Memory;
use crate::error::Result;

const KIND: &str = "followed";
const VERSION: u32 = 1;

/// Which table at which target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followed {
    /// What messages call the target.
    pub target: String,
    /// The database.
    pub db: String,
    /// The table.
    pub table: String,
}

/// What following it has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// The call that follows it, or was the last to.
    pub run: String,
    /// Whose call it is.
    pub user: String,
    /// Whether the target was seen to hold nothing but what the source holds, so that what differs
    /// there since is out of date and nobody else's.
    pub is_own: bool,
    /// The target's sites then: another cluster under the same name is another target.
    pub sites: Vec<String>,
    /// Everything that the source held at this time, in milliseconds since 1970, UTC, is verified.
    pub through: Option<i64>,
    /// When it was looked at last, in the same way.
    pub looked: Option<i64>,
    /// How often it was looked at.
    pub rounds: u64,
    /// How often something had to be sent or removed.
    pub changes: u64,
    /// The rows that were sent.
    pub rows: u64,
    /// How many of the last rounds failed, one after the other.
    pub failures: u32,
    /// Why the last one did.
    pub message: String,
    /// The last run that sent something.
    pub last_run: String,
}

impl Memory {
    /// What following the table has come to; nothing the first time.
    ///
    /// # Errors
    /// `State` when the file cannot be read or relied on.
    pub fn followed(&self, key: &Followed) -> Result<Standing> {
        self.read(key, KIND, VERSION).map(Option::unwrap_or_default)
    }

    /// Notes what it has come to.
    ///
    /// # Errors
    /// `State` when the file cannot be written.
    pub fn follow(&self, key: &Followed, progress: &Standing) -> Result<()> {
        self.write(key, KIND, VERSION, progress.clone())
    }

    /// Every table that was ever followed, by target, database and name.
    ///
    /// # Errors
    /// As [`Memory::followed`].
    pub fn all_followed(&self) -> Result<Vec<(Followed, Standing)>> {
        let mut all: Vec<(Followed, Standing)> = self.all(KIND, VERSION)?;
        all.sort_by(|(one, _), (other, _)| {
            (&one.target, &one.db, &one.table).cmp(&(&other.target, &other.db, &other.table))
        });
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_followed_table_is_listed_with_what_was_noted_last() {
        let home = tempfile::tempdir().unwrap();
        let memory = Memory::within(home.path());
        assert_eq!(memory.all_followed().unwrap(), []);
        let key = |table: &str| Followed { target: "B".into(), db: "dfs://db".into(), table: table.into() };
        let progress = |rounds| Standing { rounds, through: Some(7), is_own: true, ..Standing::default() };
        for (table, rounds) in [("b", 1), ("a", 2), ("b", 3)] {
            memory.follow(&key(table), &progress(rounds)).unwrap();
        }
        assert_eq!(memory.followed(&key("b")).unwrap(), progress(3));
        assert_eq!(memory.followed(&key("c")).unwrap(), Standing::default());
        assert_eq!(memory.all_followed().unwrap(), [(key("a"), progress(2)), (key("b"), progress(3))]);
    }
}
