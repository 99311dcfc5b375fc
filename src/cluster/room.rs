//! A reading room: rows that several want are read once.
//!
//! Whoever is going to read takes a seat and says what it wants; what one of them reads is kept for the
//! others. Nobody gets rows that were read before it had asked, so that they are never older than its
//! plan. What is kept stays within a budget: where that does not suffice, what was kept longest goes, and
//! who has not come for it by then reads it again. Who comes early waits a moment for those who are about
//! to ask for the same, but only once for anybody who does not come. So nobody is held up by those who
//! are slow, and who leaves takes its wishes along.
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::data::Batch;
use crate::error::Result;

/// What a reader that hears nothing from the source may cost the others, once for each read.
const LONGEST_READ: Duration = Duration::from_secs(30);

/// Where rows are read together.
pub struct Room {
    /// Bytes that may be kept.
    budget: usize,
    /// How long one waits for the others.
    patience: Duration,
    /// How long one waits for what another is reading.
    reading: Duration,
    shelf: Mutex<Shelf>,
    somebody_came: Condvar,
    /// Held while rows are read that others want too.
    turn: Mutex<()>,
}

impl Room {
    /// One that keeps so many bytes at most.
    pub fn new(budget: usize, patience: Duration) -> Arc<Room> {
        let (shelf, somebody_came) = (Mutex::default(), Condvar::new());
        let turn = Mutex::new(());
        Arc::new(Room { budget, patience, reading: LONGEST_READ, shelf, somebody_came, turn })
    }

    /// A place for one reader.
    pub fn seat(self: &Arc<Self>) -> Arc<Seat> {
        let mut shelf = self.shelf.lock();
        let number = shelf.tick();
        shelf.readers.insert(number, Reader::default());
        Arc::new(Seat { room: self.clone(), number })
    }
}

/// One reader's place, whose wishes end with it.
pub struct Seat {
    room: Arc<Room>,
    number: u64,
}

impl Seat {
    /// Says what is going to be read from here, in place of what was said before, and waits a moment
    /// for others who are going to say the same.
    pub fn announce(&self, queries: impl IntoIterator<Item = String>) {
        let end = Instant::now() + self.room.patience;
        let mut shelf = self.shelf();
        let (pass, count) = shelf.announce(self.number, queries);
        self.room.somebody_came.notify_all();
        while count > 0 && !shelf.are_gathered(pass) {
            if self.room.somebody_came.wait_until(&mut shelf, end).timed_out() {
                return shelf.expect_no_longer(pass);
            }
        }
    }

    /// The place, among what was announced, of rows that somebody else has read already.
    pub fn at_hand(&self) -> Option<usize> {
        self.shelf().readers.get(&self.number)?.ready.first().copied()
    }

    /// The rows of `query`: those that are kept for this reader, else what `read` returns.
    ///
    /// # Errors
    /// That of `read`.
    pub fn read(&self, query: &str, read: impl FnOnce() -> Result<Batch>) -> Result<Batch> {
        if let Some(rows) = self.take(query) {
            return Ok(rows);
        }
        if !self.shelf().is_wanted(query, self.number) {
            self.shelf().give_up(self.number, query);
            return read();
        }
        let Some(_turn) = self.room.turn.try_lock_for(self.room.reading) else {
            // A source that is silent to one reader may answer another.
            self.shelf().give_up(self.number, query);
            return read();
        };
        // Whoever had the turn may have read the same.
        if let Some(rows) = self.take(query) {
            return Ok(rows);
        }
        // The own wish stays as long as it is being fulfilled, so that others see that it is.
        let began = self.shelf().tick();
        let rows = read();
        let mut shelf = self.shelf();
        shelf.give_up(self.number, query);
        if let Ok(rows) = &rows {
            shelf.keep(query, rows, began, self.room.budget);
        }
        rows
    }

    fn take(&self, query: &str) -> Option<Batch> {
        self.shelf().take(self.number, query)
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.room.shelf.lock()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut shelf = self.shelf();
        shelf.forget_wishes(self.number);
        shelf.readers.remove(&self.number);
        self.room.somebody_came.notify_all();
    }
}

/// What is wanted, and what is kept of it.
#[derive(Default)]
struct Shelf {
    readers: BTreeMap<u64, Reader>,
    wishes: HashMap<Arc<str>, Wish>,
    /// The queries whose rows are kept, from the oldest.
    kept: BTreeMap<u64, Arc<str>>,
    /// Bytes of those.
    held: usize,
    /// Counts what happens.
    clock: u64,
}

#[derive(Default)]
struct Reader {
    /// How often it has announced something; those who want the same have the same number.
    pass: u64,
    /// Whether others have waited for it in vain since it last wanted what they do.
    is_late: bool,
    /// What is kept for it, by its own numbers.
    ready: BTreeSet<usize>,
}

#[derive(Default)]
struct Wish {
    claims: Vec<Claim>,
    /// The rows, and since when they are kept.
    rows: Option<(u64, Batch)>,
}

struct Claim {
    seat: u64,
    number: usize,
    since: u64,
}

impl Shelf {
    fn tick(&mut self) -> u64 {
        self.clock += 1;
        self.clock
    }

    /// Takes wishes in; returns the number of the pass, and how many there are.
    fn announce(&mut self, seat: u64, queries: impl IntoIterator<Item = String>) -> (u64, usize) {
        self.forget_wishes(seat);
        let (since, mut count, mut together) = (self.tick(), 0, BTreeSet::from([seat]));
        for (number, query) in queries.into_iter().enumerate() {
            let claims = &mut self.wishes.entry(query.into()).or_default().claims;
            together.extend(claims.iter().map(|claim| claim.seat));
            claims.push(Claim { seat, number, since });
            count += 1;
        }
        let pass =
            |own: &u64| self.readers.get(own).map_or(0, |reader| reader.pass + u64::from(*own == seat));
        let pass = together.iter().map(pass).max().unwrap_or_default();
        let is_among = together.len() > 1;
        for own in together {
            let reader = self.readers.entry(own).or_default();
            reader.pass = pass;
            reader.is_late &= !is_among;
        }
        (pass, count)
    }

    fn are_gathered(&self, pass: u64) -> bool {
        self.readers.values().all(|reader| reader.is_late || reader.pass >= pass)
    }

    fn expect_no_longer(&mut self, pass: u64) {
        let missing = self.readers.values_mut().filter(|reader| reader.pass < pass);
        missing.for_each(|reader| reader.is_late = true);
    }

    /// Whether others want the rows of `query`.
    fn is_wanted(&self, query: &str, own: u64) -> bool {
        self.wishes.get(query).is_some_and(|wish| wish.claims.iter().any(|claim| claim.seat != own))
    }

    fn is_ready(&self, claim: &Claim) -> bool {
        self.readers.get(&claim.seat).is_some_and(|reader| reader.ready.contains(&claim.number))
    }

    /// The rows that are kept for `seat`, which then wants them no more.
    fn take(&mut self, seat: u64, query: &str) -> Option<Batch> {
        let wish = self.wishes.get(query)?;
        let claim = wish.claims.iter().find(|claim| claim.seat == seat)?;
        let rows = wish.rows.as_ref().filter(|_| self.is_ready(claim))?.1.clone();
        self.give_up(seat, query);
        Some(rows)
    }

    /// Ends the wish of `seat` for `query`.
    fn give_up(&mut self, seat: u64, query: &str) {
        let Some(wish) = self.wishes.get_mut(query) else { return };
        for claim in wish.claims.extract_if(.., |claim| claim.seat == seat) {
            self.readers.entry(seat).or_default().ready.remove(&claim.number);
        }
        let wish = &self.wishes[query];
        let age = wish.rows.as_ref().map(|(age, _)| *age);
        let (is_over, is_awaited) =
            (wish.claims.is_empty(), wish.claims.iter().any(|claim| self.is_ready(claim)));
        if let Some(age) = age.filter(|_| !is_awaited) {
            self.put_away(age);
        }
        if is_over {
            self.wishes.remove(query);
        }
    }

    /// Keeps rows that were read since `began` for all who had asked by then.
    fn keep(&mut self, query: &str, rows: &Batch, began: u64, budget: usize) {
        let age = self.tick();
        let Some((query, wish)) = self.wishes.get_key_value(query) else { return };
        let (query, older) = (query.clone(), wish.rows.as_ref().map(|(age, _)| *age));
        if rows.byte_len() > budget || !wish.claims.iter().any(|claim| claim.since < began) {
            return;
        }
        older.into_iter().for_each(|age| self.put_away(age));
        let Some(wish) = self.wishes.get_mut(&query) else { return };
        for claim in wish.claims.iter().filter(|claim| claim.since < began) {
            self.readers.entry(claim.seat).or_default().ready.insert(claim.number);
        }
        wish.rows = Some((age, rows.clone()));
        self.held += rows.byte_len();
        self.kept.insert(age, query);
        while self.held > budget
            && let Some((oldest, _)) = self.kept.first_key_value()
        {
            self.put_away(*oldest);
        }
    }

    /// Keeps the rows of this age no longer; who wants them reads them.
    fn put_away(&mut self, age: u64) {
        let Some(wish) = self.kept.remove(&age).and_then(|query| self.wishes.get_mut(&query)) else { return };
        self.held -= wish.rows.take().map_or(0, |(_, rows)| rows.byte_len());
        for claim in &wish.claims {
            self.readers.entry(claim.seat).or_default().ready.remove(&claim.number);
        }
    }

    fn forget_wishes(&mut self, seat: u64) {
        let has = |wish: &Wish| wish.claims.iter().any(|claim| claim.seat == seat);
        let wished = self.wishes.iter().filter(|(_, wish)| has(wish));
        let queries: Vec<Arc<str>> = wished.map(|(query, _)| query.clone()).collect();
        for query in queries {
            self.give_up(seat, &query);
        }
    }
}
