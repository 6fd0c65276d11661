//! The `due` index, and the number of partitions of the long lists.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Timestamp;
use domain::ids::{OrderId, UserId};

use crate::dynamo::{Error, Item, Result, number, text};

/// The number of partitions of the `due` index; the sweeper reads each of them.
pub const DUE_SHARDS: u128 = 4;

/// The item that the shop owes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// An order: its next step, or a mail about it.
    Order(OrderId),
    /// A user: a mail.
    User(UserId),
    /// A deleted user: the rest of the erasure.
    Erasure(UserId),
}

/// The attributes that put an item into the index; `due_at` is the sort key.
pub(crate) fn indexed(who: Due, due_at: Option<Timestamp>) -> Vec<(&'static str, AttributeValue)> {
    let attributes = due_at.map(|at| [("due", text(shard(who))), ("due_at", number(at.millis()))]);
    attributes.into_iter().flatten().collect()
}

/// The partition of the index that `who` is in.
pub(crate) fn shard(who: Due) -> String {
    let bits = match who {
        Due::Order(id) => id.bits(),
        Due::User(id) | Due::Erasure(id) => id.bits(),
    };
    format!("DUE#{}", bits % DUE_SHARDS)
}

/// The meaning of an entry of the index.
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

/// The number of index partitions of the list of orders. Each takes 1,000 checkouts a second; a page reads
/// all.
pub(crate) const ORDER_SHARDS: u128 = 4;

/// The number of index partitions of the list of users. Each takes 1,000 registrations a second.
pub(crate) const USER_SHARDS: u128 = 4;
