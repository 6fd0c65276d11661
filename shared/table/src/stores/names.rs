//! The names of stores and categories. Each holds two items that only one of its kind can have: the name as
//! it is compared, and its look, so that no name passes for another (Unicode TS 39).
//!
//! A store or category from before looks were kept holds no look. It takes one at its next edit, or when
//! somebody asks for that; where another has the same look by then it goes on without one until it is
//! renamed.

use aws_sdk_dynamodb::types::{AttributeValue, Delete, Put, TransactWriteItem};
use domain::catalogue::{Category, Store};
use domain::ids::{CategoryId, StoreId};
use domain::text::Name;

use crate::dynamo::{ABSENT, Backoff, Entity, Item, Key, Read, Result, Table, Written, broken, put, refused};

/// A store or a category.
pub(crate) trait UniquelyNamed: Entity + Clone {
    /// The kind in the keys of its names.
    const NAMES: &'static str;
    /// The kind in the keys of its looks.
    const LOOKS: &'static str;

    fn name(&self) -> &Name;
    fn look_key(&self) -> Option<&str>;
    fn version(&self) -> u64;
    /// The same with another look, and of the next version.
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

/// How taking the look of a name from before ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookTaken {
    /// It is held now.
    Now,
    /// It was held already.
    Before,
    /// Another name looks like it, and holds the look.
    ByAnother,
    /// There is no such store or category, or not any more.
    Missing,
}

impl Table {
    /// Takes another name in the place of one, for a transaction; nothing where it stays.
    pub(crate) fn rename(&self, kind: &str, before: &str, after: &str) -> Result<Vec<TransactWriteItem>> {
        match before == after {
            true => Ok(Vec::new()),
            false => Ok(vec![self.unique(kind, after)?, self.free(kind, before)?]),
        }
    }

    /// Gives a name back, for a transaction.
    pub(crate) fn free(&self, kind: &str, name: &str) -> Result<TransactWriteItem> {
        let free = Delete::builder().table_name(&*self.name).set_key(Some(Key::unique(kind, name).into()));
        Ok(TransactWriteItem::builder().delete(free.build().map_err(broken)?).build())
    }

    /// Takes a name, for a transaction; refused when it is taken.
    pub(crate) fn unique(&self, kind: &str, name: &str) -> Result<TransactWriteItem> {
        let mut item = Item::from(Key::unique(kind, name));
        item.insert("v".to_owned(), AttributeValue::N("1".to_owned()));
        put(Put::builder().table_name(&*self.name).set_item(Some(item)).condition_expression(ABSENT))
    }

    /// Takes the name and the look of what is new, for a transaction.
    pub(crate) fn take_names<T: UniquelyNamed>(&self, new: &T) -> Result<Vec<TransactWriteItem>> {
        let look = new.look_key().map(|look| self.unique(T::LOOKS, look)).transpose()?;
        Ok([self.unique(T::NAMES, &new.name().folded())?].into_iter().chain(look).collect())
    }

    /// Gives the names of what goes back, for a transaction.
    pub(crate) fn free_names<T: UniquelyNamed>(&self, gone: &T) -> Result<Vec<TransactWriteItem>> {
        let look = gone.look_key().map(|look| self.free(T::LOOKS, look)).transpose()?;
        Ok([self.free(T::NAMES, &gone.name().folded())?].into_iter().chain(look).collect())
    }

    /// Takes the names that `after` has in the place of those that `seen` holds; without its look where
    /// `takes_look` says so. Nothing is written where both stay.
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
        let mut backoff = Backoff::new();
        loop {
            let Some(seen) = self.get::<T>(id, Read::Strong).await? else { return Ok(LookTaken::Missing) };
            if seen.look_key() == Some(seen.name().look_key().as_str()) {
                return Ok(LookTaken::Before);
            }
            let Renaming { writes, look_key } = self.change_names(&seen, seen.name(), true)?;
            let after = seen.clone().with_look(look_key);
            let first = self.replacing(seen.version(), &after)?;
            let writes = [first].into_iter().chain(writes).collect();
            match self.transact("take a look", writes).await? {
                Written::All => return Ok(LookTaken::Now),
                Written::Refused(reasons) if !reasons.first().is_some_and(refused) => {
                    return Ok(LookTaken::ByAnother);
                }
                Written::Refused(_) => backoff.wait("a name that others change").await?,
            }
        }
    }
}
