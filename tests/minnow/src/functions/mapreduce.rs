//! Queries cut into partitions, and functions mapped over them (dolphindb-semantics §5.1).
use std::sync::Arc;

use super::args;
use crate::error::{Error, Result};
use crate::script::{DataSource, Function, Native, STACK, Session};
use crate::value::{Type, Value, Vector};

/// Map calls that run side by side.
const WORKERS: usize = 4;

pub const FUNCTIONS: &[Native] = &[
    Native::new("sqlDS", &["sqlObj", "forcePartition"], 1, sql_ds),
    Native::new("mr", &["ds", "mapFunc", "reduceFunc", "finalFunc", "parallel"], 2, mr),
    Native::new("getChunkPath", &["ds"], 1, chunk_path),
];

fn sql_ds(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let Value::Code(code) = &args[0] else {
        return Err(args::bad("sqlDS", "sqlObj", "must be metacode of a query"));
    };
    let forced = args::optional_bool("sqlDS", &args, 1, "forcePartition", false)?;
    let sources = session.data_sources(code, forced)?;
    let handles = sources.into_iter().map(|source| Value::Handle(Arc::new(source)));
    Ok(Value::Tuple(Arc::new(handles.collect())))
}

/// One source, or a tuple of them, whose order the result keeps.
fn chunk_path(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let path = |value: &Value| {
        let source: Option<&DataSource> = value.resource();
        source
            .map(|source| source.path.clone())
            .ok_or_else(|| args::bad("getChunkPath", "ds", "must be data sources"))
    };
    match &args[0] {
        Value::Tuple(sources) => {
            let paths: Vec<String> = sources.iter().map(path).collect::<Result<_>>()?;
            Ok(Value::Vector(Vector::strings(Type::String, paths.iter().map(String::as_str)).into()))
        }
        single => path(single).map(|path| Value::string(&path)),
    }
}

fn optional_function(args: &[Value], index: usize, name: &str) -> Result<Option<Arc<Function>>> {
    match args::given(args, index) {
        None => Ok(None),
        Some(Value::Function(function)) => Ok(Some(function.clone())),
        Some(_) => Err(args::bad("mr", name, "must be a function")),
    }
}

fn mr(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let Value::Tuple(sources) = &args[0] else {
        return Err(args::bad("mr", "ds", "must be a tuple of data sources"));
    };
    let map =
        optional_function(&args, 1, "mapFunc")?.ok_or_else(|| args::bad("mr", "mapFunc", "is missing"))?;
    let reduce = optional_function(&args, 2, "reduceFunc")?;
    let finish = optional_function(&args, 3, "finalFunc")?;
    let outcomes = if args::optional_bool("mr", &args, 4, "parallel", true)? {
        side_by_side(session, sources, &map)?
    } else {
        sources.iter().map(|source| map_one(session, source, &map)).collect()
    };
    let mapped = succeeded(outcomes)?;
    let reduced = match reduce {
        None => Value::tuple(mapped),
        Some(reduce) => {
            let mut mapped = mapped.into_iter();
            let first = mapped.next().unwrap_or(Value::Void);
            mapped.try_fold(first, |left, right| session.apply(&reduce, vec![left, right]))?
        }
    };
    finish.map_or(Ok(reduced.clone()), |finish| session.apply(&finish, vec![reduced]))
}

/// Every call is tried, and what the others wrote stays (dolphindb-semantics §4.2, §5.1).
fn succeeded(outcomes: Vec<Result<Value>>) -> Result<Vec<Value>> {
    let failed = outcomes.iter().filter(|outcome| outcome.is_err()).count();
    match outcomes.iter().find_map(|outcome| outcome.as_ref().err()) {
        None => outcomes.into_iter().collect(),
        Some(first) => Err(Error::runtime(format!(
            "{failed} map call(s) failed. The error message for the first failed call is: {first}"
        ))),
    }
}

fn map_one(session: &mut Session, source: &Value, map: &Function) -> Result<Value> {
    let source: &DataSource =
        source.resource().ok_or_else(|| args::bad("mr", "ds", "must be a tuple of data sources"))?;
    let rows = session.eval_code(&source.code)?;
    session.apply(map, vec![rows])
}

/// Maps in sessions of their own; the outcomes are in the order of the sources.
fn side_by_side(session: &Session, sources: &[Value], map: &Function) -> Result<Vec<Result<Value>>> {
    let share = sources.len().div_ceil(WORKERS).max(1);
    let mut outcomes = Vec::with_capacity(sources.len());
    std::thread::scope(|scope| {
        let mut workers = Vec::new();
        for part in sources.chunks(share) {
            let mut fork = session.fork();
            let work = move || part.iter().map(|source| map_one(&mut fork, source, map)).collect::<Vec<_>>();
            workers.push(std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work)?);
        }
        for worker in workers {
            let done = worker.join().map_err(|_| Error::runtime("A map call panicked."))?;
            outcomes.extend(done);
        }
        Ok(outcomes)
    })
}
