//! On what terms a server is talked to, beyond who logs in where.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use super::Tls;
use crate::limiter::Limiter;

/// What one call says about all its connections.
#[derive(Clone, Default)]
pub struct Terms {
    /// With whose certificates the line is encrypted; none leaves it readable.
    pub tls: Option<Tls>,
    /// Lets a password travel as it is over a line that is not encrypted.
    pub plain_login: bool,
    /// How columns travel.
    pub compress: Compress,
    /// How fast, and whether still.
    pub control: Arc<Control>,
}

/// How columns travel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compress {
    /// As they are.
    #[default]
    None,
    /// Each as a sample of it and the measured line make it arrive first.
    Auto,
    /// By LZ4.
    Lz4,
    /// By differences where the type allows it, else by LZ4.
    Delta,
}

impl Compress {
    /// Every choice.
    pub const ALL: [Compress; 4] = [Compress::None, Compress::Auto, Compress::Lz4, Compress::Delta];

    /// What users call it.
    pub fn name(self) -> &'static str {
        match self {
            Compress::None => "none",
            Compress::Auto => "auto",
            Compress::Lz4 => "lz4",
            Compress::Delta => "delta",
        }
    }
}

/// What holds all connections of a call back. Everybody who waits for the network looks here.
#[derive(Default)]
pub struct Control {
    cancelled: AtomicBool,
    ears: Mutex<Vec<Ear>>,
    /// How many bytes may pass.
    pub limiter: Arc<Limiter>,
}

/// Tells, on the thread that asks, whether the user has cancelled.
type Ear = Box<dyn Fn() -> bool + Send>;

impl Control {
    /// One that is cancelled by itself, and shares the rate with this one.
    pub fn beside(&self) -> Control {
        Control { limiter: self.limiter.clone(), ..Control::default() }
    }

    /// Lets whoever waits for the network hear a cancel by itself, not only when it is told.
    pub fn listen(&self, ear: impl Fn() -> bool + Send + 'static) {
        self.ears.lock().push(Box::new(ear));
    }

    /// Ends every wait for the network within a fraction of a second.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether somebody has cancelled.
    pub fn is_cancelled(&self) -> bool {
        let hears = || self.ears.lock().iter().any(|ear| ear());
        let is_cancelled = self.cancelled.load(Ordering::Relaxed) || hears();
        if is_cancelled {
            self.cancel();
        }
        is_cancelled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limiter::Rate;

    #[test]
    fn who_is_beside_another_shares_its_rate_and_not_its_end() {
        let one = Control::default();
        let other = one.beside();
        one.limiter.set(Rate::Always(5.0));
        one.cancel();
        assert_eq!((other.limiter.rate(), other.is_cancelled()), (Some(5.0), false));
        other.listen(move || one.is_cancelled());
        assert!(other.is_cancelled());
    }
}
