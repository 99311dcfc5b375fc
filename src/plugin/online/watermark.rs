//! Windows that begin where earlier runs ended.
use super::site::Site;
use super::window::{exactly, remembered};
use crate::cluster::Host;
use crate::error::{Error, Kind, Result};
use crate::memory::{Key, Mark, Pending};
use crate::model::{Mode, TableName};
use crate::plan::{Asked, Draft, End, Point, Wanted};
use crate::plugin::call::request::Request;

/// Which rows of `table` the call wants, and whether an earlier window has to be finished first, so
/// that there are more afterwards.
pub(in crate::plugin) fn wanted(
    host: &mut dyn Host,
    request: &Request,
    site: &Site,
    asked: Option<&Asked>,
    table: &TableName,
) -> Result<(Wanted, bool)> {
    // Comparing makes nothing, and what the target lacks is missing there.
    let makes = request.options.makes || request.options.mode == Mode::VerifyOnly;
    let wanted = |window| Wanted {
        filter: request.filter.clone(),
        window,
        makes,
        creates: request.options.creates,
        drift: request.options.drift,
        widens: true,
        columns: request.options.columns.clone(),
        rename: request.options.rename.clone(),
        deeds: Vec::new(),
        besides: Vec::new(),
    };
    if let Some(resumed) = &request.resumed {
        let bounds = resumed.window(table)?;
        return Ok((wanted(bounds.map(|bounds| exactly(host, bounds)).transpose()?), false));
    }
    let Some(asked) = asked.filter(|asked| asked.from.is_none()) else {
        return Ok((wanted(asked.cloned()), false));
    };
    let known = site.memory.watermark(&key(request, site, table, &asked.column))?;
    let point = |mark: Option<Mark>| mark.map(remembered).transpose();
    match known.pending.filter(|_| finishes_first(request.options.mode)) {
        Some(pending) => Ok((wanted(Some(unfinished(asked, pending, point, request, table)?)), true)),
        None => Ok((wanted(Some(Asked { watermark: point(known.up_to)?, ..asked.clone() })), false)),
    }
}

/// What `append` added once, and `auto` left half done, is known by its plan, and the plan by its window.
fn finishes_first(mode: Mode) -> bool {
    matches!(mode, Mode::Append | Mode::Auto)
}

fn unfinished(
    asked: &Asked,
    pending: Pending,
    point: impl Fn(Option<Mark>) -> Result<Option<Point>>,
    request: &Request,
    table: &TableName,
) -> Result<Asked> {
    let mode = request.options.mode;
    if mode == Mode::Append && pending.mode != mode.name() {
        let what = format!("a run of {table} in the mode {} is not finished", pending.mode);
        return Err(Error::new(Kind::Refused, what)
            .advise("finish it with clusterSync::resumeRun, or repeat its call, before rows are appended"));
    }
    let to = point(Some(pending.to))?.map(End::At);
    Ok(Asked { from: point(pending.from)?, watermark: None, to, ..asked.clone() })
}

/// Notes that the window of `draft` is begun, if it began where earlier runs ended.
pub(in crate::plugin) fn begin(request: &Request, site: &Site, draft: &Draft) -> Result<()> {
    match (&request.options.window, &draft.window) {
        (Some(said), Some(window)) if said.follows() => {
            let key = key(request, site, &draft.table, &window.column);
            site.memory.begin(&key, window, request.options.mode.name())
        }
        _ => Ok(()),
    }
}

/// Notes that the window of `draft` is verified.
pub(in crate::plugin) fn finish(request: &Request, site: &Site, draft: &Draft) -> Result<()> {
    draft.window.as_ref().map_or(Ok(()), |window| {
        site.memory.finish(&key(request, site, &draft.table, &window.column), window)
    })
}

fn key(request: &Request, site: &Site, table: &TableName, column: &str) -> Key {
    let TableName { db, table } = table.clone();
    Key {
        target: site.destination.clone(),
        db,
        table,
        column: column.to_owned(),
        filter: request.filter.clone(),
    }
}
