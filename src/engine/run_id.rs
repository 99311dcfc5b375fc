//! The name of one run, by which its messages and results are found again.
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::cluster::{civil, clock};

/// The start of a run in UTC and six random hexadecimal digits, such as `20261122-161503-9f3a1c`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunId(String);

impl RunId {
    /// The name of a run that starts now.
    pub fn now() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // Every hasher of the standard library is seeded anew from the system's randomness.
        let random = RandomState::new().hash_one(since_epoch);
        RunId::at(since_epoch.as_secs() as i64, random)
    }

    /// The run that was given this name before.
    pub fn named(name: &str) -> Self {
        RunId(name.to_owned())
    }

    fn at(seconds: i64, random: u64) -> Self {
        let (year, month, day) = civil(seconds / 86_400);
        let (hour, minute, second) = clock(seconds % 86_400);
        let random = random & 0xff_ffff;
        RunId(format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}-{random:06x}"))
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_second_and_something_random() {
        assert_eq!(RunId::at(1_795_364_103, 0x1_009f_3a1c).to_string(), "20261122-161503-9f3a1c");
        assert_ne!(RunId::now(), RunId::now());
    }
}
