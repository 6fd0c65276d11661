//! Primary keys.

use std::fmt::Display;

use aws_sdk_dynamodb::types::AttributeValue;

use super::attributes::Item;

/// A primary key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// The partition.
    pub(crate) pk: String,
    /// The place in it.
    pub(crate) sk: String,
}

impl Key {
    pub(crate) fn new(pk: impl Display, sk: impl Display) -> Self {
        Self { pk: pk.to_string(), sk: sk.to_string() }
    }

    /// The key of an item, or of a row of an index.
    pub(crate) fn of(item: &Item) -> Option<Self> {
        let part = |name: &str| item.get(name)?.as_s().ok().cloned();
        Some(Self { pk: part("pk")?, sk: part("sk")? })
    }
}

impl From<Key> for Item {
    fn from(key: Key) -> Self {
        [("pk".to_owned(), AttributeValue::S(key.pk)), ("sk".to_owned(), AttributeValue::S(key.sk))].into()
    }
}
