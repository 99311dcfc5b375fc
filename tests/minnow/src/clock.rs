//! A node's clock. It runs in UTC, and a test may set it to another moment, from which it goes on.
use std::sync::atomic::{AtomicI64, Ordering};

use crate::value::{Type, calendar};

#[derive(Debug, Default)]
pub struct Clock {
    /// Nanoseconds ahead of the machine's.
    ahead: AtomicI64,
}

impl Clock {
    /// The moment as a cell of a temporal type that has a date.
    pub fn now(&self, ty: Type) -> i64 {
        let nanos = calendar::now(Type::Nanotimestamp).saturating_add(self.ahead.load(Ordering::SeqCst));
        calendar::convert(nanos, Type::Nanotimestamp, ty).expect("a moment has a date")
    }

    /// Makes it this moment, in nanoseconds since 1970.
    pub fn set(&self, nanos: i64) {
        self.ahead.store(nanos.saturating_sub(calendar::now(Type::Nanotimestamp)), Ordering::SeqCst);
    }

    /// Makes it the machine's again.
    pub fn reset(&self) {
        self.ahead.store(0, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_goes_on_from_there() {
        let clock = Clock::default();
        clock.set(86_400_000_000_000);
        assert_eq!(clock.now(Type::Date), 1);
        let before = clock.now(Type::Nanotimestamp);
        while clock.now(Type::Nanotimestamp) == before {}
        assert!(clock.now(Type::Nanotimestamp) > before);
        clock.reset();
        assert!(clock.now(Type::Date) > 20_000);
    }
}
