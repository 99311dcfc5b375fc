//! What a call must have done, by the model alone.
use std::collections::{BTreeMap, BTreeSet};

use super::rows::{Bag, contains, sum};

/// What a call may do at the target, as `mode` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Auto,
    Append,
    Replace,
}

impl Mode {
    pub fn name(self) -> &'static str {
        match self {
            Mode::Auto => "auto",
            Mode::Append => "append",
            Mode::Replace => "replace",
        }
    }
}

/// Rows by partition.
pub type Parts = BTreeMap<Vec<i64>, Bag>;

/// What both sides hold of the rows that a call is about.
pub struct Case<'a> {
    pub mode: Mode,
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
        let mut parts = self.begun.clone();
        if self.mode == Mode::Append {
            for (part, rows) in self.source {
                parts.insert(part.clone(), sum(of(self.begun, part), rows));
            }
            return Some(parts);
        }
        let fits = |part: &Vec<i64>| match (of(self.source, part), of(self.before, part)) {
            (ours, theirs) if ours == theirs || theirs.is_empty() => true,
            (ours, _) => self.mode == Mode::Replace && !ours.is_empty(),
        };
        self.all().iter().all(fits).then(|| self.source.clone())
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
        let partly = |whole: &Bag| after == whole || self.lied && contains(whole, after);
        match self.mode {
            Mode::Auto => before.is_empty() && partly(ours),
            Mode::Replace => !ours.is_empty() && (after.is_empty() || partly(ours)),
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
