//! The requests that one instance has admitted, and the callers that it blocks.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::Timestamp;
use domain::platform::window::Minute;

use super::limits::Key;

/// A report covers this many requests, or a few more that ran at the same time.
const LEASE: u32 = 10;
/// The most callers that an instance remembers.
const MOST_KEYS: usize = 1000;

/// The requests of each caller in this minute that were not reported yet.
#[derive(Default)]
pub(crate) struct Tally(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    callers: HashMap<Key, Caller>,
    due: Vec<Key>,
}

#[derive(Default)]
struct Caller {
    minute: Minute,
    unreported: u32,
    closed_until: Option<Timestamp>,
}

/// Requests to report to the table.
pub(crate) struct Due {
    pub(crate) key: Key,
    pub(crate) minute: Minute,
    pub(crate) requests: u32,
}

impl Tally {
    /// Counts a request. If the caller is over the limit, returns the time from which there is room again,
    /// and does not count.
    pub(crate) fn admit(&self, key: Key, now: Timestamp) -> Result<(), Timestamp> {
        let mut counted = self.lock();
        let Counted { callers, due } = &mut *counted;
        if callers.len() >= MOST_KEYS && !callers.contains_key(&key) {
            make_room(callers, now);
        }
        let caller = callers.entry(key.clone()).or_default();
        if let Some(until) = caller.closed_until.filter(|until| now < *until) {
            return Err(until);
        }
        if caller.minute != Minute::of(now) {
            *caller = Caller { minute: Minute::of(now), ..Caller::default() };
        }
        caller.unreported += 1;
        if caller.unreported == LEASE {
            due.push(key);
        }
        Ok(())
    }

    /// Takes back the last counted request: it belongs to another key.
    pub(crate) fn give_back(&self, key: &Key) {
        if let Some(caller) = self.lock().callers.get_mut(key) {
            caller.unreported = caller.unreported.saturating_sub(1);
        }
    }

    /// The next report. Its requests count as reported from now on.
    pub(crate) fn take_due(&self) -> Option<Due> {
        let mut counted = self.lock();
        let Counted { callers, due } = &mut *counted;
        while let Some(key) = due.pop() {
            if let Some(caller) = callers.get_mut(&key).filter(|caller| caller.unreported >= LEASE) {
                let (minute, requests) = (caller.minute, std::mem::take(&mut caller.unreported));
                return Some(Due { key, minute, requests });
            }
        }
        None
    }

    /// Blocks the caller until then.
    pub(crate) fn close(&self, key: &Key, until: Timestamp) {
        if let Some(caller) = self.lock().callers.get_mut(key) {
            caller.closed_until = Some(until);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Evicts callers under the limit first; their counts begin at zero again. Blocked callers stay blocked,
/// unless the table is full of them.
fn make_room(callers: &mut HashMap<Key, Caller>, now: Timestamp) {
    callers.retain(|_, caller| caller.closed_until.is_some_and(|until| now < until));
    if callers.len() >= MOST_KEYS {
        callers.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::deployment::limits::Policy;

    const NOON: i64 = 1_795_262_400_000;

    fn key(who: impl ToString) -> Key {
        Key::new(Policy::Public, who.to_string())
    }

    fn admit(tally: &Tally, who: impl ToString, times: usize, now: Timestamp) -> usize {
        (0..times).filter(|_| tally.admit(key(who.to_string()), now).is_ok()).count()
    }

    #[test]
    fn every_tenth_request_of_a_minute_is_due() {
        let (tally, noon) = (Tally::default(), Timestamp::from_millis(NOON));
        admit(&tally, "ann", 9, noon);
        admit(&tally, "ben", 9, noon);
        assert!(tally.take_due().is_none());
        admit(&tally, "ann", 1, noon);
        let due = tally.take_due().unwrap();
        assert!(due.key == key("ann"));
        assert_eq!((due.minute, due.requests), (Minute::of(noon), 10));
        assert!(tally.take_due().is_none());
        // Counting begins at zero in the next minute.
        assert_eq!(admit(&tally, "ben", 9, noon + Duration::from_mins(1)), 9);
        assert!(tally.take_due().is_none());
    }

    #[test]
    fn a_request_that_was_given_back_is_not_due() {
        let (tally, noon) = (Tally::default(), Timestamp::from_millis(NOON));
        admit(&tally, "ann", 10, noon);
        tally.give_back(&key("ann"));
        assert!(tally.take_due().is_none());
        admit(&tally, "ann", 1, noon);
        assert_eq!(tally.take_due().unwrap().requests, 10);
    }

    #[test]
    fn a_blocked_caller_is_admitted_again_when_the_time_has_come() {
        let (tally, noon) = (Tally::default(), Timestamp::from_millis(NOON));
        admit(&tally, "ann", 10, noon);
        let until = noon + Duration::from_secs(7);
        tally.close(&key("ann"), until);
        assert_eq!(tally.admit(key("ann"), noon), Err(until));
        assert_eq!(admit(&tally, "ben", 1, noon), 1);
        assert_eq!(admit(&tally, "ann", 1, until), 1);
    }

    #[test]
    fn a_thousand_callers_are_remembered_and_blocked_ones_the_longest() {
        let (tally, noon) = (Tally::default(), Timestamp::from_millis(NOON));
        admit(&tally, "ann", 1, noon);
        tally.close(&key("ann"), noon + Duration::from_mins(1));
        for number in 0..5 * MOST_KEYS {
            admit(&tally, number, 1, noon);
            assert!(tally.lock().callers.len() <= MOST_KEYS);
        }
        assert_eq!(admit(&tally, "ann", 1, noon), 0);
        for number in 0..5 * MOST_KEYS {
            admit(&tally, number, 1, noon);
            tally.close(&key(number), noon + Duration::from_mins(1));
            assert!(tally.lock().callers.len() <= MOST_KEYS);
        }
    }
}
