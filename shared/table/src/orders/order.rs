//! Orders after checkout: read whole, moved one conditional write at a time.

use domain::orders::debt::{Debt, debts};
use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::Timestamp;
use domain::catalogue::Store;
use domain::ids::{OrderId, StoreId, UserId};
use domain::orders::{Change, Mail, OrderContact, OrderHead, OrderSnapshot};

use crate::chart::{BEHIND_POINTERS, Due, ORDER_SHARDS, Overdue, Pointer, shard};
use crate::dynamo::{
    Backoff, Entity, Error, Key, List, ListPosition, Read, Result, Table, failed, lost, number, read, text,
    value,
};
use crate::fulfilment::mails::claimed;

/// An order as one Query reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// What was bought.
    pub snapshot: OrderSnapshot,
    /// Where it goes; none once it was erased.
    pub contact: Option<OrderContact>,
    /// Where it stands.
    pub head: OrderHead,
}

/// Nothing has happened to the order since it was read, so what was decided about it still holds; and the
/// sweeper has not moved it in the index, where a change mostly leaves it.
pub(crate) fn unmoved(head: &OrderHead) -> &'static str {
    match head.due_at {
        Some(_) => "version = :seen AND due_at = :due_seen",
        None => "version = :seen AND attribute_not_exists(due_at)",
    }
}

type Expression = (String, HashMap<String, String>, HashMap<String, AttributeValue>);

impl Table {
    /// A whole order, as it is at this moment.
    pub async fn order_now(&self, id: OrderId) -> Result<Option<Order>> {
        self.read_order(id, Read::Strong).await
    }

    /// A whole order, perhaps a moment old, but there as soon as it was placed: for showing.
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

    /// One page of a shopper's orders, newest first, after `before`; and where the next page begins, if there
    /// is one. The index may be a moment behind; where each order stands is not older than any other cheap
    /// read.
    pub async fn newest_orders(
        &self,
        shopper: UserId,
        before: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<OrderHead>, Option<ListPosition>)> {
        self.newest_heads(vec![format!("SHOPPER#{shopper}")], before, limit).await
    }

    /// The same of all orders, or of those that the sweeper has found overdue: whether they still are, the
    /// head says.
    pub async fn newest_of_all_orders(
        &self,
        overdue: bool,
        before: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<OrderHead>, Option<ListPosition>)> {
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
    ) -> Result<(Vec<OrderHead>, Option<ListPosition>)> {
        let (rows, next) = self.newest(&List { index: Some("gsi1"), partitions }, before, limit).await?;
        // Whichever item of an order is in the index, its head stands in the same partition of the table.
        let keys = rows.iter().filter_map(Key::of).map(|key| Key::new(key.pk, "HEAD")).collect();
        let heads = self.batch_settled(keys).await?;
        let mut heads = heads.into_iter().map(read).collect::<Result<Vec<OrderHead>>>()?;
        heads.sort_by_key(|head| std::cmp::Reverse((head.placed_at, head.id.to_string())));
        Ok((heads, next))
    }

    /// One page of the orders that a store has a part in, newest first, after `before`; and where the next
    /// page begins, if there is one.
    pub async fn newest_orders_of_store(
        &self,
        store: StoreId,
        before: Option<&str>,
        limit: u32,
    ) -> Result<(Vec<(OrderSnapshot, OrderHead)>, Option<ListPosition>)> {
        let pointers = List { index: None, partitions: vec![Store::key(&store).pk] };
        // Nothing but pointers, wherever a cursor says that it was: the store itself is behind them.
        let before = before.map_or(BEHIND_POINTERS, |before| before.min(BEHIND_POINTERS));
        let (rows, next) = self.newest(&pointers, Some(before), limit).await?;
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
        Ok((orders.collect(), next))
    }

    /// What was bought, as it was written; decides whether an attempt is a repeat.
    pub async fn order_snapshot(&self, id: OrderId) -> Result<Option<OrderSnapshot>> {
        self.get(&id, Read::Strong).await
    }

    /// Where an order stands at this moment.
    pub async fn order_head(&self, id: OrderId) -> Result<Option<OrderHead>> {
        self.get(&id, Read::Strong).await
    }

    /// Moves an order: reads where it stands, lets `decide` work out a change, and writes it on condition
    /// that the order has not moved meanwhile; else once more from the start. Gives back where the order
    /// stands then, whoever moved it; none when there is no such order.
    ///
    /// `decide` says no with `None` when the move is not owed: a queue delivers at least once, late, or
    /// never.
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

    /// The same, beginning with a head that was just read.
    pub async fn advance_from(
        &self,
        mut head: OrderHead,
        decide: impl Fn(&OrderHead) -> Option<Change>,
    ) -> Result<OrderHead> {
        let mut backoff = Backoff::new();
        loop {
            let Some(change) = decide(&head) else { return Ok(head) };
            if let Some(head) = self.write_change(&head, &change).await? {
                return Ok(head);
            }
            backoff.wait("an order that others move").await?;
            let moved = self.order_head(head.id).await?;
            head = moved.ok_or_else(|| Error::Broken(format!("order {} is gone", head.id)))?;
        }
    }

    /// Writes a change on condition that the order has not moved since `head` was read. None when it has.
    pub async fn write_change(&self, head: &OrderHead, change: &Change) -> Result<Option<OrderHead>> {
        let after = head.after(change);
        let (expression, names, values) = self.change_expression(head, change, &after)?;
        let update = self.client.update_item().table_name(&*self.name);
        let update = update
            .set_key(Some(OrderHead::key(&head.id).into()))
            .update_expression(expression)
            .condition_expression(unmoved(head))
            .set_expression_attribute_names(Some(names).filter(|names| !names.is_empty()))
            .set_expression_attribute_values(Some(values));
        match update.send().await {
            Ok(_) => Ok(Some(after)),
            Err(error) if lost(&error) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    /// The update that turns `head` into `after`. It touches only what the change names, so that it never
    /// meets the claims on owed mails, which do not count as moves.
    #[expect(clippy::unused_self, reason = "reads as part of the two writes that use it")]
    pub(crate) fn change_expression(
        &self,
        head: &OrderHead,
        change: &Change,
        after: &OrderHead,
    ) -> Result<Expression> {
        let mut set =
            vec!["version = :version".to_owned(), "timeline = list_append(timeline, :events)".to_owned()];
        let mut remove = Vec::new();
        let mut names = HashMap::new();
        let mut values: HashMap<_, _> = [
            (":seen".to_owned(), number(head.version)),
            (":version".to_owned(), number(after.version)),
            (":events".to_owned(), value(&change.events)?),
        ]
        .into();
        if let Some(at) = head.due_at {
            values.insert(":due_seen".to_owned(), number(at.millis()));
        }
        if let Some(payment) = &change.payment {
            set.push("payment = :payment".to_owned());
            values.insert(":payment".to_owned(), value(payment)?);
        }
        for (place, (store, part)) in change.fulfilments.iter().enumerate() {
            set.push(format!("fulfilments.#part{place} = :part{place}"));
            names.insert(format!("#part{place}"), store.to_string());
            values.insert(format!(":part{place}"), value(part)?);
        }
        for (place, mail) in change.mails.iter().enumerate() {
            set.push(format!("owed.#mail{place} = :owed{place}"));
            names.insert(format!("#mail{place}"), mail.to_string());
            values.insert(format!(":owed{place}"), value(&after.owed.get(mail))?);
        }
        if head.attempts != 0 {
            set.push("attempts = :zero".to_owned());
            values.insert(":zero".to_owned(), number(0));
        }
        match after.due_at {
            at if at == head.due_at => {}
            Some(at) => {
                set.push("due_at = :due_at, due = :due".to_owned());
                values.insert(":due_at".to_owned(), number(at.millis()));
                values.insert(":due".to_owned(), text(shard(Due::Order(head.id))));
            }
            None => remove.push("due_at, due"),
        }
        let remove = if remove.is_empty() { String::new() } else { format!(" REMOVE {}", remove.join(", ")) };
        Ok((format!("SET {}{remove}", set.join(", ")), names, values))
    }

    /// Takes an owed mail about an order in hand until `until`. None when it is not owed any more or another
    /// worker has it.
    pub async fn claim_mail(&self, id: OrderId, mail: Mail, until: Timestamp) -> Result<Option<OrderHead>> {
        let claim = self.claim(OrderHead::key(&id), mail, until);
        claimed(claim.update_expression("SET owed.#mail.claimed = :until")).await?.map(read).transpose()
    }

    /// The mail is sent; to strike it off twice does no harm.
    pub async fn order_mail_sent(&self, id: OrderId, mail: Mail) -> Result<()> {
        let update = self.client.update_item().table_name(&*self.name);
        let update = update
            .set_key(Some(OrderHead::key(&id).into()))
            .update_expression("REMOVE owed.#mail")
            .expression_attribute_names("#mail", mail.to_string());
        update.send().await.map_err(failed).map(drop)
    }

    /// Notes that somebody has to look at an order; good until `until`, and to note it again renews it.
    pub async fn note_overdue(&self, head: &OrderHead, until: Timestamp) -> Result<()> {
        let note = Overdue { order: head.id, placed_at: head.placed_at, expires_at: until.seconds() };
        let put = self.client.put_item().table_name(&*self.name).set_item(Some(note.item()?));
        put.send().await.map_err(failed).map(drop)
    }

    /// Lets the sweeper remind of all that an order owes as if it never had, from its next run on: for one
    /// that is stuck. What owes nothing stays as it is. Gives back the order; none when there is no such
    /// order.
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

    /// Moves an order in the `due` index; `attempts` is how often it has been reminded. False when others
    /// were faster, and when the order has moved: then it owes something else.
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

#[cfg(test)]
mod tests {
    use domain::orders::Owed;

    use super::*;

    #[test]
    fn an_owed_mail_is_written_as_a_map() {
        let owed = Some(&Owed { since: Timestamp::from_millis(5), claimed: None });
        assert!(matches!(value(&owed), Ok(AttributeValue::M(_))));
    }
}
