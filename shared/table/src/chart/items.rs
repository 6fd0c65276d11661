//! Items that are the table's own and no part of the domain.

use domain::Timestamp;
use domain::ids::{CategoryId, ImageId, MovementId, OrderId, Place, ProductId, StoreId, VariantId};
use domain::money::Minor;
use domain::text::Name;
use serde::{Deserialize, Serialize};

use super::keys::RowKey;

/// One key of the key set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicKey {
    /// Names the key: the `kid` of tokens.
    pub kid: String,
    /// The Ed25519 public key, in base64url without padding (RFC 8037).
    pub x: String,
    /// From this time on tokens are signed with it: by then every verifier has fetched it.
    pub active_from: Timestamp,
    /// When it stops verifying, in seconds since 1970: the table's TTL. None for a key that may still sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
}

impl PublicKey {
    /// Whether it still verifies; TTL deletes an expired key up to days later.
    pub fn verifies_at(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now.seconds() < end)
    }
}

/// A store's pointer to an order that it has a part in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pointer {
    pub(crate) store: StoreId,
    pub(crate) order: OrderId,
    pub(crate) placed_at: domain::Timestamp,
}

/// The sweeper's note that an order is overdue. A reader checks it against the head, because no write takes
/// the note back; it expires when the sweeper does not renew it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Overdue {
    pub(crate) order: OrderId,
    pub(crate) placed_at: domain::Timestamp,
    pub(crate) expires_at: i64,
}

/// Why a message was dead-lettered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct DeadLetter {
    /// The id of the message in SQS.
    pub(crate) message: String,
    pub(crate) reason: String,
    pub(crate) expires_at: i64,
}

/// A movement under an idempotency key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Applied {
    pub(crate) id: MovementId,
    pub(crate) product_id: ProductId,
    #[serde(default, skip_serializing_if = "Place::is_first")]
    pub(crate) place: Place,
    pub(crate) at: Timestamp,
    pub(crate) request: String,
}

impl Applied {
    /// The variant whose stock was moved.
    pub(crate) fn variant_id(&self) -> VariantId {
        VariantId { product: self.product_id, place: self.place }
    }
}

/// A row of a list. A page reads dozens, so each byte counts: about 330 with a name of 30 letters. A row is
/// never written from what was read of it, so fields can be added in its shape 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ListRow {
    #[serde(skip)]
    pub(crate) shelf: String,
    #[serde(rename = "sk")]
    pub(crate) product: ProductId,
    /// The sort key by price; none for a hidden row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) gsi2sk: Option<String>,
    pub(crate) store_id: StoreId,
    pub(crate) category_id: CategoryId,
    pub(crate) name: Name,
    pub(crate) price: Minor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) price_to: Option<Minor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) variants: Option<u32>,
    pub(crate) in_stock: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) image: Option<ImageId>,
    #[serde(with = "domain::clock::millis")]
    pub(crate) created_at: Timestamp,
    #[serde(with = "domain::clock::millis")]
    pub(crate) updated_at: Timestamp,
}

impl ListRow {
    pub(crate) fn own(&self) -> RowKey {
        RowKey { shelf: self.shelf.clone(), product: self.product }
    }
}
