//! `POST /cart/items`: put a product in the shopper's cart.

use api::code::{CART_FULL, NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::CartLines;
use api::{Endpoint, Problem, Reply, Request, Result, Schema};
use domain::Invalid;
use domain::ids::ProductId;
use domain::invalid::OUT_OF_RANGE;
use domain::quantity::Quantity;
use serde::Deserialize;
use store::{Added, Store};

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::post("/api/v1/cart/items")
    .takes::<Item>()
    .answers::<CartLines>(200)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, NOT_FOUND, CART_FULL]);

/// Serves it.
pub fn main() {
    lambda::serve(ENDPOINT, add_to_cart);
}

/// How many of what.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    product_id: ProductId,
    quantity: Quantity,
}

/// Adds to what is there already. Nothing is held back for the shopper: a checkout takes the stock.
pub async fn add_to_cart(store: &Store, request: Request) -> Result {
    let (cart, new_token) = request.cart_key_or_new(store).await?;
    let item: Item = request.json()?;

    let stocked = store.product(item.product_id).await?.filter(|stocked| stocked.product.is_active);
    let product = stocked.ok_or_else(|| Problem::missing("product"))?.product;
    match store.add_to_cart(&cart, &product, item.quantity).await? {
        Added::Now(cart) => Reply::ok(&CartLines::from(cart))?.cart_token(new_token.as_deref()),
        Added::TooMany => {
            let most = format!("a cart holds at most {} of a product", Quantity::MOST);
            Err(Problem::invalid("quantity", &Invalid::new(OUT_OF_RANGE, most)))
        }
        Added::Full => Err(Problem::new(CART_FULL, "A cart holds at most 50 products.")),
    }
}
