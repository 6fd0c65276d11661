//! The parts of the table's stream that its consumers use.

use domain::catalogue::image::Subject;
use domain::ids::ProductId;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::chart::PICTURES;

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

impl TableChange {
    /// The filters of a consumer that wants [`looks_new`](Self::looks_new): a stock that becomes empty or
    /// was, and albums.
    pub const LOOKS_NEW: [&str; 3] = [
        concat!(
            r#"{"eventName": ["MODIFY"], "dynamodb": {"Keys": {"sk": {"S": ["STOCK"]}}, "#,
            r#""NewImage": {"on_hand": {"N": ["0"]}}}}"#
        ),
        concat!(
            r#"{"eventName": ["MODIFY"], "dynamodb": {"Keys": {"sk": {"S": ["STOCK"]}}, "#,
            r#""OldImage": {"on_hand": {"N": ["0"]}}}}"#
        ),
        r#"{"dynamodb": {"Keys": {"sk": {"S": ["PICTURES"]}}}}"#,
    ];

    /// The filters of a consumer that wants [`leaves_pictures`](Self::leaves_pictures): albums, deleted
    /// products, and stores that are opened, edited or closed.
    pub const LEAVES_PICTURES: [&str; 3] = [
        r#"{"dynamodb": {"Keys": {"sk": {"S": ["PICTURES"]}}}}"#,
        concat!(
            r#"{"dynamodb": {"Keys": {"sk": {"S": ["PRODUCT"]}}, "#,
            r#""NewImage": {"deleted_at": {"S": [{"exists": true}]}}}}"#
        ),
        r#"{"dynamodb": {"Keys": {"sk": {"S": ["STORE"]}}}}"#,
    ];

    /// The sequence number in the stream.
    pub fn place(&self) -> &str {
        &self.dynamodb.sequence_number
    }

    /// The product that was sold out by the change, is in stock again, or has another cover.
    pub fn looks_new(&self) -> Option<ProductId> {
        let Change { keys, old_image, new_image, .. } = &self.dynamodb;
        let product = keys.pk.text.strip_prefix("PRODUCT#")?;
        let none_left = |image: &Option<Image>| Some(image.as_ref()?.on_hand.as_ref()?.digits == "0");
        let cover = |image: &Option<Image>| image.as_ref()?.cover.clone();
        let looks_new = match keys.sk.text.as_str() {
            "STOCK" => none_left(old_image)? != none_left(new_image)?,
            PICTURES => cover(old_image) != cover(new_image),
            _ => false,
        };
        if looks_new { product.parse().ok() } else { None }
    }

    /// The product or store that has images to delete, and whether that is all of them, because the product
    /// is deleted or the store closed.
    pub fn leaves_pictures(&self) -> Option<(Subject, bool)> {
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
        Some((Subject::read(id)?, all))
    }
}
