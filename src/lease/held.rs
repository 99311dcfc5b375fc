//! A right that is held: kept alive, asked for before every write, given back.
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::Terms;
use super::ledger::{self, Claim};
use crate::cluster::Cluster;
use crate::error::{Error, Kind, Result};

/// The right to write to some tables of a target.
pub struct Lease {
    claims: Vec<Claim>,
    terms: Terms,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Until when we may write, by how long ago we asked.
    until: Instant,
    /// When the last row ends, by the target's clock.
    expires: i64,
    beat: i64,
    /// Why nothing may be written any more.
    lost: Option<String>,
    /// Why the last sign of life failed.
    trouble: Option<String>,
    has_ended: bool,
}

impl Lease {
    /// The right that `claims` are, for which the target's clock was asked at `asked`.
    pub(super) fn new(claims: Vec<Claim>, terms: Terms, asked: Instant) -> Lease {
        let expires = claims.first().map_or(i64::MAX, |claim| claim.expires);
        let state = State {
            until: trusted(asked, terms),
            expires,
            beat: 0,
            lost: None,
            trouble: None,
            has_ended: false,
        };
        Lease { claims, terms, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Whether something may be written now.
    ///
    /// # Errors
    /// `Refused` when the right is lost, and why.
    pub fn permit(&self) -> Result<()> {
        let state = self.state.lock();
        let why = match (&state.lost, &state.trouble) {
            (Some(why), _) => why.clone(),
            _ if Instant::now() < state.until => return Ok(()),
            (None, Some(trouble)) => format!("it could not be prolonged in time: {trouble}"),
            (None, None) => "it could not be prolonged in time".to_owned(),
        };
        Err(Error::new(Kind::Refused, format!("the lease at the target is lost, {why}"))
            .advise("run again; what another run has written since is looked at first"))
    }

    /// Prolongs the right until [`Lease::end`] or until it is lost, over connections that `connect`
    /// makes.
    pub fn keep(&self, connect: &dyn Fn() -> Result<Box<dyn Cluster + Send>>) {
        let mut link = None;
        let mut wait = self.terms.length / 3;
        while self.rest(wait) {
            let target = link.take().map_or_else(connect, Ok);
            match target.and_then(|mut target| self.prolong(&mut *target).map(|()| target)) {
                Ok(target) => {
                    link = Some(target);
                    wait = self.terms.length / 3;
                }
                Err(error) => {
                    self.state.lock().trouble = Some(error.to_string());
                    wait = self.terms.length / 20;
                }
            }
        }
    }

    /// Lets [`Lease::keep`] return.
    pub fn end(&self) {
        self.state.lock().has_ended = true;
        self.changed.notify_all();
    }

    /// Gives the right back.
    ///
    /// # Errors
    /// What the target answers; the right then runs out by itself.
    pub fn release(&self, target: &mut dyn Cluster) -> Result<()> {
        let run = self.claims.first().map(|claim| claim.run.as_str());
        let mut outcome = Ok(());
        for tried in 0..5u32 {
            outcome = run.map_or(Ok(()), |run| ledger::remove(target, &[run], None));
            match &outcome {
                Err(error) if error.kind() == Kind::Busy => {
                    std::thread::sleep(Duration::from_millis(20 << tried))
                }
                _ => break,
            }
        }
        outcome
    }

    /// Waits for `time`; returns whether there is still something to prolong.
    fn rest(&self, time: Duration) -> bool {
        let until = Instant::now() + time;
        let mut state = self.state.lock();
        while !state.has_ended && !self.changed.wait_until(&mut state, until).timed_out() {}
        !state.has_ended && state.lost.is_none()
    }

    /// One sign of life.
    ///
    /// # Errors
    /// `Refused` when the right is lost, or what the target answers.
    pub fn prolong(&self, target: &mut dyn Cluster) -> Result<()> {
        self.prolong_by(target, self.terms)
    }

    /// How long it can be relied on.
    pub fn left(&self) -> Duration {
        self.state.lock().until.saturating_duration_since(Instant::now())
    }

    /// The row that it stands on.
    pub(super) fn last(&self) -> Option<Claim> {
        let state = self.state.lock();
        let at = |claim: &Claim| Claim { expires: state.expires, beat: state.beat, ..claim.clone() };
        self.claims.first().map(at)
    }

    /// As [`Lease::prolong`], by other terms than it was taken for.
    ///
    /// # Errors
    /// As [`Lease::prolong`].
    pub fn prolong_by(&self, target: &mut dyn Cluster, terms: Terms) -> Result<()> {
        let (previous, beat) = {
            let state = self.state.lock();
            (state.expires, state.beat + 1)
        };
        let asked = Instant::now();
        let now = ledger::clock(target)?;
        let expires = now + terms.length.as_millis() as i64;
        if now >= previous {
            return Err(self.lose());
        }
        let row = |claim: &Claim| Claim { expires, beat, ..claim.clone() };
        ledger::add(target, &self.claims.iter().map(row).collect::<Vec<_>>())?;
        if ledger::clock(target)? >= previous {
            return Err(self.lose());
        }
        let mut state = self.state.lock();
        (state.until, state.expires, state.beat, state.trouble) =
            (trusted(asked, terms), expires, beat, None);
        drop(state);
        // Earlier rows end earlier and mean nothing beside this one.
        if let Some(claim) = self.claims.first() {
            drop(ledger::remove(target, &[&claim.run], Some(beat)));
        }
        Ok(())
    }

    fn lose(&self) -> Error {
        let why = "it ran out before it was prolonged".to_owned();
        self.state.lock().lost = Some(why.clone());
        Error::new(Kind::Refused, why)
    }
}

/// Until when a right is relied on for which the target's clock was asked at `asked`.
fn trusted(asked: Instant, terms: Terms) -> Instant {
    asked + terms.length - terms.length / 4
}
