//! Built-ins around users: who one is, and who may what.
use std::sync::Arc;

use super::args;
use crate::error::{Class, Error, Result};
use crate::node::Account;
use crate::script::{Native, Session};
use crate::value::{Data, Table, Type, Value, Vector};

pub const FUNCTIONS: &[Native] = &[
    Native::new("getCurrentSessionAndUser", &[], 0, current),
    Native::new("createUser", &["userId", "password", "groupIds", "isAdmin"], 2, create),
    Native::new("getUserAccess", &["userIds", "finalAccess"], 0, access),
];

/// Session number, user, remote address and remote port; nobody is behind a job.
fn current(session: &mut Session, _: Vec<Value>) -> Result<Value> {
    let (address, port) =
        session.peer.map_or((String::new(), 0), |peer| (peer.ip().to_string(), peer.port()));
    Ok(Value::tuple(vec![
        Value::long(session.id as i64),
        Value::string(&session.user),
        Value::string(&address),
        Value::int(port.into()),
    ]))
}

/// For administrators only, as the manual says; the names follow its rules. How a server words the
/// refusals is not documented `[U]`.
fn create(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    require_admin(session, "createUser")?;
    let user = args::text("createUser", &args, 0, "userId")?;
    let password = args::text("createUser", &args, 1, "password")?;
    let is_admin = args::optional_bool("createUser", &args, 3, "isAdmin", false)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let starts = user.starts_with(|c: char| c.is_ascii_alphabetic());
    if !starts || user.len() > 30 || !user.chars().all(fits) {
        return Err(args::bad("createUser", "userId", "must be letters, digits and _, a letter first"));
    }
    if password.chars().any(|c| c == ' ' || c.is_control()) {
        return Err(args::bad("createUser", "password", "must not contain spaces or control characters"));
    }
    if args::given(&args, 2).is_some() {
        return Err(Error::runtime("minnow has no groups."));
    }
    let mut users = session.node.users.write();
    if users.contains_key(user) {
        return Err(Error::runtime(format!("The user {user} already exists.")));
    }
    users.insert(user.to_owned(), Account { password: password.to_owned(), is_admin });
    Ok(Value::Void)
}

/// The first columns of what a server shows. Without arguments it is about the caller, whom old
/// manuals require to be an administrator; later ones do not. A guest has no rights to show `[U]`.
fn access(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let asked =
        args::given(&args, 0).map(|_| args::texts("getUserAccess", &args, 0, "userIds")).transpose()?;
    if asked.is_some() {
        require_admin(session, "getUserAccess")?;
    }
    let users = asked.unwrap_or_else(|| vec![session.user.clone()]);
    let accounts = session.node.users.read();
    if let Some(unknown) = users.iter().find(|user| !accounts.contains_key(*user)) {
        return Err(Error::runtime(format!("The user {unknown} does not exist.")));
    }
    let flags = users.iter().map(|user| accounts[user].is_admin.into()).collect();
    Ok(Value::Table(Arc::new(Table::of([
        ("userId", Vector::strings(Type::String, users.iter().map(String::as_str))),
        ("groups", Vector::strings(Type::String, users.iter().map(|_| ""))),
        ("isAdmin", Vector::new(Type::Bool, Data::I8(flags))),
    ]))))
}

fn require_admin(session: &Session, function: &str) -> Result<()> {
    if session.node.is_admin(&session.user) {
        return Ok(());
    }
    let text = format!("<NoPrivilege>Only an administrator can execute {function}.");
    Err(Error { class: Class::NoPrivilege, function: String::new(), text })
}

#[cfg(test)]
mod tests {
    use crate::node::{Node, Site};
    use crate::script::Session;

    #[test]
    fn only_administrators_make_users_and_look_at_others() {
        let home = tempfile::tempdir().unwrap();
        let site = Site { host: "127.0.0.1".into(), port: 0, alias: "local".into() };
        let mut session = Session::new(Node::open(home.path(), &site, "3.00.3").unwrap());
        let mut admin = |source: &str| session.run(source).map(|value| value.as_i64());
        assert!(admin("getUserAccess()").is_err(), "a guest has no rights");
        admin("login(`admin, `123456)").unwrap();
        assert_eq!(admin("exec first(isAdmin) from getUserAccess()").unwrap(), Some(1));
        admin("createUser(`carol, \"Pa55word\")").unwrap();
        admin("createUser(`dave, \"Pa55word\", , true)").unwrap();
        for wrong in ["`carol, `x", "`1st, `x", "`erin, \"a b\"", "`erin, `x, `group"] {
            assert!(admin(&format!("createUser({wrong})")).is_err(), "{wrong}");
        }
        assert_eq!(admin("exec sum(int(isAdmin)) from getUserAccess(`carol`dave)").unwrap(), Some(1));

        admin("login(`carol, \"Pa55word\")").unwrap();
        assert_eq!(admin("exec first(isAdmin) from getUserAccess()").unwrap(), Some(0));
        for wrong in ["createUser(`erin, `x)", "getUserAccess(`dave)"] {
            assert!(admin(wrong).unwrap_err().text.starts_with("<NoPrivilege>"), "{wrong}");
        }
    }
}
