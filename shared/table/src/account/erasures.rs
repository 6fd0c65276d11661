//! Deleting an account, and erasing what is left of it elsewhere.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use domain::Timestamp;
use domain::account::address::AddressBook;
use domain::account::{Credential, Erasure, User};
use domain::catalogue::{Mode, Store};
use domain::ids::{StoreId, UserId};
use domain::orders::{OrderContact, OrderHead, Status};
use futures_util::future::try_join_all;

use super::accounts::Changed;
use crate::chart::{BEHIND_POINTERS, CartKey, Due, Pointer};
use crate::dynamo::{Entity, Key, List, Read, Result, Table, broken, number, put, read, text};
use crate::orders::order::Order;

/// What one page of an erasure found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
    /// Whether an order of this page is still on its way, and keeps its address until it is not.
    pub open: bool,
}

/// How much earlier than a store closed an order may say that it was placed: a checkout takes 10 seconds, and
/// clocks differ.
const CLOSING: Duration = Duration::from_mins(1);

/// How many orders are erased at a time: each may cost a write, and a worker has 10 seconds.
const PAGE: u32 = 25;

impl Table {
    /// Deletes an account: it cannot sign in any more, and an erasure is due. Its store, if any, closes.
    pub async fn delete_user(&self, seen: &User, credential: &Credential) -> Result<Changed> {
        let gone = Credential { version: credential.version + 1, ..credential.clone() };
        let mut writes = vec![
            self.forget(seen, seen.version)?,
            self.forget(credential, credential.version)?,
            self.no_sessions(&gone)?,
            put(self.put(&Erasure::new(seen.id, seen.store_id, self.now()))?)?,
        ];
        if let Some(store) = seen.store_id {
            writes.push(self.close(store)?);
        }
        if !seen.is_admin {
            return self.change("delete an account", writes, Changed::Outdated).await;
        }
        writes.insert(0, self.count_admin(false)?);
        self.change("delete an account", writes, Changed::LastAdmin).await
    }

    fn close(&self, store: StoreId) -> Result<TransactWriteItem> {
        let close = Update::builder()
            .table_name(&*self.name)
            .set_key(Some(Store::key(&store).into()))
            .update_expression("SET closed = :yes, updated_at = :now ADD version :one")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":yes", AttributeValue::Bool(true))
            .expression_attribute_values(":now", text(self.now()));
        Ok(TransactWriteItem::builder().update(close.build().map_err(broken)?).build())
    }

    /// Whether a store has a part in an order that is still on its way. The newest are looked at first, where
    /// they are.
    pub async fn has_open_orders(&self, store: StoreId) -> Result<bool> {
        let partition = Store::key(&store).pk;
        let orders = List { index: None, partitions: vec![partition] };
        let mut before = Some(BEHIND_POINTERS.to_owned());
        while before.is_some() {
            let (rows, next) = self.newest(&orders, before.as_deref(), 100).await?;
            let pointers = rows.into_iter().map(read::<Pointer>).collect::<Result<Vec<_>>>()?;
            let keys = pointers.iter().map(|pointer| OrderHead::key(&pointer.order)).collect();
            for item in self.batch(keys, Read::Strong).await? {
                let head: OrderHead = read(item)?;
                let ends = [Status::Delivered, Status::Completed, Status::Cancelled];
                if head.fulfilments.get(&store).is_some_and(|part| !ends.contains(&part.status)) {
                    return Ok(true);
                }
            }
            before = next;
        }
        Ok(false)
    }

    /// Orders of a store that were placed while it closed, at `closed_at`, and that only its seller could
    /// have moved: their checkouts had looked at the store before. Among its 100 newest.
    pub async fn orders_without_seller(&self, store: StoreId, closed_at: Timestamp) -> Result<Vec<Order>> {
        let orders = List { index: None, partitions: vec![Store::key(&store).pk] };
        let (rows, _) = self.newest(&orders, Some(BEHIND_POINTERS), 100).await?;
        let pointers = rows.into_iter().map(read::<Pointer>).collect::<Result<Vec<_>>>()?;
        let mut left = Vec::new();
        for pointer in pointers.into_iter().filter(|pointer| pointer.placed_at + CLOSING >= closed_at) {
            let waits = |order: &Order| {
                order.head.fulfilments.get(&store).is_some_and(|part| part.mode == Mode::Manual)
            };
            left.extend(self.order_now(pointer.order).await?.filter(waits));
        }
        Ok(left)
    }

    /// The erasure of a user who is gone; none when nothing is left.
    pub async fn erasure(&self, user: UserId) -> Result<Option<Erasure>> {
        self.get(&user, Read::Strong).await
    }

    /// Erases what belongs to the user alone, and their name where it is shown.
    pub async fn erase_belongings(&self, user: UserId) -> Result<()> {
        self.erase_author(user).await?;
        let belongings = [Key::cart(&CartKey::User(user)), AddressBook::key(&user)];
        try_join_all(belongings.map(|key| self.delete(key))).await.map(drop)
    }

    /// Erases where a page of the user's orders went, and who was told.
    pub async fn erase_contacts(&self, user: UserId, after: Option<&str>) -> Result<Erased> {
        let orders = List { index: Some("gsi1"), partitions: vec![format!("SHOPPER#{user}")] };
        let (rows, next) = self.newest(&orders, after, PAGE).await?;
        let keys = rows.iter().filter_map(Key::of).collect();
        let heads = self.batch(keys, Read::Strong).await?.into_iter().map(read);
        let heads = heads.collect::<Result<Vec<OrderHead>>>()?;
        let (over, open): (Vec<_>, Vec<_>) = heads.iter().partition(|head| is_over(head));
        let contacts = over.iter().map(|head| self.delete(OrderContact::key(&head.id)));
        try_join_all(contacts).await?;
        Ok(Erased { next, open: !open.is_empty() })
    }

    /// Ends an erasure, or puts it off until `next`.
    pub async fn erase_again(&self, erasure: &Erasure, next: Option<Timestamp>) -> Result<()> {
        match next {
            Some(next) => self.remind_erasure(erasure, next, 0).await.map(drop),
            None => self.delete(erasure.own_key()).await,
        }
    }

    /// Puts off the next reminder of an erasure. False when somebody else was faster.
    pub async fn remind_erasure(&self, erasure: &Erasure, next: Timestamp, attempts: u32) -> Result<bool> {
        let (id, seen) = (erasure.user_id, (Some(erasure.due_at), None));
        self.remind(Erasure::key(&id), Due::Erasure(id), seen, Some(next), attempts).await
    }
}

/// Whether nothing more goes to where the order went: no parcel, no mail, no money.
fn is_over(head: &OrderHead) -> bool {
    matches!(head.status(), Status::Delivered | Status::Completed | Status::Cancelled)
        && domain::orders::debt::debts(head)
            .iter()
            .all(|(debt, _)| matches!(debt, domain::orders::debt::Debt::Completion(_)))
}
