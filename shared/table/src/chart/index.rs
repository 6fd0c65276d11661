//! How the indexes are shared out: who owes something, and how many partitions a long list has.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Timestamp;
use domain::ids::{OrderId, UserId};

use crate::dynamo::{Error, Item, Result, number, text};

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

/// Whom an entry of the index means.
pub(crate) fn who(item: &Item) -> Result<Due> {
    let pk = item.get("pk").and_then(|pk| pk.as_s().ok()).map_or("", String::as_str);
    match pk.split_once('#') {
        Some(("USER", id)) => id.parse().map(Due::User),
        Some(("ERASURE", id)) => id.parse().map(Due::Erasure),
        Some((_, id)) => id.parse().map(Due::Order),
        None => pk.parse().map(Due::Order),
    }
    .map_err(|error| Error::Broken(format!("the due index holds {pk}: {error}")))
}

/// How many partitions of the index share the list of orders: each takes 1,000 checkouts a second, and a page
/// reads all.
pub(crate) const ORDER_SHARDS: u128 = 4;

/// How many partitions of the index share the list of users: each takes 1,000 registrations a second.
pub(crate) const USER_SHARDS: u128 = 4;
