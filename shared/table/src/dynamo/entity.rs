//! Entities: the items of the table that have a type.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::attributes::{Item, number};
use super::error::{Error, Result, broken};
use super::key::Key;

/// The newest shape that this release reads and writes, in the attribute `v`. A release refuses a newer one,
/// because it could drop fields that it does not know. An item is written in the oldest shape that can hold
/// it, so the release before can read whatever uses no new feature while an update rolls out.
///
/// 1: without variants. 2: a product with options, and what names a variant other than the first.
const NEWEST: u32 = 2;

/// The value of `v` for items that are written by hand.
pub(crate) fn shape(shape: u32) -> AttributeValue {
    number(shape)
}

/// Refuses an item of a newer shape. An item without `v` is of shape 1.
pub(crate) fn readable(item: &Item, name: &str) -> Result<()> {
    let shape = item.get("v").and_then(|shape| shape.as_n().ok()?.parse().ok()).unwrap_or(1);
    if shape <= NEWEST {
        return Ok(());
    }
    Err(Error::Broken(format!("{name}: shape {shape} is of a newer release; this one reads up to {NEWEST}")))
}

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

    /// The oldest shape that can hold it.
    fn shape(&self) -> u32 {
        1
    }

    /// The whole item.
    fn item(&self) -> Result<Item> {
        let mut item: Item = serde_dynamo::to_item(self).map_err(broken)?;
        item.extend(Item::from(self.own_key()));
        item.extend(self.indexed().into_iter().map(|(name, value)| (name.to_owned(), value)));
        item.insert("v".to_owned(), shape(self.shape()));
        Ok(item)
    }
}

/// Reads an entity from an item.
pub(crate) fn read<T: Entity>(item: Item) -> Result<T> {
    readable(&item, T::NAME)?;
    serde_dynamo::from_item(item).map_err(|error| Error::Broken(format!("{}: {error}", T::NAME)))
}
