//! Where a call works: the target it reaches, and the tables on both sides of it.
use std::time::Duration;

use super::caller;
use super::remote::{self, Sites};
use super::request::Request;
use super::watermark::wanted;
use crate::cluster::{Cluster, Host, tables};
use crate::data::Datum;
use crate::engine::Connect;
use crate::error::{Error, Kind, Result};
use crate::journal::Runs;
use crate::memory::Memory;
use crate::model::TableName;
use crate::plan::{Draft, prepare};

/// Where a call works: what the target is called, and where runs are kept.
pub(super) struct Site {
    pub(super) target: String,
    pub(super) remote: Option<String>,
    pub(super) user: String,
    pub(super) runs: Runs,
    /// Connects to the target with little patience, for what must not be late.
    pub(super) hasty: Box<dyn Fn() -> Result<Box<dyn Cluster + Send>> + Sync>,
    pub(super) memory: Memory,
}

/// Calls `work` with the remote that the argument `remote` means.
pub(super) fn connected(
    host: &mut dyn Host,
    remote: &Datum,
    request: &Request,
    work: impl FnOnce(&mut dyn Host, &Site, Connect) -> Result<Datum>,
) -> Result<Datum> {
    let sites: Sites = remote::resolve(host, remote, request.options.timeout)?;
    let site = Site {
        target: sites.label.clone(),
        remote: remote.as_str().map(str::to_owned),
        user: caller::user(host)?,
        runs: caller::runs(host)?,
        hasty: Box::new(hasty(&sites, request)),
        memory: caller::memory(host)?,
    };
    let connect = || sites.connect().map(|remote| Box::new(remote) as Box<dyn Cluster + Send>);
    work(host, &site, &connect)
}

fn hasty(sites: &Sites, request: &Request) -> impl Fn() -> Result<Box<dyn Cluster + Send>> + Sync + use<> {
    let hasty = sites.hasty((request.options.lease / 4).max(Duration::from_secs(1)));
    move || hasty.connect().map(|remote| Box::new(remote) as Box<dyn Cluster + Send>)
}

/// Every table of the call, all of them known to fit, and whether a window that was begun earlier
/// comes before the one that the call asks for.
pub(super) fn drafts(
    host: &mut dyn Host,
    request: &Request,
    site: &Site,
    connect: Connect,
) -> Result<(Vec<Draft>, bool)> {
    let names = match &request.table {
        Some(table) => vec![table.clone()],
        None => tables(host, &request.db)?,
    };
    if names.is_empty() {
        return Err(Error::new(Kind::NotFound, format!("database {} has no tables", request.db))
            .advise("name a database with tables"));
    }
    let mut target = connect()?;
    let asked = request.options.window.as_ref().map(|said| said.evaluate(host)).transpose()?;
    let (mut drafts, mut is_behind) = (Vec::new(), false);
    for name in &names {
        let table = TableName::new(&request.db, name);
        let (wanted, is_earlier) = wanted(host, request, site, asked.as_ref(), &table)?;
        is_behind |= is_earlier;
        let draft = prepare(host, &mut *target, &table, &wanted)?;
        drafts.push(Draft { target: site.target.clone(), ..draft });
    }
    Ok((drafts, is_behind))
}
