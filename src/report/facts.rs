//! What a journal says, as a page needs it.
use std::collections::BTreeMap;

use super::text::escape;
use crate::journal::{Method, Run, State, TableRun, UnitPlan, UnitRun};

/// One unit with its plan and its table.
#[derive(Clone, Copy)]
pub(super) struct Piece<'a> {
    /// Its table, where there are several.
    table: Option<&'a str>,
    pub(super) plan: &'a UnitPlan,
    pub(super) unit: &'a UnitRun,
}

impl<'a> Piece<'a> {
    /// Every unit of `run`.
    pub(super) fn all(run: &'a Run) -> Vec<Piece<'a>> {
        let many = run.tables.len() > 1;
        let of = |table: &'a TableRun| {
            let name = many.then_some(table.plan.identity.table.as_str());
            let units = table.plan.units.iter().zip(&table.units);
            units.map(move |(plan, unit)| Piece { table: name, plan, unit })
        };
        run.tables.iter().flat_map(of).collect()
    }

    /// As a page names it.
    pub(super) fn name(&self) -> String {
        let path = escape(&self.plan.partition);
        self.table.map_or(path.clone(), |table| format!("{} {path}", escape(table)))
    }

    /// When it was taken up and when it was last heard of.
    pub(super) fn span(&self) -> Option<(i64, i64)> {
        let began = self.unit.began?;
        Some((began, self.unit.at.unwrap_or(began).max(began)))
    }

    pub(super) fn took(&self) -> i64 {
        self.span().map_or(0, |(from, to)| to - from)
    }

    pub(super) fn bytes(&self) -> u64 {
        self.unit.effort.map_or(0, |effort| effort.bytes)
    }

    pub(super) fn is_verified(&self) -> bool {
        self.unit.state == State::Verified && self.unit.at.is_some()
    }

    /// Whether a person should look at it.
    pub(super) fn is_odd(&self) -> bool {
        let fails = matches!(self.unit.state, State::Failed(_) | State::Doubtful(_));
        fails || self.unit.tries > 1 || !self.unit.note.is_empty()
    }
}

/// Times and sums of a run.
pub(super) struct Facts<'a> {
    pub(super) run: &'a Run,
    pub(super) pieces: Vec<Piece<'a>>,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) verified: u64,
    /// Whether what was sent was only counted at the target.
    pub(super) is_counted: bool,
    pub(super) left_alone: u64,
    pub(super) retries: u64,
}

impl<'a> Facts<'a> {
    /// Of `run`, seen at `now` if it goes on.
    pub(super) fn of(run: &'a Run, now: Option<i64>) -> Facts<'a> {
        let pieces = Piece::all(run);
        let last = pieces.iter().filter_map(|piece| piece.unit.at).max().unwrap_or(run.begun.at);
        let to = run.ended.as_ref().map(|ended| ended.at).or(now).unwrap_or(last);
        let verified = || pieces.iter().filter(|piece| piece.is_verified());
        let skipped = |piece: &&Piece| piece.unit.state == State::Skipped && piece.plan.rows > 0;
        Facts {
            run,
            from: run.begun.at,
            to: to.max(run.begun.at),
            rows: verified().map(|piece| piece.unit.sent).sum(),
            bytes: verified().map(Piece::bytes).sum(),
            verified: verified().count() as u64,
            is_counted: verified()
                .any(|piece| piece.unit.sent > 0 && piece.unit.method == Some(Method::Count)),
            left_alone: pieces.iter().filter(skipped).count() as u64,
            retries: pieces.iter().map(|piece| u64::from(piece.unit.tries.saturating_sub(1))).sum(),
            pieces,
        }
    }

    /// Milliseconds from begin to end.
    pub(super) fn took(&self) -> i64 {
        (self.to - self.from).max(1)
    }

    /// Those that took longest.
    pub(super) fn slowest(&self, most: usize) -> Vec<Piece<'a>> {
        let mut pieces: Vec<Piece> = self.pieces.iter().copied().filter(|piece| piece.took() > 0).collect();
        pieces.sort_by_key(|piece| std::cmp::Reverse(piece.took()));
        pieces.truncate(most);
        pieces
    }
}

/// What was planned for some partitions of a table, and why.
pub(super) struct Reason<'a> {
    pub(super) action: &'a str,
    pub(super) reason: &'a str,
    pub(super) partitions: u64,
    pub(super) rows: u64,
}

/// The plan of `table` by reasons, those of most partitions first. Numbers in a reason make it no
/// other one: the first is shown.
pub(super) fn reasons(table: &TableRun) -> Vec<Reason<'_>> {
    let mut all: BTreeMap<(&str, String), Reason> = BTreeMap::new();
    for UnitPlan { action, reason, rows, .. } in &table.plan.units {
        let kind: String = reason.chars().filter(|c| !c.is_ascii_digit()).collect();
        let new = || Reason { action, reason, partitions: 0, rows: 0 };
        let known = all.entry((action, kind)).or_insert_with(new);
        known.partitions += 1;
        known.rows += rows;
    }
    let mut reasons: Vec<Reason> = all.into_values().collect();
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.partitions));
    reasons
}
