//! `DELETE /cart`: empty the shopper's cart.

use api::code::UNAUTHENTICATED;
use api::{Endpoint, Reply, Request, Result};
use table::Table;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::delete("/api/v1/cart").refuses(&[UNAUTHENTICATED]);

/// Serves it.
pub fn main() {
    lambda::run(ENDPOINT, clear_cart);
}

/// Where there is no cart, or nothing in it, there is nothing to do.
pub async fn clear_cart(table: &Table, request: Request) -> Result {
    let reply = Reply::no_content();
    match request.cart_key(table).await? {
        Some(cart) if table.clear_cart(&cart).await? => reply.keeping_cart(&request),
        _ => Ok(reply),
    }
}
