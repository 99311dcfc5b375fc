//! The `remote` dictionary: where the other cluster is and who logs in.
use std::time::Duration;

use super::names::members;
use crate::data::Datum;
use crate::error::{Error, Kind, Result};
use crate::model::Secret;
use crate::wire::Endpoint;

const KNOWN: &[&str] = &["host", "port", "userId", "password"];

/// Connecting is quick or hopeless, however patient the user is with a busy server.
const LONGEST_CONNECT: Duration = Duration::from_secs(10);

/// The endpoint that `remote` describes. No message repeats a value of it.
pub(super) fn endpoint(remote: &Datum, timeout: Duration) -> Result<Endpoint> {
    let given = members("remote", remote, KNOWN)?;
    let member = |name: &str| {
        let value = given.iter().find(|(own, _)| *own == name).map(|(_, value)| *value);
        value.ok_or_else(|| wrong(name, "is missing"))
    };
    let text = |name: &str| {
        let value = member(name)?.as_str().map(str::to_owned);
        value.ok_or_else(|| wrong(name, "must be a string"))
    };
    let host = text("host")?.trim().to_owned();
    if host.is_empty() {
        return Err(wrong("host", "must not be empty"));
    }
    Ok(Endpoint {
        host,
        port: port(member("port")?)?,
        user: text("userId")?,
        password: Secret::new(text("password")?),
        connect_timeout: timeout.min(LONGEST_CONNECT),
        io_timeout: timeout,
    })
}

/// The port, as a number or, in a dictionary of strings, as its digits.
fn port(value: &Datum) -> Result<u16> {
    let number = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
    let port = number.and_then(|number| u16::try_from(number).ok()).filter(|port| *port > 0);
    port.ok_or_else(|| wrong("port", "must be a whole number from 1 to 65535"))
}

fn wrong(name: &str, how: &str) -> Error {
    Error::new(Kind::Argument, format!("`{name}` in remote {how}"))
        .advise("give remote as a dictionary of host, port, userId and password")
}
