//! A remote cluster: can it be reached, by whom, how safely, and does it fit this node?
use std::time::Duration;

use super::{Finding, access, clock, server};
use crate::cluster::{Cluster, Host};
use crate::data::Datum;
use crate::error::Result;
use crate::lease;
use crate::plugin::clusters::remote::{Sites, resolve};
use crate::plugin::clusters::visit_all;
use crate::wire::Endpoint;

/// How long a site may be silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a remote, by name or as a dictionary, is like.
///
/// # Errors
/// When `remote` is none.
pub(super) fn findings(host: &mut dyn Host, remote: &Datum) -> Result<Vec<Finding>> {
    let sites = resolve(host, remote, PATIENCE)?;
    let area = sites.label.clone();
    let mut found = Vec::new();
    for (site, visit) in sites.endpoints.iter().zip(visit_all(&sites.endpoints)?) {
        found.push(match visit.outcome {
            Ok(version) => Finding::ok(
                &area,
                format!(
                    "{} lets `{}` in, in {:.0} ms, and is {version}",
                    site.label(),
                    site.user,
                    visit.took.as_secs_f64() * 1e3
                ),
            ),
            Err(why) => Finding::error(&area, why, "syncs go by the other sites, if there are any"),
        });
        found.push(safety(&area, site));
    }
    match sites.connect() {
        Ok(mut target) => found.extend(inside(host, &mut target, &sites)),
        // Each site has said why.
        Err(_) => found.push(Finding::unknown(
            &area,
            "what it is like inside is not known: no site can be used",
            "",
        )),
    }
    Ok(found)
}

/// Who else can read what goes over the line.
fn safety(area: &str, site: &Endpoint) -> Finding {
    let label = site.label();
    let is_within = site.host == "localhost" || site.host.starts_with("127.") || site.host == "::1";
    match (&site.terms.tls, site.terms.plain_login) {
        (Some(_), _) => Finding::ok(area, format!("the line to {label} is encrypted by TLS")),
        (None, true) => Finding::warning(
            area,
            format!("the password may travel to {label} readably"),
            "set the cluster with `tls`, or without `plainLogin`",
        ),
        (None, false) if is_within => {
            Finding::ok(area, format!("the line to {label} stays on this machine; the password is hidden"))
        }
        (None, false) => Finding::warning(
            area,
            format!("who listens on the line to {label} can read the data, though not the password"),
            "set the cluster with `tls` if the network is not yours alone",
        ),
    }
}

/// What a session there tells.
fn inside(host: &mut dyn Host, target: &mut dyn Cluster, sites: &Sites) -> Vec<Finding> {
    let area = &sites.label;
    let user = sites.endpoints.first().map(|site| site.user.clone()).unwrap_or_default();
    let mut found = vec![
        Finding::of(area, releases(host, target, area)),
        Finding::of(area, clock::compare(host, target, area)),
    ];
    found.extend(access::there(target, area, &user));
    found.push(server::new_values(target, area));
    found.push(match lease::is_prepared(target) {
        Ok(true) => Finding::ok(area, "the table of leases, dfs://clusterSync/leases, is there"),
        Ok(false) => Finding::ok(
            area,
            "dfs://clusterSync is not there yet: the first run makes it, as a user who may make databases",
        ),
        Err(error) => Finding::failure(area, &error),
    });
    found
}

/// Which release is on which side.
fn releases(host: &mut dyn Host, target: &mut dyn Cluster, area: &str) -> Result<Finding> {
    let own = host.query("version()")?.as_str().unwrap_or_default().to_owned();
    let other = target.query("version()")?.as_str().unwrap_or_default().to_owned();
    Ok(match (line(&own), line(&other)) {
        (one, two) if one == two => Finding::ok(area, format!("both sides are of the line {one}")),
        (one, two) => Finding::warning(
            area,
            format!(
                "this node is of the line {one}, it of {two}; syncs go both ways, the server's own xdb may not"
            ),
            "types that one of them lacks are refused by the column's name before anything is sent",
        ),
    })
}

/// Such as `3.00` of `3.00.2.4 2025.01.21`.
fn line(version: &str) -> String {
    version.splitn(3, '.').take(2).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_release_is_its_first_two_numbers() {
        assert_eq!(["3.00.2.4 2025.01.21", "2.00.16", ""].map(line), ["3.00", "2.00", ""]);
    }
}
