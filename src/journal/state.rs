//! What may happen to a unit, and what it means: one pure function, no clock, file or thread.
use std::fmt;

use serde::{Deserialize, Serialize};

use super::record::mark;
use crate::data::Fingerprint;

/// What is about to be done to a unit at the target, with all that is needed to tell later whether
/// it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// What the target held.
    #[serde(with = "mark")]
    pub before: Fingerprint,
    /// What of it goes away.
    #[serde(with = "mark")]
    pub gone: Fingerprint,
    /// What is sent.
    #[serde(with = "mark")]
    pub sent: Fingerprint,
}

/// What a look at the target says about an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Found {
    /// Nothing of it was stored: it may be done again.
    Absent,
    /// All of it was stored.
    Present,
    /// Neither: somebody else has been there, or rows were changed.
    Other,
}

impl Intent {
    /// What the target holds once it is done.
    pub fn after(&self) -> Fingerprint {
        self.before - self.gone + self.sent
    }

    /// What it means that the target holds `held`. Between what goes and what comes there is a
    /// moment without either.
    pub fn examine(&self, held: Fingerprint) -> Found {
        let between = self.before - self.gone;
        match held {
            held if held == self.after() => Found::Present,
            held if held == self.before || held == between => Found::Absent,
            _ => Found::Other,
        }
    }
}

/// Something that happened to a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// What follows is about to be done. Durable before it is done.
    Intended(Intent),
    /// The target was read back and holds what it should.
    Verified,
    /// The target said that it stored nothing.
    Rejected,
    /// The line broke, so that only a look at the target can tell.
    Broken,
    /// The target stored, or gives back, something else.
    Differed,
    /// Somebody looked at the target.
    Looked(Found),
    /// The unit was given up before anything was sent.
    Failed,
    /// Whoever worked on the unit is gone. Never written: it is what replaying an end means.
    Restarted,
}

/// What a unit's events amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Nothing of it is at the target.
    Waiting,
    /// It is being sent.
    Sending(Intent),
    /// It may be at the target or not: look before sending.
    Doubtful(Intent),
    /// It is at the target, proven.
    Verified,
    /// It was given up; with an intent, something of it may be at the target.
    Failed(Option<Intent>),
    /// The plan left it alone.
    Skipped,
}

/// An event that cannot happen in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Illegal(Box<(State, Event)>);

impl fmt::Display for Illegal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (state, event) = &*self.0;
        write!(f, "{event:?} cannot follow {state:?}")
    }
}

impl State {
    /// The state after `event`.
    ///
    /// # Errors
    /// When `event` cannot happen in this state.
    pub fn next(self, event: Event) -> Result<State, Illegal> {
        use Event::*;
        use State::*;
        Ok(match (self, event) {
            (Waiting, Intended(intent)) => Sending(intent),
            (Sending(_), Event::Verified) => State::Verified,
            (Sending(_), Rejected) => Waiting,
            (Sending(intent), Broken) => Doubtful(intent),
            (Sending(intent), Differed) => State::Failed(Some(intent)),
            (Doubtful(_), Looked(Found::Absent)) => Waiting,
            (Doubtful(_), Looked(Found::Present)) => State::Verified,
            (Doubtful(intent), Looked(Found::Other)) => State::Failed(Some(intent)),
            (Waiting, Event::Failed) => State::Failed(None),
            (Doubtful(intent), Event::Failed) => State::Failed(Some(intent)),
            (Sending(intent) | Doubtful(intent) | State::Failed(Some(intent)), Restarted) => Doubtful(intent),
            (Waiting | Skipped | State::Failed(None), Restarted) => Waiting,
            (State::Verified, Restarted) => State::Verified,
            (state, event) => return Err(Illegal(Box::new((state, event)))),
        })
    }

    /// What tables show.
    pub fn name(self) -> &'static str {
        match self {
            State::Waiting => "WAITING",
            State::Sending(_) => "SENDING",
            State::Doubtful(_) => "DOUBTFUL",
            State::Verified => "VERIFIED",
            State::Failed(_) => "FAILED",
            State::Skipped => "SKIPPED",
        }
    }
}
