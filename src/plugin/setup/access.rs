//! What a user may, as far as `getUserAccess` tells.
use super::{Finding, Severity};
use crate::cluster::{Cluster, Host};
use crate::data::{Batch, Datum};
use crate::error::Result;

/// What a right is good for, how much its lack matters, and what the manual calls it. Rights over
/// databases are shown as those over tables, as states (`allow`) or, under `_allowed`, as lists.
const RIGHTS: &[(&str, Severity, &[&str])] = &[
    ("read its tables", Severity::Error, &["DB_READ", "TABLE_READ", "ACCESS_READ"]),
    ("add rows", Severity::Error, &["DB_INSERT", "TABLE_INSERT", "ACCESS_INSERT", "DB_WRITE", "TABLE_WRITE"]),
    (
        "remove rows, for the mode `replace` and for `mirror`",
        Severity::Warning,
        &["DB_DELETE", "TABLE_DELETE", "ACCESS_DELETE", "DB_WRITE", "TABLE_WRITE"],
    ),
    ("make databases, such as dfs://clusterSync for leases", Severity::Warning, &["DB_OWNER"]),
    ("make partitions, for `createPartitions`", Severity::Warning, &["DB_MANAGE", "DB_OWNER"]),
];

/// The first administrator has every right; others have those that they are given (manual of user
/// access control).
const SUPER: &str = "admin";

/// What is known of one right.
#[derive(Debug, PartialEq, Eq)]
enum Held {
    /// The server shows it, everywhere or for what it lists.
    Yes(String),
    No,
    /// The server has no such column.
    Untold,
}

/// What the caller may on this node.
pub(super) fn here(host: &mut dyn Host, user: &str) -> Vec<Finding> {
    const AREA: &str = "caller";
    let Ok(access) = access(host) else { return vec![untold(AREA, user)] };
    let standing = match is_administrator(&access) {
        Some(true) => format!("`{user}` is an administrator and may call every function"),
        Some(false) => format!(
            "`{user}` is no administrator, so functions that change clusters, options or files are refused"
        ),
        None => return vec![untold(AREA, user)],
    };
    let mut found = vec![Finding::ok(AREA, standing)];
    found.extend((user != SUPER).then(|| judged(AREA, user, &access, &RIGHTS[0])));
    found
}

/// What the user of a remote cluster may there.
pub(super) fn there(target: &mut dyn Cluster, area: &str, user: &str) -> Vec<Finding> {
    let Ok(access) = access(target) else { return vec![untold(area, user)] };
    match is_administrator(&access) {
        Some(true) if user == SUPER => vec![Finding::new(
            Severity::Ok,
            area,
            format!("`{user}` may do everything there"),
            "a user with no more rights than the sync needs is safer",
        )],
        Some(_) => RIGHTS.iter().map(|right| judged(area, user, &access, right)).collect(),
        None => vec![untold(area, user)],
    }
}

/// The row about the one who asks.
fn access(side: &mut (impl Cluster + ?Sized)) -> Result<Option<Batch>> {
    Ok(match side.query("select * from getUserAccess()")? {
        Datum::Table(rows) if rows.rows == 1 => Some(rows),
        _ => None,
    })
}

fn is_administrator(access: &Option<Batch>) -> Option<bool> {
    let flag = access.as_ref()?.column("isAdmin")?.integers().next().flatten()?;
    Some(flag == 1)
}

fn judged(
    area: &str,
    user: &str,
    access: &Option<Batch>,
    (what, severity, names): &(&str, Severity, &[&str]),
) -> Finding {
    let groups = access.as_ref().map(|rows| text(rows, "groups")).unwrap_or_default().unwrap_or_default();
    match access.as_ref().map_or(Held::Untold, |rows| held(rows, names)) {
        Held::Yes(scope) => Finding::ok(area, format!("`{user}` may {what}: {scope}")),
        Held::No if groups.is_empty() => {
            let advice = format!("grant {} to `{user}` where it is needed", names[0]);
            Finding::new(*severity, area, format!("`{user}` may not {what}"), advice)
        }
        Held::No => Finding::unknown(
            area,
            format!("whether `{user}` may {what} is not known: that depends on the groups {groups}"),
            format!("see that {} comes with them", names[0]),
        ),
        Held::Untold => Finding::unknown(
            area,
            format!("whether `{user}` may {what} is not known: this release does not show it"),
            format!("see that `{user}` has {}", names[0]),
        ),
    }
}

fn held(access: &Batch, names: &[&str]) -> Held {
    let mut is_shown = false;
    for name in names {
        let state = text(access, name);
        let list = text(access, &format!("{name}_allowed"));
        is_shown |= state.is_some() || list.is_some();
        if state.is_some_and(|state| state.eq_ignore_ascii_case("allow")) {
            return Held::Yes(format!("{name} everywhere"));
        }
        if let Some(list) = list.filter(|list| !list.trim().is_empty()) {
            return Held::Yes(format!("{name} on {list}"));
        }
    }
    if is_shown { Held::No } else { Held::Untold }
}

fn text(access: &Batch, name: &str) -> Option<String> {
    let column = access.column(name).filter(|column| column.ty.is_text())?;
    column.texts().next().map(|text| String::from_utf8_lossy(text).into_owned())
}

fn untold(area: &str, user: &str) -> Finding {
    Finding::unknown(
        area,
        format!("what `{user}` may is not known: old releases tell administrators only"),
        "let an administrator look at getUserAccess",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Column, Type};

    fn user(cells: &[(&str, &str)]) -> Option<Batch> {
        let columns =
            cells.iter().map(|(name, cell)| ((*name).to_owned(), Column::text(Type::String, [*cell])));
        Some(Batch { rows: 1, columns: columns.collect() })
    }

    fn severity(access: &Option<Batch>, right: usize) -> Severity {
        judged("B", "sync", access, &RIGHTS[right]).severity
    }

    #[test]
    fn rights_are_read_as_states_and_as_lists() {
        let states = user(&[("groups", ""), ("TABLE_READ", "allow"), ("DB_OWNER", "none")]);
        assert_eq!(
            [0, 1, 3].map(|right| severity(&states, right)),
            [Severity::Ok, Severity::Unknown, Severity::Warning]
        );
        let lists = user(&[("TABLE_READ_allowed", "dfs://db1/t"), ("TABLE_INSERT_allowed", "")]);
        assert_eq!([0, 1].map(|right| severity(&lists, right)), [Severity::Ok, Severity::Error]);
    }

    #[test]
    fn what_a_group_may_give_is_not_denied() {
        let grouped = user(&[("groups", "traders"), ("TABLE_INSERT", "none")]);
        assert_eq!(severity(&grouped, 1), Severity::Unknown);
        assert!(judged("B", "sync", &grouped, &RIGHTS[1]).fact.contains("traders"));
    }
}
