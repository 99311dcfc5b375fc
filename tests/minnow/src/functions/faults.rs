//! The switchboard of faults. Its functions belong to no server, so they carry minnow's name, and
//! a node that was not started with `--faults` doesn't know them.
use std::time::Duration;

use super::{args, schedule};
use crate::error::{Error, Result};
use crate::node::Fault;
use crate::script::{Cut, Native, Session};
use crate::store::Trouble;
use crate::value::{Table, Type, Value, Vector, calendar};

pub const FUNCTIONS: &[Native] = &[
    Native::new("minnow::setFault", &["fault", "times", "detail", "skip"], 1, set),
    Native::new("minnow::seedFaults", &["seed", "faults", "perMille"], 3, seed),
    Native::new("minnow::countFaults", &[], 0, count),
    Native::new("minnow::clearFaults", &[], 0, clear),
    Native::new("minnow::setClock", &["moment"], 0, set_clock),
];

fn require_switch(session: &Session, function: &str) -> Result<()> {
    if session.node.switches.faults {
        return Ok(());
    }
    Err(Error::syntax(format!("Can't recognize function name {function}")))
}

/// `minnow::setFault(fault, [times=1], [detail], [skip=0])`: the next writes to distributed tables
/// after the first `skip` ones go wrong.
fn set(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    const NAME: &str = "minnow::setFault";
    require_switch(session, NAME)?;
    let count = |index: usize, name: &str, default: usize| match args::given(&args, index) {
        None => Ok(default),
        Some(_) => usize::try_from(args::integer(NAME, &args, index, name)?)
            .map_err(|_| args::bad(NAME, name, "must not be negative")),
    };
    let detail = args::given(&args, 2).map(Value::to_string).unwrap_or_default();
    let name = args::text(NAME, &args, 0, "fault")?;
    let unknown = || args::bad(NAME, "fault", "is unknown, or its detail does not suit it");
    let trouble = match name {
        "diskFull" => Some(Trouble::Full),
        "killAtByte" => Some(Trouble::Death),
        _ => None,
    };
    if let Some(trouble) = trouble {
        let room = if detail.is_empty() { 0 } else { detail.parse().map_err(|_| unknown())? };
        session.node.store.disk().fail_after(room, trouble);
        return Ok(Value::Void);
    }
    let fault = Fault::named(name, &detail).ok_or_else(unknown)?;
    let times = count(1, "times", 1)?.max(1);
    session.node.faults.set(fault, times, count(3, "skip", 0)?);
    Ok(Value::Void)
}

/// `minnow::seedFaults(seed, faults, perMille)`: so many of a thousand writes are struck by one of
/// the faults, the same ones for the same seed. Faults with a detail have none here.
fn seed(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    const NAME: &str = "minnow::seedFaults";
    require_switch(session, NAME)?;
    let named = |name: &String| {
        Fault::named(name, "").ok_or_else(|| args::bad(NAME, "faults", &format!("names the unknown {name}")))
    };
    let faults = args::texts(NAME, &args, 1, "faults")?.iter().map(named).collect::<Result<Vec<_>>>()?;
    if faults.is_empty() {
        return Err(args::bad(NAME, "faults", "must not be empty"));
    }
    let seed = args::integer(NAME, &args, 0, "seed")?;
    let per_mille = args::integer(NAME, &args, 2, "perMille")?;
    session.node.faults.seed(seed as u64, faults, per_mille.clamp(0, 1000) as u64);
    Ok(Value::Void)
}

/// How many faults have writes left to strike.
fn count(session: &mut Session, _: Vec<Value>) -> Result<Value> {
    require_switch(session, "minnow::countFaults")?;
    Ok(Value::int(session.node.faults.count() as i32))
}

fn clear(session: &mut Session, _: Vec<Value>) -> Result<Value> {
    require_switch(session, "minnow::clearFaults")?;
    session.node.faults.clear();
    session.node.store.disk().heal();
    Ok(Value::Void)
}

/// `minnow::setClock(moment)`: it is that moment now, and time goes on from there; without a moment
/// the clock is the machine's again. Every function that tells the time, the
/// times of chunks follow, and the jobs of the minute where it arrives start before this returns;
/// what a plugin asks of the machine stays.
fn set_clock(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    const NAME: &str = "minnow::setClock";
    require_switch(session, NAME)?;
    let clock = &session.node.clock;
    let Some(moment) = args::given(&args, 0) else {
        clock.reset();
        schedule::catch_up(&session.node);
        return Ok(Value::Void);
    };
    let cell = moment.cells().filter(|cell| cell.ty.is_temporal());
    let nanos = cell.and_then(|cell| calendar::convert(cell.integer(0)?, cell.ty, Type::Nanotimestamp));
    clock.set(nanos.ok_or_else(|| args::bad(NAME, "moment", "must be a date and time"))?);
    schedule::catch_up(&session.node);
    Ok(Value::Void)
}

/// Stores rows as a write does, unless a fault is due. Returns the count for the client.
pub fn write(
    session: &mut Session,
    rows: &Table,
    mut store: impl FnMut(&Table) -> Result<usize>,
) -> Result<usize> {
    let Some(fault) = session.node.faults.strike() else { return store(rows) };
    match fault {
        Fault::CutBeforeCommit => {
            session.cut = Some(Cut::BeforeReply);
            Err(Error::runtime("The connection was cut by a fault."))
        }
        Fault::CutAfterCommit => {
            session.cut = Some(Cut::BeforeReply);
            store(rows)
        }
        Fault::CutMidFrame => {
            session.cut = Some(Cut::WithinReply);
            store(rows)
        }
        Fault::Delay(milliseconds) => {
            wait(session, Duration::from_millis(milliseconds))?;
            store(rows)
        }
        Fault::Stall => wait(session, Duration::MAX).map(|()| 0),
        Fault::Error(text) => Err(Error::runtime(text)),
        Fault::DropRows(count) => {
            let left = rows.rows().saturating_sub(count);
            let stored = store(&head(rows, left))?;
            Ok(stored + rows.rows() - left)
        }
        Fault::Corrupt => store(&corrupted(rows)),
        Fault::KillBeforeCommit => std::process::abort(),
        Fault::KillAfterCommit => {
            store(rows)?;
            std::process::abort()
        }
    }
}

fn head(rows: &Table, count: usize) -> Table {
    let columns = rows.columns.iter().map(|column| column.slice(0, count).into()).collect();
    Table { names: rows.names.clone(), columns }
}

/// The rows with one bit changed, in the last column that can have one changed without another
/// length.
fn corrupted(rows: &Table) -> Table {
    let mut rows = rows.clone();
    let flipped = rows.columns.iter().rposition(|column| !column.is_empty() && column.integer(0).is_some());
    if let Some(at) = flipped {
        let column = &rows.columns[at];
        let cells = (0..column.len()).map(|row| column.integer(row).map(|cell| cell ^ i64::from(row == 0)));
        rows.columns[at] = Vector::integers(column.ty, cells).into();
    }
    rows
}

/// Waits until the time is over or the client has left.
fn wait(session: &Session, time: Duration) -> Result<()> {
    const GLANCE: Duration = Duration::from_millis(5);
    let started = std::time::Instant::now();
    while let Some(left) = time.checked_sub(started.elapsed()).filter(|left| !left.is_zero()) {
        session.check_cancelled()?;
        std::thread::sleep(left.min(GLANCE));
    }
    Ok(())
}
