//! What a call asks for, the remote apart.
use super::arguments::{argument, optional_text, text, usage};
use super::options::Options;
use crate::data::Datum;
use crate::error::{Error, Kind, Result};
use crate::journal::{Begun, Bounds, Direction, Run};
use crate::model::{Check, Mode, TableName};
use crate::plan::{Drift, Mirror};
use crate::plugin::online::window::Said;

/// The arguments after `remote`.
#[derive(Clone, Debug)]
pub(in crate::plugin) struct Request {
    pub(in crate::plugin) db: String,
    pub(in crate::plugin) table: Option<String>,
    pub(in crate::plugin) filter: Option<String>,
    pub(in crate::plugin) options: Options,
    /// The run that was announced for it, if one was.
    pub(in crate::plugin) run: Option<String>,
    /// Whether the call has further targets.
    pub(in crate::plugin) is_one_of_many: bool,
    /// The run that is finished, if it is no new one.
    pub(in crate::plugin) resumed: Option<Resumed>,
}

/// What a run had planned when it ended early.
#[derive(Clone, Debug)]
pub(in crate::plugin) struct Resumed {
    run: String,
    column: Option<String>,
    windows: Vec<(String, Option<Bounds>)>,
}

impl Resumed {
    /// The window that the run had of `table`.
    pub(in crate::plugin) fn window(&self, table: &TableName) -> Result<Option<&Bounds>> {
        let planned = self.windows.iter().find(|(own, _)| *own == table.table);
        match (planned, &self.column) {
            (Some((_, window)), _) => Ok(window.as_ref()),
            (None, None) => Ok(None),
            (None, Some(_)) => {
                let what = format!("run {} ended before its window of {table} was planned", self.run);
                Err(Error::new(Kind::Refused, what).advise("repeat its call"))
            }
        }
    }
}

impl Request {
    /// The arguments `remote, dbPath, [tableName], [filter], [options]` of the function `name`.
    pub(in crate::plugin) fn parse(name: &str, syntax: &str, args: &[Datum]) -> Result<Self> {
        if !(2..=5).contains(&args.len()) {
            return Err(usage(format!("{name} takes 2 to 5 arguments, not {}", args.len()), syntax));
        }
        let mut request = Request {
            db: database(args, 1, syntax)?,
            table: optional_text(args, 2, "tableName", syntax)?.map(str::to_owned),
            filter: optional_text(args, 3, "filter", syntax)?.map(str::to_owned),
            options: Options::parse(argument(args, 4))?,
            run: None,
            is_one_of_many: false,
            resumed: None,
        };
        match (name, request.options.repair) {
            ("verify", true) => request.options.mode = Mode::Replace,
            ("verify" | "verifyRows", false) => request.options.mode = Mode::VerifyOnly,
            (_, true) => {
                return Err(Error::new(Kind::Argument, "the option `repair` belongs to clusterSync::verify")
                    .advise("use the mode `replace`, which does the same"));
            }
            _ => {}
        }
        if request.options.period.is_some() && name != "follow" {
            return Err(Error::new(Kind::Argument, "the option `period` belongs to clusterSync::follow")
                .advise("leave it out, or follow the table"));
        }
        let request = request.require_whole()?.require_mirror()?.require_table()?.require_check(name)?;
        // There keys only tell which rows of the two sides belong together.
        if name == "verifyRows" { Ok(request) } else { request.require_keys() }
    }

    /// What the journal keeps of the call, as far as the call itself says it: neither the run's name
    /// nor who called, nor where the target is.
    pub(in crate::plugin) fn begun(&self) -> Begun {
        let Request { db, table, filter, options, .. } = self.clone();
        Begun {
            db,
            table,
            filter,
            makes: options.may_make(),
            direction: options.direction,
            source: options.source.as_str().map(str::to_owned),
            column: options.window.map(|said| said.column),
            columns: options.columns,
            rename: options.rename,
            mode: options.mode.name().into(),
            keys: options.keys,
            max_delete: options.mirror.map(|mirror| mirror.max_delete),
            ..Begun::default()
        }
    }

    /// What `run` was asked for, with other options.
    pub(in crate::plugin) fn again(run: &Run, options: Options) -> Result<Self> {
        let begun = &run.begun;
        let mode = Mode::named(&begun.mode).ok_or_else(|| {
            let what = match begun.mode.as_str() {
                mode @ ("offline" | "restore") => {
                    format!("run {} is an {mode} one, whose directories its journal does not keep", begun.run)
                }
                mode => format!("run {} has the mode `{mode}`, which is unknown", begun.run),
            };
            Error::new(Kind::Refused, what).advise("repeat its call, which goes on where it ended")
        })?;
        let Begun { db, table, filter, column, keys, max_delete, columns, rename, makes, direction, .. } =
            begun.clone();
        let source = source_of(begun, &options)?;
        let mirror = max_delete.map(|max_delete| Mirror { max_delete });
        let plans = run.tables.iter().map(|table| &table.plan.identity);
        let windows = plans.map(|plan| (plan.table.clone(), plan.window.clone())).collect();
        let resumed = Some(Resumed { run: begun.run.clone(), column, windows });
        let drift = makes.drift.as_deref().and_then(Drift::named).unwrap_or_default();
        let (makes, creates) = (makes.partitions, makes.missing);
        let options = Options { mode, keys, mirror, columns, rename, makes, creates, drift, ..options };
        let options = Options { direction, source, ..options };
        Ok(Request { db, table, filter, options, run: None, is_one_of_many: false, resumed })
    }

    /// Rows are known again by their keys, and by nothing else.
    fn require_keys(self) -> Result<Self> {
        let upserts = self.options.mode == Mode::Upsert;
        match self.options.keys.is_empty() {
            true if upserts => {
                Err(Error::new(Kind::Argument, "the mode `upsert` needs the option `keyColumns`")
                    .advise("name the columns that, with the partitioning ones, identify a row"))
            }
            false if !upserts => {
                Err(Error::new(Kind::Argument, "the option `keyColumns` belongs to the mode `upsert`")
                    .advise("leave it out, or choose that mode"))
            }
            _ => Ok(self),
        }
    }

    /// Columns are those of one table, and rows are known again by columns that are synced.
    fn require_table(self) -> Result<Self> {
        let Options { columns, rename, keys, .. } = &self.options;
        let of_one = columns.is_some() || rename.table.is_some() || !rename.columns.is_empty();
        let lacks = |key: &&String| columns.as_ref().is_some_and(|columns| !columns.contains(key));
        let what = match (&self.table, keys.iter().find(lacks)) {
            (None, _) if of_one => {
                "what is said of columns and of a table's name needs `tableName`".to_owned()
            }
            (_, Some(key)) => format!("the option `columns` lacks `{key}`, which is in `keyColumns`"),
            _ => return Ok(self),
        };
        Err(Error::new(Kind::Argument, what)
            .advise("correct the options `columns`, `rename` or `keyColumns`"))
    }

    /// What is remembered as verified must have been, and comparing is not counting.
    fn require_check(self, name: &str) -> Result<Self> {
        let Options { check, incremental, mode, window, .. } = &self.options;
        let why = match check {
            Check::Fingerprint => return Ok(self),
            _ if !matches!(name, "syncOnline" | "planSync") => {
                format!("clusterSync::{name} compares every bit")
            }
            _ if *mode == Mode::VerifyOnly => "the mode `verifyOnly` compares every bit".to_owned(),
            _ if *incremental => "the option `incremental` relies on what was verified".to_owned(),
            _ if window.as_ref().is_some_and(Said::follows) => {
                "a window without `from` begins where verified calls ended".to_owned()
            }
            _ => return Ok(self),
        };
        Err(Error::new(Kind::Argument, format!("the option `verify` cannot be `count` here: {why}"))
            .advise("leave it out, so that fingerprints are compared"))
    }

    /// What is removed must be named by partitions and a window.
    pub(in crate::plugin) fn require_mirror(self) -> Result<Self> {
        let why = match (self.options.mirror, self.options.mode, &self.filter) {
            (Some(_), Mode::Append, _) => "the mode `append` only adds",
            (Some(_), _, Some(_)) => "a filter may mean rows that the source has under other values",
            _ => return Ok(self),
        };
        Err(Error::new(Kind::Argument, format!("the option `mirror` cannot be used here: {why}"))
            .advise("leave one of the two out"))
    }

    /// What is replaced is dropped whole, so a filter, which names a part, forbids it.
    pub(in crate::plugin) fn require_whole(self) -> Result<Self> {
        match (self.options.mode, &self.filter) {
            (Mode::Replace, Some(_)) => {
                Err(Error::new(Kind::Argument, "the mode `replace` takes whole partitions, so no filter")
                    .advise("leave the filter out, or use another mode"))
            }
            (mode, filter) if self.options.incremental && (mode == Mode::Append || filter.is_some()) => {
                let what =
                    "the option `incremental` goes without a filter and with other modes than `append`";
                Err(Error::new(Kind::Argument, what).advise("leave out one of them"))
            }
            _ => Ok(self),
        }
    }
}

/// The source of a run that is finished, which only a name can have kept.
fn source_of(begun: &Begun, options: &Options) -> Result<Datum> {
    match (begun.direction, &options.source, &begun.source) {
        (Direction::Between, Datum::Void, Some(name)) => Ok(Datum::text(name)),
        (Direction::Between, Datum::Void, None) => {
            let what = "the option `source` must be given again, since the run was not told a name";
            Err(Error::new(Kind::Argument, what).advise("give the dictionary that the run was given"))
        }
        (Direction::Between, given, _) => Ok(given.clone()),
        (_, Datum::Void, _) => Ok(Datum::Void),
        _ => Err(Error::new(Kind::Argument, "the run had no option `source`").advise("leave it out")),
    }
}

/// The path of a distributed database.
pub(in crate::plugin) fn database(args: &[Datum], index: usize, syntax: &str) -> Result<String> {
    let db = text(args, index, "dbPath", syntax)?;
    if !db.starts_with("dfs://") || db.len() == "dfs://".len() {
        let what = format!("dbPath `{db}` is not the path of a distributed database");
        return Err(Error::new(Kind::Argument, what).advise("give a path such as \"dfs://db1\""));
    }
    Ok(db.to_owned())
}
