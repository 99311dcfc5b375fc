//! Built-ins around logging in and out (wire-protocol §5).

use super::args;
use crate::error::{Error, Result};
use crate::node::{GUEST, Scram};
use crate::script::{Native, Session};
use crate::value::Value;

pub const FUNCTIONS: &[Native] = &[
    Native::new("login", &["userId", "password", "encrypted"], 2, login),
    Native::new("logout", &["userId", "sessionOnly"], 0, logout),
    Native::new("getDynamicPublicKey", &[], 0, |session, _| {
        session.node.door.public_key().map(|key| Value::string(&key))
    }),
    Native::new("scramClientFirst", &["userId", "nonce"], 2, scram_first),
    Native::new("scramClientFinal", &["userId", "nonce", "proof"], 3, scram_final),
];

fn login(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let user = args::text("login", &args, 0, "userId")?;
    let password = args::text("login", &args, 1, "password")?;
    let (user, password) = match args::optional_bool("login", &args, 2, "encrypted", false)? {
        true => (session.node.door.decrypt(user)?, session.node.door.decrypt(password)?),
        false => (user.to_owned(), password.to_owned()),
    };
    session.node.authenticate(&user, &password)?;
    session.user = user;
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

/// Salt, iterations and both nonces. An unknown user gets them too, so that nobody can search for
/// names.
fn scram_first(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    require_known(session, "scramClientFirst")?;
    let user = args::text("scramClientFirst", &args, 0, "userId")?;
    let nonce = args::text("scramClientFirst", &args, 1, "nonce")?;
    let begun = session.node.door.challenge(session.id, user, nonce)?;
    Ok(Value::tuple(vec![
        Value::string(&begun.salt),
        Value::int(begun.iterations as i32),
        Value::string(&begun.nonce),
    ]))
}

/// The server's signature, for a client that has proven to know the password.
fn scram_final(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    require_known(session, "scramClientFinal")?;
    let user = args::text("scramClientFinal", &args, 0, "userId")?;
    let nonce = args::text("scramClientFinal", &args, 1, "nonce")?;
    let proof = args::text("scramClientFinal", &args, 2, "proof")?;
    let refused = || Error::runtime("The user name or password is incorrect.");
    let begun = session.node.door.begun(session.id).filter(|begun| begun.user == user).ok_or_else(refused)?;
    let password = session.node.users.read().get(user).map(|account| account.password.clone());
    let password = password.ok_or_else(refused)?;
    let signature = begun.settle(nonce, proof, &password).ok_or_else(refused)?;
    if session.node.switches.scram == Scram::LogsIn {
        session.user = user.to_owned();
    }
    Ok(Value::string(&signature))
}

/// Servers from before SCRAM answer as for any unknown function.
fn require_known(session: &Session, function: &str) -> Result<()> {
    match session.node.switches.scram {
        Scram::Unknown => Err(Error::syntax(format!("Can't recognize function name {function}"))),
        Scram::Proves | Scram::LogsIn => Ok(()),
    }
}
