//! Categories, products and their stock.

use domain::catalogue::image::Rendition;
use domain::catalogue::{Category, Listing, Movement, Product, Stock, Stocked};
use domain::ids::{CategoryId, MovementId, ProductId, StoreId};
use domain::money::{Fees, Money};
use domain::text::{Brand, Description, Name, Reason, Sku};
use domain::{Schema, Timestamp};
use serde::Serialize;
use table::ProductPage;

use crate::deployment::Deployment;

mod images;
mod reviews;

pub use images::{ImageBody, KeptImageBody, UploadBody};
pub use reviews::{RatingBody, ReviewBody};

/// A category, as shown to everybody.
#[derive(Serialize, Schema)]
pub struct CategoryBody {
    id: CategoryId,
    name: Name,
    /// The parent category.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<CategoryId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Category> for CategoryBody {
    fn from(category: Category) -> Self {
        let Category {
            id,
            name,
            parent_id,
            created_at,
            updated_at,
            look_key: _,
            second_look_key: _,
            closing_until: _,
            version: _,
        } = category;
        Self { id, name, parent_id, created_at, updated_at }
    }
}

/// A product on its own page.
#[derive(Serialize, Schema)]
pub struct ProductBody {
    id: ProductId,
    store_id: StoreId,
    category_id: CategoryId,
    name: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Description>,
    sku: Sku,
    #[serde(skip_serializing_if = "Option::is_none")]
    brand: Option<Brand>,
    price: Money,
    is_active: bool,
    in_stock: bool,
    /// The number of units that can be bought now.
    available: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl ProductBody {
    /// The product's body.
    pub fn of(stocked: Stocked, fees: &Fees) -> Self {
        let available = stocked.available();
        let Product {
            id,
            store_id,
            category_id,
            name,
            description,
            sku,
            brand,
            price,
            is_active,
            created_at,
            updated_at,
            deleted_at: _,
            version: _,
        } = stocked.product;
        let (price, in_stock) = (fees.money(price), available > 0);
        Self {
            id,
            store_id,
            category_id,
            name,
            description,
            sku,
            brand,
            price,
            is_active,
            in_stock,
            available,
            created_at,
            updated_at,
        }
    }
}

/// A product on its own page, with its images, rating and store.
#[derive(Serialize, Schema)]
pub struct ProductPageBody {
    #[serde(flatten)]
    product: ProductBody,
    /// In the order in which they were offered for upload.
    images: Vec<ImageBody>,
    rating: RatingBody,
}

impl ProductPageBody {
    /// The page's body.
    pub fn of(page: ProductPage, deployment: &Deployment) -> Self {
        let ProductPage { stocked, album, rating } = page;
        Self {
            product: ProductBody::of(stocked, &deployment.fees),
            images: ImageBody::all_of(&album, deployment),
            rating: RatingBody::of(rating),
        }
    }
}

/// A product in a list.
#[derive(Serialize, Schema)]
pub struct ListingBody {
    id: ProductId,
    store_id: StoreId,
    category_id: CategoryId,
    name: Name,
    price: Money,
    in_stock: bool,
    /// The URL of its cover, at most 200 pixels a side.
    #[serde(skip_serializing_if = "Option::is_none")]
    thumbnail: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl ListingBody {
    /// The row's body.
    pub fn of(row: Listing, deployment: &Deployment) -> Self {
        let Listing {
            id,
            store_id,
            category_id,
            name,
            price,
            in_stock,
            image,
            created_at,
            updated_at,
            is_active: _,
        } = row;
        let price = deployment.fees.money(price);
        let thumbnail = image.map(|image| deployment.picture_url(image, Rendition::Small));
        Self { id, store_id, category_id, name, price, in_stock, thumbnail, created_at, updated_at }
    }
}

/// A product in the list of its seller.
#[derive(Serialize, Schema)]
pub struct SellerListingBody {
    #[serde(flatten)]
    row: ListingBody,
    /// Whether everybody sees it.
    is_active: bool,
}

impl SellerListingBody {
    /// The row's body.
    pub fn of(row: Listing, deployment: &Deployment) -> Self {
        let is_active = row.is_active;
        Self { row: ListingBody::of(row, deployment), is_active }
    }
}

/// The stock of a product, as shown to its seller.
#[derive(Serialize, Schema)]
pub struct StockBody {
    product_id: ProductId,
    on_hand: i64,
    movements: Vec<MovementBody>,
}

/// A seller's change of a stock.
#[derive(Serialize, Schema)]
struct MovementBody {
    id: MovementId,
    /// The change in units.
    delta: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    created_at: Timestamp,
}

impl StockBody {
    /// The stock with these movements.
    pub fn of(stock: &Stock, movements: Vec<Movement>) -> Self {
        let movements = movements.into_iter().map(|movement| {
            let Movement { id, delta, reason, at, product_id: _, place: _ } = movement;
            MovementBody { id, delta, reason, created_at: at }
        });
        Self { product_id: stock.product_id, on_hand: stock.on_hand, movements: movements.collect() }
    }
}
