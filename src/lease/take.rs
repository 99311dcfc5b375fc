//! Taking the right to write to tables; the module's text says why this is enough.
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use super::ledger::{self, Claim};
use super::{Lease, Terms};
use crate::cluster::{Cluster, civil, clock};
use crate::error::{Error, Kind, Result, Retry};
use crate::model::TableName;

/// How often two that meet go apart before one of them says that the other is in its way.
const MEETINGS: u32 = 8;
/// How often an act is done again because somebody else writes to the ledger at that moment.
const COLLISIONS: u32 = 40;
/// The longest wait between two looks.
const GLANCE: Duration = Duration::from_millis(500);

/// Who asks for which tables.
pub struct Ask<'a> {
    /// The tables, as the target names them.
    pub tables: &'a [TableName],
    /// The run.
    pub run: &'a str,
    /// Whose run it is, for people.
    pub holder: &'a str,
    /// How long the right lasts without a sign of life.
    pub terms: Terms,
    /// How long to wait for a table that somebody else has.
    pub patience: Duration,
    /// Whether a run is known to be dead.
    pub is_dead: &'a dyn Fn(&str) -> bool,
    /// The right of this run that ran out, where it is to be taken again, if nobody has had it since.
    pub outlived: Option<&'a Lease>,
}

/// What came of one try.
enum Outcome {
    Taken(Lease),
    /// Somebody else has a table.
    Held(Claim),
    /// Somebody else came at the same moment.
    Met(Claim),
}

/// Takes the right to write to all tables of `ask`. `pause` waits, and fails when the user has
/// cancelled.
///
/// # Errors
/// `Overlap` when another run has one of the tables, naming it; `Refused` when one may have had what
/// is to be taken again; what the target answers when there is
/// no ledger and it cannot be made.
pub fn take(
    target: &mut dyn Cluster,
    ask: &Ask,
    pause: &mut dyn FnMut(Duration) -> Result<()>,
) -> Result<Lease> {
    ledger::prepare(target)?;
    let give_up = Instant::now() + ask.patience;
    let mut meetings = 0;
    loop {
        let other = match attempt(target, ask, pause)? {
            Outcome::Taken(lease) => return Ok(lease),
            Outcome::Met(_) if meetings < MEETINGS => {
                meetings += 1;
                pause(random(GLANCE))?;
                continue;
            }
            Outcome::Met(other) | Outcome::Held(other) => other,
        };
        if Instant::now() >= give_up {
            return Err(refusal(target, ask, &other));
        }
        pause(random(GLANCE))?;
    }
}

fn attempt(
    target: &mut dyn Cluster,
    ask: &Ask,
    pause: &mut dyn FnMut(Duration) -> Result<()>,
) -> Result<Outcome> {
    let asked = Instant::now();
    let now = ledger::clock(target)?;
    let before = ledger::claims(target)?;
    if let Some(other) = rival(&before, ask, now) {
        return Ok(Outcome::Held(other.clone()));
    }
    let expires = now + ask.terms.length.as_millis() as i64;
    let row = |table: &TableName| Claim {
        table: table.clone(),
        run: ask.run.to_owned(),
        holder: ask.holder.to_owned(),
        since: now,
        expires,
        beat: 0,
    };
    let own: Vec<Claim> = ask.tables.iter().map(row).collect();
    again(pause, || ledger::add(target, &own))?;
    let after = ledger::claims(target)?;
    if !own.iter().all(|claim| after.contains(claim)) {
        return Err(Error::new(
            Kind::Mismatch,
            format!("{} does not show a lease it stored", target.label()),
        )
        .advise("look into that server's log"));
    }
    // Judged by the time before the claim, by which more rows are good than by any later one.
    if let Some(other) = rival(&after, ask, now) {
        again(pause, || ledger::remove(target, &[ask.run], None))?;
        return Ok(Outcome::Met(other.clone()));
    }
    // Whoever had it meanwhile has swept that row away; a later one may be a sign of life that came late.
    let last = ask.outlived.and_then(Lease::last);
    if last.is_some_and(|last| !after.contains(&last)) {
        again(pause, || ledger::remove(target, &[ask.run], None))?;
        return Err(Error::new(Kind::Refused, "another run may have had it since").advise("run again"));
    }
    again(pause, || sweep(target, &after, ask, now))?;
    Ok(Outcome::Taken(Lease::new(own, ask.terms, asked)))
}

/// Somebody else's row for one of the tables that has not run out.
fn rival<'a>(claims: &'a [Claim], ask: &Ask, now: i64) -> Option<&'a Claim> {
    claims
        .iter()
        .find(|claim| ask.tables.contains(&claim.table) && claim.run != ask.run && is_good(claim, ask, now))
}

fn is_good(claim: &Claim, ask: &Ask, now: i64) -> bool {
    claim.expires.saturating_add(ask.terms.grace().as_millis() as i64) > now && !(ask.is_dead)(&claim.run)
}

/// Removes rows that mean nothing any more, by which whoever left them sees that somebody has come.
fn sweep(target: &mut dyn Cluster, claims: &[Claim], ask: &Ask, now: i64) -> Result<()> {
    let has_good = |run: &str| claims.iter().any(|claim| claim.run == run && is_good(claim, ask, now));
    let mut over: Vec<&str> = claims.iter().map(|claim| claim.run.as_str()).collect();
    over.retain(|run| *run != ask.run && !has_good(run));
    over.sort_unstable();
    over.dedup();
    match over.is_empty() {
        true => Ok(()),
        false => ledger::remove(target, &over, None),
    }
}

/// Does `act` again while somebody else writes to the ledger.
fn again<T>(pause: &mut dyn FnMut(Duration) -> Result<()>, mut act: impl FnMut() -> Result<T>) -> Result<T> {
    for _ in 0..COLLISIONS {
        match act() {
            Err(error) if error.kind().retry() == Retry::Wait => pause(random(GLANCE / 5))?,
            outcome => return outcome,
        }
    }
    act()
}

/// Between a fifth of `longest` and all of it.
fn random(longest: Duration) -> Duration {
    // Every hasher of the standard library is seeded anew from the system's randomness.
    let share = RandomState::new().hash_one(longest) as f64 / u64::MAX as f64;
    longest.mul_f64(0.2 + 0.8 * share)
}

fn refusal(target: &dyn Cluster, ask: &Ask, other: &Claim) -> Error {
    let Claim { table, run, holder, since, expires, .. } = other;
    let (since, expires) = (moment(*since), moment(*expires));
    let message = format!(
        "{table} at {} is in the hands of run {run} of {holder} since {since}, until {expires} at least, by \
         that cluster's clock",
        target.label()
    );
    let grace = ask.terms.grace().as_secs_f64();
    Error::new(Kind::Overlap, message).advise(format!(
        "wait for the end of that run, or give the option `wait`; if its node is dead, the table is free \
         {grace} s after that time"
    ))
}

fn moment(milliseconds: i64) -> String {
    let seconds = milliseconds.div_euclid(1000);
    let ((year, month, day), (hour, minute, second)) =
        (civil(seconds.div_euclid(86_400)), clock(seconds.rem_euclid(86_400)));
    format!("{year:04}.{month:02}.{day:02} {hour:02}:{minute:02}:{second:02}")
}
