//! Stores, categories and products.

use serde::{Deserialize, Serialize};

use crate::Schema;
use crate::clock::Timestamp;
use crate::ids::{CategoryId, ProductId, StoreId, UserId};
use crate::money::Minor;
use crate::text::{Brand, Description, Name, Sku};

/// A seller's store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SellerStore {
    /// Names the store.
    pub id: StoreId,
    /// Whose it is.
    pub owner: UserId,
    /// What it is called: unique.
    pub name: Name,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Who moves its orders.
    pub fulfilment: Mode,
    /// Whether its owner is gone: it sells nothing any more.
    #[serde(default)]
    pub closed: bool,
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Schema)]
pub struct Category {
    /// Names the category.
    pub id: CategoryId,
    /// What it is called: unique.
    pub name: Name,
    /// The category above it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<CategoryId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
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
    /// Counts the edits: the product's ETag.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// What a checkout must be sure of, in an item of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    /// Whose stock.
    pub product_id: ProductId,
    /// Units that can be sold; never below zero.
    pub on_hand: i64,
    /// The product's price, mirrored by every edit.
    pub price: Minor,
    /// Whether it may be sold at all, mirrored by every edit.
    pub sellable: bool,
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
