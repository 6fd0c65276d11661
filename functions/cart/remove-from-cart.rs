//! `DELETE /cart/items/{product_id}`: remove a product from the cart.

use api::code::{NOT_FOUND, UNAUTHENTICATED};
use api::view::CartLines;
use api::{Endpoint, Problem, Reply, Request, Result};
use domain::ids::{ProductId, VariantId};
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::delete("/api/v1/cart/items/{product_id}")
    .answers::<CartLines>(200)
    .refuses(&[UNAUTHENTICATED, NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, remove_from_cart);
}

/// All units of the product are removed.
pub async fn remove_from_cart(table: &Table, request: Request) -> Result {
    let cart = request.cart_key(table).await?;
    let product: ProductId = request.param("product_id", "line in the cart")?;
    let missing = || Problem::missing("line in the cart");
    let key = cart.ok_or_else(missing)?;
    let cart = table.set_in_cart(&key, VariantId::first_of(product), None).await?.ok_or_else(missing)?;
    Reply::ok(&CartLines::from(cart))?.keeping_cart(&request, &key)
}
