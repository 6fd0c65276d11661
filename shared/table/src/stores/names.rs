//! The unique names of stores and categories. Each store and category holds two or three items that only one
//! of its kind can have: the folded name, and the looks of the name, so that no name passes for another
//! (Unicode TS 39).
//!
//! Stores and categories that are older than looks hold none, or only the first. They take their looks at the
//! next edit, or by [`Table::take_look_of_store`]. If another one has one of these looks by then, the older
//! one keeps what it holds until it is renamed.

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::Looks;
use domain::catalogue::Category;
use domain::ids::{CategoryId, StoreId};
use domain::stores::Store;
use domain::text::Name;

use crate::dynamo::{ABSENT, Entity, Item, Key, Read, Result, Table, Written, refused, shape, until_won};

/// A store or a category.
pub(crate) trait UniquelyNamed: Entity + Clone {
    /// The kind in the keys of its names.
    const NAMES: &'static str;
    /// The kind in the keys of its looks.
    const LOOKS: &'static str;

    fn name(&self) -> &Name;
    /// The looks that it holds.
    fn held(&self) -> Looks;
    fn version(&self) -> u64;
    /// A copy with these looks and this version.
    fn holding(self, looks: Looks, version: u64) -> Self;
}

macro_rules! uniquely_named {
    ($($type:ident $names:literal $looks:literal)*) => {$(
        impl UniquelyNamed for $type {
            const NAMES: &'static str = $names;
            const LOOKS: &'static str = $looks;

            fn name(&self) -> &Name {
                &self.name
            }

            fn held(&self) -> Looks {
                Looks { first: self.look_key.clone(), second: self.second_look_key.clone() }
            }

            fn version(&self) -> u64 {
                self.version
            }

            fn holding(self, looks: Looks, version: u64) -> Self {
                Self { look_key: looks.first, second_look_key: looks.second, version, ..self }
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
    /// The looks that are held afterwards.
    pub(crate) looks: Looks,
}

/// How a change of a store or category with its names ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Renamed {
    Now,
    /// The name, or one that looks the same, is taken.
    NameTaken,
}

/// Judges the transaction that changed `seen` to `after`, with the writes of [`Table::change_names`] behind
/// `checks` others. `None` means that the change must be tried again. If an older name cannot take its looks,
/// `without_looks` gets its version.
pub(crate) fn renamed<T: UniquelyNamed>(
    written: &Written,
    checks: usize,
    (seen, after): (&T, &T),
    without_looks: &mut Option<u64>,
) -> Option<Renamed> {
    match written {
        Written::All => Some(Renamed::Now),
        // Whether the name is taken counts only while everything is as it was read.
        Written::Refused(reasons) if reasons.iter().take(checks).any(refused) => None,
        Written::Refused(_) if seen.name().folded() != after.name().folded() => Some(Renamed::NameTaken),
        // The name is older than looks, and another one has its look: the name may stay.
        Written::Refused(_) => {
            *without_looks = Some(seen.version());
            None
        }
    }
}

/// How taking the looks of an older name ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookTaken {
    /// The looks are held now.
    Now,
    /// The looks were held before.
    Before,
    /// A name that looks the same holds one of the looks.
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
        item.insert("v".to_owned(), shape(1));
        self.put_item(item).only_if(ABSENT).in_transaction()
    }

    /// Takes the name and the looks of a new store or category, for a transaction.
    pub(crate) fn take_names<T: UniquelyNamed>(&self, new: &T) -> Result<Vec<TransactWriteItem>> {
        let held = new.held();
        let name = self.unique(T::NAMES, &new.name().folded());
        [name].into_iter().chain(held.keys().map(|look| self.unique(T::LOOKS, look))).collect()
    }

    /// Gives the names of a deleted store or category back, for a transaction.
    pub(crate) fn free_names<T: UniquelyNamed>(&self, gone: &T) -> Result<Vec<TransactWriteItem>> {
        let held = gone.held();
        let name = self.free(T::NAMES, &gone.name().folded());
        [name].into_iter().chain(held.keys().map(|look| self.free(T::LOOKS, look))).collect()
    }

    /// Takes the name `after` and, if `takes_looks`, its looks, and frees those that `seen` holds. Has no
    /// writes for what stays.
    pub(crate) fn change_names<T: UniquelyNamed>(
        &self,
        seen: &T,
        after: &Name,
        takes_looks: bool,
    ) -> Result<Renaming> {
        let mut writes = self.rename(T::NAMES, &seen.name().folded(), &after.folded())?;
        let held = seen.held();
        if !takes_looks {
            return Ok(Renaming { writes, looks: held });
        }
        let looks = after.looks();
        for look in looks.without(&held) {
            writes.push(self.unique(T::LOOKS, look)?);
        }
        for look in held.without(&looks) {
            writes.push(self.free(T::LOOKS, look)?);
        }
        Ok(Renaming { writes, looks })
    }

    /// Takes the looks of a store's name.
    pub async fn take_look_of_store(&self, id: StoreId) -> Result<LookTaken> {
        self.take_look::<Store>(&id).await
    }

    /// Takes the looks of a category's name.
    pub async fn take_look_of_category(&self, id: CategoryId) -> Result<LookTaken> {
        self.take_look::<Category>(&id).await
    }

    async fn take_look<T: UniquelyNamed>(&self, id: &T::Id) -> Result<LookTaken> {
        until_won("a name that others change", async || {
            let Some(seen) = self.get::<T>(id, Read::Strong).await? else {
                return Ok(Some(LookTaken::Missing));
            };
            if seen.held() == seen.name().looks() {
                return Ok(Some(LookTaken::Before));
            }
            let Renaming { writes, looks } = self.change_names(&seen, seen.name(), true)?;
            let after = seen.clone().holding(looks, seen.version() + 1);
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
