//! The table's stream: which changes of the table lead to work, and to which messages.

use domain::catalogue::image::Subject;
use domain::ids::ProductId;
use domain::messages::{DeletePictures, IndexProducts, RefreshRows};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::chart::{PICTURES, STOCK};

/// One record of the stream.
#[derive(Clone, Debug, Deserialize)]
pub struct TableChange {
    dynamodb: Change,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Change {
    keys: Keys,
    old_image: Option<Image>,
    new_image: Option<Image>,
    sequence_number: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Keys {
    pk: Text,
    sk: Text,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

/// An item before or after a change: only the attributes that are used.
#[derive(Clone, Debug, Deserialize)]
struct Image {
    on_hand: Option<Number>,
    cover: Option<Text>,
    removed: Option<IgnoredAny>,
    deleted_at: Option<IgnoredAny>,
    closed: Option<Flag>,
}

#[derive(Clone, Debug, Deserialize)]
struct Flag {
    #[serde(rename = "BOOL")]
    is_set: bool,
}

#[derive(Clone, Debug, Deserialize)]
struct Number {
    #[serde(rename = "N")]
    digits: String,
}

/// The messages that a change leads to: at most one for each queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FollowUps {
    /// A product is sold out or in stock again, or has another cover.
    pub rows: Option<RefreshRows>,
    /// An image was removed, a product deleted, or a store closed.
    pub pictures: Option<DeletePictures>,
    /// A product was made, edited, rated, sold out or is in stock again.
    pub search: Option<IndexProducts>,
}

impl TableChange {
    /// The patterns of Lambda's event filtering, of which an event source takes at most five. Each change
    /// with [`follow_ups`](Self::follow_ups) matches one: a stock that becomes empty or was empty, an album,
    /// a store, a product or its rating. Sales that leave units in stock match none.
    pub const FILTERS: [&str; 4] = [
        concat!(
            r#"{"eventName": ["MODIFY"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "STOCK"}]}}, "#,
            r#""NewImage": {"on_hand": {"N": ["0"]}}}}"#
        ),
        concat!(
            r#"{"eventName": ["MODIFY"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "STOCK"}]}}, "#,
            r#""OldImage": {"on_hand": {"N": ["0"]}}}}"#
        ),
        r#"{"dynamodb": {"Keys": {"sk": {"S": ["PICTURES", "STORE"]}}}}"#,
        r#"{"dynamodb": {"Keys": {"sk": {"S": ["PRODUCT", "RATING"]}}}}"#,
    ];

    /// The position in the stream.
    pub fn place(&self) -> &str {
        &self.dynamodb.sequence_number
    }

    /// What this change leads to. A new consumer gets a field of [`FollowUps`] and a line here.
    pub fn follow_ups(&self) -> FollowUps {
        FollowUps {
            rows: self.refresh_rows(),
            pictures: self.delete_pictures(),
            search: self.index_products(),
        }
    }

    /// The product in whose partition the item is.
    fn product(&self) -> Option<ProductId> {
        self.dynamodb.keys.pk.text.strip_prefix("PRODUCT#")?.parse().ok()
    }

    /// Whether a stock became empty, or was empty.
    fn sells_out(&self) -> bool {
        let Change { keys, old_image, new_image, .. } = &self.dynamodb;
        let none_left = |image: &Option<Image>| Some(image.as_ref()?.on_hand.as_ref()?.digits == "0");
        let (before, after) = (none_left(old_image), none_left(new_image));
        keys.sk.text.starts_with(STOCK) && before.is_some() && after.is_some() && before != after
    }

    /// Lists show whether a product is in stock, and its cover.
    fn refresh_rows(&self) -> Option<RefreshRows> {
        let Change { keys, old_image, new_image, .. } = &self.dynamodb;
        let cover = |image: &Option<Image>| image.as_ref()?.cover.clone();
        let has_new_cover = keys.sk.text == PICTURES && cover(old_image) != cover(new_image);
        let product = self.product().filter(|_| self.sells_out() || has_new_cover)?;
        Some(RefreshRows { product })
    }

    /// The index holds what a product says, its rating, and whether it is in stock. Each edit of a product or
    /// a variant writes the product.
    fn index_products(&self) -> Option<IndexProducts> {
        let is_edited = matches!(self.dynamodb.keys.sk.text.as_str(), "PRODUCT" | "RATING");
        let product = self.product().filter(|_| is_edited || self.sells_out())?;
        Some(IndexProducts::Product { product })
    }

    /// An album remembers its removed images. Those of a deleted product or a closed store are not removed
    /// yet.
    fn delete_pictures(&self) -> Option<DeletePictures> {
        let Change { keys, new_image, .. } = &self.dynamodb;
        let there = new_image.as_ref()?;
        let is_closed = there.closed.as_ref().is_some_and(|closed| closed.is_set);
        let all = match keys.sk.text.as_str() {
            "PRODUCT" if there.deleted_at.is_some() => true,
            "STORE" if is_closed => true,
            PICTURES if there.removed.is_some() => false,
            _ => return None,
        };
        let (_, id) = keys.pk.text.split_once('#')?;
        Some(DeletePictures { subject: Subject::read(id)?, all })
    }
}
