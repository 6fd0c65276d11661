//! The time that is left for an event.

use std::time::{Duration, UNIX_EPOCH};

use domain::Clock;
use lambda_http::Context;

/// This much of a function's time is kept back, so that it can still answer.
pub(crate) const LAST_WORDS: Duration = Duration::from_millis(300);

/// The time for an event whose deadline is already past when it arrives. `cargo lambda watch` sends such
/// events: it counts the deadline from 1970.
const UNSAID: Duration = Duration::from_secs(10);

/// How long the function may still work on this event.
pub(crate) fn time_left(context: &Context, clock: &Clock) -> Duration {
    let now = UNIX_EPOCH + Duration::from_millis(u64::try_from(clock.now().millis()).unwrap_or_default());
    context.deadline().duration_since(now).unwrap_or(UNSAID)
}
