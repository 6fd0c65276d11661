//! Categories and products.

pub mod image;
pub mod review;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::clock::Timestamp;
use crate::ids::{CategoryId, Id, ImageId, MovementId, Place, ProductId, StoreId, VariantId};
use crate::money::Minor;
use crate::text::{Brand, Description, IdempotencyKey, Name, Reason, Sku};

/// A category of products.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Category {
    /// Names the category.
    pub id: CategoryId,
    /// Unique among categories.
    pub name: Name,
    /// The first key of [`Name::looks`], which no other category can have while this one holds it. Categories
    /// that are older than these keys get theirs at their next edit. Only the code that writes categories
    /// sets them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_key: Option<String>,
    /// The second key, in the same way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_look_key: Option<String>,
    /// The parent category.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<CategoryId>,
    /// Set while somebody is deleting it: nothing new may be put into it until then.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::clock::millis::option")]
    pub closing_until: Option<Timestamp>,
    /// Counts the writes of this item. Each write has the version as its condition.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Category {
    /// Whether somebody is deleting it, so that nothing new may be put into it.
    pub fn is_closing(&self, now: Timestamp) -> bool {
        self.closing_until.is_some_and(|until| now <= until)
    }
}

/// A product without its stock. The stock is an item of its own, so that sales do not change the item that
/// page views read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Product {
    /// Names the product.
    pub id: ProductId,
    /// The store that sells it.
    pub store_id: StoreId,
    /// The category.
    pub category_id: CategoryId,
    /// The name.
    pub name: Name,
    /// The description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// The seller's own code; unique in the store.
    pub sku: Sku,
    /// The brand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<Brand>,
    /// The price of one unit, in minor units.
    pub price: Minor,
    /// Whether it is shown and sold.
    pub is_active: bool,
    /// When it was deleted. The item is kept for old orders and for its stock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// Counts the edits. It is the product's `ETag`.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Product {
    /// The same product, deleted.
    #[must_use]
    pub fn deleted(self, now: Timestamp) -> Self {
        Self { is_active: false, deleted_at: Some(now), updated_at: now, ..self }
    }
}

/// The part of a variant that a checkout writes under conditions, in an item of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    /// The product.
    pub product_id: ProductId,
    /// The variant's place.
    #[serde(default, skip_serializing_if = "Place::is_first")]
    pub place: Place,
    /// Units that can be sold; never below zero.
    pub on_hand: i64,
    /// Units that the seller has added, less those taken out: the sum of the movements. It equals the units
    /// on hand plus those in orders.
    pub received: i64,
    /// The product's price. Each edit of the product copies it here.
    pub price: Minor,
    /// Whether the product may be sold. Each edit of the product copies it here.
    pub sellable: bool,
}

impl Stock {
    /// The variant.
    pub fn variant_id(&self) -> VariantId {
        VariantId { product: self.product_id, place: self.place }
    }
}

/// A seller's change of a stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockChange {
    /// Adds this many units, or takes them out if negative.
    By(i64),
    /// Sets the stock, if it still is `expected`.
    To {
        /// The new number of units.
        on_hand: i64,
        /// The number of units that the seller has seen.
        expected: i64,
    },
}

impl StockChange {
    /// The change in units.
    pub fn delta(self) -> i64 {
        match self {
            Self::By(delta) => delta,
            Self::To { on_hand, expected } => on_hand.saturating_sub(expected),
        }
    }
}

/// A seller's change of a stock. Sales and returned units have none: the order records them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Movement {
    /// The product.
    pub product_id: ProductId,
    /// The variant's place.
    #[serde(default, skip_serializing_if = "Place::is_first")]
    pub place: Place,
    /// Names the movement.
    pub id: MovementId,
    /// The change in units.
    pub delta: i64,
    /// The reason in the seller's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// When it happened.
    pub at: Timestamp,
}

impl Movement {
    /// The variant.
    pub fn variant_id(&self) -> VariantId {
        VariantId { product: self.product_id, place: self.place }
    }
}

impl MovementId {
    /// The id of the movement for this key, so that a request can be repeated: SHA-256 of both, cut to 128
    /// bits. The first place is not hashed: movements are older than variants.
    pub fn of(variant: VariantId, key: &IdempotencyKey) -> Self {
        let mut hash = Sha256::new();
        match variant.place.is_first() {
            true => hash.update(b"movement\0"),
            false => hash.update([b"movement of a variant\0".as_slice(), &[variant.place.get()]].concat()),
        }
        hash.update(variant.product.bits().to_be_bytes());
        hash.update(key.as_str());
        Self::from_bits(hash.finalize().iter().take(16).fold(0, |bits, byte| bits << 8 | u128::from(*byte)))
    }
}

/// A product with its stock.
#[derive(Clone, Debug, PartialEq)]
pub struct Stocked {
    /// The product.
    pub product: Product,
    /// Its stock.
    pub stock: Stock,
}

impl Stocked {
    /// The variant.
    pub fn variant_id(&self) -> VariantId {
        self.stock.variant_id()
    }

    /// How many can be bought now.
    pub fn available(&self) -> i64 {
        if self.stock.sellable { self.stock.on_hand } else { 0 }
    }
}

/// What lists show of a product.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// Names the product.
    pub id: ProductId,
    /// The store that sells it.
    pub store_id: StoreId,
    /// The category.
    pub category_id: CategoryId,
    /// The name.
    pub name: Name,
    /// The price of one unit, in minor units.
    pub price: Minor,
    /// Whether any unit is on hand. It may lag by seconds.
    pub in_stock: bool,
    /// Its cover. It may lag by seconds.
    pub image: Option<ImageId>,
    /// Whether everybody sees it. Its seller always does.
    pub is_active: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When name, price or category was last changed, or the product was last shown or hidden.
    pub updated_at: Timestamp,
}
