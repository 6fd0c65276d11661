//! `PATCH /cart/items/{product_id}`: set the quantity of a product in the cart.

use api::code::{NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::CartLines;
use api::{Endpoint, Problem, Reply, Request, Result, Schema};
use domain::ids::{ProductId, VariantId};
use domain::quantity::Held;
use serde::Deserialize;
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::patch("/api/v1/cart/items/{product_id}")
    .takes::<HowMany>()
    .answers::<CartLines>(200)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, set_quantity);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct HowMany {
    /// 0 removes the product.
    quantity: Held,
}

/// 404 for a product that is not in the cart: only adding checks whether a product is sold.
pub async fn set_quantity(table: &Table, request: Request) -> Result {
    let cart = request.cart_key(table).await?;
    let product: ProductId = request.param("product_id", "line in the cart")?;
    let HowMany { quantity } = request.json()?;
    let missing = || Problem::missing("line in the cart");
    let key = cart.ok_or_else(missing)?;
    let cart = table
        .set_in_cart(&key, VariantId::first_of(product), quantity.quantity())
        .await?
        .ok_or_else(missing)?;
    Reply::ok(&CartLines::from(cart))?.keeping_cart(&request, &key)
}
