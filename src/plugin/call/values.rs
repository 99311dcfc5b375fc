//! What the values of options must be, said in one manner.
use crate::data::Datum;
use crate::error::{Error, Kind, Result};

/// A text with something in it.
pub(in crate::plugin) fn text<'a>(name: &str, value: &'a Datum) -> Result<&'a str> {
    value.as_str().filter(|text| !text.trim().is_empty()).ok_or_else(|| wrong(name, "must be a string"))
}

/// What stands in `known` under the name that is given.
pub(in crate::plugin) fn one_of<T: Copy>(name: &str, value: &Datum, known: &[(&str, T)]) -> Result<T> {
    let chosen = value.as_str().and_then(|text| known.iter().find(|(own, _)| *own == text));
    chosen.map(|(_, choice)| *choice).ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
        wrong(name, &format!("must be one of {}", names.join(", ")))
    })
}

/// Yes or no.
pub(in crate::plugin) fn flag(name: &str, value: &Datum) -> Result<bool> {
    match value.as_i64() {
        Some(flag @ 0..=1) => Ok(flag == 1),
        _ => Err(wrong(name, "must be true or false")),
    }
}

/// A whole number.
pub(in crate::plugin) fn number(name: &str, value: &Datum, least: usize, most: usize) -> Result<usize> {
    let whole = value.as_i64().and_then(|value| usize::try_from(value).ok());
    whole.filter(|value| (least..=most).contains(value)).ok_or_else(|| {
        let unit = match name {
            "maxDelete" => " of percent",
            "timeout" | "lease" | "wait" | "period" => " of seconds",
            _ => "",
        };
        wrong(name, &format!("must be a whole number{unit} from {least} to {most}"))
    })
}

/// One text, or a vector of them.
pub(in crate::plugin) fn names(name: &str, value: &Datum) -> Result<Vec<String>> {
    match value {
        Datum::Scalar(column) | Datum::Vector(column) if column.ty.is_text() => {
            Ok(column.texts().map(|text| String::from_utf8_lossy(text).into_owned()).collect())
        }
        _ => Err(Error::new(Kind::Argument, format!("the option `{name}` must be column names"))
            .advise("give one string or a vector of strings")),
    }
}

/// That the option `name` is not what it must be.
pub(in crate::plugin) fn wrong(name: &str, how: &str) -> Error {
    Error::new(Kind::Argument, format!("the option `{name}` {how}")).advise("correct it, or leave it out")
}
