//! How safe a line has to be: `tls`, `ca` and `plainLogin`, of a dictionary or of `setCluster`.
use crate::cluster::Host;
use crate::data::Datum;
use crate::error::{Error, Kind, Result};
use crate::peers::Security;
use crate::plugin::call::caller;
use crate::wire::{Terms, Tls};

/// What PEM text begins with.
const PEM: &str = "-----BEGIN";

/// The members of `what` that say how safe; others are left to whoever knows them.
pub(in crate::plugin) fn of(host: &mut dyn Host, what: &str, given: &[(&str, &Datum)]) -> Result<Security> {
    let mut security = Security::default();
    for (name, value) in given {
        match *name {
            "tls" => security.tls = flag(what, name, value)?,
            "plainLogin" => security.plain_login = flag(what, name, value)?,
            "ca" => security.authorities = authorities(host, what, value)?,
            _ => {}
        }
    }
    match !security.authorities.is_empty() && !security.tls {
        true => Err(wrong(what, "ca", "is for TLS", "set `tls` to true as well")),
        false => Ok(security),
    }
}

/// What connections are made with.
pub(in crate::plugin) fn terms(security: &Security) -> Result<Terms> {
    let authorities = Some(security.authorities.as_str()).filter(|text| !text.is_empty());
    let tls = security.tls.then(|| Tls::new(authorities)).transpose()?;
    Ok(Terms { tls, plain_login: security.plain_login, ..Terms::default() })
}

fn flag(what: &str, name: &str, value: &Datum) -> Result<bool> {
    match value.as_i64() {
        Some(0) => Ok(false),
        Some(1) => Ok(true),
        _ => Err(wrong(what, name, "must be true or false", "correct it, or leave it out")),
    }
}

/// The text itself, or that of the file it names. Files are read with the rights of the server, so
/// that only administrators may name one.
fn authorities(host: &mut dyn Host, what: &str, value: &Datum) -> Result<String> {
    let advice = "give the path of a PEM file, or its text";
    let text = value.as_str().ok_or_else(|| wrong(what, "ca", "must be a string", advice))?.trim();
    if text.starts_with(PEM) {
        return Ok(text.to_owned());
    }
    if !text.starts_with('/') {
        return Err(wrong(what, "ca", "is neither a whole path nor PEM text", advice));
    }
    caller::administrator(host)?;
    let read = std::fs::read_to_string(text);
    read.map_err(|error| wrong(what, "ca", "cannot be read as a file", advice).caused_by(error))
}

fn wrong(what: &str, name: &str, how: &str, advice: &str) -> Error {
    Error::new(Kind::Argument, format!("`{name}` in {what} {how}")).advise(advice)
}
