//! Orders after checkout: read whole, moved by one conditional write each.

use std::collections::HashMap;

use domain::Timestamp;
use domain::ids::{OrderId, StoreId, UserId};
use domain::orders::debt::{Debt, debts};
use domain::orders::{Change, Mail, OrderContact, OrderHead, OrderSnapshot};
use domain::stores::Store;

use crate::chart::{BEHIND_POINTERS, Due, ORDER_SHARDS, Overdue, Pointer, shard};
use crate::dynamo::{
    Entity, Error, Key, List, Page, Read, Result, Table, Updates, Write, number, read, text, until_won, value,
};
use crate::fulfilment::mails::claimed;

/// An order as one Query reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// What was bought.
    pub snapshot: OrderSnapshot,
    /// Where it goes; none once the contact was erased.
    pub contact: Option<OrderContact>,
    /// Where it stands.
    pub head: OrderHead,
}

impl Table {
    /// A whole order, by a consistent read.
    pub async fn order_now(&self, id: OrderId) -> Result<Option<Order>> {
        self.read_order(id, Read::Strong).await
    }

    /// A whole order to show, by an eventually consistent read. A consistent read follows when it finds none,
    /// so a new order is found at once.
    pub async fn order_to_show(&self, id: OrderId) -> Result<Option<Order>> {
        match self.read_order(id, Read::Eventual).await? {
            Some(order) => Ok(Some(order)),
            None => self.order_now(id).await,
        }
    }

    async fn read_order(&self, id: OrderId, read_as: Read) -> Result<Option<Order>> {
        let (mut snapshot, mut contact, mut head) = (None, None, None);
        for item in self.partition(&OrderSnapshot::key(&id).pk, read_as).await? {
            match item.get("sk").and_then(|sk| sk.as_s().ok()).map(String::as_str) {
                Some("SNAPSHOT") => snapshot = Some(read(item)?),
                Some("CONTACT") => contact = Some(read(item)?),
                Some("HEAD") => head = Some(read(item)?),
                _ => {}
            }
        }
        Ok(snapshot.zip(head).map(|(snapshot, head)| Order { snapshot, contact, head }))
    }

    /// One page of the orders of a shopper, newest first, after `before`. The index may be a moment behind;
    /// the heads are eventually consistent reads.
    pub async fn newest_orders(
        &self,
        shopper: UserId,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Page<OrderHead>> {
        self.newest_heads(vec![format!("SHOPPER#{shopper}")], before, limit).await
    }

    /// The same of all orders, or of those that the sweeper has found overdue. Whether an order is overdue
    /// now, its head says.
    pub async fn newest_of_all_orders(
        &self,
        overdue: bool,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Page<OrderHead>> {
        let partitions = match overdue {
            true => vec!["OVERDUE".to_owned()],
            false => (0..ORDER_SHARDS).map(|shard| format!("ORDERS#{shard}")).collect(),
        };
        self.newest_heads(partitions, before, limit).await
    }

    async fn newest_heads(
        &self,
        partitions: Vec<String>,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Page<OrderHead>> {
        let Page { rows, next } =
            self.newest(&List { index: Some("gsi1"), partitions }, before, limit).await?;
        // Whichever item of an order is in the index, its head is in the same partition of the table.
        let keys = rows.iter().filter_map(Key::of).map(|key| Key::new(key.pk, "HEAD")).collect();
        let heads = self.batch_settled(keys).await?;
        let mut heads = heads.into_iter().map(read).collect::<Result<Vec<OrderHead>>>()?;
        heads.sort_by_key(|head| std::cmp::Reverse((head.placed_at, head.id.to_string())));
        Ok(Page { rows: heads, next })
    }

    /// One page of the orders that a store has a part in, newest first, after `before`.
    pub async fn newest_orders_of_store(
        &self,
        store: StoreId,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Page<(OrderSnapshot, OrderHead)>> {
        let pointers = List { index: None, partitions: vec![Store::key(&store).pk] };
        // The store itself is behind the pointers, and a cursor may name any place.
        let before = before.map_or(BEHIND_POINTERS, |before| before.min(BEHIND_POINTERS));
        let Page { rows, next } = self.newest(&pointers, Some(before), limit).await?;
        let ids = rows.into_iter().map(|row| read(row).map(|Pointer { order, .. }| order));
        let ids = ids.collect::<Result<Vec<OrderId>>>()?;
        let keys = ids.iter().flat_map(|id| [OrderSnapshot::key(id), OrderHead::key(id)]).collect();
        let (mut snapshots, mut heads) = (HashMap::new(), HashMap::new());
        for item in self.batch_settled(keys).await? {
            if item.get("sk") == Some(&text("HEAD")) {
                let head: OrderHead = read(item)?;
                heads.insert(head.id, head);
            } else {
                let snapshot: OrderSnapshot = read(item)?;
                snapshots.insert(snapshot.id, snapshot);
            }
        }
        let orders = ids.into_iter().filter_map(|id| snapshots.remove(&id).zip(heads.remove(&id)));
        Ok(Page { rows: orders.collect(), next })
    }

    /// What was bought, by a consistent read; decides whether a request is a repeat.
    pub async fn order_snapshot(&self, id: OrderId) -> Result<Option<OrderSnapshot>> {
        self.get(&id, Read::Strong).await
    }

    /// The head of an order, by a consistent read.
    pub async fn order_head(&self, id: OrderId) -> Result<Option<OrderHead>> {
        self.get(&id, Read::Strong).await
    }

    /// Moves an order: reads the head, lets `decide` give a change, and writes the change on condition that
    /// the order has not moved since; retries when it has. Gives the present head, even when another
    /// writer moved the order; none when there is no such order.
    ///
    /// `decide` gives none when the move is not owed: a queue may deliver late, and more than once.
    pub async fn advance(
        &self,
        id: OrderId,
        decide: impl Fn(&OrderHead) -> Option<Change>,
    ) -> Result<Option<OrderHead>> {
        match self.order_head(id).await? {
            Some(head) => self.advance_from(head, decide).await.map(Some),
            None => Ok(None),
        }
    }

    /// Moves an order as `advance` does, while it owes `debt`.
    pub async fn advance_if_owed(
        &self,
        id: OrderId,
        debt: Debt,
        change: impl Fn(&OrderHead) -> Option<Change>,
    ) -> Result<Option<OrderHead>> {
        self.advance(id, |head| head.owes(debt).then(|| change(head)).flatten()).await
    }

    /// Moves an order as `advance` does, from a head that was just read.
    pub async fn advance_from(
        &self,
        head: OrderHead,
        decide: impl Fn(&OrderHead) -> Option<Change>,
    ) -> Result<OrderHead> {
        let (id, mut seen) = (head.id, Some(head));
        until_won("an order that others move", async || {
            let head = match seen.take() {
                Some(head) => head,
                None => self.order_head(id).await?.ok_or_else(|| gone(id))?,
            };
            let Some(change) = decide(&head) else { return Ok(Some(head)) };
            self.write_change(&head, &change).await
        })
        .await
    }

    /// Writes a change on condition that the order has not moved since `head` was read. None when it has.
    pub async fn write_change(&self, head: &OrderHead, change: &Change) -> Result<Option<OrderHead>> {
        let after = head.after(change);
        Ok(self.changing(head, change, &after)?.write().await?.then_some(after))
    }

    /// The update that turns `head` into `after`, if the order is [`unmoved`]. It touches only what the
    /// change names, and so never a claim on an owed mail, which is not a move.
    pub(crate) fn changing(
        &self,
        head: &OrderHead,
        change: &Change,
        after: &OrderHead,
    ) -> Result<Write<'_, Updates>> {
        let mut update = self
            .update::<OrderHead>(&head.id)
            .only_if(unmoved(head))
            .with(":seen", number(head.version))
            .set("version = :version, timeline = list_append(timeline, :events)")
            .with(":version", number(after.version))
            .with(":events", value(&change.events)?);
        if let Some(at) = head.due_at {
            update = update.with(":due_seen", number(at.millis()));
        }
        if let Some(payment) = &change.payment {
            update = update.set("payment = :payment").with(":payment", value(payment)?);
        }
        for (place, (store, part)) in change.fulfilments.iter().enumerate() {
            update = update
                .set(format!("fulfilments.#part{place} = :part{place}"))
                .name(format!("#part{place}"), store.to_string())
                .with(format!(":part{place}"), value(part)?);
        }
        for (place, mail) in change.mails.iter().enumerate() {
            update = update
                .set(format!("owed.#mail{place} = :owed{place}"))
                .name(format!("#mail{place}"), mail.to_string())
                .with(format!(":owed{place}"), value(&after.owed.get(mail))?);
        }
        if head.attempts != 0 {
            update = update.set("attempts = :zero").with(":zero", number(0));
        }
        Ok(match after.due_at {
            at if at == head.due_at => update,
            Some(at) => update
                .set("due_at = :due_at, due = :due")
                .with(":due_at", number(at.millis()))
                .with(":due", text(shard(Due::Order(head.id)))),
            None => update.remove("due_at, due"),
        })
    }

    /// Claims an owed mail about an order until `until`. None when the mail is not owed any more or another
    /// worker has the claim.
    pub async fn claim_mail(&self, id: OrderId, mail: Mail, until: Timestamp) -> Result<Option<OrderHead>> {
        let claim = self.claim(OrderHead::key(&id), mail, until);
        claimed(claim).await?.map(read).transpose()
    }

    /// Records a mail about an order as sent; once more does no harm.
    pub async fn order_mail_sent(&self, id: OrderId, mail: Mail) -> Result<()> {
        let sent = self.update::<OrderHead>(&id).remove("owed.#mail").name("#mail", mail.to_string());
        sent.write().await.map(drop)
    }

    /// Notes until `until` that an operator has to look at an order. Another note renews the first.
    pub async fn note_overdue(&self, head: &OrderHead, until: Timestamp) -> Result<()> {
        let note = Overdue { order: head.id, placed_at: head.placed_at, expires_at: until.seconds() };
        self.put(&note).write().await.map(drop)
    }

    /// Makes the sweeper start its reminders of an order from the first, at its next run: for an order that
    /// is stuck. An order that owes nothing stays as it is. Gives the head; none when there is no such order.
    pub async fn redrive_order(&self, id: OrderId) -> Result<Option<OrderHead>> {
        until_won("an order that others move", async || {
            let Some(head) = self.order_head(id).await? else { return Ok(Some(None)) };
            let (key, version) = (OrderHead::key(&id), head.version);
            let is_done = debts(&head).is_empty() || self.redrive(key, Due::Order(id), version).await?;
            Ok(is_done.then_some(Some(head)))
        })
        .await
    }

    /// Moves an order in the `due` index; `attempts` is the number of reminders so far. False when another
    /// writer was faster, or the order has moved and so owes something else.
    pub async fn remind_order(
        &self,
        head: &OrderHead,
        next: Option<Timestamp>,
        attempts: u32,
    ) -> Result<bool> {
        let (key, version) = (OrderHead::key(&head.id), Some(head.version));
        self.remind(key, Due::Order(head.id), (head.due_at, version), next, attempts).await
    }
}

/// The order has not moved since it was read, so what was decided about it still holds, and the sweeper has
/// not moved it in the index, where most changes leave it.
fn unmoved(head: &OrderHead) -> &'static str {
    match head.due_at {
        Some(_) => "version = :seen AND due_at = :due_seen",
        None => "version = :seen AND attribute_not_exists(due_at)",
    }
}

/// An order is never deleted, so this is a bug.
pub(crate) fn gone(id: OrderId) -> Error {
    Error::Broken(format!("order {id} is gone"))
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;
    use domain::orders::Owed;

    use super::*;

    #[test]
    fn an_owed_mail_is_written_as_a_map() {
        let owed = Some(&Owed { since: Timestamp::from_millis(5), claimed: None });
        assert!(matches!(value(&owed), Ok(AttributeValue::M(_))));
    }
}
