//! Which release a cluster is of: what its functions take differs.
use std::fmt;

use super::Cluster;
use super::describe::strange;
use crate::error::Result;

/// A release, such as 2.00.10; further numbers do not matter to what a script may say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release(pub u16, pub u16, pub u16);

impl Release {
    /// The first release of each line whose functions and protocol this version was made for; what is
    /// younger within a line only has more (dolphindb-semantics §0).
    const LINES: [Release; 3] = [Release(1, 30, 23), Release(2, 0, 9), Release(3, 0, 0)];

    /// Whether it is one that this version was made for.
    pub fn is_known(self) -> bool {
        let in_line = |first: &Release| (first.0, first.1) == (self.0, self.1) && *first <= self;
        Release::LINES.iter().any(in_line)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}.{}", self.0, self.1, self.2)
    }
}

/// The release that `cluster` says it is.
///
/// # Errors
/// What the cluster answers, or `Protocol` when that names no release.
pub fn release(cluster: &mut (impl Cluster + ?Sized)) -> Result<Release> {
    let answer = cluster.query("version()")?;
    answer.as_str().and_then(parse).ok_or_else(|| strange("the number of a release"))
}

/// Out of `3.00.2.1 2024.12.01 LINUX_ABI x86_64`.
fn parse(text: &str) -> Option<Release> {
    let mut numbers = text.split_whitespace().next()?.split('.').map(str::parse);
    match [numbers.next()?, numbers.next()?, numbers.next()?] {
        [Ok(major), Ok(minor), Ok(patch)] => Some(Release(major, minor, patch)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_in_order_and_read_as_servers_write_them() {
        assert_eq!(parse("3.00.2.1 2024.12.01 LINUX_ABI x86_64"), Some(Release(3, 0, 2)));
        assert_eq!(parse("1.30.23"), Some(Release(1, 30, 23)));
        assert!(Release(2, 0, 16) < Release(3, 0, 0) && Release(1, 30, 23) < Release(2, 0, 9));
        assert_eq!(Release(2, 0, 9).to_string(), "2.00.9");
        let known = |text| parse(text).is_some_and(Release::is_known);
        assert!(["1.30.23", "2.00.9", "2.00.16", "3.00.0", "3.00.5"].into_iter().all(known));
        assert!(!["1.30.22", "1.20.30", "2.00.8", "2.10.1", "3.01.0", "4.00.0"].into_iter().any(known));
        for text in ["", "3", "3.00", "v3.00.1", "3.00.x"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
