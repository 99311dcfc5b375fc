//! What this node keeps on its disk: is it there, safe, readable, and is there room for more?
use std::fs::{self, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{Access, access, statvfs};

use super::Finding;
use crate::cluster::Host;
use crate::error::Result;
use crate::journal::{Outline, Runs};
use crate::owner;
use crate::peers::{self, Peers};
use crate::plugin::node::{config, roots};

const GIBIBYTE: u64 = 1 << 30;

/// Everything below the node's home, and the directories that are allowed.
pub(super) fn findings(host: &mut dyn Host, home: &Path) -> Vec<Finding> {
    let state = peers::folder(home);
    let mut found = vec![space(home), folder(&state, home), alone(&state), clusters(home), options(host)];
    found.extend(runs(&state));
    found.extend(allowed(host));
    found
}

fn space(home: &Path) -> Finding {
    const AREA: &str = "disk";
    let shown = home.display();
    match statvfs(home).map(|disk| disk.f_bavail * disk.f_frsize) {
        Ok(free) if free >= GIBIBYTE => {
            Finding::ok(AREA, format!("{shown} has {} GiB left", free / GIBIBYTE))
        }
        Ok(free) => Finding::warning(
            AREA,
            format!("{shown} has {} MiB left", free >> 20),
            "make room: a run whose journal cannot be written stops",
        ),
        Err(error) => {
            Finding::error(AREA, format!("{shown} cannot be looked at ({error})"), "check the disk")
        }
    }
}

/// The folder with everything that the plugin remembers.
fn folder(state: &Path, home: &Path) -> Finding {
    const AREA: &str = "state";
    let shown = state.display();
    match fs::metadata(state) {
        Ok(found) => owned(state, &found),
        Err(error) if error.kind() == ErrorKind::NotFound && is_writable(home) => {
            Finding::ok(AREA, format!("{shown} is not there yet: the first cluster or run makes it"))
        }
        Err(error) => Finding::error(
            AREA,
            format!("{shown} cannot be used ({error})"),
            "let the server's user own the node's home directory",
        ),
    }
}

fn owned(state: &Path, found: &Metadata) -> Finding {
    const AREA: &str = "state";
    let (shown, mode) = (state.display(), found.mode() & 0o7777);
    // The kernel shows a process as a folder of its effective user.
    let is_own = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == found.uid());
    let advice = format!("run chown -R and chmod 700 on {shown} as the machine's administrator");
    match (is_own, mode & 0o022, mode & 0o055, is_writable(state)) {
        (true, 0, 0, true) => {
            Finding::ok(AREA, format!("{shown} is the server's own, mode {mode:o}, and can be written"))
        }
        (_, _, _, false) => Finding::error(AREA, format!("{shown} cannot be written"), advice),
        (_, 1.., _, _) => {
            Finding::error(AREA, format!("{shown} is open to other users (mode {mode:o})"), advice)
        }
        (false, ..) => Finding::warning(
            AREA,
            format!("{shown} belongs to the user {}, not to the server's", found.uid()),
            advice,
        ),
        _ => Finding::warning(AREA, format!("{shown} can be read by other users (mode {mode:o})"), advice),
    }
}

fn is_writable(folder: &Path) -> bool {
    access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// Whether another node has the same home.
fn alone(state: &Path) -> Finding {
    const AREA: &str = "state";
    let shown = state.display();
    match owner::stranger(state) {
        Ok(None) => Finding::ok(AREA, format!("no other node uses {shown}")),
        Ok(Some(other)) => Finding::error(
            AREA,
            format!("{shown} is in use by another node ({other}), so that runs of this one are refused"),
            "give every node a home directory of its own",
        ),
        Err(error) => Finding::unknown(
            AREA,
            format!("whether another node uses {shown} is not known ({error})"),
            "check the owner of the files below it",
        ),
    }
}

/// The node's own options.
fn options(host: &mut dyn Host) -> Finding {
    const AREA: &str = "options";
    let set = config::load(host).map(|set| {
        let names: Vec<&str> = set.iter().map(|entry| entry.name.as_str()).collect();
        match names.is_empty() {
            true => Finding::ok(AREA, "none is set for this node, so calls use what is built in"),
            false => Finding::ok(AREA, format!("set for this node are {}", names.join(", "))),
        }
    });
    Finding::of(AREA, set)
}

/// The named clusters and their key.
fn clusters(home: &Path) -> Finding {
    const AREA: &str = "clusters";
    match Peers::under(home).list() {
        Ok(peers) if peers.is_empty() => {
            Finding::ok(AREA, "no cluster is set, so calls have to name one by a dictionary")
        }
        Ok(peers) => {
            let names: Vec<&str> = peers.iter().map(|peer| peer.name.as_str()).collect();
            Finding::ok(
                AREA,
                format!(
                    "set are {}; the key that seals their passwords is the server's alone",
                    names.join(", ")
                ),
            )
        }
        Err(error) => Finding::failure(AREA, &error),
    }
}

/// What the journals of runs say.
fn runs(state: &Path) -> Vec<Finding> {
    const AREA: &str = "runs";
    let examined = match Runs::within(state).examine() {
        Ok(examined) => examined,
        Err(error) => return vec![Finding::failure(AREA, &error)],
    };
    let mut found: Vec<Finding> =
        examined.damaged.iter().map(|error| Finding::failure(AREA, error)).collect();
    found.extend(examined.unfinished().map(|outline| unfinished(AREA, outline)));
    if found.is_empty() {
        found.push(Finding::ok(
            AREA,
            format!("{} runs are kept, all can be read, none waits to be finished", examined.runs.len()),
        ));
    }
    found
}

fn unfinished(area: &str, Outline { begun, ended, .. }: &Outline) -> Finding {
    let how = if ended.is_some() { "failed" } else { "was interrupted" };
    let table = begun.table.as_ref().map(|table| format!("/{table}")).unwrap_or_default();
    Finding::warning(
        area,
        format!(
            "run {} of {}{table} to {} {how}, and no later one came to a good end",
            begun.run, begun.db, begun.target
        ),
        format!("repeat its call, or call clusterSync::resumeRun(\"{}\")", begun.run),
    )
}

/// The directories that offline syncs may use.
fn allowed(host: &mut dyn Host) -> Vec<Finding> {
    const AREA: &str = "roots";
    match roots::roots(host) {
        Ok(roots) if roots.is_empty() => {
            vec![Finding::ok(AREA, "no directory is allowed, so offline functions refuse every path")]
        }
        Ok(roots) => roots.iter().map(|root| Finding::of(AREA, usable(AREA, root))).collect(),
        Err(error) => vec![Finding::failure(AREA, &error)],
    }
}

fn usable(area: &str, root: &str) -> Result<Finding> {
    let path = Path::new(root);
    Ok(match (path.is_dir(), is_writable(path)) {
        (true, true) => Finding::ok(area, format!("{root} is there and can be written")),
        (true, false) => Finding::error(
            area,
            format!("{root} cannot be written by the server's user"),
            "change its owner or mode",
        ),
        (false, _) => Finding::error(
            area,
            format!("{root} is not there"),
            "make it, or allow others with clusterSync::setRoots",
        ),
    })
}
