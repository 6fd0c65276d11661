//! Waiting between the rounds of a contended write.

use std::time::Duration;

use super::error::{Error, Result};
use super::handle::random;

/// How long a write may contend before the caller is told to come again; far below every function's time-out.
const CONTENTION_BUDGET: Duration = Duration::from_secs(4);

/// Waits between the rounds of a contended write: full jitter, so that the contenders do not stay in step.
pub(crate) struct Backoff {
    began: tokio::time::Instant,
    round: u32,
}

impl Backoff {
    pub(crate) fn new() -> Self {
        Self { began: tokio::time::Instant::now(), round: 0 }
    }

    /// Waits up to 25 ms × 2^round, at most 800 ms, or gives up when the budget is used up.
    pub(crate) async fn wait(&mut self, what: &'static str) -> Result<()> {
        let most = 25_u64 << self.round.min(5);
        let wait = Duration::from_millis(u64::from_be_bytes(random()?) % most);
        self.round += 1;
        if self.began.elapsed() + wait > CONTENTION_BUDGET {
            return Err(Error::Contended(what));
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }
}
