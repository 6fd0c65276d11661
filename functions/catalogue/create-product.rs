//! `POST /products`: create a product.

use api::code::{FORBIDDEN, NOT_FOUND, SKU_TAKEN, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::ProductPageBody;
use api::{Endpoint, Merchant, Problem, Reply, Request, Result, Schema, Who, catalogue};
use domain::Invalid;
use domain::catalogue::{Product, Stock, Stocked};
use domain::ids::{CategoryId, Place, StoreId};
use domain::invalid::REQUIRED;
use domain::money::Price;
use domain::quantity::OnHand;
use domain::text::{Brand, Description, Name, Sku};
use serde::Deserialize;
use table::{ProductCreated, ProductPage, Table};

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/products")
    .who(Who::SellerOrAdmin)
    .takes::<NewProduct>()
    .answers::<ProductPageBody>(201)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, SKU_TAKEN]);

pub fn main() {
    lambda::run(ENDPOINT, create_product);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct NewProduct {
    name: Name,
    description: Option<Description>,
    sku: Sku,
    price: Price,
    category_id: CategoryId,
    brand: Option<Brand>,
    stock: OnHand,
    is_active: Option<bool>,
    /// The product's store. Required for an administrator without a store; a seller can name only their own.
    store_id: Option<StoreId>,
}

/// The SKU is unique in the store. The category must exist.
pub async fn create_product(table: &Table, request: Request) -> Result {
    let merchant = request.merchant(table).await?;
    let new: NewProduct = request.json()?;
    let fees = request.deployment.fees;
    let price = catalogue::price(new.price, &fees)?;
    let store_id = store_of(table, &merchant, new.store_id).await?;
    let now = table.now();
    let product = Product {
        id: table.new_id()?,
        store_id,
        category_id: new.category_id,
        name: new.name,
        description: new.description,
        sku: new.sku,
        brand: new.brand,
        price,
        is_active: new.is_active.unwrap_or(true),
        deleted_at: None,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let on_hand = i64::from(new.stock.get());
    let (product_id, sellable) = (product.id, product.is_active);
    let place = Place::FIRST;
    let stock = Stock { product_id, place, on_hand, received: on_hand, price, sellable };
    let page = ProductPage::from(Stocked { product, stock });
    match table.create_product(&page).await? {
        ProductCreated::Now => {}
        ProductCreated::MissingCategory => return Err(Problem::unknown("category_id", "category")),
        ProductCreated::SkuTaken => return Err(Problem::taken(SKU_TAKEN, "sku")),
    }
    let (location, version) = (format!("/api/v1/products/{product_id}"), page.stocked.product.version);
    Reply::created(&ProductPageBody::of(page, &request.deployment), &location)?.etag_with_data(version)
}

/// The store of the new product. 422 for a store that is closed or not the seller's.
async fn store_of(table: &Table, merchant: &Merchant, named: Option<StoreId>) -> Result<StoreId> {
    let Some(id) = named.or(merchant.own_store()) else {
        return Err(Problem::invalid("store_id", &Invalid::new(REQUIRED, "is needed: you have no store")));
    };
    let is_own = merchant.own_store() == Some(id);
    let may = is_own || (merchant.is_admin() && table.seller_store(id).await?.is_some());
    if may { Ok(id) } else { Err(Problem::missing("store")) }
}
