//! `DELETE /cart/items/{variant_id}`: remove a line from the cart.

use api::code::{NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::CartLines;
use api::{Endpoint, Problem, Reply, Request, Result, cart};
use table::{LineName, Table};

pub const ENDPOINT: Endpoint = Endpoint::delete("/api/v1/cart/items/{variant_id}")
    .answers::<CartLines>(200)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, remove_from_cart);
}

/// All units are removed. The id of a product names its only line.
pub async fn remove_from_cart(table: &Table, request: Request) -> Result {
    let key = request.cart_key(table).await?;
    let line: LineName = request.param("variant_id", "line in the cart")?;
    let key = key.ok_or_else(|| Problem::missing("line in the cart"))?;
    let cart = cart::changed(table.set_in_cart(&key, line, None).await?)?;
    Reply::ok(&CartLines::from(cart))?.keeping_cart(&request, &key)
}
