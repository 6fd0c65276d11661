//! `POST /cart/items`: add a product to the cart.

use api::code::{CART_FULL, NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::CartLines;
use api::{Endpoint, Problem, Reply, Request, Result, Schema, new_cart};
use domain::Invalid;
use domain::catalogue::Stocked;
use domain::ids::ProductId;
use domain::invalid::OUT_OF_RANGE;
use domain::quantity::Quantity;
use serde::Deserialize;
use table::{Added, Table};

pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/cart/items")
    .takes::<Item>()
    .answers::<CartLines>(200)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, NOT_FOUND, CART_FULL]);

pub fn main() {
    lambda::run(ENDPOINT, add_to_cart);
}

/// A number of units of a product.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    product_id: ProductId,
    quantity: Quantity,
}

/// The quantity is added to what is already in the cart. The cart reserves nothing: a checkout takes the
/// stock.
pub async fn add_to_cart(table: &Table, request: Request) -> Result {
    let key = request.cart_key(table).await?;
    let Item { product_id, quantity } = request.json()?;
    let offer = on_sale(table, &request, product_id).await?;
    let added = match &key {
        Some(key) => table.add_to_cart(key, &offer, quantity).await?,
        None => Added::NoCart,
    };
    match added {
        Added::Now(cart) => {
            let reply = Reply::ok(&CartLines::from(cart))?;
            key.iter().try_fold(reply, |reply, key| reply.keeping_cart(&request, key))
        }
        Added::NoCart => {
            let (key, token) = new_cart()?;
            let cart = table.open_cart(&key, &offer, quantity).await?;
            Reply::ok(&CartLines::from(cart))?.cart_token(&token)
        }
        Added::TooMany => {
            let most = format!("a cart holds at most {} of a product", Quantity::MOST);
            Err(Problem::invalid("quantity", &Invalid::new(OUT_OF_RANGE, most)))
        }
        Added::Full => Err(Problem::new(CART_FULL, "A cart holds at most 50 products.")),
    }
}

/// The product, if it is shown and its store is open.
async fn on_sale(table: &Table, request: &Request, id: ProductId) -> Result<Stocked> {
    let missing = || Problem::missing("product");
    let offer = table.product(id).await?.ok_or_else(missing)?;
    let product = &offer.product;
    let on_sale = product.is_active && request.deployment.is_open(product.store_id, table).await?;
    if on_sale { Ok(offer) } else { Err(missing()) }
}
