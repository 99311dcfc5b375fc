//! Appends that other runs have begun over some of the same rows.
use std::cmp::Ordering;

use super::folder::Past;
use super::record::{Bounds, Identity};
use super::replay::{TableRun, UnitRun};
use super::state::State;

impl Past {
    /// The run that has begun to append rows which a run of `identity` would append again, by another
    /// window, and has not finished. One of the same window is finished by that, and what ended well
    /// was meant to be there.
    pub fn begun_elsewhere(&self, identity: &Identity) -> Option<&str> {
        let mut open: Vec<(&Identity, &str)> = Vec::new();
        for entry in &self.0 {
            let is_well = entry.run.ended.as_ref().is_some_and(|ended| ended.failure.is_none());
            for table in entry.run.tables.iter().filter(|table| meets(&table.plan.identity, identity)) {
                let own = &table.plan.identity;
                open.retain(|(other, _)| *other != own);
                if !is_well && has_begun(table) {
                    open.push((own, &entry.run.begun.run));
                }
            }
        }
        open.last().map(|(_, run)| *run)
    }
}

/// Whether something of it is or may be at the target.
fn has_begun(table: &TableRun) -> bool {
    table.units.iter().map(UnitRun::left).any(|left| matches!(left, State::Verified | State::Doubtful(_)))
}

/// Whether two plans append some of the same rows, as far as can be told.
fn meets(one: &Identity, other: &Identity) -> bool {
    let same = (&one.db, &one.table, &one.target, &one.mode, &one.filter)
        == (&other.db, &other.table, &other.target, &other.mode, &other.filter);
    let apart = match (&one.window, &other.window) {
        (Some(one), Some(other)) => {
            one.column == other.column && (is_before(one, other) || is_before(other, one))
        }
        _ => false,
    };
    same && one != other && !apart
}

/// Whether the window `one` surely ends before `other` begins.
fn is_before(one: &Bounds, other: &Bounds) -> bool {
    let (Some(end), Some(begin)) = (&one.to, &other.from) else { return false };
    compared(end, begin).is_some_and(Ordering::is_le)
}

/// Two literals of one column: numbers by value, dates and times, which are written with the same
/// number of digits, as texts.
fn compared(one: &str, other: &str) -> Option<Ordering> {
    let number = |text: &str| text.trim_end_matches(['l', 'h', 'c']).parse::<i64>().ok();
    match (number(one), number(other)) {
        (Some(one), Some(other)) => Some(one.cmp(&other)),
        _ => (one.len() == other.len()).then(|| one.cmp(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(from: Option<&str>, to: Option<&str>) -> Identity {
        let window = Bounds { column: "d".into(), from: from.map(Into::into), to: to.map(Into::into) };
        Identity {
            db: "dfs://db".into(),
            table: "t".into(),
            target: "B".into(),
            columns: Vec::new(),
            filter: None,
            window: Some(window),
            mode: "append".into(),
        }
    }

    #[test]
    fn windows_meet_unless_one_surely_ends_before_the_other() {
        let dates = plan(Some("2024.01.01"), Some("2024.01.05"));
        for (from, to, expected) in [
            (Some("2024.01.04"), Some("2024.01.09"), true),
            (Some("2024.01.05"), Some("2024.01.09"), false),
            (None, Some("2024.01.01"), false),
            (None, Some("2024.01.02"), true),
            (Some("2024.01.05"), None, false),
            (Some("2024.01.05T00:00:00"), None, true),
        ] {
            assert_eq!(meets(&dates, &plan(from, to)), expected, "{from:?} {to:?}");
            assert_eq!(meets(&plan(from, to), &dates), expected, "{from:?} {to:?}");
        }
        assert!(!meets(&plan(Some("9l"), Some("10l")), &plan(Some("10l"), Some("100l"))));
        assert!(meets(&dates, &Identity { window: None, ..dates.clone() }));
        assert!(!meets(&dates, &dates), "the same window is the same plan");
        assert!(!meets(&dates, &Identity { table: "u".into(), window: None, ..dates.clone() }));
    }
}
