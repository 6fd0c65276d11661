//! `DELETE /cart`: empty the cart.

use api::code::UNAUTHENTICATED;
use api::{Endpoint, Reply, Request, Result};
use table::Table;

pub const ENDPOINT: Endpoint = Endpoint::delete("/api/v1/cart").refuses(&[UNAUTHENTICATED]);

pub fn main() {
    lambda::run(ENDPOINT, clear_cart);
}

/// Without a cart the answer is the same.
pub async fn clear_cart(table: &Table, request: Request) -> Result {
    let reply = Reply::no_content();
    match request.cart_key(table).await? {
        Some(cart) if table.clear_cart(&cart).await? => reply.keeping_cart(&request, &cart),
        _ => Ok(reply),
    }
}
