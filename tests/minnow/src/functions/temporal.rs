//! The clock, and parts of temporal values. A node's clock runs in UTC.
use super::args;
use crate::error::Result;
use crate::script::{Native, Session, operators};
use crate::value::{Type, Value, Vector, calendar};

const ONE: &[&str] = &["X"];

pub const FUNCTIONS: &[Native] = &[
    Native::new("now", &["nanoSecond"], 0, now),
    Native::new("today", &[], 0, today),
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
