//! `checkSetup`: what syncs need on this node and at its remote clusters, each fact looked up and
//! judged, with what to do about it.
mod access;
mod clock;
mod disk;
mod peer;
mod server;

use crate::cluster::Host;
use crate::data::Datum;
use crate::error::{Error, Result};
use crate::peers::Peers;
use crate::plugin::call::arguments::argument;
use crate::plugin::call::caller;
use crate::plugin::call::table::{table, texts};

/// The parameters as the manual writes them.
pub(super) const CHECK: &str = "clusterSync::checkSetup([remote])";

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Severity {
    /// As it should be.
    Ok,
    /// The server does not tell.
    Unknown,
    /// Works, until something happens.
    Warning,
    /// Keeps syncs, or the node, from working.
    Error,
}

impl Severity {
    fn name(self) -> &'static str {
        match self {
            Severity::Ok => "OK",
            Severity::Unknown => "UNKNOWN",
            Severity::Warning => "WARNING",
            Severity::Error => "ERROR",
        }
    }
}

/// One fact.
#[derive(Clone, Debug)]
struct Finding {
    severity: Severity,
    area: String,
    fact: String,
    advice: String,
}

impl Finding {
    fn new(severity: Severity, area: &str, fact: impl Into<String>, advice: impl Into<String>) -> Self {
        Finding { severity, area: area.to_owned(), fact: fact.into(), advice: advice.into() }
    }

    fn ok(area: &str, fact: impl Into<String>) -> Self {
        Finding::new(Severity::Ok, area, fact, "")
    }

    fn unknown(area: &str, fact: impl Into<String>, advice: impl Into<String>) -> Self {
        Finding::new(Severity::Unknown, area, fact, advice)
    }

    fn warning(area: &str, fact: impl Into<String>, advice: impl Into<String>) -> Self {
        Finding::new(Severity::Warning, area, fact, advice)
    }

    fn error(area: &str, fact: impl Into<String>, advice: impl Into<String>) -> Self {
        Finding::new(Severity::Error, area, fact, advice)
    }

    /// What a failure means, in its own words.
    fn failure(area: &str, error: &Error) -> Self {
        Finding::error(area, error.message(), error.advice())
    }

    /// The finding of a look that may fail.
    fn of(area: &str, looked: Result<Finding>) -> Self {
        looked.unwrap_or_else(|error| Finding::failure(area, &error))
    }
}

/// Every finding, those about this node first.
pub(super) fn check_setup(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    let user = caller::user(host)?;
    let home = caller::home(host)?;
    let remotes = match argument(args, 0) {
        // What keeps the list from being read is a finding of its own.
        Datum::Void => Peers::under(&home).list().unwrap_or_default().iter().map(named).collect(),
        given => vec![given.clone()],
    };
    let mut found = access::here(host, &user);
    found.extend(disk::findings(host, &home));
    found.extend(server::findings(host, &home));
    for remote in &remotes {
        found.extend(peer::findings(host, remote)?);
    }
    Ok(table([
        ("severity", texts(&found, |finding| finding.severity.name())),
        ("area", texts(&found, |finding| &finding.area)),
        ("finding", texts(&found, |finding| &finding.fact)),
        ("advice", texts(&found, |finding| &finding.advice)),
    ]))
}

fn named(peer: &crate::peers::Peer) -> Datum {
    Datum::text(&peer.name)
}
