//! What both sides hold of every unit of a draft.
use std::collections::HashSet;

use parking_lot::Mutex;

use super::counts::{count_units, refuse_cancelled};
use super::feed::feed;
use super::lane::{Job, Link, Work};
use super::round::Round;
use super::sight::Sight;
use super::slices::{Slicing, slice};
use super::{Connect, Limits};
use crate::cluster::Host;
use crate::error::{Error, Result};
use crate::journal::{Left, Method};
use crate::model::{ChunkMark, Mode};
use crate::online;
use crate::plan::{Counterpart, Draft, Look, Plan, decide, is_compared};

/// What both sides hold.
#[derive(Clone, Debug)]
pub struct Looks {
    /// One per unit, in the draft's order.
    pub units: Vec<Look>,
    /// Rows at the source, all units together.
    pub rows: u64,
    /// Rows at the target outside of all units.
    pub strangers: u64,
    /// The source's chunks before anything was read, where the draft wants them and the source tells.
    pub marks: Vec<Option<ChunkMark>>,
    /// The units whose fingerprint the target's own plugin took.
    pub native: HashSet<usize>,
}

impl Looks {
    /// The plan for `draft`, which is what was looked at.
    pub fn decide(self, draft: Draft, mode: Mode, left: &Left) -> Plan {
        decide(Draft { marks: self.marks, ..draft }, mode, &self.units, left, (self.rows, self.strangers))
    }
}

/// Counts every unit of `draft` on both sides, divides those that are too large, and compares the rows
/// of those that counts alone cannot decide about. Nothing is written.
///
/// # Errors
/// `Mismatch` when the source holds rows that no unit has, `Cancelled`, or what a side answers.
pub fn look(
    host: &mut dyn Host,
    draft: Draft,
    connect: Connect,
    limits: Limits,
    slicing: Slicing,
) -> Result<(Draft, Looks)> {
    let mut target = connect()?;
    let looks = count_units(host, &draft, &mut *target, &|host| refuse_cancelled(host))?;
    let (draft, mut looks) = slice(host, &mut *target, (draft, looks), limits, slicing)?;
    drop(target);
    let picked = |number: &usize| {
        let look = &looks.units[*number];
        let left = slicing.left.state(&draft.units[*number]);
        !look.unchanged && is_compared(slicing.mode, look, left)
    };
    let units: Vec<usize> = (0..looks.units.len()).filter(picked).collect();
    compare(host, &draft, &mut looks, &units, connect, limits)?;
    Ok((draft, looks))
}

/// Reads these units on both sides and takes their fingerprints.
pub(super) fn compare(
    host: &mut dyn Host,
    draft: &Draft,
    looks: &mut Looks,
    units: &[usize],
    connect: Connect,
    limits: Limits,
) -> Result<()> {
    if units.is_empty() {
        return Ok(());
    }
    let holds: Vec<Look> = looks.units.clone();
    let compare = Compare { draft, looks: Mutex::new(looks), sight: Sight::default() };
    let round = Round { draft, units, looks: &holds, job: &compare };
    feed(host, &round, connect, limits).map(drop)
}

/// Reads units on both sides and takes their fingerprints.
struct Compare<'a> {
    draft: &'a Draft,
    looks: Mutex<&'a mut Looks>,
    sight: Sight,
}

impl Job for Compare<'_> {
    fn work(&self, link: &mut Link, work: &Work) -> Result<()> {
        let Draft { counterpart: Counterpart { table, .. }, columns, .. } = self.draft;
        let named = |error: Error| error.context(format!("partition {} of {table} at the target", work.unit));
        let there = self.draft.there(work.unit);
        let added = self.draft.added();
        let (theirs, method) = match added.is_empty() {
            true => link.look(there, columns, &self.sight).map_err(named)?,
            false => {
                let look = link.open().and_then(|target| online::look_before(target, there, columns, &added));
                (look.map_err(named)?, Method::ReadBack)
            }
        };
        let ours =
            online::fingerprint(&online::fitted(&work.rows, columns, &self.draft.counterpart.widened)?);
        let mut looks = self.looks.lock();
        if method == Method::Native {
            looks.native.insert(work.number);
        }
        looks.units[work.number] = Look::compared(ours, theirs);
        Ok(())
    }

    fn reads_back(&self, number: usize) -> bool {
        !self.draft.added().is_empty() || self.sight.reads_back(self.draft.there(&self.draft.units[number]))
    }
}
