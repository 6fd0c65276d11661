//! Counting by the minute, and the sliding window of sixty seconds over two minutes' counts.

use std::fmt;
use std::time::Duration;

use crate::Timestamp;

/// One minute, in milliseconds.
const MINUTE: i64 = 60_000;

/// A minute of the clock, counted from 1970. All instances agree where one ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Minute(i64);

impl Minute {
    /// The minute that `now` is in.
    pub fn of(now: Timestamp) -> Self {
        Self(now.millis() / MINUTE)
    }

    /// The minute that is `minutes` earlier.
    #[must_use]
    pub fn back(self, minutes: i64) -> Self {
        Self(self.0 - minutes)
    }

    /// Its first instant.
    pub fn start(self) -> Timestamp {
        Timestamp::from_millis(self.0.saturating_mul(MINUTE))
    }

    /// The first instant after it.
    pub fn end(self) -> Timestamp {
        self.back(-1).start()
    }
}

impl fmt::Display for Minute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The counts of a minute and of the one before.
///
/// The estimate for the last sixty seconds is this minute's count, plus the share of the last minute's count
/// that the sixty seconds still overlap, as if its events had come evenly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The count of the minute before.
    pub last: u32,
    /// The count of this minute.
    pub this: u32,
}

impl Counts {
    /// From when on the estimate is below `limit` if nothing more is counted; a past time if it is below
    /// already.
    pub fn free_at(self, minute: Minute, limit: u32) -> Timestamp {
        match limit.checked_sub(self.this) {
            // This minute's count alone reaches the limit. It fades in the next minute.
            None | Some(0) => minute.end() + fading(self.this, limit),
            Some(room) => minute.start() + fading(self.last, room),
        }
    }
}

/// How far into the next minute a minute's count has faded to less than `room`.
fn fading(count: u32, room: u32) -> Duration {
    match u64::from(count).checked_sub(u64::from(room)) {
        Some(over) if count > 0 => Duration::from_millis(60_000 * over / u64::from(count) + 1),
        _ => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_795_262_400_000;

    /// The estimate at a time in this minute or the next two, in 60,000ths.
    fn estimate(counts: Counts, minute: Minute, at: Timestamp) -> i64 {
        let into = at.millis() - minute.start().millis();
        let left = |count: u32, until: i64| i64::from(count) * (until - into).clamp(0, MINUTE);
        match into / MINUTE {
            0 => i64::from(counts.this) * MINUTE + left(counts.last, MINUTE),
            _ => left(counts.this, 2 * MINUTE),
        }
    }

    #[test]
    fn a_minute_begins_with_the_clocks_minute() {
        let at = |millis| Minute::of(Timestamp::from_millis(NOON + millis));
        assert_eq!(at(0), at(59_999));
        assert_eq!(at(60_000).back(1), at(0));
        assert_eq!(at(31_000).end(), Timestamp::from_millis(NOON + 60_000));
        assert_eq!(at(0).to_string(), "29921040");
    }

    #[test]
    fn a_limit_is_free_at_the_first_millisecond_below_it() {
        let minute = Minute::of(Timestamp::from_millis(NOON));
        for limit in [1, 2, 10, 60, 120] {
            for last in [0, 1, 9, 30, 59, 60, 61, 70, 500, 100_000] {
                for this in [0, 1, 9, 30, 59, 60, 61, 70, 500, 100_000] {
                    let counts = Counts { last, this };
                    let free = counts.free_at(minute, limit);
                    let over = |at| estimate(counts, minute, at) >= i64::from(limit) * MINUTE;
                    assert!(!over(free), "{counts:?} is over {limit} at {free}");
                    let before = Timestamp::from_millis(free.millis() - 1);
                    assert!(
                        free == minute.start() || over(before),
                        "{counts:?} is below {limit} at {before}"
                    );
                }
            }
        }
    }

    #[test]
    fn below_the_limit_requests_are_free_at_once() {
        let minute = Minute::of(Timestamp::from_millis(NOON));
        assert_eq!(Counts::default().free_at(minute, 1), minute.start());
        assert_eq!(Counts { last: 30, this: 29 }.free_at(minute, 60), minute.start());
        assert_eq!(
            Counts { last: 60, this: 10 }.free_at(minute, 60),
            minute.start() + Duration::from_millis(10_001)
        );
        assert_eq!(
            Counts { last: 60, this: 60 }.free_at(minute, 60),
            minute.end() + Duration::from_millis(1)
        );
    }
}
