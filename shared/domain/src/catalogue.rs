//! Stores, categories and products.

pub mod image;
pub mod review;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Schema;
use crate::clock::Timestamp;
use crate::ids::{CategoryId, Id, ImageId, MovementId, ProductId, StoreId, UserId};
use crate::money::Minor;
use crate::text::{Brand, Description, IdempotencyKey, Name, Reason, Sku};

/// A seller's store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Store {
    /// Names the store.
    pub id: StoreId,
    /// Whose it is.
    pub owner: UserId,
    /// What it is called: unique.
    pub name: Name,
    /// The [`Name::look_key`] that no other store can have while this one holds it. A store from before these
    /// keys has none until its next edit. Only the code that writes stores sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_key: Option<String>,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Who moves its orders.
    pub fulfilment: Mode,
    /// Whether its owner is gone: it sells nothing any more.
    #[serde(default)]
    pub closed: bool,
    /// Counts every write of this item, whose condition it is.
    pub version: u64,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Who moves a store's orders after payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The chain of workers.
    #[default]
    Automatic,
    /// The seller, step by step.
    Manual,
}

/// A category of products.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Category {
    /// Names the category.
    pub id: CategoryId,
    /// What it is called: unique.
    pub name: Name,
    /// The [`Name::look_key`] that no other category can have while this one holds it. A category from before
    /// these keys has none until its next edit. Only the code that writes categories sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look_key: Option<String>,
    /// The category above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<CategoryId>,
    /// While somebody is deleting it: until when nothing new may be put into it.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::clock::millis::option")]
    pub closing_until: Option<Timestamp>,
    /// Counts every write of this item, whose condition it is.
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

/// A product, without its stock: page views and hot writes never meet on one item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Product {
    /// Names the product.
    pub id: ProductId,
    /// Who sells it.
    pub store_id: StoreId,
    /// Where it is found.
    pub category_id: CategoryId,
    /// What it is called.
    pub name: Name,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// The seller's name for it: unique in the store.
    pub sku: Sku,
    /// Who makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<Brand>,
    /// The price of one, in minor units.
    pub price: Minor,
    /// Whether it is shown and sold.
    pub is_active: bool,
    /// When it was deleted: it is kept for old orders, and for its stock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Timestamp>,
    /// Counts the edits: the product's ETag.
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

/// What a checkout must be sure of, in an item of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    /// Whose stock.
    pub product_id: ProductId,
    /// Units that can be sold; never below zero.
    pub on_hand: i64,
    /// Units that the seller has put in, less those taken out: the sum of the movements. It is on hand, or in
    /// orders.
    pub received: i64,
    /// The product's price, mirrored by every edit.
    pub price: Minor,
    /// Whether it may be sold at all, mirrored by every edit.
    pub sellable: bool,
}

/// What a seller does to a stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockChange {
    /// So many more, or fewer.
    By(i64),
    /// So many, if there are as many as expected.
    To {
        /// From now on.
        on_hand: i64,
        /// Until now.
        expected: i64,
    },
}

impl StockChange {
    /// How many more there are by it.
    pub fn delta(self) -> i64 {
        match self {
            Self::By(delta) => delta,
            Self::To { on_hand, expected } => on_hand.saturating_sub(expected),
        }
    }
}

/// A change of a stock by its seller. Sales and what is given back have none: the order is the movement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Movement {
    /// Whose stock.
    pub product_id: ProductId,
    /// Names the movement.
    pub id: MovementId,
    /// How many more there are by it.
    pub delta: i64,
    /// Why, in the seller's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// When it happened.
    pub at: Timestamp,
}

impl MovementId {
    /// The movement that a caller has given this key, so that it can be repeated safely: SHA-256 of both, cut
    /// to 128 bits.
    pub fn of(product: ProductId, key: &IdempotencyKey) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"movement\0");
        hash.update(product.bits().to_be_bytes());
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
    /// How many can be bought at this moment.
    pub fn available(&self) -> i64 {
        if self.stock.sellable { self.stock.on_hand } else { 0 }
    }
}

/// What a list of products shows of each.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// Names the product.
    pub id: ProductId,
    /// Who sells it.
    pub store_id: StoreId,
    /// Where it is found.
    pub category_id: CategoryId,
    /// What it is called.
    pub name: Name,
    /// The price of one, in minor units.
    pub price: Minor,
    /// Whether any is on hand, seconds stale.
    pub in_stock: bool,
    /// Its first picture, seconds stale.
    pub image: Option<ImageId>,
    /// Whether everybody sees it; its seller does in any case.
    pub is_active: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When name, price or category was last changed, or the product shown or hidden.
    pub updated_at: Timestamp,
}
