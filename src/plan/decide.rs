//! From what both sides hold, and what earlier runs left, to what is going to happen. Pure.
use super::slices::clear_first;
use super::{Decision, Draft, Plan};
use crate::data::Fingerprint;
use crate::journal::{Found, Intent, Left, State};
use crate::model::{Action, Check, Mode};

/// What both sides hold of one unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Rows at the source.
    pub rows: u64,
    /// Rows at the target.
    pub held: u64,
    /// The fingerprint of the source's rows, where it was asked for.
    pub ours: Option<Fingerprint>,
    /// The fingerprint of the target's rows, where it was asked for.
    pub theirs: Option<Fingerprint>,
    /// Whether neither side has changed since both were verified to be equal, as far as the source's
    /// metadata and the target's row count tell.
    pub unchanged: bool,
    /// Whether only the counts of both sides can be known, which the fingerprints then stand for.
    pub by_count: bool,
}

impl Look {
    /// At rows that were read on both sides.
    pub fn compared(ours: Fingerprint, theirs: Fingerprint) -> Self {
        Look { rows: ours.rows, held: theirs.rows, ours: Some(ours), theirs: Some(theirs), ..Look::default() }
    }

    /// Whether both sides hold the same rows, as far as the look can tell.
    pub fn is_equal(&self) -> bool {
        let same = || self.unchanged || self.ours.is_some() && self.ours == self.theirs;
        self.rows == self.held && (self.rows == 0 || same())
    }

    /// How it is known that both hold the same.
    fn sameness(&self) -> &'static str {
        match (self.unchanged, self.by_count) {
            (true, _) => "unchanged since it was verified",
            (_, true) => "as many rows",
            _ => "equal",
        }
    }

    /// The fingerprint of what the target holds; that of nothing is known without asking.
    fn held(&self) -> Option<Fingerprint> {
        if self.held == 0 { Some(Fingerprint::default()) } else { self.theirs }
    }
}

/// Whether counts alone cannot decide about a unit, so that its rows have to be compared.
pub fn is_compared(mode: Mode, look: &Look, left: Option<State>) -> bool {
    let both = look.rows > 0 && look.held > 0;
    let is_doubtful = matches!(left, Some(State::Doubtful(_)));
    both && match mode {
        Mode::VerifyOnly => true,
        Mode::Append => is_doubtful,
        Mode::Upsert => look.rows == look.held,
        // As many rows may be others, and whoever is to replace them asked for these.
        Mode::Replace if look.by_count => false,
        Mode::Auto | Mode::Replace => look.rows == look.held || is_doubtful,
    }
}

/// The plan for `draft`: one look per unit, in its order, `rows` rows at the source in all, and
/// `strangers` rows at the target outside of all units.
pub fn decide(
    mut draft: Draft,
    mode: Mode,
    looks: &[Look],
    left: &Left,
    (rows, strangers): (u64, u64),
) -> Plan {
    let run = left.run.as_deref().unwrap_or_default();
    let decision = |(unit, look): (&String, &Look)| {
        let (left, sent) = (left.units.get(unit).copied(), left.rows.get(unit).copied());
        let (action, reason, state) = match mode {
            Mode::Append => append(look, left, run, sent),
            Mode::Replace => replace(look),
            Mode::Upsert => upsert(look),
            Mode::Auto | Mode::VerifyOnly => auto(look, left, run),
        };
        Decision { action, reason, rows: look.rows, held: look.held, state }
    };
    let units: Vec<String> = draft.units.iter().map(ToString::to_string).collect();
    let mut decisions = units.iter().zip(looks).map(decision).collect();
    if mode == Mode::Replace {
        clear_first(&mut draft, &mut decisions);
    }
    let (check, keys) = (Check::default(), Vec::new());
    Plan { mode, check, keys, decisions, rows, strangers, mirror: None, surplus: 0, cost: None, draft }
}

type Verdict = (Action, String, State);

fn skip(reason: impl Into<String>) -> Verdict {
    (Action::Skip, reason.into(), State::Skipped)
}

fn copy(reason: impl Into<String>) -> Verdict {
    (Action::Copy, reason.into(), State::Waiting)
}

/// What earlier runs may have sent stays on record, so that it is not forgotten by a refusal.
fn refuse(reason: impl Into<String>, left: Option<State>) -> Verdict {
    (Action::Refuse, reason.into(), State::Failed(intent(left)))
}

fn intent(left: Option<State>) -> Option<Intent> {
    match left {
        Some(State::Doubtful(intent)) => Some(intent),
        _ => None,
    }
}

fn auto(look: &Look, left: Option<State>, run: &str) -> Verdict {
    let Look { rows, held, .. } = *look;
    match (rows, held) {
        (0, 0) => skip("no rows on either side"),
        (0, _) => refuse(format!("not empty: {held} rows where the source has none"), left),
        (_, 0) => copy(match left {
            Some(State::Verified) => format!("empty, though run {run} had verified it"),
            Some(State::Doubtful(_)) => format!("empty: run {run} had not stored it"),
            _ => "empty".to_owned(),
        }),
        _ if look.is_equal() => skip(look.sameness()),
        _ => match (intent(left), look.held()) {
            (Some(intent), Some(theirs)) if intent.examine(theirs) == Found::Present => refuse(
                format!("not empty: {held} rows that run {run} sent, and the source has changed since"),
                left,
            ),
            _ => refuse(format!("not empty: {held} rows that differ from the source's {rows}"), left),
        },
    }
}

/// Adding twice is the one thing that the target's rows alone cannot tell from adding once.
fn append(look: &Look, left: Option<State>, run: &str, sent: Option<u64>) -> Verdict {
    let done = |how: &str| (Action::Skip, format!("run {run} {how}"), State::Verified);
    match left {
        Some(State::Verified) => match sent.filter(|sent| *sent != look.rows) {
            None => done("has appended it"),
            Some(sent) => done(&format!(
                "has appended the {sent} rows that it had then, and the {} of now are not added",
                look.rows
            )),
        },
        _ if look.rows == 0 => skip("the source has no rows"),
        Some(State::Doubtful(intent)) => match look.held().map(|held| intent.examine(held)) {
            Some(Found::Present) => done("had stored it"),
            Some(Found::Absent) => copy(format!("run {run} had not stored it")),
            _ => refuse(
                format!(
                    "run {run} may have appended it, and the {} rows there are neither what they were nor \
                     that and what was sent",
                    look.held
                ),
                left,
            ),
        },
        _ => copy(format!("added to {} rows", look.held)),
    }
}

/// What is there and not at the source stays, so only equality needs nothing.
fn upsert(look: &Look) -> Verdict {
    let Look { rows, held, .. } = *look;
    match rows {
        0 => skip("the source has no rows"),
        _ if look.is_equal() => skip("equal"),
        _ => (Action::Upsert, format!("{rows} rows put into {held} by their keys"), State::Waiting),
    }
}

fn replace(look: &Look) -> Verdict {
    let Look { rows, held, .. } = *look;
    match (rows, held) {
        (0, 0) => skip("no rows on either side"),
        (0, _) => refuse(format!("not empty: {held} rows where the source has none to replace them"), None),
        (_, 0) => copy("empty"),
        _ if look.is_equal() => skip(look.sameness()),
        _ => (
            Action::Replace,
            format!("{held} rows give way to the source's {rows}; readers see it empty for a moment"),
            State::Waiting,
        ),
    }
}
