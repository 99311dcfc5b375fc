//! The vocabulary of plans: what a sync may do, and what it is going to do with one unit.
use std::fmt;

/// What a sync may do at the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Fills empty partitions, leaves equal ones, refuses all others.
    #[default]
    Auto,
    /// Adds the source's rows to what is there.
    Append,
    /// Puts the source's rows in the place of what is there.
    Replace,
    /// Puts each of the source's rows in the place of the row with the same key, or adds it.
    Upsert,
    /// Compares and writes nothing.
    VerifyOnly,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Mode; 5] = [Mode::Auto, Mode::Append, Mode::Replace, Mode::Upsert, Mode::VerifyOnly];

    /// As a user writes it.
    pub fn name(self) -> &'static str {
        match self {
            Mode::Auto => "auto",
            Mode::Append => "append",
            Mode::Replace => "replace",
            Mode::Upsert => "upsert",
            Mode::VerifyOnly => "verifyOnly",
        }
    }

    /// The mode that a user calls `name`.
    pub fn named(name: &str) -> Option<Mode> {
        Mode::ALL.into_iter().find(|mode| mode.name() == name)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What of the rows that were sent has to agree with what the target holds then.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Check {
    /// Count and fingerprint, so every bit.
    #[default]
    Fingerprint,
    /// The count alone.
    Count,
}

impl Check {
    /// Every check.
    pub const ALL: [Check; 2] = [Check::Fingerprint, Check::Count];

    /// As a user writes it.
    pub fn name(self) -> &'static str {
        match self {
            Check::Fingerprint => "fingerprint",
            Check::Count => "count",
        }
    }
}

/// What is going to happen to one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The source's rows are appended to the target's partition.
    Copy,
    /// The target's partition is dropped, then the source's rows are appended.
    Replace,
    /// The target's partition is dropped, before the source's rows are appended in slices.
    Clear,
    /// The source's rows take the place of rows with the same keys, or are added.
    Upsert,
    /// The target's rows are removed, because the source has none.
    Delete,
    /// Nothing needs to be done.
    Skip,
    /// Nothing may be done, which forbids the run.
    Refuse,
}

impl Action {
    /// Every action.
    pub const ALL: [Action; 7] = [
        Action::Copy,
        Action::Replace,
        Action::Clear,
        Action::Upsert,
        Action::Delete,
        Action::Skip,
        Action::Refuse,
    ];

    /// As tables show it.
    pub fn name(self) -> &'static str {
        match self {
            Action::Copy => "Copy",
            Action::Replace => "Replace",
            Action::Clear => "Clear",
            Action::Upsert => "Upsert",
            Action::Delete => "Delete",
            Action::Skip => "Skip",
            Action::Refuse => "Refuse",
        }
    }

    /// The action that tables show as `name`.
    pub fn named(name: &str) -> Option<Action> {
        Action::ALL.into_iter().find(|action| action.name() == name)
    }

    /// Whether a whole partition gives way to slices.
    pub fn clears(self) -> bool {
        self == Action::Clear
    }

    /// Whether the unit's rows are sent.
    pub fn sends(self) -> bool {
        matches!(self, Action::Copy | Action::Replace | Action::Upsert)
    }
}
