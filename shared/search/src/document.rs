//! What the index knows of a product.

use domain::catalogue::assortment::Assortment;
use domain::catalogue::review::Rating;
use domain::ids::{CategoryId, ProductId, StoreId};
use domain::money::Minor;
use sha2::{Digest, Sha256};

/// The bits of a rating's key that hold the number of reviews. The average, in hundredths, is above them.
const REVIEWS_BITS: u32 = 24;

/// A product as it is indexed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub(crate) id: ProductId,
    pub(crate) store: StoreId,
    pub(crate) category: CategoryId,
    pub(crate) name: String,
    pub(crate) brand: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) skus: Vec<String>,
    /// Each value that a shopper can choose, with the name of its option.
    pub(crate) values: Vec<(String, String)>,
    pub(crate) price: Minor,
    pub(crate) in_stock: bool,
    pub(crate) rating: u64,
    pub(crate) created_at: i64,
}

impl Document {
    /// The document of a product; none when shoppers do not see it.
    pub fn of(page: &Assortment, rating: Option<&Rating>) -> Option<Self> {
        let product = &page.product;
        if !product.is_active || product.deleted_at.is_some() {
            return None;
        }
        let (price, _) = page.prices();
        let skus = page.active().filter_map(|stock| page.sku_of(stock)).map(ToString::to_string);
        let mut values: Vec<_> = page
            .active()
            .flat_map(|stock| product.options.named(&stock.values))
            .map(|(option, value)| (option.to_string(), value.to_string()))
            .collect();
        values.sort_unstable();
        values.dedup();
        Some(Self {
            id: product.id,
            store: product.store_id,
            category: product.category_id,
            name: product.name.to_string(),
            brand: product.brand.as_ref().map(ToString::to_string),
            description: product.description.as_ref().map(ToString::to_string),
            skus: skus.collect(),
            values,
            price,
            in_stock: page.is_in_stock(),
            rating: rating.map_or(0, rating_key),
            created_at: product.created_at.millis(),
        })
    }

    /// A hash of all that is indexed. The index does not change when a product's hash is the same.
    pub(crate) fn digest(&self) -> u64 {
        let hash = Sha256::digest(format!("{self:?}").as_bytes());
        hash.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

/// A number that sorts as ratings do: by the average, then by the number of reviews.
fn rating_key(rating: &Rating) -> u64 {
    let most = (1 << REVIEWS_BITS) - 1;
    rating.hundredths().map_or(0, |hundredths| rating_at_least(hundredths) + rating.reviews.min(most))
}

/// The least key of this average, in hundredths.
pub(crate) fn rating_at_least(hundredths: u64) -> u64 {
    hundredths << REVIEWS_BITS
}

/// The average in a key, in hundredths.
pub(crate) fn hundredths(key: u64) -> u64 {
    key >> REVIEWS_BITS
}

/// The two halves of an id.
pub(crate) fn halves(id: ProductId) -> (u64, u64) {
    let bits = id.bits();
    let half = |bits: u128| u64::try_from(bits & u128::from(u64::MAX)).unwrap_or_default();
    (half(bits >> 64), half(bits))
}
