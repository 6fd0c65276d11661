//! Stores: opened, read and edited.

use domain::account::User;
use domain::ids::StoreId;
use domain::stores::Store;

use super::names::{Renamed, UniquelyNamed, renamed};
use crate::dynamo::{Read, Result, Table, Written, number, refused, text, until_won};

/// How opening a store ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// The store is open.
    Now,
    /// The name, or one that looks the same, is taken.
    NameTaken,
    /// The user has a store already.
    SecondStore,
}

/// How a change of a store ended.
#[derive(Clone, Debug, PartialEq)]
pub enum StoreChanged {
    /// The store as it is now.
    Now(Store),
    /// There is no such store, or it is closed.
    Missing,
    /// The name, or one that looks the same, is taken.
    NameTaken,
}

impl Table {
    /// Opens a store; its owner is a seller from then on.
    pub async fn open_store(&self, store: &Store) -> Result<Opened> {
        let owner = self
            .update::<User>(&store.owner)
            .set("store_id = :store, updated_at = :now")
            .add("version :one")
            .only_if("attribute_exists(pk) AND attribute_not_exists(store_id)")
            .with(":store", text(store.id))
            .with(":one", number(1))
            .with(":now", text(store.updated_at));
        let store = store.clone().holding(store.name.looks(), store.version);
        let mut writes = vec![owner.in_transaction()?];
        writes.extend(self.take_names(&store)?);
        writes.push(self.put(&store).in_transaction()?);
        match self.transact("open a store", writes).await? {
            Written::All => Ok(Opened::Now),
            Written::Refused(reasons) if reasons.first().is_some_and(refused) => Ok(Opened::SecondStore),
            Written::Refused(_) => Ok(Opened::NameTaken),
        }
    }

    /// Whether a store sells. An eventually consistent read, but a new store is found at once.
    pub async fn is_open(&self, id: StoreId) -> Result<bool> {
        Ok(self.get_settled::<Store>(&id).await?.is_some_and(|store| !store.closed))
    }

    /// A store that sells. An eventually consistent read, but a new store is found at once.
    pub async fn seller_store(&self, id: StoreId) -> Result<Option<Store>> {
        Ok(self.get_settled(&id).await?.filter(|store: &Store| !store.closed))
    }

    /// Changes a store: reads it, applies `decide`, and writes the result on condition that the store is as
    /// it was read; retries when it is not. The name stays unique. A refusal by `decide` is returned as it
    /// is.
    pub async fn change_store<E>(
        &self,
        id: StoreId,
        decide: impl Fn(Store) -> Result<Store, E>,
    ) -> Result<Result<StoreChanged, E>> {
        // The version whose name does not get its looks.
        let mut without_looks = None;
        until_won("a store that others change", async || {
            let seen: Option<Store> = self.get(&id, Read::Strong).await?;
            let Some(seen) = seen.filter(|store| !store.closed) else {
                return Ok(Some(Ok(StoreChanged::Missing)));
            };
            let after = match decide(seen.clone()) {
                Ok(after) => after,
                Err(refused) => return Ok(Some(Err(refused))),
            };
            let takes_looks = without_looks != Some(seen.version);
            let names = self.change_names(&seen, &after.name, takes_looks)?;
            let after = after.holding(names.looks, seen.version + 1);
            let first = self.replacing(seen.version, &after)?;
            let writes = [first].into_iter().chain(names.writes).collect();
            let written = self.transact("change a store", writes).await?;
            let end = renamed(&written, 1, (&seen, &after), &mut without_looks);
            Ok(end.map(|end| match end {
                Renamed::Now => Ok(StoreChanged::Now(after)),
                Renamed::NameTaken => Ok(StoreChanged::NameTaken),
            }))
        })
        .await
    }
}
