//! Members of a dictionary that a user wrote: known names only, and the nearest one for a typo.
use crate::data::Datum;
use crate::error::{Error, Kind, Result};
use crate::model::nearest;

/// The members of `dictionary`, all of which are in `known`.
///
/// # Errors
/// `Argument` when `dictionary` is none or has another member, naming the nearest known one.
pub(in crate::plugin) fn members<'a>(
    what: &str,
    dictionary: &'a Datum,
    known: &[&str],
) -> Result<Members<'a>> {
    checked(what, dictionary, known, |name| format!("no member `{name}`"))
}

/// As [`members`], of a dictionary with secrets: one that stands where a name belongs must not be
/// repeated.
pub(in crate::plugin) fn secret_members<'a>(
    what: &str,
    dictionary: &'a Datum,
    known: &[&str],
) -> Result<Members<'a>> {
    checked(what, dictionary, known, |_| "a member that is not known".into())
}

/// Names and what stands under them.
type Members<'a> = Vec<(&'a str, &'a Datum)>;

fn checked<'a>(
    what: &str,
    dictionary: &'a Datum,
    known: &[&str],
    complaint: impl Fn(&str) -> String,
) -> Result<Members<'a>> {
    let all = known.join(", ");
    let Datum::Dict(items) = dictionary else {
        return Err(Error::new(Kind::Argument, format!("{what} must be a dictionary"))
            .advise(format!("give a dictionary with text keys out of {all}")));
    };
    let unknown = items.iter().find(|(name, _)| !known.contains(&name.as_str()));
    match unknown {
        None => Ok(items.iter().map(|(name, value)| (name.as_str(), value)).collect()),
        Some((name, _)) => {
            let nearest = nearest(name, known.iter().copied()).unwrap_or_default();
            let message = format!("{what} has {}, the nearest is `{nearest}`", complaint(name));
            Err(Error::new(Kind::Argument, message).advise(format!("the known names are {all}")))
        }
    }
}
