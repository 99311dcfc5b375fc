//! Who calls a function, and whether that user may.
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

use crate::cluster::Host;
use crate::data::Datum;
use crate::error::{Error, Kind, Result};
use crate::journal::Runs;
use crate::memory::Memory;
use crate::owner;
use crate::peers;

/// Who has not logged in (manual of `getCurrentSessionAndUser`).
const GUEST: &str = "guest";

/// The caller's name; a guest is refused.
pub(in crate::plugin) fn user(host: &mut dyn Host) -> Result<String> {
    // A tuple of session id, user and, in later releases, the client's address: manual of
    // `getCurrentSessionAndUser`, since 2.00.5.
    let answer = host.node().query("getCurrentSessionAndUser()")?;
    let name = match &answer {
        Datum::Tuple(items) => items.get(1).and_then(Datum::as_str),
        _ => None,
    };
    match name {
        None | Some("") => Err(unexpected(host, "getCurrentSessionAndUser()")),
        Some(GUEST) => Err(Error::new(Kind::Login, "guests may not use clusterSync").advise("log in first")),
        Some(name) => Ok(name.to_owned()),
    }
}

/// The caller's name; only an administrator is let through.
pub(in crate::plugin) fn administrator(host: &mut dyn Host) -> Result<String> {
    let name = user(host)?;
    // Without arguments it is about the caller, one row; `isAdmin` tells administrators (manual of
    // `getUserAccess`). Old manuals let administrators alone call it, so a refusal says no as well.
    let answer = host.node().query("exec isAdmin from getUserAccess()");
    let refused = || {
        Error::new(
            Kind::Login,
            format!("only an administrator may change clusters or files, `{name}` is none"),
        )
        .advise("log in as an administrator")
    };
    match answer {
        Ok(Datum::Vector(column)) if column.rows == 1 && column.integers().eq([Some(1)]) => Ok(name),
        Ok(_) => Err(refused()),
        Err(error) => Err(refused().caused_by(error)),
    }
}

/// The node's home directory.
pub(in crate::plugin) fn home(host: &mut dyn Host) -> Result<PathBuf> {
    let answer = host.node().query("getHomeDir()")?;
    let home = answer.as_str().map(PathBuf::from).filter(|home| home.is_absolute());
    home.ok_or_else(|| unexpected(host, "getHomeDir()"))
}

/// The runs of this node, for a caller who is no guest.
pub(in crate::plugin) fn runs(host: &mut dyn Host) -> Result<Runs> {
    user(host)?;
    Ok(Runs::within(&peers::folder(&home(host)?)))
}

/// Makes sure that no other node writes into the state of this one.
pub(in crate::plugin) fn claim(host: &mut dyn Host) -> Result<()> {
    let folder = peers::folder(&home(host)?);
    let who = format!("node {}, process {}", alias(host)?, std::process::id());
    let made = DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    match made.and_then(|()| owner::claim(&folder, &who)) {
        Ok(None) => Ok(()),
        Ok(Some(other)) => {
            let what = format!("{} is in use by another node ({other})", folder.display());
            Err(Error::new(Kind::State, what).advise("give every node a home directory of its own"))
        }
        Err(error) => Err(Error::new(Kind::State, format!("{} cannot be used ({error})", folder.display()))
            .advise("check the node's home directory and its disk")
            .caused_by(error)),
    }
}

fn alias(host: &mut dyn Host) -> Result<String> {
    let answer = host.node().query("getNodeAlias()")?;
    answer.as_str().map(str::to_owned).ok_or_else(|| unexpected(host, "getNodeAlias()"))
}

/// Who calls on which node, for people who wonder whose run is in their way.
pub(in crate::plugin) fn holder(host: &mut dyn Host) -> Result<String> {
    let alias = alias(host)?;
    Ok(format!("{} on {alias}", user(host)?))
}

/// What this node remembers of tables, for a caller who is no guest.
pub(in crate::plugin) fn memory(host: &mut dyn Host) -> Result<Memory> {
    user(host)?;
    Ok(Memory::within(&peers::folder(&home(host)?)))
}

/// Milliseconds since 1970 by the node's clock, in the time zone in which it shows times.
pub(in crate::plugin) fn now(host: &mut dyn Host) -> Result<i64> {
    let answer = host.node().query("now()")?;
    answer.as_i64().ok_or_else(|| unexpected(host, "now()"))
}

fn unexpected(host: &mut dyn Host, question: &str) -> Error {
    Error::new(Kind::Protocol, format!("{} gave no usable answer to {question}", host.node().label()))
        .advise("report this with the server's release")
}
