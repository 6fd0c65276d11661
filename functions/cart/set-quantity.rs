//! `PATCH /cart/items/{variant_id}`: set the quantity of a line of the cart.

use api::code::{NOT_FOUND, UNAUTHENTICATED, VALIDATION_ERROR};
use api::view::CartLines;
use api::{Endpoint, Problem, Reply, Request, Result, Schema, cart};
use domain::quantity::Held;
use serde::Deserialize;
use table::{LineName, Table};

pub const ENDPOINT: Endpoint = Endpoint::patch("/api/v1/cart/items/{variant_id}")
    .takes::<HowMany>()
    .answers::<CartLines>(200)
    .refuses(&[VALIDATION_ERROR, UNAUTHENTICATED, NOT_FOUND]);

pub fn main() {
    lambda::run(ENDPOINT, set_quantity);
}

#[derive(Deserialize, Schema)]
#[serde(deny_unknown_fields)]
pub struct HowMany {
    /// 0 removes the line.
    quantity: Held,
}

/// The id of a product names its only line. 404 for a line that is not in the cart: only adding checks
/// whether something is sold.
pub async fn set_quantity(table: &Table, request: Request) -> Result {
    let key = request.cart_key(table).await?;
    let line: LineName = request.param("variant_id", "line in the cart")?;
    let HowMany { quantity } = request.json()?;
    let key = key.ok_or_else(|| Problem::missing("line in the cart"))?;
    let cart = cart::changed(table.set_in_cart(&key, line, quantity.quantity()).await?)?;
    Reply::ok(&CartLines::from(cart))?.keeping_cart(&request, &key)
}
