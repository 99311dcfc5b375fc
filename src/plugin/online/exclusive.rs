//! Work that only one run at a time does to a table, wherever the runs are.
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::site::Site;
use crate::cluster::{Cluster, Host};
use crate::engine::{Guard, RunId};
use crate::error::{Error, Kind, Result};
use crate::journal::{Begun, Runs};
use crate::lease::{self, Ask, Lease, Terms};
use crate::model::{Mode, TableName};
use crate::offline::{Ahead, Permit};
use crate::plan::Deed;
use crate::plugin::call::caller;
use crate::plugin::call::listening::Listening;
use crate::plugin::call::request::Request;

/// The longest that a lease is taken for ahead of a restore: if this node dies, others wait for as long.
const LONGEST: Duration = Duration::from_secs(3600);
/// Rows that a server surely restores in a second.
const SLOWEST: u64 = 20_000;

/// Waits, as long as the call is ready to, for a run of this node that works on the same tables.
/// Whatever is looked up afterwards is as that run has left it.
pub(in crate::plugin) fn await_turn(
    host: &mut dyn Host,
    request: &Request,
    site: &Site,
    begun: &Begun,
) -> Result<()> {
    const GLANCE: Duration = Duration::from_millis(200);
    let end = Instant::now() + request.options.wait;
    while Instant::now() < end && site.runs.is_taken(begun)? {
        pause(host, GLANCE)?;
    }
    Ok(())
}

/// What having the right to write takes at the target.
pub(in crate::plugin) fn deeds(
    request: &Request,
    target: &mut dyn Cluster,
) -> Result<Vec<(Deed, TableName)>> {
    if request.options.lease.is_zero() || request.options.mode == Mode::VerifyOnly {
        return Ok(Vec::new());
    }
    let all: &[Deed] = match lease::is_prepared(target)? {
        true => &[Deed::Read, Deed::Insert, Deed::Delete],
        false => &[Deed::MakeDatabase],
    };
    Ok(all.iter().map(|deed| (*deed, lease::ledger())).collect())
}

/// Calls `work` while the run `id` has the right to write to `tables` at the target.
pub(in crate::plugin) fn exclusively<T>(
    host: &mut dyn Host,
    request: &Request,
    site: &Site,
    (id, tables): (&RunId, &[TableName]),
    work: impl FnOnce(&mut dyn Host, Guard) -> Result<T>,
) -> Result<T> {
    let terms = Terms { length: request.options.lease };
    if terms.length.is_zero() {
        host.print("no lease is taken at the target: let only one node sync into these tables");
        return work(host, &|| Ok(()));
    }
    let lease = take(host, request, site, (&id.to_string(), tables), terms)?;
    let outcome = thread::scope(|scope| {
        let keeper = thread::Builder::new().name("clusterSyncLease".into());
        keeper.spawn_scoped(scope, || lease.keep(&site.hasty)).map_err(|error| {
            Error::new(Kind::Server, "no thread can be started to keep the lease").caused_by(error)
        })?;
        // However the work ends, the keeper must, or the scope would wait for it.
        let _ending = Ending(&lease);
        work(host, &|| lease.permit())
    });
    let given_back = (site.hasty)().and_then(|mut target| lease.release(&mut *target));
    if let Err(error) = given_back {
        let seconds = terms.length.as_secs();
        host.print(&format!("the lease at the target is not given back, it ends in {seconds} s: {error}"));
    }
    outcome
}

/// As [`exclusively`] where this node is the target. Nobody else may ask this server, so the calling
/// thread gives the signs of life, whenever it looks whether it is cancelled, and makes sure before a
/// restore that the right outlasts it. One that was outlived all the same is taken anew, if nobody else
/// has had it since: what the target holds is looked at before anything else is written.
pub(in crate::plugin) fn exclusively_here<T>(
    host: &mut dyn Host,
    (length, patience): (Duration, Duration),
    runs: &Runs,
    (id, tables): (&RunId, &[TableName]),
    work: impl FnOnce(&mut dyn Host, Permit) -> Result<T>,
) -> Result<T> {
    if length.is_zero() {
        host.print("no lease is taken here: let only one node sync into these tables");
        return work(host, &|_| Ok(()));
    }
    let (holder, run) = (caller::holder(host)?, id.to_string());
    let take = |target: &mut dyn Cluster, patience, outlived: Option<&Lease>| {
        let (terms, is_dead) = (Terms { length }, &|other: &str| runs.is_dead(other));
        let ask = Ask { tables, run: &run, holder: &holder, terms, patience, is_dead, outlived };
        lease::take(target, &ask, &mut |time| {
            thread::sleep(time);
            Ok(())
        })
    };
    let lease = Mutex::new(take(host, patience, None)?);
    let mut next = Instant::now() + length / 3;
    let hear = |host: &mut dyn Host| {
        if Instant::now() >= next {
            // What comes of it shows when the next partition asks for the right.
            let kept = lease.lock().prolong(host).is_ok();
            next = Instant::now() + if kept { length / 3 } else { length / 20 };
        }
        host.is_cancelled()
    };
    let permit = |ahead: Option<Ahead>| {
        let mut lease = lease.lock();
        let Some(Ahead { target, rows }) = ahead else { return lease.permit() };
        let silence = Duration::from_secs(rows / SLOWEST);
        if lease.left() < silence {
            // What comes of it is asked below.
            let _ = lease.prolong_by(target, Terms { length: (2 * silence).min(LONGEST).max(length) });
        }
        if lease.permit().is_err() {
            *lease = take(target, Duration::ZERO, Some(&lease)).map_err(|error| {
                Error::new(Kind::Refused, format!("the lease ran out, {}", error.message()))
                    .advise("run again; what another run has written since is looked at first")
            })?;
        }
        lease.permit()
    };
    let outcome = work(&mut Listening::new(host, hear), &permit);
    if let Err(error) = lease.into_inner().release(host) {
        host.print(&format!("the lease is not given back, it ends in {} s: {error}", length.as_secs()));
    }
    outcome
}

struct Ending<'a>(&'a Lease);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

fn take(
    host: &mut dyn Host,
    request: &Request,
    site: &Site,
    (run, tables): (&str, &[TableName]),
    terms: Terms,
) -> Result<Lease> {
    let holder = caller::holder(host)?;
    let mut target = (site.hasty)()?;
    let ask = Ask {
        tables,
        run,
        holder: &holder,
        terms,
        patience: request.options.wait,
        // Only a run of this node can be known to be dead: its journal is here, and nobody writes it.
        is_dead: &|other| site.runs.is_dead(other),
        outlived: None,
    };
    lease::take(&mut *target, &ask, &mut |time| pause(host, time))
}

/// Waits, unless the user has cancelled.
pub(in crate::plugin) fn pause(host: &mut dyn Host, time: Duration) -> Result<()> {
    const GLANCE: Duration = Duration::from_millis(50);
    let end = Instant::now() + time;
    loop {
        if host.is_cancelled() {
            return Err(Error::new(Kind::Cancelled, "the user cancelled").advise("nothing was written"));
        }
        match end.saturating_duration_since(Instant::now()) {
            Duration::ZERO => return Ok(()),
            left => thread::sleep(left.min(GLANCE)),
        }
    }
}
