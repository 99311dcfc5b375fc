//! What the target calls the columns of the source.

/// Pairs of a column's name at the source and at the target; all others are called alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Naming(Vec<(String, String)>);

impl Naming {
    /// These pairs, each name in it once on either side.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        Naming(pairs.into_iter().filter(|(here, there)| here != there).collect())
    }

    /// What the target calls the source's column `here`.
    pub fn there<'a>(&'a self, here: &'a str) -> &'a str {
        self.0.iter().find(|(own, _)| own == here).map_or(here, |(_, other)| other)
    }

    /// What the source calls the target's column `there`.
    pub fn here<'a>(&'a self, there: &'a str) -> &'a str {
        self.0.iter().find(|(_, other)| other == there).map_or(there, |(own, _)| own)
    }
}

/// The one of `known` that is nearest to `name`.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known.into_iter().min_by_key(|known| distance(name, known))
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
    fn names_that_change_places_find_back() {
        let swap = Naming::new([("a", "b"), ("b", "a"), ("c", "c")].map(|(a, b)| (a.into(), b.into())));
        assert_eq!(["a", "b", "c", "d"].map(|name| swap.there(name)), ["b", "a", "c", "d"]);
        assert_eq!(["a", "b", "c", "d"].map(|name| swap.here(name)), ["b", "a", "c", "d"]);
    }

    #[test]
    fn distances() {
        for (a, b, expected) in [("", "abc", 3), ("lane", "lanes", 1), ("LANES", "lanes", 0), ("ab", "ba", 2)]
        {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
        assert_eq!(nearest("lane", ["retries", "lanes"]), Some("lanes"));
    }
}
