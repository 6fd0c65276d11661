//! How long an event may still be worked on.

use std::time::{Duration, UNIX_EPOCH};

use domain::Clock;
use lambda_http::Context;

/// Kept back from the function's deadline to answer while there is still someone to hear it.
pub(crate) const LAST_WORDS: Duration = Duration::from_millis(300);

/// The time of an event whose deadline is past before it arrives. `cargo lambda watch` sends such ones: it
/// counts the deadline from 1970.
const UNSAID: Duration = Duration::from_secs(10);

/// How long the function that has got this event lives at most.
pub(crate) fn time_left(context: &Context, clock: &Clock) -> Duration {
    let now = UNIX_EPOCH + Duration::from_millis(u64::try_from(clock.now().millis()).unwrap_or_default());
    context.deadline().duration_since(now).unwrap_or(UNSAID)
}
