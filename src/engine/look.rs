//! What both sides hold of every unit of a draft.
use parking_lot::Mutex;

use super::feed::feed;
use super::lane::{Job, Link, Work};
use super::round::Round;
use super::{Connect, Limits};
use crate::cluster::{Cluster, Host, count, sql::Rows};
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
/// picks by number and counts. Nothing is written.
///
/// # Errors
/// `Mismatch` when the source holds rows that no unit has, `Cancelled`, or what a side answers.
pub fn look(
    host: &mut dyn Host,
    draft: &Draft,
    connect: Connect,
    limits: Limits,
    is_compared: &dyn Fn(usize, &Look) -> bool,
) -> Result<Looks> {
    let mut looks = counts(host, draft, &mut *connect()?)?;
    let units: Vec<usize> = (0..looks.units.len()).filter(|i| is_compared(*i, &looks.units[*i])).collect();
    if !units.is_empty() {
        let compare = Compare { draft, looks: Mutex::new(&mut looks.units) };
        let holds: Vec<Look> = compare.looks.lock().to_vec();
        let round = Round { doing: "compared", draft, units: &units, looks: &holds, job: &compare };
        feed(host, &round, connect, limits)?;
    }
    Ok(looks)
}

fn counts(host: &mut dyn Host, draft: &Draft, target: &mut dyn Cluster) -> Result<Looks> {
    let all = draft.all();
    let total = count(target, all)?;
    let before = count(host, all)?;
    let mut looks = Vec::with_capacity(draft.units.len());
    for unit in &draft.units {
        if host.is_cancelled() {
            return Err(Error::new(Kind::Cancelled, "the user cancelled").advise("nothing was written"));
        }
        let rows = count(host, draft.rows(unit))?;
        // What an empty table holds of a unit needs no question.
        let held = if total == 0 { 0 } else { count(target, draft.rows(unit))? };
        looks.push(Look { rows, held, ..Look::default() });
    }
    let sum = |number: fn(&Look) -> u64| looks.iter().map(number).sum::<u64>();
    let (rows, held) = (sum(|look| look.rows), sum(|look| look.held));
    require_complete(all, [before, count(host, all)?], rows)?;
    Ok(Looks { units: looks, rows, strangers: total.saturating_sub(held) })
}

/// A row outside of every unit would be lost without a word. While somebody writes, nobody can tell.
fn require_complete(all: Rows, [before, after]: [u64; 2], sum: u64) -> Result<()> {
    if before != after || after == sum {
        return Ok(());
    }
    Err(Error::new(Kind::Mismatch, format!("{} holds {after} rows but its partitions gave {sum}", all.table))
        .advise("run again if somebody writes to it, otherwise report this with the table's schema"))
}

/// Reads units on both sides and takes their fingerprints.
struct Compare<'a> {
    draft: &'a Draft,
    looks: Mutex<&'a mut Vec<Look>>,
}

impl Job for Compare<'_> {
    fn work(&self, link: &mut Link, work: &Work) -> Result<()> {
        let Draft { table, columns, .. } = self.draft;
        let named = |error: Error| error.context(format!("partition {} of {table} at the target", work.unit));
        let there = self.draft.rows(work.unit);
        let theirs = link.open().and_then(|target| online::look(target, there, columns)).map_err(named)?;
        let ours = online::fingerprint(&online::in_order(&work.rows, columns)?);
        self.looks.lock()[work.number] =
            Look { rows: ours.rows, held: theirs.rows, ours: Some(ours), theirs: Some(theirs) };
        Ok(())
    }
}
