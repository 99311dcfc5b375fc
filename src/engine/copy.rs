//! Copies one unit exactly once, whatever breaks: every act is announced in the journal, and what
//! became of a broken one is looked at before it is done again.
use parking_lot::Mutex;

use super::lane::{Job, Link, Work};
use super::patience::{Retries, Stop};
use super::sight::Sight;
use super::{Guard, merge};
use crate::cluster::{count, read, sql::Rows};
use crate::data::{Batch, Fingerprint};
use crate::error::{Error, Kind, Result, Retry};
use crate::failpoint::reach;
use crate::journal::{Effort, Event, Found, Intent, Journal, Method, Progress, now};
use crate::model::{Action, Check, Mode, Unit};
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
    pub(super) sight: Sight,
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
        let rows = match self.reads(work.number) {
            true => online::fitted(&work.rows, &draft.columns, &draft.counterpart.widened)?,
            false => Batch::default(),
        };
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

    fn reads_back(&self, number: usize) -> bool {
        let is_merged = self.plan.decisions[number].action == Action::Upsert;
        is_merged || self.sight.reads_back(self.plan.draft.there(&self.plan.draft.units[number]))
    }

    fn writes(&self) -> bool {
        true
    }

    fn reads(&self, number: usize) -> bool {
        !self.plan.decisions[number].action.clears()
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
            let Err(error) = self.attempt(link, parcel) else { return Ok(()) };
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

    fn attempt(&self, link: &mut Link, parcel: &mut Parcel) -> Result<()> {
        let there = self.plan.draft.there(parcel.unit);
        let (held, gone, method) = self.view(link, there, parcel)?;
        if let Some(intent) = parcel.doubt
            && self.resolve(parcel, intent, (held, method))?
        {
            return Ok(());
        }
        self.admit(parcel, held)?;
        let intent = Intent { before: held, gone, sent: parcel.sent };
        (self.guard)()?;
        // Not under the lock, so that lanes wait for the disk together.
        let announced = self.journal.lock().intend((self.table, parcel.number), intent, parcel.effort)?;
        announced.settle()?;
        reach("intended");
        self.put(link, there, parcel, intent)?;
        self.prove(link, there, parcel, intent)
    }

    fn action(&self, parcel: &Parcel) -> Action {
        self.plan.decisions[parcel.number].action
    }

    /// What the target holds, what of it is going to give way, and how that is known.
    fn view(
        &self,
        link: &mut Link,
        there: Rows,
        parcel: &Parcel,
    ) -> Result<(Fingerprint, Fingerprint, Method)> {
        let columns = &self.plan.draft.columns;
        if self.action(parcel) == Action::Upsert {
            let rows = read(link.open()?, there, columns)?;
            let gone = merge::superseded(&parcel.rows, &rows, &self.plan.keys_of(parcel.unit))?;
            return Ok((online::fingerprint(&rows), gone, Method::ReadBack));
        }
        let (held, method) = match self.action(parcel).clears() {
            true => counted(link, there)?,
            false => link.glance(there, columns, &self.sight)?,
        };
        let goes = matches!(self.action(parcel), Action::Replace | Action::Clear | Action::Delete);
        let gone = if goes { held } else { Fingerprint::default() };
        Ok((held, gone, method))
    }

    /// Settles what became of a broken try; returns whether it had arrived.
    fn resolve(
        &self,
        parcel: &mut Parcel,
        intent: Intent,
        (held, method): (Fingerprint, Method),
    ) -> Result<bool> {
        let found = match intent.examine(held) {
            // What an upsert does may be done again, whatever is there.
            Found::Other if self.action(parcel) == Action::Upsert => Found::Absent,
            found => found,
        };
        self.saw(parcel, Event::Looked(found), method)?;
        parcel.doubt = None;
        match found {
            Found::Present => Ok(true),
            Found::Absent => Ok(false),
            Found::Other => Err(difference(intent, held)),
        }
    }

    /// What the target holds now must still be what the plan may touch.
    fn admit(&self, parcel: &Parcel, held: Fingerprint) -> Result<()> {
        let touches = !matches!(self.action(parcel), Action::Copy);
        if held.rows == 0 || self.plan.mode == Mode::Append || touches {
            return Ok(());
        }
        Err(Error::new(
            Kind::Refused,
            format!("it holds {} rows, and was empty when the sync began", held.rows),
        )
        .advise("look who else writes to it, then run again"))
    }

    fn put(&self, link: &mut Link, there: Rows, parcel: &mut Parcel, intent: Intent) -> Result<()> {
        let target = link.open()?;
        let rows = self.plan.draft.counterpart.complete(&parcel.rows);
        let stored = match self.action(parcel) {
            // Nothing is to be changed.
            Action::Upsert | Action::Delete | Action::Clear if intent.after() == intent.before => Ok(()),
            Action::Delete => online::clear(target, there),
            Action::Clear => online::clear(target, there).inspect(|()| reach("cleared")),
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

    /// Looks again. What cannot be seen is doubtful: it was stored, but nobody knows how.
    fn prove(&self, link: &mut Link, there: Rows, parcel: &mut Parcel, intent: Intent) -> Result<()> {
        let unseen = |error: Error| error.context("its rows are stored but cannot be read back");
        match self.seen(link, there, intent.after()).map_err(unseen) {
            Err(error) => self.doubt(parcel, intent, error),
            Ok((held, method)) if held == intent.after() => {
                reach("proven");
                self.saw(parcel, Event::Verified, method)
            }
            Ok((held, _)) => self.fail(parcel, Event::Differed, difference(intent, held)),
        }
    }

    /// What the target holds where `after` should be, as closely as the plan wants to know.
    fn seen(&self, link: &mut Link, there: Rows, after: Fingerprint) -> Result<(Fingerprint, Method)> {
        let columns = &self.plan.draft.columns;
        match self.plan.check {
            // Who only counts takes the sum on trust.
            Check::Count => {
                let rows = count(link.open()?, there)?;
                Ok((Fingerprint { rows, ..after }, Method::Count))
            }
            Check::Fingerprint if after.rows == 0 => link.glance(there, columns, &self.sight),
            Check::Fingerprint => link.look(there, columns, &self.sight),
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

    fn saw(&self, parcel: &Parcel, event: Event, method: Method) -> Result<()> {
        self.journal.lock().saw((self.table, parcel.number), event, method)
    }

    fn note(&self, parcel: &Parcel, event: Event, why: &str) -> Result<()> {
        self.journal.lock().note((self.table, parcel.number), event, why)
    }
}

/// How much there is of what goes, whatever it is.
fn counted(link: &mut Link, there: Rows) -> Result<(Fingerprint, Method)> {
    Ok((Fingerprint { rows: count(link.open()?, there)?, sum: 0 }, Method::Count))
}

fn difference(intent: Intent, held: Fingerprint) -> Error {
    online::difference(intent.before - intent.gone, intent.sent, held)
}
