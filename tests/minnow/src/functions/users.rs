//! Built-ins around users: who one is, and who there is.
use super::args;
use crate::error::{Class, Error, Result};
use crate::node::{Account, Rights, SUPER_ADMIN};
use crate::script::{Native, Session};
use crate::value::Value;

pub const FUNCTIONS: &[Native] = &[
    Native::new("getCurrentSessionAndUser", &[], 0, current),
    Native::new("createUser", &["userId", "password", "groupIds", "isAdmin"], 2, create),
    Native::new("deleteUser", &["userId"], 1, delete),
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
    users.insert(
        user.to_owned(),
        Account { password: password.to_owned(), is_admin, rights: Rights::default() },
    );
    Ok(Value::Void)
}

/// The user's rights go along (the manual's deleteUser). The super administrator stays.
fn delete(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    require_admin(session, "deleteUser")?;
    let user = args::text("deleteUser", &args, 0, "userId")?;
    if user == SUPER_ADMIN {
        return Err(Error::runtime("The super administrator cannot be deleted."));
    }
    let removed = session.node.users.write().remove(user);
    removed.map(|_| Value::Void).ok_or_else(|| Error::runtime(format!("The user {user} does not exist.")))
}

/// How a server words the refusal is not documented `[U]`.
pub fn require_admin(session: &Session, function: &str) -> Result<()> {
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
