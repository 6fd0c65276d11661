//! Retrying a contended write.

use std::time::Duration;

use super::error::{Error, Result};
use super::handle::random;

/// How long a write is retried before the caller gets 503; far below every function's timeout.
const CONTENTION_BUDGET: Duration = Duration::from_secs(4);

/// Runs `round` until it gives a result. None means that another writer was faster: the next round follows
/// after a wait, and reads again. After 4 seconds of this the error is [`Error::Contended`] with `what`.
///
/// A round that reads, decides and writes on condition of what it read therefore needs no loop of its own.
/// State that one round leaves for the next is captured by the closure.
pub(crate) async fn until_won<T>(
    what: &'static str,
    mut round: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let mut backoff = Backoff::new();
    loop {
        if let Some(won) = round().await? {
            return Ok(won);
        }
        backoff.wait(what).await?;
    }
}

/// The waits between the rounds, with full jitter, so that writers who meet once do not meet again.
pub(crate) struct Backoff {
    began: tokio::time::Instant,
    round: u32,
}

impl Backoff {
    pub(crate) fn new() -> Self {
        Self { began: tokio::time::Instant::now(), round: 0 }
    }

    /// Waits up to 25 ms × 2^round, at most 800 ms; an error once the budget is used up.
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
