//! `POST /products`: put a product into one's store.

use api::code::{FORBIDDEN, SKU_TAKEN, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::ProductBody;
use api::{Endpoint, Problem, Reply, Request, Result, Schema, Who};
use domain::catalogue::{Product, Stock, Stocked};
use domain::ids::CategoryId;
use domain::money::Money;
use domain::quantity::OnHand;
use domain::text::{Brand, Description, Name, Sku};
use serde::Deserialize;
use store::{Opened, Store};

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/products")
    .who(Who::Seller)
    .takes::<NewProduct>()
    .answers::<ProductBody>(201)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, FORBIDDEN, SKU_TAKEN]);

/// Serves it.
pub fn main() {
    lambda::serve(ENDPOINT, create_product);
}

/// The product that a seller wants to sell.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct NewProduct {
    name: Name,
    description: Option<Description>,
    sku: Sku,
    price: Money,
    category_id: CategoryId,
    brand: Option<Brand>,
    stock: OnHand,
    is_active: Option<bool>,
}

/// The SKU is unique in the store; the category must be there.
pub async fn create_product(store: &Store, request: Request) -> Result {
    let seller = request.seller(store).await?;
    let new: NewProduct = request.json()?;
    let fees = request.site.fees;
    let price = new.price.price(fees.currency);
    let price = price.map_err(|(field, invalid)| Problem::invalid(&format!("price.{field}"), &invalid))?;
    let now = store.now();
    let product = Product {
        id: store.new_id()?,
        store_id: seller.store,
        category_id: new.category_id,
        name: new.name,
        description: new.description,
        sku: new.sku,
        brand: new.brand,
        price,
        is_active: new.is_active.unwrap_or(true),
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let stock = Stock {
        product_id: product.id,
        on_hand: i64::from(new.stock.get()),
        price,
        sellable: product.is_active,
    };
    let stocked = Stocked { product, stock };
    match store.create_product(&stocked).await? {
        Opened::Now => {}
        Opened::MissingReference => return Err(Problem::unknown("category_id", "category")),
        Opened::NameTaken | Opened::SecondStore => return Err(Problem::taken(SKU_TAKEN, "sku")),
    }
    let location = format!("/api/v1/products/{}", stocked.product.id);
    Reply::created(&ProductBody::of(stocked, &fees), &location)
}
