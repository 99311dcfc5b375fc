//! Copies one unit exactly once, whatever breaks: every act is announced in the journal, and what
//! became of a broken one is looked at before it is done again.
use parking_lot::Mutex;

use super::lane::{Job, Link, Work};
use super::patience::{Retries, Stop};
use super::{Guard, merge};
use crate::cluster::{Cluster, read, sql::Rows};
use crate::data::{Batch, Fingerprint};
use crate::error::{Error, Kind, Result, Retry};
use crate::failpoint::reach;
use crate::journal::{Effort, Event, Found, Intent, Journal, Progress, now};
use crate::model::{Action, Mode, Unit};
use crate::online;
use crate::plan::Plan;

/// Copying the units of a plan.
pub(super) struct Copy<'a> {
    pub(super) plan: &'a Plan,
    pub(super) journal: &'a Mutex<Journal>,
    /// The table's number in the journal.
    pub(super) table: usize,
    pub(super) retries: Retries,
    pub(super) stop: &'a Stop,
    pub(super) guard: Guard<'a>,
}

/// One unit on its way.
struct Parcel<'a> {
    number: usize,
    unit: &'a Unit,
    rows: Batch,
    sent: Fingerprint,
    /// Who is at it.
    effort: Effort,
    /// What was begun and broke off, until somebody has looked.
    doubt: Option<Intent>,
}

impl Job for Copy<'_> {
    fn work(&self, link: &mut Link, work: &Work) -> Result<()> {
        let effort = Effort { lane: link.lane, began: now(), tried: 0, bytes: work.rows.byte_len() as u64 };
        let draft = &self.plan.draft;
        let rows = online::fitted(&work.rows, &draft.columns, &draft.counterpart.widened)?;
        let sent = online::fingerprint(&rows);
        let mut parcel = Parcel { number: work.number, unit: work.unit, rows, sent, effort, doubt: None };
        self.persist(link, &mut parcel).map_err(|error| {
            let named =
                format!("partition {} of {} at the target", work.unit, self.plan.draft.counterpart.table);
            let error = error.context(named);
            // The unit's own failure is what counts; a journal that cannot take the note has failed
            // the run before, or leaves the unit doubtful.
            let _ = self.journal.lock().give_up((self.table, work.number), error.message());
            error
        })
    }

    fn progress(&self) -> Option<Progress> {
        Some(Progress::of_table(self.journal.lock().told(), self.table, now()))
    }
}

impl Copy<'_> {
    /// Tries until the unit is verified, a person is needed, or patience ends.
    fn persist(&self, link: &mut Link, parcel: &mut Parcel) -> Result<()> {
        online::require_whole(&parcel.rows, &self.plan.draft.counterpart.limits)?;
        for tried in 0.. {
            parcel.effort.tried = tried + 1;
            let outcome = link.open().and_then(|target| self.attempt(target, parcel));
            let Err(error) = outcome else { return Ok(()) };
            let again = error.kind().retry();
            if again == Retry::Reconnect {
                link.close();
            }
            let wait = self.retries.wait(tried).filter(|_| again != Retry::Never);
            match wait {
                Some(wait) if self.stop.pause(wait) => {}
                _ => return Err(error),
            }
        }
        unreachable!("tries are counted")
    }

    fn attempt(&self, target: &mut dyn Cluster, parcel: &mut Parcel) -> Result<()> {
        let draft = &self.plan.draft;
        let there = draft.there(parcel.unit);
        let (held, gone) = self.view(target, there, parcel)?;
        if let Some(intent) = parcel.doubt
            && self.resolve(parcel, intent, held)?
        {
            return Ok(());
        }
        self.admit(parcel, held)?;
        let intent = Intent { before: held, gone, sent: parcel.sent };
        (self.guard)()?;
        self.journal.lock().intend((self.table, parcel.number), intent, parcel.effort)?;
        reach("intended");
        self.put(target, there, parcel, intent)?;
        self.prove(target, there, parcel, intent)
    }

    fn action(&self, parcel: &Parcel) -> Action {
        self.plan.decisions[parcel.number].action
    }

    /// What the target holds, and what of it is going to give way.
    fn view(
        &self,
        target: &mut dyn Cluster,
        there: Rows,
        parcel: &Parcel,
    ) -> Result<(Fingerprint, Fingerprint)> {
        let columns = &self.plan.draft.columns;
        if self.action(parcel) == Action::Upsert {
            let rows = read(target, there, columns)?;
            let gone = merge::superseded(&parcel.rows, &rows, &self.plan.keys_of(parcel.unit))?;
            return Ok((online::fingerprint(&rows), gone));
        }
        let held = online::look(target, there, columns)?;
        let goes = matches!(self.action(parcel), Action::Replace | Action::Delete);
        let gone = if goes { held } else { Fingerprint::default() };
        Ok((held, gone))
    }

    /// Settles what became of a broken try; returns whether it had arrived.
    fn resolve(&self, parcel: &mut Parcel, intent: Intent, held: Fingerprint) -> Result<bool> {
        let found = match intent.examine(held) {
            // What an upsert does may be done again, whatever is there.
            Found::Other if self.action(parcel) == Action::Upsert => Found::Absent,
            found => found,
        };
        self.note(parcel, Event::Looked(found), "")?;
        parcel.doubt = None;
        match found {
            Found::Present => Ok(true),
            Found::Absent => Ok(false),
            Found::Other => Err(difference(intent, held)),
        }
    }

    /// What the target holds now must still be what the plan may touch.
    fn admit(&self, parcel: &Parcel, held: Fingerprint) -> Result<()> {
        let touches = matches!(self.action(parcel), Action::Replace | Action::Upsert | Action::Delete);
        if held.rows == 0 || self.plan.mode == Mode::Append || touches {
            return Ok(());
        }
        Err(Error::new(
            Kind::Refused,
            format!("it holds {} rows, and was empty when the sync began", held.rows),
        )
        .advise("look who else writes to it, then run again"))
    }

    fn put(&self, target: &mut dyn Cluster, there: Rows, parcel: &mut Parcel, intent: Intent) -> Result<()> {
        let rows = self.plan.draft.counterpart.complete(&parcel.rows);
        let stored = match self.action(parcel) {
            // Nothing is to be changed.
            Action::Upsert | Action::Delete if intent.after() == intent.before => Ok(()),
            Action::Delete => online::clear(target, there),
            Action::Upsert => online::upsert(target, there, &rows, &self.plan.keys),
            Action::Replace if intent.before.rows > 0 => online::clear(target, there).and_then(|()| {
                reach("cleared");
                online::append(target, there, &rows)
            }),
            _ => online::append(target, there, &rows),
        };
        reach("appended");
        stored.or_else(|error| match error.kind() {
            kind if online::is_open(kind) => self.doubt(parcel, intent, error),
            Kind::Mismatch => self.fail(parcel, Event::Differed, error),
            _ => self.fail(parcel, Event::Rejected, error),
        })
    }

    /// Reads back. What cannot be read back is doubtful: it was stored, but nobody has seen it.
    fn prove(
        &self,
        target: &mut dyn Cluster,
        there: Rows,
        parcel: &mut Parcel,
        intent: Intent,
    ) -> Result<()> {
        let unseen = |error: Error| error.context("its rows are stored but cannot be read back");
        match online::look(target, there, &self.plan.draft.columns).map_err(unseen) {
            Err(error) => self.doubt(parcel, intent, error),
            Ok(held) if held == intent.after() => {
                reach("proven");
                self.note(parcel, Event::Verified, "")
            }
            Ok(held) => self.fail(parcel, Event::Differed, difference(intent, held)),
        }
    }

    fn doubt(&self, parcel: &mut Parcel, intent: Intent, error: Error) -> Result<()> {
        parcel.doubt = Some(intent);
        self.fail(parcel, Event::Broken, error)
    }

    fn fail(&self, parcel: &Parcel, event: Event, error: Error) -> Result<()> {
        self.note(parcel, event, error.message())?;
        Err(error)
    }

    fn note(&self, parcel: &Parcel, event: Event, why: &str) -> Result<()> {
        self.journal.lock().note((self.table, parcel.number), event, why)
    }
}

fn difference(intent: Intent, held: Fingerprint) -> Error {
    online::difference(intent.before - intent.gone, intent.sent, held)
}
