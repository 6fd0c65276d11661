//! What sellers say of their stores.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::catalogue::Store;
use domain::ids::StoreId;

use super::outcomes::{Edited, Opened};
use crate::dynamo::{Backoff, Entity, Read, Result, Table, Written, broken, number, put, refused, text};

impl Table {
    /// Opens a store for its owner, who becomes a seller by it.
    pub async fn open_store(&self, store: &Store) -> Result<Opened> {
        let owner = Update::builder()
            .table_name(&*self.name)
            .set_key(Some(domain::account::User::key(&store.owner).into()))
            .update_expression("SET store_id = :store, updated_at = :now ADD version :one")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(store_id)")
            .expression_attribute_values(":store", text(store.id))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", text(store.updated_at));
        let store = Store { look_key: Some(store.name.look_key()), ..store.clone() };
        let mut writes = vec![TransactWriteItem::builder().update(owner.build().map_err(broken)?).build()];
        writes.extend(self.take_names(&store)?);
        writes.push(put(self.put(&store)?)?);
        match self.transact("open a store", writes).await? {
            Written::All => Ok(Opened::Now),
            Written::Refused(reasons) if reasons.first().is_some_and(refused) => Ok(Opened::SecondStore),
            Written::Refused(_) => Ok(Opened::NameTaken),
        }
    }

    /// Whether a store sells; perhaps a moment old, but right as soon as it is open.
    pub async fn is_open(&self, id: StoreId) -> Result<bool> {
        Ok(self.get_settled::<Store>(&id).await?.is_some_and(|store| !store.closed))
    }

    /// A store that sells; perhaps a moment old, but there as soon as it is open.
    pub async fn seller_store(&self, id: StoreId) -> Result<Option<Store>> {
        Ok(self.get_settled(&id).await?.filter(|store: &Store| !store.closed))
    }

    /// Changes a store: reads it, lets `decide` work out how it is to be, and writes that unless somebody
    /// else was faster; else once more from the start. Its name stays unique. What `decide` refuses comes
    /// back as it is.
    pub async fn change_store<E>(
        &self,
        id: StoreId,
        decide: impl Fn(Store) -> Result<Store, E>,
    ) -> Result<Result<Edited<Store>, E>> {
        let mut backoff = Backoff::new();
        let mut without_look = None;
        loop {
            let seen: Option<Store> = self.get(&id, Read::Strong).await?;
            let Some(seen) = seen.filter(|store| !store.closed) else { return Ok(Ok(Edited::Missing)) };
            let mut after = match decide(seen.clone()) {
                Ok(after) => Store { version: seen.version + 1, ..after },
                Err(refused) => return Ok(Err(refused)),
            };
            let takes_look = without_look != Some(seen.version);
            let names = self.change_names(&seen, &after.name, takes_look)?;
            after.look_key = names.look_key;
            let first = self.replacing(seen.version, &after)?;
            let writes = [first].into_iter().chain(names.writes).collect();
            match self.transact("change a store", writes).await? {
                Written::All => return Ok(Ok(Edited::Now(after))),
                // Whose name it is now counts only where the store is as it was read.
                Written::Refused(reasons) if !reasons.first().is_some_and(refused) => {
                    if seen.name.folded() != after.name.folded() {
                        return Ok(Ok(Edited::NameTaken));
                    }
                    // A name from before, whose look another has taken: it may stay.
                    without_look = Some(seen.version);
                }
                Written::Refused(_) => backoff.wait("a store that others change").await?,
            }
        }
    }
}
