//! Where a call works: the target it reaches, and the tables on both sides of it.
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use super::afar::Afar;
use super::errands::Desk;
use super::exclusive::deeds;
use super::plans::recalled;
use super::rename::destination;
use super::watermark::wanted;
use crate::cluster::{Cluster, Host, tables};
use crate::data::Datum;
use crate::engine::{Connect, RunId};
use crate::error::{Error, Kind, Result};
use crate::journal::{Begun, Direction, Order, Runs};
use crate::memory::Memory;
use crate::model::TableName;
use crate::plan::{Deed, Draft, Wanted, prepare};
use crate::plugin::call::caller;
use crate::plugin::call::listening::Listening;
use crate::plugin::call::options::Options;
use crate::plugin::call::request::Request;
use crate::plugin::clusters::remote::{self, Sites};
use crate::plugin::node::config;
use crate::wire::Control;

/// How long a write under way may take to arrive when its run is cancelled.
const GRACE: Duration = Duration::from_secs(3);

/// Where a call works: what the target is called, and where runs are kept.
pub(in crate::plugin) struct Site {
    pub(in crate::plugin) target: String,
    /// The target, and all that the call calls otherwise there.
    pub(in crate::plugin) destination: String,
    pub(in crate::plugin) remote: Option<String>,
    pub(in crate::plugin) user: String,
    pub(in crate::plugin) runs: Runs,
    /// Connects to the target with little patience, for what must not be late.
    pub(in crate::plugin) hasty: Open,
    pub(in crate::plugin) memory: Memory,
    /// Holds all connections of the call back.
    pub(in crate::plugin) control: Arc<Control>,
    /// Holds those to the source back besides.
    pub(in crate::plugin) reading: Arc<Control>,
}

impl Site {
    /// The run that was announced for `request`, if it still waits, else a new one.
    ///
    /// # Errors
    /// `Cancelled` when it was ended while it waited: nobody may do the work under another name.
    pub(in crate::plugin) fn run_id(&self, request: &Request) -> Result<RunId> {
        let Some(run) = &request.run else { return Ok(RunId::now()) };
        if self.runs.is_queued(run) {
            return Ok(RunId::named(run));
        }
        match self.runs.find(run)?.run.ended {
            Some(ended) if ended.failure.is_some() => {
                Err(Error::new(Kind::Cancelled, format!("run {run} was ended before it began"))
                    .advise("call again if it is still wanted"))
            }
            _ => Ok(RunId::now()),
        }
    }

    /// Lets everybody who waits for the network hear that the run `id` is cancelled.
    pub(in crate::plugin) fn hear(&self, id: &RunId) {
        hear((&self.reading, &self.control), &self.runs, id.to_string());
    }

    /// What the journal keeps of `request`, for a run that has no name yet.
    pub(in crate::plugin) fn begun(&self, request: &Request) -> Begun {
        Begun {
            user: self.user.clone(),
            remote: self.remote.clone(),
            target: self.target.clone(),
            ..request.begun()
        }
    }
}

/// Lets those who wait for the network hear that `run` is cancelled: at once who reads the source, and
/// later who writes, since of an append that is broken off nobody knows whether the target is going to
/// store it.
fn hear((reading, control): (&Control, &Control), runs: &Runs, run: String) {
    let (runs, told) = (runs.clone(), OnceLock::new());
    let is_cancelled = move || runs.has(&run, Order::Cancel);
    reading.listen(is_cancelled.clone());
    control.listen(move || is_cancelled() && told.get_or_init(Instant::now).elapsed() >= GRACE);
}

/// Makes connections to one side.
type Open = Box<dyn Fn() -> Result<Box<dyn Cluster + Send>> + Send + Sync>;

/// The clusters between which rows travel; none is this node's.
struct Ends {
    source: Option<Sites>,
    target: Option<Sites>,
}

impl Ends {
    /// What the argument `remote` and the options mean.
    fn of(
        host: &mut dyn Host,
        remote: &Datum,
        options: &Options,
        (reading, control): (&Arc<Control>, &Arc<Control>),
    ) -> Result<Ends> {
        let mut sites = |what: &Datum, control: &Arc<Control>| {
            let sites = remote::resolve(host, what, options.timeout)?;
            Ok::<_, Error>(Some(sites.held(options.compress, control)))
        };
        Ok(match options.direction {
            Direction::Push => Ends { source: None, target: sites(remote, control)? },
            Direction::Pull => Ends { source: sites(remote, reading)?, target: None },
            Direction::Between => {
                let source = sites(&options.source, reading);
                let source = source.map_err(|error| error.context("the option `source`"))?;
                Ends { source, target: sites(remote, control)? }
            }
        })
    }
}

/// A connection to one of `sites`.
pub(in crate::plugin) fn open(sites: &Sites) -> Result<Box<dyn Cluster + Send>> {
    sites.connect().map(|remote| Box::new(remote) as Box<dyn Cluster + Send>)
}

/// What holds the connections of a call for `request` back.
pub(in crate::plugin) fn control(host: &mut dyn Host, request: &Request) -> Result<Arc<Control>> {
    let control = Arc::<Control>::default();
    control.limiter.set(request.options.rate.by_clock_of(host)?);
    Ok(control)
}

/// Calls `work` with the source and the target that the argument `remote` and the options mean; where
/// the source is another cluster, on a thread of its own.
pub(in crate::plugin) fn connected(
    host: &mut dyn Host,
    remote: &Datum,
    request: &Request,
    work: impl FnOnce(&mut dyn Host, &Site, Connect) -> Result<Datum> + Send,
) -> Result<Datum> {
    let control = control(host, request)?;
    held(host, remote, request, &control, work)
}

/// As [`connected`], held back by `control`.
pub(in crate::plugin) fn held(
    host: &mut dyn Host,
    remote: &Datum,
    request: &Request,
    control: &Arc<Control>,
    work: impl FnOnce(&mut dyn Host, &Site, Connect) -> Result<Datum> + Send,
) -> Result<Datum> {
    let options = &request.options;
    control.listen(host.ear());
    let (reading, whole) = (Arc::new(control.beside()), control.clone());
    reading.listen(move || whole.is_cancelled());
    if let Some(announced) = &request.run {
        hear((&reading, control), &caller::runs(host)?, announced.clone());
    }
    let Ends { source, target } = Ends::of(host, remote, options, (&reading, control))?;
    let desk = Desk::of(host);
    let here = desk.node();
    let label = target.as_ref().map_or_else(|| here.label().to_owned(), |target| target.label.clone());
    let from = source.as_ref().map_or(String::new(), |source| format!(", from {}", source.label));
    let site = Site {
        destination: destination(&label, &options.rename, options.columns.as_deref()) + &from,
        target: label,
        remote: remote.as_str().map(str::to_owned),
        user: caller::user(host)?,
        runs: caller::runs(host)?.keeping(config::keep(host)?),
        hasty: match &target {
            Some(target) => Box::new(hasty(target, request)),
            None => here.clone().opener(),
        },
        memory: caller::memory(host)?,
        control: control.clone(),
        reading,
    };
    let write = || target.as_ref().map_or_else(|| Ok(Box::new(here.clone()) as _), open);
    let Some(source) = &source else {
        // As soon as the user has cancelled, nobody waits for the network.
        let hear = |host: &mut dyn Host| {
            let is_cancelled = host.is_cancelled();
            if is_cancelled {
                control.cancel();
            }
            is_cancelled
        };
        return work(&mut Listening::new(host, hear), &site, &write);
    };
    let read = || open(source);
    desk.beside(host, &|| control.cancel(), |node| {
        work(&mut Afar::new(&source.label, node, &read, options.limits.retries), &site, &write)
    })
}

fn hasty(
    sites: &Sites,
    request: &Request,
) -> impl Fn() -> Result<Box<dyn Cluster + Send>> + Send + Sync + use<> {
    let hasty = sites.hasty((request.options.lease / 4).max(Duration::from_secs(1)));
    move || open(&hasty)
}

/// Every table of the call, all of them known to fit, and whether a window that was begun earlier
/// comes before the one that the call asks for.
pub(in crate::plugin) fn drafts(
    host: &mut dyn Host,
    request: &Request,
    site: &Site,
    connect: Connect,
) -> Result<(Vec<Draft>, bool)> {
    let names = match &request.table {
        Some(table) => vec![table.clone()],
        None => tables(host, &request.db)?,
    };
    if names.is_empty() {
        return Err(Error::new(Kind::NotFound, format!("database {} has no tables", request.db))
            .advise("name a database with tables"));
    }
    let mut target = connect()?;
    let besides = deeds(request, &mut *target)?;
    let asked = request.options.window.as_ref().map(|said| said.evaluate(host)).transpose()?;
    let (mut drafts, mut is_behind, mut misfits) = (Vec::new(), false, Vec::new());
    for name in &names {
        let table = TableName::new(&request.db, name);
        let (wanted, is_earlier) = wanted(host, request, site, asked.as_ref(), &table)?;
        is_behind |= is_earlier;
        let mirrors = request.options.mirror.is_some();
        let deeds = Deed::of(request.options.mode, mirrors, wanted.window.is_some());
        let wanted = Wanted { deeds, besides: besides.clone(), ..wanted };
        let draft = match prepare(host, &mut *target, &table, &wanted) {
            Ok(draft) => draft,
            Err(error) if names.len() > 1 && is_of_tables(error.kind()) => {
                misfits.push(error);
                continue;
            }
            Err(error) => return Err(error),
        };
        let (target, destination) = (site.target.clone(), site.destination.clone());
        let draft = Draft { target, destination, ..draft };
        drafts.push(recalled(draft, request, site, &site.destination)?);
    }
    together(misfits)?;
    Ok((drafts, is_behind))
}

/// Whether a failure says something about one table, so that the others are worth a look.
fn is_of_tables(kind: Kind) -> bool {
    matches!(kind, Kind::Schema | Kind::NotFound | Kind::Argument | Kind::Login)
}

/// What is wrong with every table, in one error.
fn together(mut misfits: Vec<Error>) -> Result<()> {
    let Some(last) = misfits.pop() else { return Ok(()) };
    Err(misfits.into_iter().rev().fold(last, |all, misfit| all.context(misfit.message().to_owned())))
}
