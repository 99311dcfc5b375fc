//! The clock, and parts of temporal values. A node's clock runs in UTC.
use super::args;
use crate::error::Result;
use crate::script::{Native, Session, operators};
use crate::value::{Duration, Type, Value, Vector, calendar};

const ONE: &[&str] = &["X"];

pub const FUNCTIONS: &[Native] = &[
    Native::new("now", &["nanoSecond"], 0, now),
    Native::new("today", &[], 0, today),
    Native::new("temporalAdd", &["obj", "duration", "unit"], 2, temporal_add),
    Native::new("datetimeAdd", &["obj", "duration", "unit"], 2, temporal_add),
    Native::new("duration", ONE, 1, duration),
    Native::new("year", ONE, 1, |_, args| of_date(&args, |(year, ..)| year)),
    Native::new("monthOfYear", ONE, 1, |_, args| of_date(&args, |(_, month, _)| month)),
    Native::new("dayOfMonth", ONE, 1, |_, args| of_date(&args, |(.., day)| day)),
    Native::new("hour", ONE, 1, |_, args| of_day(&args, 3600, 24)),
    Native::new("minuteOfHour", ONE, 1, |_, args| of_day(&args, 60, 60)),
    Native::new("secondOfMinute", ONE, 1, |_, args| of_day(&args, 1, 60)),
];

fn moment(session: &Session, ty: Type) -> Value {
    Value::Scalar(Vector::integers(ty, [Some(session.node.clock.now(ty))]).into())
}

fn now(session: &mut Session, args: Vec<Value>) -> Result<Value> {
    let wants_nanos = args::optional_bool("now", &args, 0, "nanoSecond", false)?;
    Ok(moment(session, if wants_nanos { Type::Nanotimestamp } else { Type::Timestamp }))
}

fn today(session: &mut Session, _: Vec<Value>) -> Result<Value> {
    Ok(moment(session, Type::Date))
}

/// The manual's examples: temporalAdd, of 2.00.
fn temporal_add(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    let given = args::required("temporalAdd", &args, 1, "duration")?;
    let duration = given.cells().and_then(|cells| Duration::of(cells, 0)).or_else(|| {
        let count = given.as_i64().and_then(|count| i32::try_from(count).ok())?;
        Duration::new(count, args.get(2).and_then(Value::as_str)?)
    });
    let wrong = || args::bad("temporalAdd", "duration", "must be a DURATION, or an integer with a unit");
    let duration = duration.ok_or_else(wrong)?;
    operators::rewrap(&args[0], |cells| {
        if !cells.ty.is_temporal() {
            return Err(args::bad("temporalAdd", "obj", "must be temporal"));
        }
        let unfit = || args::bad("temporalAdd", "duration", "does not suit the type of obj");
        let later = |row| cells.integer(row).map(|cell| duration.add(cell, cells.ty).ok_or_else(unfit));
        let later = (0..cells.len()).map(|row| later(row).transpose()).collect::<Result<Vec<_>>>()?;
        Ok(Vector::integers(cells.ty, later))
    })
}

fn duration(_: &mut Session, args: Vec<Value>) -> Result<Value> {
    if args[0].cells().is_some_and(|cells| Duration::of(cells, 0).is_some()) {
        return Ok(args[0].clone());
    }
    let parsed = Duration::parse(args::text("duration", &args, 0, "X")?);
    let duration = parsed.ok_or_else(|| args::bad("duration", "X", "must be a number and a unit of time"))?;
    Ok(Value::Scalar(duration.cell().into()))
}

fn of_date(args: &[Value], part: fn((i64, i64, i64)) -> i64) -> Result<Value> {
    operators::rewrap(&args[0], |cells| {
        let days = cells.cast(Type::Date)?;
        let parts = (0..days.len()).map(|row| days.integer(row).map(|day| part(calendar::civil(day))));
        Ok(Vector::integers(Type::Int, parts))
    })
}

/// The time of day in units of so many seconds, within the next larger unit.
fn of_day(args: &[Value], seconds: i64, units: i64) -> Result<Value> {
    operators::rewrap(&args[0], |cells| {
        let clock = cells.cast(Type::Second)?;
        let parts = (0..clock.len()).map(|row| clock.integer(row).map(|second| second / seconds % units));
        Ok(Vector::integers(Type::Int, parts))
    })
}
