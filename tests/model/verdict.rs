//! What a call must have done, by the model alone.
use std::collections::{BTreeMap, BTreeSet};

use super::rows::{Bag, Row, contains, sum};

/// What a call may do at the target, as `mode` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Auto,
    Append,
    Replace,
    Upsert,
}

impl Mode {
    pub fn name(self) -> &'static str {
        match self {
            Mode::Auto => "auto",
            Mode::Append => "append",
            Mode::Replace => "replace",
            Mode::Upsert => "upsert",
        }
    }
}

/// Rows by partition.
pub type Parts = BTreeMap<Vec<i64>, Bag>;

/// What both sides hold of the rows that a call is about.
pub struct Case<'a> {
    pub mode: Mode,
    /// Whether partitions that the source has no rows of are removed.
    pub mirror: bool,
    /// Whether a partition may have been sent in slices, so that some of it may be there.
    pub is_sliced: bool,
    /// The places of the columns that tell an upsert which rows are the same.
    pub keys: &'a [usize],
    pub source: &'a Parts,
    /// What the target held before the first try of the call.
    pub begun: &'a Parts,
    /// What it held before this try.
    pub before: &'a Parts,
    /// Whether a target that lies about counts may have dropped rows in this or an earlier try.
    pub lied: bool,
}

impl Case<'_> {
    /// What the target holds after a call that says success; nothing if it must not say so.
    pub fn success(&self) -> Option<Parts> {
        let mut parts = Parts::new();
        for part in self.all() {
            let (ours, begun, before) =
                (of(self.source, &part), of(self.begun, &part), of(self.before, &part));
            let rows = match self.mode {
                Mode::Append => sum(begun, ours),
                Mode::Upsert if ours == before || ours.is_empty() => before.clone(),
                Mode::Upsert => self.merged(ours, before)?,
                _ if ours.is_empty() && self.mirror => Bag::new(),
                _ if ours == before || before.is_empty() => ours.clone(),
                Mode::Replace if !ours.is_empty() => ours.clone(),
                Mode::Auto if self.is_sliced && contains(ours, before) => ours.clone(),
                Mode::Auto | Mode::Replace => return None,
            };
            if !rows.is_empty() {
                parts.insert(part, rows);
            }
        }
        Some(parts)
    }

    /// Both, where rows of the source take the place of those with the same keys; nothing if keys
    /// do not tell rows apart.
    fn merged(&self, ours: &Bag, theirs: &Bag) -> Option<Bag> {
        let key = |row: &Row| self.keys.iter().map(|place| row[*place]).collect::<Vec<_>>();
        let mut wanted = BTreeSet::new();
        let is_key = |(row, times): (&Row, &usize)| {
            *times == 1 && !key(row).contains(&None) && wanted.insert(key(row))
        };
        if !ours.iter().all(is_key) {
            return None;
        }
        let (gone, kept): (Bag, Bag) =
            theirs.clone().into_iter().partition(|(row, _)| wanted.contains(&key(row)));
        let mut met = BTreeSet::new();
        gone.iter().all(|(row, times)| *times == 1 && met.insert(key(row))).then(|| sum(&kept, ours))
    }

    /// Whether a call may be refused that could also have succeeded: what strangers, or a target that lies,
    /// have left of a partition may be whole slices of it or not.
    pub fn may_be_refused(&self) -> bool {
        let is_part = |part: &Vec<i64>| {
            let (ours, begun) = (of(self.source, part), of(self.begun, part));
            self.lied || !begun.is_empty() && begun != ours && contains(ours, begun)
        };
        self.is_sliced && self.mode == Mode::Auto && self.all().iter().any(is_part)
    }

    /// Why the target must not be as it is `after` a call that failed.
    pub fn flaw(&self, after: &Parts) -> Option<String> {
        let all = self.all();
        if let Some(part) = after.keys().find(|part| !all.contains(*part)) {
            return Some(format!("partition {part:?} came from nowhere"));
        }
        let wrong = all.into_iter().find(|part| !self.may_be(part, of(after, part)))?;
        Some(format!(
            "partition {wrong:?} of the source has {:?}, of the target had {:?} and has {:?}",
            of(self.source, &wrong),
            of(self.before, &wrong),
            of(after, &wrong)
        ))
    }

    fn may_be(&self, part: &Vec<i64>, after: &Bag) -> bool {
        let (ours, before) = (of(self.source, part), of(self.before, part));
        if after == before {
            return true;
        }
        let partly = |whole: &Bag| after == whole || (self.lied || self.is_sliced) && contains(whole, after);
        match self.mode {
            Mode::Auto | Mode::Replace if ours.is_empty() => self.mirror && after.is_empty(),
            Mode::Auto if self.is_sliced => contains(after, before) && contains(ours, after),
            Mode::Auto => before.is_empty() && partly(ours),
            Mode::Replace => after.is_empty() || partly(ours),
            Mode::Upsert => self.merged(ours, before).is_some_and(|merged| partly(&merged)),
            Mode::Append => {
                let begun = of(self.begun, part);
                contains(after, begun) && partly(&sum(begun, ours))
            }
        }
    }

    fn all(&self) -> BTreeSet<Vec<i64>> {
        self.source.keys().chain(self.before.keys()).cloned().collect()
    }
}

/// The partitions that differ.
pub fn differences(one: &Parts, other: &Parts) -> usize {
    let all: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    all.into_iter().filter(|part| of(one, part) != of(other, part)).count()
}

fn of<'a>(parts: &'a Parts, part: &Vec<i64>) -> &'a Bag {
    static NONE: Bag = Bag::new();
    parts.get(part).unwrap_or(&NONE)
}
