//! `follow` and `getFollows`: tables of the target that keep up with the source, round after round.
//!
//! A round looks at every table by metadata alone where that tells enough; a table without changes
//! costs a few questions and leaves no journal. What has changed is a run like any other. Everything
//! that is worth knowing of a table is on disk after each round, so a call that was killed goes on
//! where it was when somebody calls again.
pub(super) mod options;
pub(super) mod round;
mod show;
mod standing;

use std::time::{Duration, Instant};

use crate::cluster::Host;
use crate::data::Datum;
use crate::engine::RunId;
use crate::error::Result;
use crate::journal::{Begun, FOLLOW, Order, Runs};
use crate::model::TableName;
use crate::plugin::call::arguments::argument;
use crate::plugin::call::caller;
use crate::plugin::call::listening::Listening;
use crate::plugin::call::options::Options;
use crate::plugin::call::request::Request;
use crate::plugin::clusters::remote;
use crate::plugin::clusters::remote::Sites;
use crate::plugin::node::config;
use crate::plugin::online::exclusive::pause;
use crate::plugin::online::sync::is_left;
use crate::plugin::runs::steer::Orders;
use crate::plugin::runs::{background, report};
use crate::wire::Endpoint;
use options::Wish;
use round::Follower;
pub(super) use show::get_follows;

/// The parameters of each function as the manual writes them.
pub(super) const SYNTAX: &str = "clusterSync::follow(remote, dbPath, [tables], [options])";
pub(super) const FOLLOWS: &str = "clusterSync::getFollows()";

/// The place of the options among the arguments.
const OPTIONS: usize = 3;

/// Follows until it is cancelled.
pub(super) fn follow(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    let (args, runs) = background::announced(args, OPTIONS);
    let completed = config::completed(host, &args, OPTIONS, &Options::known())?;
    let wish = Wish::parse(&completed, runs.into_iter().next())?;
    background::carry(host, ("follow", &args, OPTIONS), &wish.request, |host| begin(host, &args, &wish))
}

fn begin(host: &mut dyn Host, args: &[Datum], wish: &Wish) -> Result<Datum> {
    let target = remote::resolve(host, argument(args, 0), wish.request.options.timeout)?;
    let runs = caller::runs(host)?;
    let id = wish.request.run.as_deref().map_or_else(RunId::now, RunId::named);
    let begun = begun(host, argument(args, 0), wish, (&id, &target.label))?;
    let mut journal = match runs.begin(begun.clone()) {
        Err(error) if is_left(&wish.request, &error) => {
            // Whoever calls again and again, to see that it goes on, leaves no trace each time.
            if wish.request.run.is_some() {
                runs.skip(begun, &error.to_string())?;
            }
            host.print(&format!("it is followed already: {error}"));
            return Ok(report::skipped(&id, &wish.names()));
        }
        journal => journal?,
    };
    // By its run every wait of a round hears that it is cancelled.
    let request = Request { run: Some(id.to_string()), ..wish.request.clone() };
    let wish = &Wish { request, ..wish.clone() };
    let outcome = watch(host, argument(args, 0), wish, &target, (&id, &runs));
    let failure = outcome.as_ref().err().map(ToString::to_string);
    let ended = journal.end(failure.as_deref());
    let obeyed = [Order::Pause, Order::Cancel].map(|order| runs.take_back(&id.to_string(), order));
    outcome?;
    obeyed.into_iter().chain([ended]).collect::<Result<()>>()?;
    drop(journal);
    show::of_run(host, &id.to_string())
}

/// One round after the other, until the user has had enough.
fn watch(
    host: &mut dyn Host,
    remote: &Datum,
    wish: &Wish,
    target: &Sites,
    (id, runs): (&RunId, &Runs),
) -> Result<()> {
    let name = id.to_string();
    let mut orders = Orders::to(&name, runs);
    let hear = |host: &mut dyn Host| orders.cancel(host);
    let host: &mut dyn Host = &mut Listening::new(host, hear);
    let sites = target.endpoints.iter().map(Endpoint::label).collect();
    let mut follower = Follower::new(host, remote, wish, (&target.label, sites), &name)?;
    loop {
        let next = Instant::now() + wish.period;
        follower.round(host)?;
        let left = next.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        if pause(host, left).is_err() {
            return Ok(());
        }
    }
}

fn begun(host: &mut dyn Host, remote: &Datum, wish: &Wish, (id, target): (&RunId, &str)) -> Result<Begun> {
    Ok(Begun {
        run: id.to_string(),
        user: caller::user(host)?,
        remote: remote.as_str().map(str::to_owned),
        target: target.to_owned(),
        table: wish.tables.as_ref().map(|tables| tables.join(", ")),
        mode: FOLLOW.into(),
        ..wish.request.begun()
    })
}

impl Wish {
    /// The tables by their full names; without names it is the database as such.
    fn names(&self) -> Vec<TableName> {
        let tables = self.tables.clone().unwrap_or_else(|| vec![String::new()]);
        tables.iter().map(|table| TableName::new(&self.request.db, table)).collect()
    }
}
