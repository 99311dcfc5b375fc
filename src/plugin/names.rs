//! Members of a dictionary that a user wrote: known names only, and the nearest one for a typo.
use crate::data::Datum;
use crate::error::{Error, Kind, Result};

/// The members of `dictionary`, all of which are in `known`.
///
/// # Errors
/// `Argument` when `dictionary` is none or has another member, naming the nearest known one.
pub(super) fn members<'a>(what: &str, dictionary: &'a Datum, known: &[&str]) -> Result<Members<'a>> {
    checked(what, dictionary, known, |name| format!("no member `{name}`"))
}

/// As [`members`], of a dictionary with secrets: one that stands where a name belongs must not be
/// repeated.
pub(super) fn secret_members<'a>(what: &str, dictionary: &'a Datum, known: &[&str]) -> Result<Members<'a>> {
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
            let nearest = known.iter().min_by_key(|known| distance(name, known)).copied().unwrap_or_default();
            let message = format!("{what} has {}, the nearest is `{nearest}`", complaint(name));
            Err(Error::new(Kind::Argument, message).advise(format!("the known names are {all}")))
        }
    }
}

/// How many single characters must be put in, taken out or changed to get from `a` to `b`,
/// letters of either case being the same.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.chars().enumerate() {
            let changed = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, expected) in [("", "abc", 3), ("lane", "lanes", 1), ("LANES", "lanes", 0), ("ab", "ba", 2)]
        {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
