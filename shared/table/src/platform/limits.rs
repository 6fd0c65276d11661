//! What the rate limits count, by the minute.
//!
//! A key holds a hash of the caller that is counted, and TTL deletes an item soon after its last minute. When
//! the SDK repeats a write whose answer was lost, the request counts twice; none is left out.

use domain::Timestamp;
use domain::platform::window::{Counts, Minute};

use crate::dynamo::{Item, Key, Result, Table, Updates, Write, number};

/// How an attempt was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The attempt is within the limit.
    Admitted,
    /// The limit was reached before; the next attempt is admitted from this time on.
    TooMany(Timestamp),
}

/// How long an item is used after it was written, in seconds.
const LIFE: i64 = 2 * 60;
/// How many minutes back a report removes old counts. TTL deletes up to some days late. So an item keeps one
/// attribute for each idle hour at most, and stays below the kilobyte that one write unit pays for.
const LOOK_BACK: i64 = 60;

impl Table {
    /// Counts an attempt under `key`, unless this minute of the clock has had `most` attempts. One
    /// conditional write, so the limit is exact under concurrency.
    pub async fn count_attempt(&self, key: &str, most: u32) -> Result<Attempt> {
        let minute = Minute::of(self.now());
        let is_admitted = self
            .update_limit(Key::limit(key, minute))
            .add("hits :one")
            .only_if("attribute_not_exists(hits) OR hits < :most")
            .with(":one", number(1))
            .with(":most", number(most))
            .write()
            .await?;
        Ok(if is_admitted { Attempt::Admitted } else { Attempt::TooMany(minute.end()) })
    }

    /// Adds requests to what all instances have counted under `key` in a minute. Gives the counts of that
    /// minute and of the one before.
    pub async fn count_requests(&self, key: &str, minute: Minute, more: u32) -> Result<Counts> {
        let idle: Vec<_> = (2..LOOK_BACK).map(|ago| attribute(minute.back(ago))).collect();
        let update = self
            .update_limit(Key::limit(key, "COUNT"))
            .remove(idle.join(", "))
            .add(format!("{} :more", attribute(minute)))
            .with(":more", number(more))
            .returning_new();
        let item = update.write_and_return().await?.unwrap_or_default();
        Ok(Counts { last: count(&item, minute.back(1)), this: count(&item, minute) })
    }

    fn update_limit(&self, key: Key) -> Write<'_, Updates> {
        let expires_at = self.now().seconds() + LIFE;
        self.update_at(key).set("expires_at = :expires").with(":expires", number(expires_at))
    }
}

/// The attribute that holds a minute's count.
fn attribute(minute: Minute) -> String {
    format!("n{minute}")
}

/// The count of a minute; 0 when there is none.
fn count(item: &Item, minute: Minute) -> u32 {
    item.get(&attribute(minute)).and_then(|count| count.as_n().ok()?.parse().ok()).unwrap_or_default()
}
