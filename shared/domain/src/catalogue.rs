//! Categories and products.

pub mod assortment;
pub mod image;
pub mod options;
pub mod review;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use self::options::Options;

use crate::clock::Timestamp;
use crate::ids::{CategoryId, Id, ImageId, MovementId, Place, ProductId, StoreId, VariantId};
use crate::money::Minor;
use crate::quantity::Grams;
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

/// What all variants of a product share. The facts of a variant are in its [`Stock`], an item of its own, so
/// that sales do not change the item that page views read.
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
    /// The SKU of a plain product, which an older release reads here. Of a product with options, the SKU that
    /// it had before; each variant has its own then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    /// The brand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brand: Option<Brand>,
    /// The price of a plain product, which an older release reads here. Prices are in [`Stock::price`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Minor>,
    /// Its options; none for a plain product.
    #[serde(default, skip_serializing_if = "Options::is_empty")]
    pub options: Options,
    /// The place of the next variant; none when all are used.
    #[serde(default = "second_place", skip_serializing_if = "is_second_place")]
    pub next_place: Option<Place>,
    /// The sum of [`Stock::edited_in`] over its variants; 0 for a plain product. A query can run between the
    /// writes of a transaction, as it is only isolated by item. Its items are then of different edits, and
    /// the sum is wrong.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub edits: u64,
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
    /// The SKU of a variant; a plain product holds it.
    pub fn sku_of<'a>(&'a self, stock: &'a Stock) -> Option<&'a Sku> {
        stock.sku.as_ref().or(self.sku.as_ref())
    }

    /// The same product, deleted.
    #[must_use]
    pub fn deleted(self, now: Timestamp) -> Self {
        Self { is_active: false, deleted_at: Some(now), updated_at: now, ..self }
    }
}

fn second_place() -> Option<Place> {
    Place::FIRST.next()
}

#[expect(clippy::trivially_copy_pass_by_ref, clippy::ref_option, reason = "serde passes a reference")]
fn is_second_place(place: &Option<Place>) -> bool {
    *place == second_place()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A variant: what is sold. Checkouts write this item under conditions, and each of them reads it, so it
/// holds the variant's facts. That of a deleted variant keeps its counts, because units of cancelled orders
/// return.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The price of one unit, in minor units.
    pub price: Minor,
    /// Whether it may be sold: product and variant are active. Each edit of the product writes it.
    pub sellable: bool,
    /// The seller's own code; unique in the store. A plain product holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    /// The ids of its values, one of each option, in ascending order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<u32>,
    /// Whether shoppers see it.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub is_active: bool,
    /// Its own picture. Readers ignore one that is no longer in the product's album.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageId>,
    /// The weight of one unit in grams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_grams: Option<Grams>,
    /// Whether the variant is deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_deleted: bool,
    /// The version of the product that last edited it; 0 in a plain product.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub edited_in: u64,
}

fn yes() -> bool {
    true
}

impl Stock {
    /// The stock of a new variant that is on sale, with no other facts.
    pub fn new(variant: VariantId, on_hand: i64, price: Minor) -> Self {
        let VariantId { product: product_id, place } = variant;
        Self {
            product_id,
            place,
            on_hand,
            received: on_hand,
            price,
            sellable: true,
            sku: None,
            values: Vec::new(),
            is_active: true,
            image: None,
            weight_grams: None,
            is_deleted: false,
            edited_in: 0,
        }
    }

    /// How many can be bought now.
    pub fn available(&self) -> i64 {
        if self.sellable { self.on_hand } else { 0 }
    }

    /// What is left of it when the variant is deleted.
    #[must_use]
    pub fn deleted(self) -> Self {
        Self {
            sellable: false,
            sku: None,
            values: Vec::new(),
            is_active: false,
            image: None,
            weight_grams: None,
            is_deleted: true,
            ..self
        }
    }

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

/// One variant with its product.
#[derive(Clone, Debug, PartialEq)]
pub struct Stocked {
    /// The product.
    pub product: Product,
    /// The variant.
    pub stock: Stock,
}

impl Stocked {
    /// The variant.
    pub fn variant_id(&self) -> VariantId {
        self.stock.variant_id()
    }

    /// Its SKU; a plain product holds it.
    pub fn sku(&self) -> Option<&Sku> {
        self.product.sku_of(&self.stock)
    }

    /// Its values as one text, such as `Red / XL`; none for a plain product.
    pub fn label(&self) -> Option<String> {
        self.product.options.label(&self.stock.values)
    }

    /// How many can be bought now.
    pub fn available(&self) -> i64 {
        self.stock.available()
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
    /// The lowest price of its variants, in minor units.
    pub price: Minor,
    /// The highest price of its variants, where it differs.
    pub price_to: Option<Minor>,
    /// The number of its variants, where there are several.
    pub variants: Option<u32>,
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
