//! Categories, products and their stock.

use domain::catalogue::assortment::Assortment;
use domain::catalogue::image::Rendition;
use domain::catalogue::options::{NamedValues, ProductOption};
use domain::catalogue::{Category, Listing, Movement, Product, Stock};
use domain::ids::{CategoryId, ImageId, MovementId, ProductId, StoreId, VariantId};
use domain::money::Money;
use domain::quantity::Grams;
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

/// A product on its own page, with its variants, images and rating.
#[derive(Serialize, Schema)]
pub struct ProductPageBody {
    id: ProductId,
    store_id: StoreId,
    category_id: CategoryId,
    name: Name,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Description>,
    /// The SKU of a product without options. Of other products each variant has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<Sku>,
    #[serde(skip_serializing_if = "Option::is_none")]
    brand: Option<Brand>,
    /// The lowest price of the active variants.
    price: Money,
    /// The highest price of the active variants, where it differs from `price`.
    #[serde(skip_serializing_if = "Option::is_none")]
    price_to: Option<Money>,
    is_active: bool,
    in_stock: bool,
    /// The number of units of all variants that can be bought now.
    available: i64,
    /// What a shopper chooses, such as colour and size. Empty for a plain product, which has one variant.
    options: Vec<ProductOption>,
    /// What is sold, at least one. Only the seller and administrators see variants that are not active.
    variants: Vec<VariantBody>,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// In the order in which they were offered for upload.
    images: Vec<ImageBody>,
    rating: RatingBody,
}

/// A variant of a product: what is sold.
#[derive(Serialize, Schema)]
struct VariantBody {
    id: VariantId,
    /// The value of each option, by the option's name.
    values: NamedValues,
    #[serde(skip_serializing_if = "Option::is_none")]
    sku: Option<Sku>,
    price: Money,
    is_active: bool,
    in_stock: bool,
    /// The number of units that can be bought now.
    available: i64,
    /// Its own picture, one of `images`. Without one, the product's pictures show it.
    #[serde(skip_serializing_if = "Option::is_none")]
    image_id: Option<ImageId>,
    /// The weight of one unit in grams.
    #[serde(skip_serializing_if = "Option::is_none")]
    weight_grams: Option<Grams>,
}

impl ProductPageBody {
    /// The page's body. Pages for shoppers are [`for_shoppers`](Assortment::for_shoppers).
    pub fn of(page: ProductPage, deployment: &Deployment) -> Self {
        let ProductPage { assortment, album, rating } = page;
        let images = ImageBody::all_of(&album, deployment);
        let money = |amount| deployment.fees.money(amount);
        let (price, price_to) = assortment.prices();
        let variants: Vec<_> = assortment
            .stocks
            .iter()
            .map(|stock| {
                let image_id = stock.image.filter(|image| images.iter().any(|shown| shown.is(*image)));
                VariantBody::of(&assortment, stock, image_id, money(stock.price))
            })
            .collect();
        let available = variants.iter().map(|variant| variant.available).sum();
        let sku = assortment.product.sku.clone().filter(|_| assortment.is_plain());
        let Product {
            id,
            store_id,
            category_id,
            name,
            description,
            brand,
            options,
            is_active,
            created_at,
            updated_at,
            sku: _,
            price: _,
            next_place: _,
            edits: _,
            deleted_at: _,
            version: _,
        } = assortment.product;
        Self {
            id,
            store_id,
            category_id,
            name,
            description,
            sku,
            brand,
            price: money(price),
            price_to: Some(price_to).filter(|price_to| *price_to != price).map(money),
            is_active,
            in_stock: available > 0,
            available,
            options: options.into_all(),
            variants,
            created_at,
            updated_at,
            images,
            rating: RatingBody::of(rating),
        }
    }
}

impl VariantBody {
    fn of(of: &Assortment, stock: &Stock, image_id: Option<ImageId>, price: Money) -> Self {
        Self {
            id: stock.variant_id(),
            values: of.product.options.named(&stock.values),
            sku: of.sku_of(stock).cloned(),
            price,
            is_active: stock.is_active,
            in_stock: stock.available() > 0,
            available: stock.available(),
            image_id,
            weight_grams: stock.weight_grams,
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
    /// The lowest price of its variants.
    price: Money,
    /// The highest price of its variants, where it differs from `price`.
    #[serde(skip_serializing_if = "Option::is_none")]
    price_to: Option<Money>,
    /// The number of its variants, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    variants: Option<u32>,
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
            price_to,
            variants,
            in_stock,
            image,
            created_at,
            updated_at,
            is_active: _,
        } = row;
        let money = |amount| deployment.fees.money(amount);
        let (price, price_to) = (money(price), price_to.map(money));
        let thumbnail = image.map(|image| deployment.picture_url(image, Rendition::Small));
        Self {
            id,
            store_id,
            category_id,
            name,
            price,
            price_to,
            variants,
            in_stock,
            thumbnail,
            created_at,
            updated_at,
        }
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

/// The stock of a variant, as shown to its seller.
#[derive(Serialize, Schema)]
pub struct StockBody {
    product_id: ProductId,
    variant_id: VariantId,
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
        let VariantId { product: product_id, .. } = stock.variant_id();
        Self {
            product_id,
            variant_id: stock.variant_id(),
            on_hand: stock.on_hand,
            movements: movements.collect(),
        }
    }
}
