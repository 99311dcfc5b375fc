//! `setCluster`, `getClusters`, `dropCluster`, `testCluster`: remote clusters by name.
pub(super) mod names;
pub(super) mod remote;
pub(super) mod security;

#[cfg(test)]
mod tests;

use std::thread;
use std::time::{Duration, Instant};

use crate::cluster::{Cluster, Host};
use crate::data::{Column, Datum, Type};
use crate::error::{Error, Kind, Result, panic_text};
use crate::model::Secret;
use crate::peers::{Peer, Peers, Security, Site};
use crate::plugin::call::arguments::{argument, text, usage};
use crate::plugin::call::caller;
use crate::plugin::call::table::{doubles, table, texts, times};
use crate::wire::{Endpoint, Remote};
use names::members;
use remote::resolve;
use security::terms;

/// The parameters of each function as the manual writes them.
pub(super) const SET: &str = "clusterSync::setCluster(name, sites, userId, password, [options])";
pub(super) const GET: &str = "clusterSync::getClusters()";
pub(super) const DROP: &str = "clusterSync::dropCluster(name)";
pub(super) const TEST: &str = "clusterSync::testCluster(remote)";

/// What the options of `setCluster` may say.
const SECURITY: &[&str] = &["tls", "ca", "plainLogin"];

/// How long a site under test may be silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// Keeps a cluster under a name, in place of an earlier one; says which of the two it did.
pub(super) fn set_cluster(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    if !(4..=5).contains(&args.len()) {
        return Err(usage(format!("setCluster takes 4 or 5 arguments, not {}", args.len()), SET));
    }
    let created_by = caller::administrator(host)?;
    let security = match argument(args, 4) {
        Datum::Void => Security::default(),
        options => security::of(host, "options", &members("options", options, SECURITY)?)?,
    };
    // What cannot be used must not be kept.
    terms(&security)?;
    let password = Secret::new(text(args, 3, "password", SET)?);
    let peer = Peer {
        name: text(args, 0, "name", SET)?.to_owned(),
        sites: Site::list(&sites(argument(args, 1))?)?,
        user: text(args, 2, "userId", SET)?.to_owned(),
        security,
        created_by,
        updated: caller::now(host)?,
    };
    let name = peer.name.clone();
    let replaced = Peers::under(&caller::home(host)?).set(peer, &password)?;
    Ok(done(&name, if replaced { "replaced" } else { "created" }))
}

/// Every cluster, without its password.
pub(super) fn get_clusters(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    require_count(args, 0, "getClusters", GET)?;
    caller::user(host)?;
    let peers = Peers::under(&caller::home(host)?).list()?;
    Ok(table([
        ("name", texts(&peers, |peer| &peer.name)),
        ("sites", texts(&peers, Peer::sites_text)),
        ("userId", texts(&peers, |peer| &peer.user)),
        ("createdBy", texts(&peers, |peer| &peer.created_by)),
        ("updated", times(&peers, |peer| Some(peer.updated))),
        (
            "tls",
            Column::fixed(Type::Bool, peers.iter().map(|peer| peer.security.tls.into()).collect::<Vec<u8>>()),
        ),
    ]))
}

/// Forgets a cluster and its password.
pub(super) fn drop_cluster(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    require_count(args, 1, "dropCluster", DROP)?;
    caller::administrator(host)?;
    let name = text(args, 0, "name", DROP)?;
    Peers::under(&caller::home(host)?).remove(name)?;
    Ok(done(name, "dropped"))
}

/// Logs in at every site of a cluster and says what came of it.
pub(super) fn test_cluster(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    require_count(args, 1, "testCluster", TEST)?;
    // A guest must not make this node knock at doors of its choice.
    caller::user(host)?;
    let sites = resolve(host, argument(args, 0), PATIENCE)?.endpoints;
    let visits = visit_all(&sites)?;
    let reachable: Vec<u8> = visits.iter().map(|visit| visit.outcome.is_ok().into()).collect();
    Ok(table([
        ("site", texts(&sites, Endpoint::label)),
        ("reachable", Column::fixed(Type::Bool, reachable)),
        ("version", texts(&visits, |visit| visit.outcome.as_deref().unwrap_or_default())),
        ("milliseconds", doubles(&visits, |visit| visit.took.as_secs_f64() * 1e3)),
        ("message", texts(&visits, |visit| visit.outcome.as_deref().err().map_or("", String::as_str))),
    ]))
}

/// What came of one site: its version or the reason, and how long that took.
pub(super) struct Visit {
    pub(super) outcome: std::result::Result<String, String>,
    pub(super) took: Duration,
}

/// All at once, so that dead sites are waited for together. The threads touch the network only,
/// never the server that called us.
pub(super) fn visit_all(sites: &[Endpoint]) -> Result<Vec<Visit>> {
    thread::scope(|scope| {
        let visits: Vec<_> = sites.iter().map(|site| scope.spawn(|| visit(site))).collect();
        visits.into_iter().map(|visit| visit.join().map_err(|panic| defect(panic_text(&*panic)))).collect()
    })
}

fn visit(site: &Endpoint) -> Visit {
    let started = Instant::now();
    let outcome = Remote::connect(site).and_then(|mut remote| version(&mut remote));
    Visit { outcome: outcome.map_err(|error| error.to_string()), took: started.elapsed() }
}

fn version(remote: &mut Remote) -> Result<String> {
    let answer = remote.query("version()")?;
    answer.as_str().map(str::to_owned).ok_or_else(|| {
        let message = format!("{} did not say which version it is", remote.label());
        Error::new(Kind::Protocol, message).advise("check that it is a DolphinDB server")
    })
}

fn defect(text: &str) -> Error {
    Error::new(Kind::Bug, format!("the test of a site broke off: {text}")).advise("please report it")
}

/// The text of `sites`: one string, or a vector of them.
fn sites(argument: &Datum) -> Result<String> {
    let listed = match argument {
        Datum::Vector(column) if column.ty.is_text() => {
            let sites: Vec<_> = column.texts().map(String::from_utf8_lossy).collect();
            Some(sites.join(","))
        }
        other => other.as_str().map(str::to_owned),
    };
    listed.ok_or_else(|| usage("sites must be a string or a vector of strings", SET))
}

/// The server checks this too; a function must not rely on it.
fn require_count(args: &[Datum], count: usize, name: &str, syntax: &str) -> Result<()> {
    match args.len() == count {
        true => Ok(()),
        false => Err(usage(format!("{name} takes {count} arguments, not {}", args.len()), syntax)),
    }
}

fn done(name: &str, action: &str) -> Datum {
    let text = |value| Column::text(Type::String, [value]);
    table([("name", text(name)), ("action", text(action))])
}
