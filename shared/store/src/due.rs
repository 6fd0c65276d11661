//! The sparse `due` index: who owes something, since when.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Timestamp;
use domain::account::User;
use domain::ids::{OrderId, UserId};
use domain::orders::OrderHead;
use domain::orders::debt::debts;

use crate::entity::{Entity as _, Key};
use crate::item::{Item, number, text};
use crate::{Backoff, Error, Result, Store, failed, lost};

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
    /// Lets the sweeper remind of all that an order owes as if it never had, from its next run on: for one that is stuck.
    /// What owes nothing stays as it is. Gives back the order; none when there is no such order.
    pub async fn redrive_order(&self, id: OrderId) -> Result<Option<OrderHead>> {
        let mut backoff = Backoff::new();
        loop {
            let Some(head) = self.order_head(id).await? else { return Ok(None) };
            let (key, version) = (OrderHead::key(&id), head.version);
            if debts(&head).is_empty() || self.redrive(key, Due::Order(id), version).await? {
                return Ok(Some(head));
            }
            backoff.wait("an order that others move").await?;
        }
    }

    /// The same of the mails that a user is owed, which the sweeper has given up.
    pub async fn redrive_user(&self, id: UserId) -> Result<Option<User>> {
        let mut backoff = Backoff::new();
        loop {
            let Some(user) = self.user_now(id).await? else { return Ok(None) };
            let (key, version) = (User::key(&id), user.version);
            if user.owed.is_empty() || self.redrive(key, Due::User(id), version).await? {
                return Ok(Some(user));
            }
            backoff.wait("a user").await?;
        }
    }

    /// Puts an item into the index as due now, on condition of its version. The sweeper may be about to write another time:
    /// whichever comes last, it is looked at.
    async fn redrive(&self, key: Key, who: Due, version: u64) -> Result<bool> {
        let update = self.client.update_item().table_name(&*self.table).set_key(Some(key.into()));
        let update = update
            .update_expression("SET attempts = :zero, due_at = :now, due = :shard")
            .condition_expression("version = :version")
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":now", number(self.now().millis()))
            .expression_attribute_values(":shard", text(shard(who)))
            .expression_attribute_values(":version", number(version));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) if lost(&error) => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }

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
        // What nobody can read keeps nobody else waiting; `shop doctor` names it, too.
        let readable =
            |item| who(item).inspect_err(|cause| tracing::error!(%cause, "an entry that is not swept"));
        Ok(items.iter().filter_map(|item| readable(item).ok()).collect())
    }
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
