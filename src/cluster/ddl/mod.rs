//! The script that builds a database or a table: what `schema` tells, fitted to a release, written
//! as calls.
mod ask;
mod fit;
mod function;
#[cfg(test)]
mod tests;
mod write;

pub use ask::{database, table};
pub use fit::Fitted;
pub use write::{Call, comments, create_database, create_table};

use super::{Cluster, Release};
use crate::error::{Kind, Result};
use crate::model::{DatabaseDesign, TableDesign};

/// What no script here builds again, whatever the database.
const ELSEWHERE: &str =
    "users and their rights, owners, the number of replicas and indexes are not part of it";

/// The script of a database, or of some of its tables, for people and servers to read. A table that no
/// script of `release` can build is a comment with the reason.
///
/// # Errors
/// `Schema` for a database that no script of `release` can build; those of `tables` of another kind.
pub fn script(
    cluster: &(impl Cluster + ?Sized),
    release: Release,
    database: Option<&DatabaseDesign>,
    tables: Vec<Result<TableDesign>>,
) -> Result<String> {
    let mut lines = vec![format!("// As {} tells, release {release}; {ELSEWHERE}.", cluster.label())];
    let mut add = |notes: Vec<String>, calls: Vec<Call>| {
        lines.push(String::new());
        lines.extend(notes.iter().map(|note| format!("// {note}.")));
        lines.extend(calls.iter().map(Call::pretty));
    };
    if let Some(database) = database {
        let fitted = Fitted::database(database, release)?;
        add(fitted.notes, vec![create_database(&fitted.design)]);
    }
    for table in tables {
        match table.and_then(|table| Fitted::table(&table, release)) {
            Ok(Fitted { design, notes }) => {
                add(notes, [create_table(&design)].into_iter().chain(comments(&design)).collect());
            }
            Err(error) if error.kind() == Kind::Schema => add(vec![error.to_string()], Vec::new()),
            Err(error) => return Err(error),
        }
    }
    Ok(lines.join("\n") + "\n")
}
