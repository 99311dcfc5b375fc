//! What both sides hold of every unit of a draft, whichever of them is this node.
use crate::cluster::{Cluster, count};
use crate::error::{Error, Kind, Result};
use crate::online;
use crate::plan::{Draft, Look};

/// What both sides hold.
#[derive(Clone, Debug)]
pub struct Looks {
    /// One per unit, in the draft's order.
    pub units: Vec<Look>,
    /// Rows at the source, all units together.
    pub rows: u64,
    /// Rows at the target outside of all units.
    pub strangers: u64,
}

/// Counts every unit of `draft` on both sides, and compares the rows of those that `is_compared`
/// picks by number and counts.
///
/// # Errors
/// `Mismatch` when the source holds rows that no unit has, or what a side answers.
pub fn look(
    source: &mut dyn Cluster,
    target: &mut dyn Cluster,
    draft: &Draft,
    is_compared: &dyn Fn(usize, &Look) -> bool,
) -> Result<Looks> {
    let all = draft.all();
    let total = count(target, all)?;
    let before = count(source, all)?;
    let mut units = Vec::with_capacity(draft.units.len());
    for (number, unit) in draft.units.iter().enumerate() {
        let part = draft.rows(unit);
        let rows = count(source, part)?;
        // What an empty table holds of a unit needs no question.
        let held = if total == 0 { 0 } else { count(target, part)? };
        let mut look = Look { rows, held, ..Look::default() };
        if is_compared(number, &look) {
            let (ours, theirs) =
                (online::look(source, part, &draft.columns)?, online::look(target, part, &draft.columns)?);
            look = Look {
                rows: ours.rows,
                held: theirs.rows,
                ours: Some(ours),
                theirs: Some(theirs),
                unchanged: false,
            };
        }
        units.push(look);
    }
    let sum = |number: fn(&Look) -> u64| units.iter().map(number).sum::<u64>();
    let (rows, held) = (sum(|look| look.rows), sum(|look| look.held));
    let after = count(source, all)?;
    if before == after && after != rows {
        let what = format!("{} holds {after} rows but its partitions gave {rows}", draft.table);
        return Err(Error::new(Kind::Mismatch, what)
            .advise("run again if somebody writes to it, otherwise report this with the table's schema"));
    }
    Ok(Looks { units, rows, strangers: total.saturating_sub(held) })
}
