//! What sellers say of their stores.

use domain::catalogue::SellerStore;
use domain::ids::StoreId;

use crate::item::{Read, Written, refused};
use crate::{Backoff, Result, Store};

/// How a change of a store, a category or a product ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Edited<T> {
    /// It is so now.
    Now(T),
    /// There is no such thing, or not any more.
    Missing,
    /// The name, or the SKU, is taken.
    NameTaken,
    /// What it is to refer to is not there.
    MissingReference,
    /// A category cannot be put below itself, nor have more than 20 above it.
    Misplaced,
}

impl Store {
    /// A store that sells; perhaps a moment old, but there as soon as it is open.
    pub async fn seller_store(&self, id: StoreId) -> Result<Option<SellerStore>> {
        Ok(self.get_settled(&id).await?.filter(|store: &SellerStore| !store.closed))
    }

    /// Changes a store: reads it, lets `decide` work out how it is to be, and writes that unless somebody else was faster;
    /// else once more from the start. Its name stays unique. What `decide` refuses comes back as it is.
    pub async fn change_store<E>(
        &self,
        id: StoreId,
        decide: impl Fn(SellerStore) -> Result<SellerStore, E>,
    ) -> Result<Result<Edited<SellerStore>, E>> {
        let mut backoff = Backoff::new();
        let mut without_look = None;
        loop {
            let seen: Option<SellerStore> = self.get(&id, Read::Strong).await?;
            let Some(seen) = seen.filter(|store| !store.closed) else { return Ok(Ok(Edited::Missing)) };
            let mut after = match decide(seen.clone()) {
                Ok(after) => SellerStore { version: seen.version + 1, ..after },
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
