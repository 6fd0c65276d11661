//! The sparse `due` index: who owes something, since when.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Timestamp;
use domain::ids::{OrderId, UserId};

use crate::item::{number, text};
use crate::{Error, Result, Store, failed};

/// How many partitions share the index; the sweeper reads each of them.
pub const DUE_SHARDS: u128 = 4;

/// Who owes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// The shop owes this order its next step, or a mail about it.
    Order(OrderId),
    /// The shop owes this user a mail.
    User(UserId),
    /// Something is left of this user, who is gone.
    Erasure(UserId),
}

/// The attributes that put an item into the index; `due_at` itself is the sort key.
pub(crate) fn indexed(who: Due, due_at: Option<Timestamp>) -> Vec<(&'static str, AttributeValue)> {
    let attributes = due_at.map(|at| [("due", text(shard(who))), ("due_at", number(at.millis()))]);
    attributes.into_iter().flatten().collect()
}

/// The index's partition for `who`.
pub(crate) fn shard(who: Due) -> String {
    let bits = match who {
        Due::Order(id) => id.bits(),
        Due::User(id) | Due::Erasure(id) => id.bits(),
    };
    format!("DUE#{}", bits % DUE_SHARDS)
}

impl Store {
    /// Who in one shard is due by `until`, the longest due first; at most `limit`. The index may be a moment stale, so
    /// whoever acts on it asks the item itself.
    pub async fn due(&self, shard: u128, until: Timestamp, limit: u32) -> Result<Vec<Due>> {
        let query = self.client.query().table_name(&*self.table).index_name("due");
        let query = query
            .key_condition_expression("due = :shard AND due_at <= :until")
            .expression_attribute_values(":shard", text(format_args!("DUE#{shard}")))
            .expression_attribute_values(":until", number(until.millis()))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let items = query.send().await.map_err(failed)?.items.unwrap_or_default();
        let who = items.iter().map(|item| {
            let pk = item.get("pk").and_then(|pk| pk.as_s().ok()).map_or("", String::as_str);
            match pk.split_once('#') {
                Some(("USER", id)) => id.parse().map(Due::User),
                Some(("ERASURE", id)) => id.parse().map(Due::Erasure),
                Some((_, id)) => id.parse().map(Due::Order),
                None => pk.parse().map(Due::Order),
            }
            .map_err(|error| Error::Broken(format!("the due index holds {pk}: {error}")))
        });
        who.collect()
    }
}
