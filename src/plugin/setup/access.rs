//! What a user may, as far as `getUserAccess` tells.
use super::{Finding, Severity};
use crate::cluster::{Access, Cluster, Held, Host, SUPER};

/// What a right is good for, how much its lack matters, and what the manual calls it.
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

/// What the caller may on this node.
pub(super) fn here(host: &mut dyn Host, user: &str) -> Vec<Finding> {
    const AREA: &str = "caller";
    let Some(access) = Access::of(host) else { return vec![untold(AREA, user)] };
    let standing = match access.is_administrator() {
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
    let Some(access) = Access::of(target) else { return vec![untold(area, user)] };
    match access.is_administrator() {
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

fn judged(
    area: &str,
    user: &str,
    access: &Access,
    (what, severity, names): &(&str, Severity, &[&str]),
) -> Finding {
    match access.holds(names) {
        Held::Yes(scope) => Finding::ok(area, format!("`{user}` may {what}: {scope}")),
        Held::No => {
            let advice = format!("grant {} to `{user}` where it is needed", names[0]);
            Finding::new(*severity, area, format!("`{user}` may not {what}"), advice)
        }
        Held::Grouped(groups) => Finding::unknown(
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

fn untold(area: &str, user: &str) -> Finding {
    Finding::unknown(
        area,
        format!("what `{user}` may is not known: old releases tell administrators only"),
        "let an administrator look at getUserAccess",
    )
}
