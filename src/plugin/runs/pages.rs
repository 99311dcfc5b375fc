//! `report`: a page about one run, written where this node allows files.
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::control;
use crate::cluster::Host;
use crate::data::Datum;
use crate::disk;
use crate::error::{Error, Kind, Result};
use crate::journal::{Order, now};
use crate::plugin::call::arguments::{text, usage};
use crate::plugin::call::caller;
use crate::plugin::call::table::{longs, table, texts};
use crate::plugin::node::roots;
use crate::report::{BEGINNING, page};

/// The parameters as the manual writes them.
pub(in crate::plugin) const REPORT: &str = "clusterSync::report(runId, path)";

/// Writes the page about a run, for the user who started it and for administrators.
pub(in crate::plugin) fn report(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    let runs = caller::runs(host)?;
    let mut entry = runs.find(text(args, 0, "runId", REPORT)?)?;
    control::require_own(host, &entry)?;
    let path = text(args, 1, "path", REPORT)?;
    if !path.ends_with(".html") {
        return Err(usage("path must end in .html", REPORT));
    }
    let file = roots::permitted(host, path)?;
    require_ours(&file)?;
    entry.is_paused = runs.has(&entry.run.begun.run, Order::Pause);
    let written = page(&entry.run, entry.status(), entry.is_live.then(now));
    disk::publish(&file, written.as_bytes()).map_err(|error| {
        Error::new(Kind::State, format!("the report cannot be written to {path} ({error})"))
            .advise("give a file in a directory that exists and that the server may write to")
            .caused_by(error)
    })?;
    let all = [(entry.run.begun.run.as_str(), path)];
    Ok(table([
        ("runId", texts(&all, |(run, _)| run)),
        ("path", texts(&all, |(_, path)| path)),
        ("bytes", longs(&all, |_| written.len() as u64)),
    ]))
}

/// Only a report gives way to a report: whoever may write one here could otherwise destroy what others
/// keep in the directory.
fn require_ours(file: &Path) -> Result<()> {
    let is_ours = match File::open(file) {
        Err(error) => error.kind() == ErrorKind::NotFound,
        Ok(found) => {
            let mut first = Vec::new();
            let read = found.take(BEGINNING.len() as u64).read_to_end(&mut first);
            read.is_ok() && first == BEGINNING.as_bytes()
        }
    };
    match is_ours {
        true => Ok(()),
        false => Err(Error::new(Kind::Refused, format!("{} is there and no report", file.display()))
            .advise("give another name, or remove it first")),
    }
}
