//! How fast a run may be: the option `rateLimit`, and `setRateLimit` for one that is under way.
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;

use crate::cluster::Host;
use crate::data::{Column, Datum, Type};
use crate::engine::RunId;
use crate::error::{Error, Kind, Result};
use crate::limiter::{Rate, Span};
use crate::plugin::call::arguments::{argument, text};
use crate::plugin::call::caller;
use crate::plugin::call::table::{NULL, table};
use crate::wire::Control;

/// The parameters as the manual writes them.
pub(in crate::plugin) const SET: &str = "clusterSync::setRateLimit(runId, rateLimit)";

const MEGABYTE: f64 = (1 << 20) as f64;
const LEAST: f64 = 0.01;
const MOST: f64 = 1e6;

/// The runs of this process that are under way. A run that ended took its control along.
static RUNS: Mutex<BTreeMap<String, Weak<Control>>> = Mutex::new(BTreeMap::new());

/// Lets `setRateLimit` find a run as long as its `control` lives.
pub(in crate::plugin) fn register(run: &RunId, control: &Arc<Control>) {
    let mut runs = RUNS.lock();
    runs.retain(|_, control| control.strong_count() > 0);
    runs.insert(run.to_string(), Arc::downgrade(control));
}

/// Changes how fast a run is, for the user who started it and for administrators.
pub(in crate::plugin) fn set_rate_limit(host: &mut dyn Host, args: &[Datum]) -> Result<Datum> {
    let name = text(args, 0, "runId", SET)?;
    let rate = parse(argument(args, 1))?.by_clock_of(host)?;
    let entry = caller::runs(host)?.find(name)?;
    if caller::user(host)? != entry.run.begun.user {
        caller::administrator(host)?;
    }
    let control = RUNS.lock().get(name).and_then(Weak::upgrade);
    let control = control.ok_or_else(|| {
        Error::new(Kind::NotFound, format!("run {name} is not under way on this node"))
            .advise("see clusterSync::getRuns()")
    })?;
    control.limiter.set(rate);
    let shown = control.limiter.rate().map_or(NULL, |rate| rate / MEGABYTE);
    Ok(table([
        ("runId", Column::text(Type::String, [name])),
        ("rateLimit", Column::fixed(Type::Double, shown.to_le_bytes())),
    ]))
}

/// What a user wrote.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::plugin) enum Limit {
    #[default]
    None,
    Always(f64),
    Hours(Vec<Span>),
}

impl Limit {
    /// With the hours of the day as the node shows them.
    pub(in crate::plugin) fn by_clock_of(&self, host: &mut dyn Host) -> Result<Rate> {
        Ok(match self {
            Limit::None => Rate::Unlimited,
            Limit::Always(rate) => Rate::Always(*rate),
            Limit::Hours(spans) => {
                let utc = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64;
                // Time zones are whole minutes; the two clocks were not read in the same one.
                let ahead = (caller::now(host)? - utc + 30_000).div_euclid(60_000);
                Rate::Hours { spans: spans.clone(), ahead }
            }
        })
    }
}

/// A number of megabytes per second; 0 or NULL for none; or hours of the day with one each, as in
/// `"08:00-18:00 20, 18:00-22:00 50"`.
pub(in crate::plugin) fn parse(value: &Datum) -> Result<Limit> {
    if let Some(text) = value.as_str() {
        let spans: Option<Vec<Span>> = text.split(',').map(|part| span(part.trim())).collect();
        return spans.map(Limit::Hours).ok_or_else(wrong);
    }
    match number(value) {
        None if matches!(value, Datum::Void) => Ok(Limit::None),
        Some(0.0) => Ok(Limit::None),
        Some(rate) if (LEAST..=MOST).contains(&rate) => Ok(Limit::Always(rate * MEGABYTE)),
        _ => Err(wrong()),
    }
}

/// A number with or without a fraction.
pub(in crate::plugin) fn number(value: &Datum) -> Option<f64> {
    match value {
        Datum::Scalar(column) if column.ty == Type::Double => {
            let cell = column.fixed_cells().next()?.try_into().ok()?;
            Some(f64::from_le_bytes(cell))
        }
        _ => value.as_i64().map(|number| number as f64),
    }
}

fn span(text: &str) -> Option<Span> {
    let (hours, rate) = text.rsplit_once(' ')?;
    let (from, to) = hours.trim().split_once('-')?;
    let rate = rate.parse().ok().filter(|rate| (LEAST..=MOST).contains(rate))?;
    Some(Span { from: minute(from)?, to: minute(to)?, rate: rate * MEGABYTE })
}

fn minute(text: &str) -> Option<i64> {
    let (hour, minute) = text.trim().split_once(':')?;
    let part = |text: &str, most: i64| text.parse().ok().filter(|part| (0..=most).contains(part));
    Some(part(hour, 24)? * 60 + part(minute, 59)?).filter(|minute| *minute <= 24 * 60)
}

fn wrong() -> Error {
    let what = format!(
        "the rate limit must be a number of megabytes per second from {LEAST} to {MOST}, or hours with one each"
    );
    Error::new(Kind::Argument, what).advise("write 20, or \"08:00-18:00 20, 18:00-22:00 50\", or 0 for none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_numbers_or_hours() {
        let text = |text: &str| parse(&Datum::text(text));
        let double = |number: f64| parse(&Datum::Scalar(Column::fixed(Type::Double, number.to_le_bytes())));
        assert_eq!(double(2.5).unwrap(), Limit::Always(2.5 * MEGABYTE));
        assert_eq!(double(0.0).unwrap(), Limit::None);
        let day = Span { from: 480, to: 1080, rate: 20.0 * MEGABYTE };
        let night = Span { from: 1080, to: 480, rate: 0.5 * MEGABYTE };
        assert_eq!(text("08:00-18:00 20, 18:00-08:00 0.5").unwrap(), Limit::Hours(vec![day, night]));
        assert!(text("00:00-24:00 1").is_ok());
        for wrong in [
            "",
            "20",
            "8-18 20",
            "08:00-18:00",
            "08:00-25:00 1",
            "08:00-24:30 1",
            "08:61-09:00 1",
            "1:00-2:00 -1",
        ] {
            assert!(text(wrong).is_err(), "{wrong}");
        }
        for wrong in [-1.0, 0.001, f64::NAN, 1e9] {
            assert!(double(wrong).is_err(), "{wrong}");
        }
    }
}
