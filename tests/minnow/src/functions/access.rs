//! Granting, denying and revoking what users may do, and showing it (the manual's user access control).
//! There are no groups here, and no rights but those on databases and tables.
use std::sync::Arc;

use super::args;
use super::users::require_admin;
use crate::error::{Error, Result};
use crate::node::{Object, Right, Rights, SUPER_ADMIN};
use crate::script::{Native, Session};
use crate::value::{Data, Table, Type, Value, Vector};

const RULE: &[&str] = &["userId", "accessType", "objs"];

pub const FUNCTIONS: &[Native] = &[
    Native::new("grant", RULE, 2, |session, args| rule(session, "grant", &args, Some(true))),
    Native::new("deny", RULE, 2, |session, args| rule(session, "deny", &args, Some(false))),
    Native::new("revoke", RULE, 2, |session, args| rule(session, "revoke", &args, None)),
    Native::new("getUserAccess", &["userIds", "finalAccess"], 0, access),
];

/// The access types that minnow has; what they are about shows in `objects`.
pub const ACCESS_TYPES: [&str; 14] = [
    "TABLE_READ",
    "TABLE_WRITE",
    "TABLE_INSERT",
    "TABLE_UPDATE",
    "TABLE_DELETE",
    "DB_READ",
    "DB_WRITE",
    "DB_INSERT",
    "DB_UPDATE",
    "DB_DELETE",
    "DBOBJ_CREATE",
    "DBOBJ_DELETE",
    "DB_MANAGE",
    "DB_OWNER",
];

fn rights_of(access: &str) -> &'static [Right] {
    match access {
        "TABLE_READ" | "DB_READ" => &[Right::Read],
        "TABLE_WRITE" | "DB_WRITE" => &[Right::Insert, Right::Update, Right::Delete],
        "TABLE_INSERT" | "DB_INSERT" => &[Right::Insert],
        "TABLE_UPDATE" | "DB_UPDATE" => &[Right::Update],
        "TABLE_DELETE" | "DB_DELETE" => &[Right::Delete],
        "DBOBJ_CREATE" => &[Right::CreateTables],
        "DBOBJ_DELETE" => &[Right::DropTables],
        "DB_MANAGE" => &[Right::Manage],
        "DB_OWNER" => &[Right::Own],
        _ => &[],
    }
}

/// An administrator may say anything; who has made a database with DB_OWNER, what others may do with
/// it. Nobody takes rights from the super administrator.
fn rule(session: &mut Session, function: &str, args: &[Value], to: Option<bool>) -> Result<Value> {
    let user = args::text(function, args, 0, "userId")?;
    let access = args::text(function, args, 1, "accessType")?;
    let rights = rights_of(access);
    if rights.is_empty() {
        return Err(args::bad(function, "accessType", "is none that minnow has"));
    }
    let objects = objects(session, function, access, args)?;
    if !objects.iter().all(|object| owns(session, access, object)) {
        require_admin(session, function)?;
    }
    let mut users = session.node.users.write();
    let account =
        users.get_mut(user).ok_or_else(|| Error::runtime(format!("The user {user} does not exist.")))?;
    let mut changed = account.rights.clone();
    for object in &objects {
        if to == Some(false) && matches!(object, Object::Databases(_)) {
            return Err(args::bad(function, "objs", "must be no prefix: those are granted and revoked only"));
        }
        for right in rights {
            changed.set(*right, object, to).map_err(|denied| conflict(object, &denied))?;
        }
    }
    if user != SUPER_ADMIN {
        account.rights = changed;
    }
    Ok(Value::Void)
}

/// As the manual's tutorial on access control quotes it.
fn conflict(granted: &Object, denied: &Object) -> Error {
    Error::runtime(format!("Invalid grant: grant [{granted}] and [deny {denied}] are in conflict"))
}

fn owns(session: &Session, access: &str, object: &Object) -> bool {
    let url = match object {
        Object::Database(url) | Object::Table(url, _) => url,
        _ => return false,
    };
    let made = session.node.store.database(url).is_ok_and(|database| database.owner == session.user);
    made && !matches!(access, "DB_MANAGE" | "DB_OWNER")
        && session.node.may(&session.user, Right::Own, &Object::Database(url.clone()))
}

/// What the rule is about: tables for TABLE_*, databases for the others, prefixes for DB_OWNER.
fn objects(session: &Session, function: &str, access: &str, args: &[Value]) -> Result<Vec<Object>> {
    if args::given(args, 2).is_none() {
        return Ok(vec![Object::All]);
    }
    let object = |text: String| {
        let wrong = |what: &str| args::bad(function, "objs", what);
        if text == "*" {
            return Ok(Object::All);
        }
        if !text.starts_with("dfs://") {
            return Err(wrong("must be *, or start with dfs://"));
        }
        if access.starts_with("TABLE_") {
            let (url, name) = text
                .rsplit_once('/')
                .filter(|(url, _)| url.len() > "dfs://".len())
                .ok_or_else(|| wrong("must be tables"))?;
            return Ok(Object::Table(url.to_owned(), name.to_owned()));
        }
        if access == "DB_OWNER" {
            let prefix = text.strip_suffix('*').ok_or_else(|| wrong("must end with * for DB_OWNER"))?;
            return Ok(Object::Databases(prefix.to_owned()));
        }
        if access == "DB_MANAGE" && !session.node.store.has_database(&text) {
            return Err(Error::runtime(format!("The database [{text}]  does not exist")));
        }
        Ok(Object::Database(text))
    };
    args::texts(function, args, 2, "objs")?.into_iter().map(object).collect()
}

/// Some of the columns that a server shows. Without arguments it is about the caller; to ask about
/// others one must be an administrator. A guest has no rights to show `[U]`.
fn access(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let asked =
        args::given(&args, 0).map(|_| args::texts("getUserAccess", &args, 0, "userIds")).transpose()?;
    if asked.as_ref().is_some_and(|users| users.iter().any(|user| *user != session.user)) {
        require_admin(session, "getUserAccess")?;
    }
    let users = asked.unwrap_or_else(|| vec![session.user.clone()]);
    let accounts = session.node.users.read();
    if let Some(unknown) = users.iter().find(|user| !accounts.contains_key(*user)) {
        return Err(Error::runtime(format!("The user {unknown} does not exist.")));
    }
    let texts = |of: &dyn Fn(&str) -> String| {
        let cells: Vec<String> = users.iter().map(|user| of(user)).collect();
        Arc::new(Vector::strings(Type::String, cells.iter().map(String::as_str)))
    };
    let flags = users.iter().map(|user| accounts[user].is_admin.into()).collect();
    let mut columns = vec![
        ("userId".to_owned(), texts(&str::to_owned)),
        ("groups".to_owned(), texts(&|_| String::new())),
        ("isAdmin".to_owned(), Arc::new(Vector::new(Type::Bool, Data::I8(flags)))),
    ];
    for (right, name, _) in SHOWN {
        let state = |user: &str| match user {
            SUPER_ADMIN => "allow".to_owned(),
            _ => accounts[user].rights.state(right).to_owned(),
        };
        columns.push((name.to_owned(), texts(&state)));
    }
    for (right, _, kinds) in SHOWN {
        for kind in kinds {
            for (allowed, state) in [(true, "allowed"), (false, "denied")] {
                let list = |user: &str| listed(&accounts[user].rights, right, allowed, kind);
                columns.push((format!("{kind}_{state}"), texts(&list)));
            }
        }
    }
    let (names, columns) = columns.into_iter().unzip();
    Ok(Value::Table(Table { names, columns }.into()))
}

/// A right, the column that says whether everything is allowed, and those that list objects.
const SHOWN: [(Right, &str, &[&str]); 8] = [
    (Right::Read, "ACCESS_READ", &["TABLE_READ", "DB_READ"]),
    (Right::Insert, "ACCESS_INSERT", &["TABLE_INSERT", "DB_INSERT"]),
    (Right::Update, "ACCESS_UPDATE", &["TABLE_UPDATE", "DB_UPDATE"]),
    (Right::Delete, "ACCESS_DELETE", &["TABLE_DELETE", "DB_DELETE"]),
    (Right::CreateTables, "DBOBJ_CREATE", &["DBOBJ_CREATE"]),
    (Right::DropTables, "DBOBJ_DELETE", &["DBOBJ_DELETE"]),
    (Right::Manage, "DB_MANAGE", &["DB_MANAGE"]),
    (Right::Own, "DB_OWNER", &["DB_OWNER"]),
];

/// The tables, or else the databases, by comma.
fn listed(rights: &Rights, right: Right, allowed: bool, kind: &str) -> String {
    let tables = kind.starts_with("TABLE_");
    let objects = rights.objects(right, allowed).into_iter();
    let chosen = objects.filter(|object| matches!(object, Object::Table(..)) == tables);
    chosen.map(ToString::to_string).collect::<Vec<_>>().join(",")
}
