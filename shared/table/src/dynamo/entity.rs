//! Entities: the items of the table that have a type.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::attributes::{Item, number};
use super::error::{Error, Result, broken};
use super::key::Key;

/// The form of the items: readers accept this version and the one before.
const VERSION: u32 = 1;

/// An item of the table that has a type.
pub(crate) trait Entity: Serialize + DeserializeOwned {
    /// The id that the key is made of.
    type Id: ?Sized;
    /// The name in an error about an item that cannot be read.
    const NAME: &'static str;

    /// The key of the entity with this id.
    fn key(id: &Self::Id) -> Key;

    /// The key of this entity.
    fn own_key(&self) -> Key;

    /// More attributes: index keys, and copies of fields for conditions and stream filters.
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
