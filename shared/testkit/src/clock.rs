//! The time in a test: it stands still until the test moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use domain::{Clock, Timestamp};

/// Noon of 21 November 2026: a plausible date, fixed so that all runs are the same.
const START: i64 = 1_795_262_400_000;

/// A clock that is set by hand; clones show the same time.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl Default for ManualClock {
    fn default() -> Self {
        Self(Arc::new(AtomicI64::new(START)))
    }
}

impl ManualClock {
    /// The time now.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    /// Moves the clock on, in whole milliseconds.
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).expect("a test's time fits in 64 bits");
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    /// Sets the clock, also backwards.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.millis(), Ordering::SeqCst);
    }

    /// This clock, for handlers.
    pub fn clock(&self) -> Clock {
        self.skewed(0)
    }

    /// The clock of a machine that is `by_millis` ahead or, if negative, behind.
    pub fn skewed(&self, by_millis: i64) -> Clock {
        let millis = Arc::clone(&self.0);
        Clock::new(move || Timestamp::from_millis(millis.load(Ordering::SeqCst) + by_millis))
    }
}

/// The clock of the table's TTL and stream.
impl dynoxide::storage_backend::Clock for ManualClock {
    fn now_unix_secs(&self) -> u64 {
        u64::try_from(self.now().seconds()).unwrap_or(0)
    }

    #[allow(clippy::cast_precision_loss, reason = "milliseconds of this century are exact in 53 bits")]
    fn now_unix_secs_f64(&self) -> f64 {
        self.now().millis() as f64 / 1000.0
    }
}
