//! `syncOffline`: tables of one cluster to another through directories.
use std::fs;

use parking_lot::Mutex;

use super::options::Offline;
use super::style::{style, unlike};
use super::way::{Dirs, Way};
use crate::cluster::{Cluster, Host, tables};
use crate::data::Datum;
use crate::engine::{Connect, Summary, count_units};
use crate::error::{Error, Kind, Result};
use crate::journal::{Begun, Journal, Makes, Order};
use crate::model::{Mode, TableName};
use crate::offline::{self, Permit, Route, Style, compare, folder_of, grow};
use crate::plan::{Draft, Plan, Wanted, is_compared, prepare, surplus};
use crate::plugin::call::arguments::{argument, optional_text, usage};
use crate::plugin::call::caller;
use crate::plugin::call::listening::Listening;
use crate::plugin::call::request::{Request, database};
use crate::plugin::node::{config, roots};
use crate::plugin::online::exclusive::{await_turn, exclusively, exclusively_here};
use crate::plugin::online::make;
use crate::plugin::online::plans::{keep, mirrored, recalled};
use crate::plugin::online::site::{Site, connected};
use crate::plugin::online::sync::{is_left, skipped};
use crate::plugin::online::watermark::{self, wanted};
use crate::plugin::runs::steer::Orders;
use crate::plugin::runs::{background, notices, rates, report};
use crate::ship::Side;

/// The parameters as the manual writes them.
pub(in super::super) const SYNC: &str =
    "clusterSync::syncOffline(remote, dbPath, [tableName], [filter], [options])";

/// What messages call this node when it is the target.
const HERE: &str = "this node";

/// Runs one call of `clusterSync::syncOffline`.
pub(in super::super) fn sync_offline(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    if !(2..=5).contains(&args.len()) {
        return Err(usage(format!("syncOffline takes 2 to 5 arguments, not {}", args.len()), SYNC));
    }
    let (plain, runs) = background::announced(args, 4);
    let args = &config::completed(host, &plain, 4, &Offline::known())?;
    let given = Offline::parse(argument(args, 4))?;
    let request = Request {
        db: database(args, 1, SYNC)?,
        table: optional_text(args, 2, "tableName", SYNC)?.map(str::to_owned),
        filter: optional_text(args, 3, "filter", SYNC)?.map(str::to_owned),
        options: given.online.clone(),
        run: runs.into_iter().next(),
        is_one_of_many: false,
        resumed: None,
    };
    let request = request.require_whole()?.require_mirror()?;
    caller::administrator(host)?;
    background::carry(host, ("syncOffline", &plain, 4), &request, |host| here(host, args, &given, &request))
}

/// Does it in this call.
fn here(host: &mut dyn Host, args: &[Datum], given: &Offline, request: &Request) -> Result<Datum> {
    let (source, target) = (given.backup_dir()?, given.restore_dir()?);
    roots::permitted(host, if given.near == Side::Source { source } else { target })?;
    notices::around(host, request, argument(args, 0), |host| {
        connected(host, argument(args, 0), request, |host, site, connect| {
            let call = Call { given, request, site, connect };
            call.carry_out(host)
        })
    })
}

/// One call, with the other side in reach.
struct Call<'a> {
    given: &'a Offline,
    request: &'a Request,
    site: &'a Site,
    connect: Connect<'a>,
}

/// A plan, how it is carried out, and whether a later window comes after it.
struct Planned {
    plan: Plan,
    style: Style,
    is_behind: bool,
}

impl Call<'_> {
    fn target(&self) -> &str {
        if self.given.near == Side::Source { &self.site.target } else { HERE }
    }

    /// Calls `work` with source and target.
    fn sides<T>(
        &self,
        host: &mut dyn Host,
        work: impl FnOnce(&mut dyn Cluster, &mut dyn Cluster) -> Result<T>,
    ) -> Result<T> {
        let mut far = (self.connect)()?;
        match self.given.near {
            Side::Source => work(host, &mut *far),
            Side::Target => work(&mut *far, host),
        }
    }

    fn carry_out(&self, host: &mut dyn Host) -> Result<Datum> {
        let names = self.sides(host, |source, _| match &self.request.table {
            Some(table) => Ok(vec![table.clone()]),
            None => tables(source, &self.request.db),
        })?;
        if names.is_empty() {
            return Err(Error::new(Kind::NotFound, format!("database {} has no tables", self.request.db))
                .advise("name a database with tables"));
        }
        let names: Vec<TableName> =
            names.into_iter().map(|table| TableName::new(&self.request.db, table)).collect();
        if self.request.options.dry_run {
            let plans =
                names.iter().map(|name| Ok(self.plan(host, name)?.plan)).collect::<Result<Vec<_>>>()?;
            return Ok(report::plans(&plans));
        }
        await_turn(host, self.request, self.site, &self.begun())?;
        let way = self.way(host, &names)?;
        let id = self.site.run_id(self.request)?;
        rates::register(&id, &self.site.control);
        caller::claim(host)?;
        let begun = Begun { run: id.to_string(), ..self.begun() };
        let journal = match self.site.runs.begin(begun.clone()) {
            Err(error) if is_left(self.request, &error) => {
                self.site.runs.skip(begun, &error.to_string())?;
                return Ok(skipped(host, &id, &names, &error));
            }
            journal => Mutex::new(journal?),
        };
        self.request.options.notify.begun(&id);
        let run = id.to_string();
        let mut orders = Orders::to(&run, &self.site.runs);
        let hear = |host: &mut dyn Host| orders.cancel(host);
        let host: &mut dyn Host = &mut Listening::new(host, hear);
        let mut is_behind = false;
        let mut work = |host: &mut dyn Host, permit: Permit| {
            let sync = |at| {
                let (result, is_earlier) = self.sync(host, at, &way, &journal, permit)?;
                is_behind |= is_earlier;
                Ok(result)
            };
            names.iter().enumerate().map(sync).collect::<Result<Vec<_>>>()
        };
        let outcome = match self.given.near {
            Side::Source => exclusively(host, self.request, self.site, (&id, &names), |host, guard| {
                work(host, &|_| guard())
            }),
            Side::Target => {
                let terms = (self.request.options.lease, self.request.options.wait);
                exclusively_here(host, terms, &self.site.runs, (&id, &names), work)
            }
        };
        if let Err(error) = &outcome
            && is_left(self.request, error)
        {
            journal.lock().skip(&error.to_string())?;
            return Ok(skipped(host, &id, &names, error));
        }
        let failure = outcome.as_ref().err().map(ToString::to_string);
        let ended = journal.lock().end(failure.as_deref());
        let obeyed = [Order::Pause, Order::Cancel].map(|order| self.site.runs.take_back(&run, order));
        let named = |error: Error| error.context(format!("run {id}")).advise("repeat the call");
        let results = outcome.map_err(named)?;
        obeyed.into_iter().collect::<Result<()>>()?;
        ended?;
        match is_behind {
            false => Ok(report::summaries(&id, &results)),
            true => {
                host.print("the window that was not finished is verified, now what came after it");
                self.carry_out(host)
            }
        }
    }

    /// What the journal keeps of the call, for a run that has no name yet.
    fn begun(&self) -> Begun {
        Begun {
            target: self.target().to_owned(),
            // Not one that `resumeRun` knows: it would go on online, and always away from this node.
            mode: "offline".into(),
            makes: Makes::default(),
            ..self.site.begun(self.request)
        }
    }

    /// Which rows, and whether an earlier window has to be finished first; the ends of a window are
    /// evaluated on this node.
    fn wanted(&self, host: &mut dyn Host, table: &TableName) -> Result<(Wanted, bool)> {
        let said = self.request.options.window.as_ref();
        if said.is_some_and(|said| said.follows()) && self.given.near == Side::Target {
            return Err(Error::new(Kind::Argument, "the option `column` needs the option `from` in a pull")
                .advise("give it, or push from the other side, which remembers how far it has come"));
        }
        let asked = said.map(|said| said.evaluate(host)).transpose()?;
        let (wanted, is_behind) = wanted(host, self.request, self.site, asked.as_ref(), table)?;
        // What a backup holds cannot be widened.
        Ok((Wanted { widens: false, ..wanted }, is_behind))
    }

    /// Whose chunks are remembered, at which target.
    fn remembered_as(&self) -> String {
        match self.given.near {
            Side::Source => self.site.target.clone(),
            Side::Target => format!("{HERE}, from {}", self.site.target),
        }
    }

    /// One table, of which the target now has every partition, and why the files of one side are not
    /// those of the other.
    fn draft(
        &self,
        host: &mut dyn Host,
        table: &TableName,
        wanted: &Wanted,
    ) -> Result<(Draft, Option<String>)> {
        let (target, is_dry) = (self.target(), self.request.options.dry_run);
        if self.request.options.creates {
            let made = self.sides(host, |source, there| make::missing(source, there, table, is_dry))?;
            made.iter().for_each(|what| host.print(&format!("{what} at the target: made")));
        }
        let (draft, unlike) = self.sides(host, |source, there| {
            let missing = grow(source, there, table, is_dry)?;
            if missing > 0 && is_dry {
                let what = format!("{missing} partition values of {table} would be added to {target} first");
                return Err(Error::new(Kind::Schema, what)
                    .advise("add them with addValuePartitions to see the plan, or call without dryRun"));
            }
            Ok((prepare(source, there, table, wanted)?, unlike(source, there, table)?))
        })?;
        let draft = Draft { target: target.to_owned(), destination: target.to_owned(), ..draft };
        Ok((recalled(draft, self.request, self.site, &self.remembered_as())?, unlike))
    }

    /// Compares both sides of one table and says how it is to be taken.
    fn plan(&self, host: &mut dyn Host, table: &TableName) -> Result<Planned> {
        let mode = self.request.options.mode;
        let (wanted, is_behind) = self.wanted(host, table)?;
        let (draft, unlike) = self.draft(host, table, &wanted)?;
        let left = self.site.runs.left(&draft.identity(mode))?;
        if mode == Mode::Append && !left.slices.is_empty() {
            let what =
                format!("rows of {table} were appended online in slices, by a run that is not finished");
            return Err(Error::new(Kind::Refused, what)
                .advise("finish it with clusterSync::resumeRun, or repeat its call of syncOnline"));
        }
        let picked = |number: usize, look: &_| is_compared(mode, look, left.state(&draft.units[number]));
        let looks = self.sides(host, |source, there| {
            let mut looks = count_units(source, &draft, there, &|_| Ok(()))?;
            compare(source, there, &draft, &mut looks.units, &picked)?;
            Ok(looks)
        })?;
        let plan = looks.decide(draft, mode, &left);
        let plan = mirrored(plan, self.request, |draft| self.sides(host, |_, there| surplus(there, draft)))?;
        host.print(&plan.to_string());
        let (style, why) = style(self.given.consistent, &plan, unlike)?;
        host.print(&why);
        Ok(Planned { plan, style, is_behind })
    }

    /// What the next call may rely on.
    fn remember(&self, plan: &Plan) -> Result<()> {
        keep(self.site, &self.remembered_as(), plan)?;
        match self.given.near {
            Side::Source => watermark::finish(self.request, self.site, &plan.draft),
            Side::Target => Ok(()),
        }
    }

    fn dirs(&self, table: &TableName) -> Result<Dirs> {
        let folder = folder_of(&[table.db.trim_start_matches("dfs://"), &table.table]);
        let [source, target] =
            [self.given.backup_dir()?, self.given.restore_dir()?].map(|dir| format!("{dir}/{folder}"));
        Ok(Dirs { source, target })
    }

    /// What ships the pieces of `tables`, tried out for each of them.
    fn way(&self, host: &mut dyn Host, tables: &[TableName]) -> Result<Way<'_>> {
        let mut way = None;
        for table in tables {
            let dirs = self.dirs(table)?;
            let here = dirs.sorted(self.given.near).0;
            fs::create_dir_all(here).map_err(|error| {
                Error::new(Kind::State, format!("the directory {here} cannot be made ({error})"))
                    .advise("let the user that runs the server write there, or give another one")
                    .caused_by(error)
            })?;
            let chosen = match way.take() {
                None => Way::choose(
                    host,
                    self.given,
                    (&self.site.target, self.connect, &self.site.control.limiter),
                    &dirs,
                )?,
                Some(chosen) => Way::try_out(&chosen, &dirs).map(|()| chosen)?,
            };
            host.print(&format!("{table}: pieces are {}", chosen.describe(&dirs)?));
            way = Some(chosen);
        }
        way.ok_or_else(|| Error::new(Kind::Bug, "a call has no tables").advise("report this"))
    }

    fn sync(
        &self,
        host: &mut dyn Host,
        (number, table): (usize, &TableName),
        way: &Way,
        journal: &Mutex<Journal>,
        permit: Permit,
    ) -> Result<((TableName, Summary), bool)> {
        let Planned { plan, style, is_behind } = self.plan(host, table)?;
        journal.lock().plan(plan.record())?;
        plan.permit()?;
        watermark::begin(self.request, self.site, &plan.draft)?;
        let dirs = self.dirs(table)?;
        let (Dirs { source, target }, near) = (&dirs, self.given.near);
        let done = way.ship(&dirs, |shipper| {
            let route = Route { shipper, source, target, near };
            let (limits, connect) = (self.given.limits(), self.connect);
            offline::run(host, &plan, (journal, number), (route, style, permit), limits, connect)
        })?;
        // Whoever remembers what was verified relies on it from here on.
        journal.lock().settle()?;
        self.remember(&plan)?;
        let offline::Summary { copied, skipped, removed, rows, bytes, took } = done;
        let methods = journal.lock().told().tables[number].methods();
        let check = plan.check;
        Ok((
            (table.clone(), Summary { copied, skipped, rows, removed, bytes, took, check, methods }),
            is_behind,
        ))
    }
}
