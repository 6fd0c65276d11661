//! The table's stream, as far as somebody follows it.

use domain::ids::ProductId;
use serde::Deserialize;

/// One change of the table, as its stream tells of it.
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

#[derive(Clone, Debug, Deserialize)]
struct Text {
    #[serde(rename = "S")]
    text: String,
}

/// An item before or after; only what somebody asks for.
#[derive(Clone, Debug, Deserialize)]
struct Image {
    on_hand: Option<Number>,
}

#[derive(Clone, Debug, Deserialize)]
struct Number {
    #[serde(rename = "N")]
    digits: String,
}

impl TableChange {
    /// Where in the stream it stands.
    pub fn place(&self) -> &str {
        &self.dynamodb.sequence_number
    }

    /// The product that was sold out by it, or is in stock again.
    pub fn availability_of(&self) -> Option<ProductId> {
        let Change { keys, old_image, new_image, .. } = &self.dynamodb;
        let product = keys.pk.text.strip_prefix("PRODUCT#").filter(|_| keys.sk.text == "STOCK")?;
        let none_left =
            |image: &Option<Image>| Some(image.as_ref()?.on_hand.as_ref()?.digits.as_str() == "0");
        (none_left(old_image)? != none_left(new_image)?).then(|| product.parse().ok()).flatten()
    }
}
