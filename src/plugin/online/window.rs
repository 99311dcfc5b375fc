//! The options `column`, `from`, `to` and `lookBack`: which rows, by the values of one column.
use crate::cluster::Host;
use crate::data::Datum;
use crate::error::{Error, Kind, Result};
use crate::journal::Bounds;
use crate::memory::Mark;
use crate::plan::{Asked, End, LookBack, Point};

/// What the options say, not yet evaluated.
#[derive(Clone, Debug)]
pub(in crate::plugin) struct Said {
    pub(in crate::plugin) column: String,
    from: Option<Datum>,
    to: Option<Datum>,
    look_back: LookBack,
}

/// The options as they are met in the dictionary.
#[derive(Default)]
pub(in crate::plugin) struct Parts<'a> {
    pub(in crate::plugin) column: Option<&'a Datum>,
    pub(in crate::plugin) from: Option<&'a Datum>,
    pub(in crate::plugin) to: Option<&'a Datum>,
    pub(in crate::plugin) look_back: Option<&'a Datum>,
}

impl Parts<'_> {
    /// The window, if there is one.
    pub(in crate::plugin) fn said(self) -> Result<Option<Said>> {
        let Some(column) = self.column else {
            let given = [("from", self.from), ("to", self.to), ("lookBack", self.look_back)];
            return match given.into_iter().find(|(_, value)| value.is_some()) {
                None => Ok(None),
                Some((name, _)) => Err(wrong(format!(
                    "the option `{name}` needs the option `column`, which names its column"
                ))),
            };
        };
        let named = column.as_str().filter(|name| !name.is_empty()).map(str::to_owned);
        let column = named.ok_or_else(|| wrong("the option `column` must be the name of a column"))?;
        let look_back = self.look_back.map_or(Ok(LookBack::Time(0)), look_back)?;
        if self.from.is_some() && self.look_back.is_some() {
            return Err(wrong("the option `lookBack` counts from the watermark, so it goes without `from`"));
        }
        Ok(Some(Said { column, from: self.from.cloned(), to: self.to.cloned(), look_back }))
    }
}

impl Said {
    /// Whether the window begins where earlier runs ended.
    pub(in crate::plugin) fn follows(&self) -> bool {
        self.from.is_none()
    }

    /// Every value, evaluated once and on this node.
    pub(in crate::plugin) fn evaluate(&self, host: &mut dyn Host) -> Result<Asked> {
        let from = self.from.as_ref().map(|value| point(host, "from", value)).transpose()?;
        let to = match &self.to {
            Some(value) => End::At(point(host, "to", value)?),
            None => End::Now(point(host, "to", &Datum::text("now()"))?),
        };
        let (column, look_back) = (self.column.clone(), self.look_back);
        Ok(Asked { column, from, watermark: None, look_back, to: Some(to) })
    }
}

/// The window of a run that is finished later, told by its literals.
pub(in crate::plugin) fn exactly(host: &mut dyn Host, bounds: &Bounds) -> Result<Asked> {
    let mut end = |name: &str, literal: &Option<String>| {
        literal.as_ref().map(|literal| point(host, name, &Datum::text(literal))).transpose()
    };
    let (from, to) = (end("from", &bounds.from)?, end("to", &bounds.to)?);
    let (column, look_back) = (bounds.column.clone(), LookBack::Time(0));
    Ok(Asked { column, from, watermark: None, look_back, to: to.map(End::At) })
}

/// What is remembered of a column.
pub(in crate::plugin) fn remembered(mark: Mark) -> Result<Point> {
    let ty = mark.ty().ok_or_else(|| {
        Error::new(Kind::State, "a watermark has a type that this version does not know")
            .advise("give `from` and `to`, or install the version that wrote it")
    })?;
    Ok(Point { ty, value: mark.value })
}

/// A value, or the value of an expression, which a scheduled job does not freeze when it is made.
fn point(host: &mut dyn Host, name: &str, value: &Datum) -> Result<Point> {
    let evaluated = match value.as_str() {
        Some(expression) => host.node().query(expression).map_err(|error| {
            let what = format!("the option `{name}` cannot be evaluated: {}", error.message());
            wrong(what).caused_by(error)
        })?,
        None => value.clone(),
    };
    match (&evaluated, evaluated.as_i64()) {
        (Datum::Scalar(cell), Some(value)) => Ok(Point { ty: cell.ty, value }),
        _ => {
            Err(wrong(format!("the option `{name}` must be a whole number, a date or a time, and not NULL")))
        }
    }
}

/// A number of days or steps, or a time such as `"36H"`.
fn look_back(value: &Datum) -> Result<LookBack> {
    if let Some(steps) = value.as_count() {
        return Ok(LookBack::Steps(steps.min(i64::MAX as u64) as i64));
    }
    value.as_str().and_then(duration).map(LookBack::Time).ok_or_else(|| {
        wrong("the option `lookBack` must be a text such as \"2d\", \"36H\", \"90m\" or \"30s\", or a number of steps")
    })
}

/// Nanoseconds, with the server's own letters of durations.
fn duration(text: &str) -> Option<i64> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at(unit_at);
    let seconds: i64 = match unit {
        "s" => 1,
        "m" => 60,
        "H" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        _ => return None,
    };
    count.parse::<i64>().ok()?.checked_mul(seconds)?.checked_mul(1_000_000_000)
}

fn wrong(what: impl Into<String>) -> Error {
    Error::new(Kind::Argument, what).advise("correct it, or leave it out")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_the_server_writes_them() {
        for (text, expected) in [
            ("30s", Some(30)),
            ("90m", Some(5_400)),
            ("36H", Some(129_600)),
            ("2d", Some(172_800)),
            ("1w", Some(604_800)),
            ("2", None),
            ("d", None),
            ("-1d", None),
            ("1M", None),
            ("99999999999999999999d", None),
        ] {
            assert_eq!(duration(text), expected.map(|seconds: i64| seconds * 1_000_000_000), "{text}");
        }
    }
}
