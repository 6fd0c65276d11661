//! What the table holds.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::attributes::{Item, number};
use super::error::{Error, Result, broken};
use super::key::Key;

/// The form of the items: readers accept this version and the one before.
const VERSION: u32 = 1;

/// Something that the table holds.
pub(crate) trait Entity: Serialize + DeserializeOwned {
    /// What names one.
    type Id: ?Sized;
    /// What a broken item is called in the log.
    const NAME: &'static str;

    /// Where it is.
    fn key(id: &Self::Id) -> Key;

    /// Where this one is.
    fn own_key(&self) -> Key;

    /// The attributes by which others find it or compare it.
    fn indexed(&self) -> Vec<(&'static str, AttributeValue)> {
        Vec::new()
    }

    /// The whole item.
    fn item(&self) -> Result<Item> {
        let mut item: Item = serde_dynamo::to_item(self).map_err(broken)?;
        item.extend(Item::from(self.own_key()));
        item.extend(self.indexed().into_iter().map(|(name, value)| (name.to_owned(), value)));
        item.insert("v".to_owned(), number(VERSION));
        Ok(item)
    }
}

/// Reads an entity from an item.
pub(crate) fn read<T: Entity>(item: Item) -> Result<T> {
    serde_dynamo::from_item(item).map_err(|error| Error::Broken(format!("{}: {error}", T::NAME)))
}
