//! Deleting an account, and erasing what is left of it elsewhere.

use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem};
use domain::Timestamp;
use domain::account::address::AddressBook;
use domain::account::{Credential, Erasure, User};
use domain::ids::{StoreId, UserId};
use domain::orders::{OrderContact, OrderHead, Status};
use domain::stores::{Mode, Store};
use futures_util::future::try_join_all;

use super::accounts::AccountChanged;
use crate::chart::{BEHIND_POINTERS, CartKey, Due, Pointer};
use crate::dynamo::{Entity, Key, List, Page, Read, Result, Table, Written, number, read, text};
use crate::orders::order::Order;

/// What one page of an erasure found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// Where the next page begins; none on the last one.
    pub next: Option<String>,
    /// Whether an order of this page is still on its way; such an order keeps its address.
    pub open: bool,
}

/// How long before a store closed an order may have been placed that did not see it closed: a checkout takes
/// up to 10 seconds, and clocks differ.
const CLOSING: Duration = Duration::from_mins(1);

/// How many orders are erased at a time: each may cost a write, and a worker has 10 seconds.
const PAGE: u32 = 25;

impl Table {
    /// Deletes an account: nobody can sign in to it any more, its store closes, and an erasure is due.
    pub async fn delete_user(&self, seen: &User, credential: &Credential) -> Result<AccountChanged> {
        let gone = Credential { version: credential.version + 1, ..credential.clone() };
        let mut writes = vec![
            self.forget(seen, seen.version)?,
            self.forget(credential, credential.version)?,
            self.no_sessions(&gone)?,
            self.put(&Erasure::new(seen.id, seen.store_id, self.now())).in_transaction()?,
        ];
        if let Some(store) = seen.store_id {
            writes.push(self.close(store)?);
        }
        if seen.is_admin {
            writes.insert(0, self.count_admin(false)?);
            return self.change_with_admins("delete an account", writes).await;
        }
        Ok(match self.transact("delete an account", writes).await? {
            Written::All => AccountChanged::Now,
            Written::Refused(_) => AccountChanged::Outdated,
        })
    }

    fn close(&self, store: StoreId) -> Result<TransactWriteItem> {
        self.update::<Store>(&store)
            .set("closed = :yes, updated_at = :now")
            .add("version :one")
            .with(":one", number(1))
            .with(":yes", AttributeValue::Bool(true))
            .with(":now", text(self.now()))
            .in_transaction()
    }

    /// Whether a store has a part in an order that is still on its way. Reads the newest orders first, which
    /// are the most likely ones.
    pub async fn has_open_orders(&self, store: StoreId) -> Result<bool> {
        let partition = Store::key(&store).pk;
        let orders = List { index: None, partitions: vec![partition] };
        let mut before = Some(BEHIND_POINTERS.to_owned());
        while before.is_some() {
            let Page { rows, next } = self.newest(&orders, before.as_deref(), 100).await?;
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

    /// The orders that were placed while a store closed, at `closed_at`, and that only its seller could move:
    /// their checkouts read the store before it closed. Looks at the 100 newest orders of the store.
    pub async fn orders_without_seller(&self, store: StoreId, closed_at: Timestamp) -> Result<Vec<Order>> {
        let orders = List { index: None, partitions: vec![Store::key(&store).pk] };
        let Page { rows, .. } = self.newest(&orders, Some(BEHIND_POINTERS), 100).await?;
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

    /// The erasure of a deleted user; none when nothing is left to erase.
    pub async fn erasure(&self, user: UserId) -> Result<Option<Erasure>> {
        self.get(&user, Read::Strong).await
    }

    /// Erases the cart and the addresses of a user, and their name in reviews.
    pub async fn erase_belongings(&self, user: UserId) -> Result<()> {
        self.erase_author(user).await?;
        let belongings = [Key::cart(&CartKey::User(user)), AddressBook::key(&user)];
        try_join_all(belongings.map(|key| self.delete(key).write())).await.map(drop)
    }

    /// Erases the contacts of one page of the user's orders.
    pub async fn erase_contacts(&self, user: UserId, after: Option<&str>) -> Result<Erased> {
        let orders = List { index: Some("gsi1"), partitions: vec![format!("SHOPPER#{user}")] };
        let Page { rows, next } = self.newest(&orders, after, PAGE).await?;
        let keys = rows.iter().filter_map(Key::of).collect();
        let heads = self.batch(keys, Read::Strong).await?.into_iter().map(read);
        let heads = heads.collect::<Result<Vec<OrderHead>>>()?;
        let (over, open): (Vec<_>, Vec<_>) = heads.iter().partition(|head| is_over(head));
        let contacts = over.iter().map(|head| self.delete(OrderContact::key(&head.id)).write());
        try_join_all(contacts).await?;
        Ok(Erased { next, open: !open.is_empty() })
    }

    /// Ends an erasure, or puts it off until `next`.
    pub async fn erase_again(&self, erasure: &Erasure, next: Option<Timestamp>) -> Result<()> {
        match next {
            Some(next) => self.remind_erasure(erasure, next, 0).await.map(drop),
            None => self.delete(erasure.own_key()).write().await.map(drop),
        }
    }

    /// Puts off the next reminder of an erasure. False when another writer was faster.
    pub async fn remind_erasure(&self, erasure: &Erasure, next: Timestamp, attempts: u32) -> Result<bool> {
        let (id, seen) = (erasure.user_id, (Some(erasure.due_at), None));
        self.remind(Erasure::key(&id), Due::Erasure(id), seen, Some(next), attempts).await
    }
}

/// Whether no parcel, mail or money will go to the contact of the order any more.
fn is_over(head: &OrderHead) -> bool {
    matches!(head.status(), Status::Delivered | Status::Completed | Status::Cancelled)
        && domain::orders::debt::debts(head)
            .iter()
            .all(|(debt, _)| matches!(debt, domain::orders::debt::Debt::Completion(_)))
}
