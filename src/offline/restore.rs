//! One unit into the target exactly once, whatever breaks: an SQL restore appends, so it is announced
//! in the journal, and what became of a broken one is looked at before it is done again.
use parking_lot::Mutex;

use super::pipeline::{Ahead, Permit};
use crate::cluster::{Cluster, count};
use crate::data::Fingerprint;
use crate::error::{Error, Kind, Result};
use crate::failpoint::reach;
use crate::journal::{Effort, Event, Found, Intent, Journal, Method};
use crate::model::{Action, Mode, Unit};
use crate::online;
use crate::plan::Plan;

/// Fewer rows are read back sooner than a plugin finds its way to them.
const MANY: u64 = 10_000;

/// What is restored into one unit.
pub struct Delivery<'a> {
    /// What is restored.
    pub plan: &'a Plan,
    /// The journal of the run.
    pub journal: &'a Mutex<Journal>,
    /// The numbers of table and unit in the journal.
    pub at: (usize, usize),
    /// The unit.
    pub unit: &'a Unit,
    /// What the backup holds of it.
    pub sent: Fingerprint,
    /// The script that restores it; nothing when it is only removed.
    pub restore: Option<String>,
    /// Whether the restore puts its rows in the place of what is there.
    pub overwrites: bool,
    /// Whether only the number of rows that are restored is known.
    pub by_count: bool,
    /// Whether the run may still write to the target.
    pub permit: Permit<'a>,
    /// What was begun and broke off, until somebody has looked.
    pub doubt: Option<Intent>,
}

impl Delivery<'_> {
    /// Brings it to the target and proves that it is there; the journal keeps that `effort` was made.
    ///
    /// # Errors
    /// `Mismatch` and `Refused` when the target holds something else, otherwise what it answers; after
    /// an error of a kind that is worth it, the same delivery may be tried again.
    pub fn attempt(&mut self, target: &mut dyn Cluster, effort: Effort) -> Result<()> {
        let draft = &self.plan.draft;
        let there = draft.rows(self.unit);
        (self.permit)(Some(Ahead { target: &mut *target, rows: self.sent.rows }))?;
        let (held, _) = self.held(target)?;
        if let Some(intent) = self.doubt.take()
            && self.resolve(intent, held)?
        {
            return Ok(());
        }
        self.admit(held)?;
        let replaces = self.gives_way();
        let gone = if replaces { held } else { Fingerprint::default() };
        let intent = Intent { before: held, gone, sent: self.sent };
        (self.permit)(None)?;
        let announced = self.journal.lock().intend(self.at, intent, effort)?;
        announced.settle()?;
        reach("intended");
        let cleared = match replaces && !self.overwrites && held.rows > 0 {
            true => online::clear(target, there),
            false => Ok(()),
        };
        // A restore is no append of ours: its error does not prove that nothing was stored.
        cleared
            .and_then(|()| self.restore.as_ref().map_or(Ok(()), |script| target.query(script).map(drop)))
            .or_else(|error| self.doubt(intent, error))?;
        reach("restored");
        match self.look_back(target) {
            Err(error) => self.doubt(intent, error.context("it was restored but cannot be read back")),
            Ok((held, method)) if held == intent.after() => {
                self.journal.lock().saw(self.at, Event::Verified, method)
            }
            Ok((held, _)) => self.fail(Event::Differed, difference(intent, held)),
        }
    }

    /// What the target holds; without a sum where only a count is known of what was sent.
    fn held(&self, target: &mut dyn Cluster) -> Result<(Fingerprint, Method)> {
        let draft = &self.plan.draft;
        let there = draft.rows(self.unit);
        match self.by_count {
            true => Ok((Fingerprint { rows: count(target, there)?, sum: 0 }, Method::Count)),
            false => Ok((online::look(target, there, &draft.columns)?, Method::ReadBack)),
        }
    }

    /// The same, by the target's own plugin where that spares many rows the way.
    fn look_back(&self, target: &mut dyn Cluster) -> Result<(Fingerprint, Method)> {
        let draft = &self.plan.draft;
        let there = draft.rows(self.unit);
        let is_large = self.sent.rows >= MANY && !self.by_count;
        if is_large && online::can_ask(there) && !target.is_here() {
            // Without the plugin there it refuses at once.
            if let Some(held) = online::native(target, there, &draft.columns)? {
                return Ok((held, Method::Native));
            }
        }
        self.held(target)
    }

    /// Whether the plan names what the target holds as what goes.
    fn gives_way(&self) -> bool {
        matches!(self.plan.decisions[self.at.1].action, Action::Replace | Action::Delete)
    }

    /// Settles what became of a broken try; returns whether it had arrived.
    fn resolve(&self, intent: Intent, held: Fingerprint) -> Result<bool> {
        let found = intent.examine(held);
        let method = if self.by_count { Method::Count } else { Method::ReadBack };
        self.journal.lock().saw(self.at, Event::Looked(found), method)?;
        match found {
            Found::Present => Ok(true),
            Found::Absent => Ok(false),
            Found::Other => Err(difference(intent, held)),
        }
    }

    /// What the target holds now must still be what the plan may touch.
    fn admit(&self, held: Fingerprint) -> Result<()> {
        let adds = self.plan.mode == Mode::Append && !self.overwrites;
        if held.rows == 0 || adds || self.gives_way() {
            return Ok(());
        }
        let what = format!("it holds {} rows, and was empty when the sync began", held.rows);
        Err(Error::new(Kind::Refused, what).advise("look who else writes to it, then run again"))
    }

    fn doubt(&mut self, intent: Intent, error: Error) -> Result<()> {
        self.doubt = Some(intent);
        self.fail(Event::Broken, error)
    }

    fn fail(&self, event: Event, error: Error) -> Result<()> {
        self.note(event, error.message())?;
        Err(error)
    }

    fn note(&self, event: Event, why: &str) -> Result<()> {
        self.journal.lock().note(self.at, event, why)
    }
}

fn difference(intent: Intent, held: Fingerprint) -> Error {
    online::difference(intent.before - intent.gone, intent.sent, held)
}
