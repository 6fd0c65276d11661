//! `PATCH /cart/items/{product_id}`: say how many of a product the shopper's cart is to hold.

use api::code::{NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::CartLines;
use api::{Endpoint, Problem, Reply, Request, Result, Schema};
use domain::ids::ProductId;
use domain::quantity::Held;
use serde::Deserialize;
use table::Table;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::patch("/api/v1/cart/items/{product_id}")
    .takes::<HowMany>()
    .answers::<CartLines>(200)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, NOT_FOUND]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, set_quantity);
}

/// How many.
#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct HowMany {
    /// 0 takes the product out.
    quantity: Held,
}

/// What is not in the cart has to be added, for only that looks whether it is sold.
pub async fn set_quantity(table: &Table, request: Request) -> Result {
    let cart = request.cart_key(table).await?;
    let product: ProductId = request.param("product_id", "line in the cart")?;
    let HowMany { quantity } = request.json()?;
    let missing = || Problem::missing("line in the cart");
    let cart = cart.ok_or_else(missing)?;
    let cart = table.set_in_cart(&cart, product, quantity.quantity()).await?.ok_or_else(missing)?;
    Reply::ok(&CartLines::from(cart))?.keeping_cart(&request)
}
