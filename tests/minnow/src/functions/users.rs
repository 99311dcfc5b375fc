//! Built-ins around users: logging in and out, and who one is.
use super::args;
use crate::error::{Error, Result};
use crate::script::{Native, Session};
use crate::value::Value;
use std::sync::Arc;

pub const FUNCTIONS: &[Native] = &[
    Native::new("login", &["userId", "password", "encrypted"], 2, login),
    Native::new("logout", &["userId", "sessionOnly"], 0, logout),
    Native::new("getCurrentSessionAndUser", &[], 0, current),
];

/// Who has not logged in.
const GUEST: &str = "guest";

fn login(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let user = args::text("login", &args, 0, "userId")?;
    let password = args::text("login", &args, 1, "password")?;
    if args::optional_bool("login", &args, 2, "encrypted", false)? {
        return Err(Error::runtime("minnow has no key pair, so it takes plain logins only."));
    }
    session.node.authenticate(user, password)?;
    session.user = user.to_owned();
    Ok(Value::bool(true))
}

/// Ends the caller's own login; that of another user would concern other sessions.
fn logout(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    if let Some(user) = args::optional_text("logout", &args, 0, "userId")?
        && user != session.user
    {
        return Err(Error::runtime("minnow logs out the current user only."));
    }
    session.user = GUEST.to_owned();
    Ok(Value::Void)
}

/// Session number, user, remote address and remote port; nobody is behind a job.
fn current(session: &mut Session, _: Vec<Value>) -> Result<Value> {
    let (address, port) =
        session.peer.map_or((String::new(), 0), |peer| (peer.ip().to_string(), peer.port()));

    Ok(Value::Tuple(Arc::new(vec![
        Value::long(session.id as i64),
        Value::string(&session.user),
        Value::string(&address),
        Value::int(port.into()),
    ])))
}
