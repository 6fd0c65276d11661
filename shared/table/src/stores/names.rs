//! The unique names of stores and categories. Each store and category holds two items that only one of its
//! kind can have: the folded name, and the look of the name, so that no name passes for another (Unicode
//! TS 39).
//!
//! Stores and categories that are older than looks hold no look. They take it at the next edit, or by
//! [`Table::take_look_of_store`]. Where another one has the same look by then, it stays without one until it
//! is renamed.

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::catalogue::{Category, Store};
use domain::ids::{CategoryId, StoreId};
use domain::text::Name;

use crate::dynamo::{ABSENT, Entity, Item, Key, Read, Result, Table, Written, refused, shape, until_won};

/// A store or a category.
pub(crate) trait UniquelyNamed: Entity + Clone {
    /// The kind in the keys of its names.
    const NAMES: &'static str;
    /// The kind in the keys of its looks.
    const LOOKS: &'static str;

    fn name(&self) -> &Name;
    fn look_key(&self) -> Option<&str>;
    fn version(&self) -> u64;
    /// A copy with this look and the next version.
    fn with_look(self, look_key: Option<String>) -> Self;
}

macro_rules! uniquely_named {
    ($($type:ident $names:literal $looks:literal)*) => {$(
        impl UniquelyNamed for $type {
            const NAMES: &'static str = $names;
            const LOOKS: &'static str = $looks;

            fn name(&self) -> &Name {
                &self.name
            }

            fn look_key(&self) -> Option<&str> {
                self.look_key.as_deref()
            }

            fn version(&self) -> u64 {
                self.version
            }

            fn with_look(self, look_key: Option<String>) -> Self {
                Self { version: self.version + 1, look_key, ..self }
            }
        }
    )*};
}

uniquely_named! {
    Store "STORE" "LOOK#STORE"
    Category "CATEGORY" "LOOK#CATEGORY"
}

/// What a change of a name writes.
pub(crate) struct Renaming {
    /// For a transaction.
    pub(crate) writes: Vec<TransactWriteItem>,
    /// The look that is held afterwards.
    pub(crate) look_key: Option<String>,
}

/// How taking the look of an older name ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookTaken {
    /// The look is held now.
    Now,
    /// The look was held before.
    Before,
    /// A name that looks the same holds the look.
    ByAnother,
    /// There is no such store or category.
    Missing,
}

impl Table {
    /// Takes the name `after` and gives `before` back, for a transaction; no writes when they are equal.
    pub(crate) fn rename(&self, kind: &str, before: &str, after: &str) -> Result<Vec<TransactWriteItem>> {
        match before == after {
            true => Ok(Vec::new()),
            false => Ok(vec![self.unique(kind, after)?, self.free(kind, before)?]),
        }
    }

    /// Gives a name back, for a transaction.
    pub(crate) fn free(&self, kind: &str, name: &str) -> Result<TransactWriteItem> {
        self.delete(Key::unique(kind, name)).in_transaction()
    }

    /// Takes a name, for a transaction; refused when the name is taken.
    pub(crate) fn unique(&self, kind: &str, name: &str) -> Result<TransactWriteItem> {
        let mut item = Item::from(Key::unique(kind, name));
        item.insert("v".to_owned(), shape());
        self.put_item(item).only_if(ABSENT).in_transaction()
    }

    /// Takes the name and the look of a new store or category, for a transaction.
    pub(crate) fn take_names<T: UniquelyNamed>(&self, new: &T) -> Result<Vec<TransactWriteItem>> {
        let look = new.look_key().map(|look| self.unique(T::LOOKS, look)).transpose()?;
        Ok([self.unique(T::NAMES, &new.name().folded())?].into_iter().chain(look).collect())
    }

    /// Gives the names of a deleted store or category back, for a transaction.
    pub(crate) fn free_names<T: UniquelyNamed>(&self, gone: &T) -> Result<Vec<TransactWriteItem>> {
        let look = gone.look_key().map(|look| self.free(T::LOOKS, look)).transpose()?;
        Ok([self.free(T::NAMES, &gone.name().folded())?].into_iter().chain(look).collect())
    }

    /// Takes the name `after` and, if `takes_look`, its look, and frees those that `seen` holds. Has no
    /// writes when both stay.
    pub(crate) fn change_names<T: UniquelyNamed>(
        &self,
        seen: &T,
        after: &Name,
        takes_look: bool,
    ) -> Result<Renaming> {
        let mut writes = self.rename(T::NAMES, &seen.name().folded(), &after.folded())?;
        if !takes_look {
            return Ok(Renaming { writes, look_key: seen.look_key().map(str::to_owned) });
        }
        let look = after.look_key();
        match seen.look_key() {
            Some(held) => writes.extend(self.rename(T::LOOKS, held, &look)?),
            None => writes.push(self.unique(T::LOOKS, &look)?),
        }
        Ok(Renaming { writes, look_key: Some(look) })
    }

    /// Takes the look of a store's name.
    pub async fn take_look_of_store(&self, id: StoreId) -> Result<LookTaken> {
        self.take_look::<Store>(&id).await
    }

    /// Takes the look of a category's name.
    pub async fn take_look_of_category(&self, id: CategoryId) -> Result<LookTaken> {
        self.take_look::<Category>(&id).await
    }

    async fn take_look<T: UniquelyNamed>(&self, id: &T::Id) -> Result<LookTaken> {
        until_won("a name that others change", async || {
            let Some(seen) = self.get::<T>(id, Read::Strong).await? else {
                return Ok(Some(LookTaken::Missing));
            };
            if seen.look_key() == Some(seen.name().look_key().as_str()) {
                return Ok(Some(LookTaken::Before));
            }
            let Renaming { writes, look_key } = self.change_names(&seen, seen.name(), true)?;
            let after = seen.clone().with_look(look_key);
            let first = self.replacing(seen.version(), &after)?;
            let writes = [first].into_iter().chain(writes).collect();
            Ok(match self.transact("take a look", writes).await? {
                Written::All => Some(LookTaken::Now),
                Written::Refused(reasons) if reasons.first().is_some_and(refused) => None,
                Written::Refused(_) => Some(LookTaken::ByAnother),
            })
        })
        .await
    }
}
