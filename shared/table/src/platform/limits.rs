//! What the rate limits count, by the minute.
//!
//! Keys name who is counted by a hash, and TTL takes an item away soon after its last minute. Neither count
//! is undone when the SDK repeats a write whose answer was lost, so a request may count twice, and never less
//! than once.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;
use domain::Timestamp;
use domain::platform::window::{Counts, Minute};

use crate::dynamo::{Item, Key, Result, Table, failed, lost, number};

/// How an attempt was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// It is within the limit.
    Admitted,
    /// The limit was reached before it; the next one is admitted from then on.
    TooMany(Timestamp),
}

/// An item is of no use this many seconds after it was written.
const LIFE: i64 = 2 * 60;
/// How many minutes back a report clears away what it finds. TTL deletes late, some days late at worst: an
/// item so keeps one attribute for each idle hour, and stays below the kilobyte that a write unit pays for.
const LOOK_BACK: i64 = 60;

impl Table {
    /// Counts an attempt under `key`, unless this minute of the clock has seen `most` of them. Exact: one
    /// conditional write, whoever writes at the same time.
    pub async fn count_attempt(&self, key: &str, most: u32) -> Result<Attempt> {
        let minute = Minute::of(self.now());
        let update = self
            .update_limit(Key::limit(key, minute))
            .update_expression("SET expires_at = :expires ADD hits :one")
            .condition_expression("attribute_not_exists(hits) OR hits < :most")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(most));
        match update.send().await {
            Ok(_) => Ok(Attempt::Admitted),
            Err(error) if lost(&error) => Ok(Attempt::TooMany(minute.end())),
            Err(error) => Err(failed(error)),
        }
    }

    /// Adds requests to what all instances have counted of `key` in a minute, and gives that and the minute
    /// before.
    pub async fn count_requests(&self, key: &str, minute: Minute, more: u32) -> Result<Counts> {
        let idle: Vec<_> = (2..LOOK_BACK).map(|ago| attribute(minute.back(ago))).collect();
        let expression =
            format!("SET expires_at = :expires REMOVE {} ADD {} :more", idle.join(", "), attribute(minute));
        let update = self
            .update_limit(Key::limit(key, "COUNT"))
            .update_expression(expression)
            .expression_attribute_values(":more", number(more))
            .return_values(ReturnValue::AllNew);
        let item = update.send().await.map_err(failed)?.attributes.unwrap_or_default();
        Ok(Counts { last: count(&item, minute.back(1)), this: count(&item, minute) })
    }

    fn update_limit(&self, key: Key) -> UpdateItemFluentBuilder {
        let update = self.client.update_item().table_name(&*self.name).set_key(Some(key.into()));
        update.expression_attribute_values(":expires", number(self.now().seconds() + LIFE))
    }
}

/// The attribute that holds a minute's count.
fn attribute(minute: Minute) -> String {
    format!("n{minute}")
}

/// A minute's count; what was not counted is 0.
fn count(item: &Item, minute: Minute) -> u32 {
    item.get(&attribute(minute)).and_then(|count| count.as_n().ok()?.parse().ok()).unwrap_or_default()
}
