//! Removes at the target what the source no longer has, after everything else has arrived.
use super::Connect;
use super::copy::Copy;
use super::lane::{Job, Link, Work};
use crate::cluster::{Host, count, describe, units};
use crate::data::{Batch, Column, Type};
use crate::error::{Error, Kind, Result};
use crate::model::Unit;
use crate::plan::Draft;

/// Removes every unit that the plan of `copy` removes, one after the other, each announced and
/// proven as those that are sent. Returns how many.
pub(super) fn remove(host: &mut dyn Host, copy: &Copy, connect: Connect) -> Result<u64> {
    let draft = &copy.plan.draft;
    let (mut link, mut removed, mut scheme) = (Link::new(connect), 0, None);
    for (number, unit, is_ours) in copy.plan.removed() {
        if host.is_cancelled() {
            let advice = "what the source does not have is in part still at the target";
            return Err(Error::new(Kind::Cancelled, "the user cancelled").advise(advice));
        }
        let rows = match is_ours {
            true => count(host, draft.rows(unit))?,
            false => u64::from(has_grown_by(host, draft, unit, &mut scheme)?),
        };
        if rows > 0 {
            let what = format!("partition {unit} of {} has rows at the source by now", draft.table);
            return Err(Error::new(Kind::Refused, what).advise("run again, so that they are sent"));
        }
        copy.work(&mut link, &Work { number, unit, rows: nothing(draft), weight: 0 })?;
        removed += 1;
    }
    Ok(removed)
}

/// Whether the source's scheme has `unit` now, which it had not when the plan was made.
fn has_grown_by(
    host: &mut dyn Host,
    draft: &Draft,
    unit: &Unit,
    scheme: &mut Option<Vec<String>>,
) -> Result<bool> {
    let paths = match scheme.take() {
        Some(paths) => paths,
        None => units(&describe(host, &draft.table)?)?.iter().map(ToString::to_string).collect(),
    };
    Ok(scheme.insert(paths).contains(&unit.to_string()))
}

/// No rows of the draft's columns.
fn nothing(draft: &Draft) -> Batch {
    let column = |name: &String| (name.clone(), Column::fixed(Type::Int, []));
    Batch { rows: 0, columns: draft.columns.iter().map(column).collect() }
}
