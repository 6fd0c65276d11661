//! Waits for other processes. No other code here sleeps.

use std::time::{Duration, Instant};

/// Calls `look` every 20 ms until it returns a value; `None` if `limit` passes first.
#[expect(clippy::disallowed_methods, reason = "another process gets ready; there is nothing to be woken by")]
pub fn until<T>(limit: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if started.elapsed() > limit {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
