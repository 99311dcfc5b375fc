//! How this server is configured: what its jobs need to start again, and what becomes of rows that
//! fit no partition.
use std::fs;
use std::path::Path;

use super::Finding;
use crate::cluster::{Cluster, Host, NEW_VALUES, setting};
use crate::plugin::FUNCTIONS;

/// The name under which the server loads us.
const MODULE: &[u8] = b"clusterSync";
/// The files that scheduled jobs are kept in (dolphindb-semantics §7.2).
const JOBS: [&str; 2] = ["sysmgmt/jobEditlog.meta", "sysmgmt/jobCheckPoint.meta"];

/// Preloading, jobs and partitions of this node.
pub(super) fn findings(host: &mut dyn Host, home: &Path) -> Vec<Finding> {
    let jobs: Vec<u8> = JOBS.iter().filter_map(|file| fs::read(home.join(file)).ok()).flatten().collect();
    let mut found = vec![preload(host, home, contains(&jobs, MODULE))];
    found.extend(bodies(host, &jobs));
    found.push(new_values(host, "server"));
    found
}

/// A job whose plugin is not there before jobs are read keeps the node from starting
/// (dolphindb-semantics §7.2).
fn preload(host: &mut dyn Host, home: &Path, is_needed: bool) -> Finding {
    const AREA: &str = "preload";
    const ADVICE: &str =
        "add preloadModules=plugins::clusterSync to the server's configuration before it restarts";
    let Ok(modules) = setting(host, "preloadModules") else {
        return Finding::unknown(
            AREA,
            "whether the plugin is preloaded is not known: getConfig is refused",
            ADVICE,
        );
    };
    let startup = setting(host, "startup").ok().flatten().unwrap_or_else(|| "startup.dos".to_owned());
    let starts = || fs::read(home.join(&startup)).is_ok_and(|script| contains(&script, MODULE));
    match modules {
        Some(modules) if contains(modules.as_bytes(), MODULE) => Finding::ok(
            AREA,
            format!("preloadModules is {modules}, so scheduled jobs find the plugin at the start"),
        ),
        _ if starts() => Finding::ok(
            AREA,
            format!("{startup} names clusterSync and is run before scheduled jobs are read"),
        ),
        _ if is_needed => Finding::error(
            AREA,
            "a scheduled job names clusterSync, which nothing loads at the start: this node will not start again",
            ADVICE,
        ),
        _ => {
            Finding::warning(AREA, "the plugin is not loaded at the start, which scheduled jobs need", ADVICE)
        }
    }
}

/// The server shows no bodies of jobs (manual of `getScheduledJobs`); the file that it keeps them in
/// tells which names they hold.
fn bodies(host: &mut dyn Host, jobs: &[u8]) -> Vec<Finding> {
    const AREA: &str = "jobs";
    let count = host.query("size(getScheduledJobs())").ok().and_then(|count| count.as_i64());
    let count = count.map_or("an unknown number of".to_owned(), |count| count.to_string());
    if !contains(jobs, MODULE) {
        return vec![Finding::ok(AREA, format!("{count} scheduled jobs, none of which names clusterSync"))];
    }
    let mut found: Vec<Finding> = gone(jobs)
        .into_iter()
        .map(|name| {
            Finding::error(
                AREA,
                format!("a scheduled job calls clusterSync::{name}, which this version does not have"),
                "delete the job before the node restarts, and schedule it anew",
            )
        })
        .collect();
    if contains(jobs, b"password") {
        found.push(Finding::warning(
            AREA,
            "the file of scheduled jobs names clusterSync and `password`, so that a job may hold one",
            "keep the cluster with clusterSync::setCluster and schedule the call with its name",
        ));
    }
    if found.is_empty() {
        found.push(Finding::ok(
            AREA,
            format!("{count} scheduled jobs; those that name clusterSync hold no password"),
        ));
    }
    found
}

/// Functions that jobs call and that are no longer there.
fn gone(jobs: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(jobs);
    let called = text.split("clusterSync::").skip(1);
    let names = called.map(|rest| rest.chars().take_while(char::is_ascii_alphanumeric).collect::<String>());
    let mut gone: Vec<String> = names
        .filter(|name| !name.is_empty() && FUNCTIONS.iter().all(|function| function.name != name))
        .collect();
    gone.sort();
    gone.dedup();
    gone
}

/// What `side` does with rows whose VALUE key is in no partition (dolphindb-semantics §3.2).
pub(super) fn new_values(side: &mut (impl Cluster + ?Sized), area: &str) -> Finding {
    let advice = format!("set {NEW_VALUES}=add there, or give syncs into it the option `createPartitions`");
    match setting(side, NEW_VALUES) {
        Ok(Some(policy)) if policy != "skip" => {
            Finding::ok(area, format!("{NEW_VALUES} is {policy}, so no row is dropped silently"))
        }
        Ok(Some(_)) => Finding::warning(
            area,
            format!(
                "{NEW_VALUES} is skip: rows outside the partitions are dropped silently; a sync notices and fails"
            ),
            advice,
        ),
        Ok(None) => Finding::unknown(
            area,
            format!(
                "{NEW_VALUES} is not set; by the manual that means skip, which drops rows outside the partitions silently; a sync notices and fails"
            ),
            advice,
        ),
        Err(_) => Finding::unknown(area, format!("{NEW_VALUES} is not known: getConfig is refused"), advice),
    }
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_are_gone_are_named_once() {
        let jobs =
            b"\0clusterSync::syncOnline{1}\0clusterSync::syncOffline\0clusterSync::old{clusterSync::old}";
        assert_eq!(gone(jobs), ["old"]);
    }
}
