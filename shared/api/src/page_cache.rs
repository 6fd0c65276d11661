//! The page cache of an instance. Pages that are the same for everybody are not built again for some seconds.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use domain::Timestamp;

use crate::contract::{Reply, Result};

/// The most answers of an instance's cache, and their most bytes. Beyond that, the cache is emptied.
const MOST_PAGES: usize = 500;
const MOST_BYTES: usize = 2 * 1024 * 1024;

/// The cached answers of one endpoint, by path and query.
#[derive(Default)]
pub(crate) struct PageCache(Mutex<Held>);

#[derive(Default)]
struct Held {
    pages: HashMap<String, (Timestamp, Reply)>,
    bytes: usize,
}

impl PageCache {
    /// The answer that was cached less than `life` ago, with its `Age`.
    pub(crate) fn get(&self, asked: &str, now: Timestamp, life: Duration) -> Option<Result> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, page) = held.pages.get(asked)?;
        let age = now.since(*since);
        (age < life && now >= *since).then(|| page.clone().aged(age))
    }

    /// Caches an answer.
    pub(crate) fn put(&self, asked: String, page: Reply, now: Timestamp) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = asked.len() + page.len();
        if held.pages.len() >= MOST_PAGES || held.bytes + bytes > MOST_BYTES {
            *held = Held::default();
        }
        if bytes <= MOST_BYTES {
            held.bytes += bytes;
            held.pages.insert(asked, (now, page));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_cached_until_it_is_too_old_and_the_cache_is_bounded() {
        let (pages, life) = (PageCache::default(), Duration::from_secs(5));
        let at = Timestamp::from_millis;
        let page = |bytes: usize| Reply::ok(&"x".repeat(bytes)).unwrap();
        pages.put("/a?".to_owned(), page(10), at(1000));
        for (now, there) in [(1000, true), (5999, true), (6000, false), (999, false)] {
            assert_eq!(pages.get("/a?", at(now), life).is_some(), there, "{now}");
        }
        assert!(pages.get("/a?b", at(1000), life).is_none());
        for number in 0..MOST_PAGES {
            pages.put(format!("/{number}?"), page(1), at(1000));
        }
        assert!(pages.get("/a?", at(1000), life).is_none());
        pages.put("/large?".to_owned(), page(MOST_BYTES), at(1000));
        assert!(pages.get("/large?", at(1000), life).is_none());
        let held = pages.0.lock().unwrap();
        assert!(held.pages.len() <= MOST_PAGES && held.bytes <= MOST_BYTES);
    }
}
