//! `DELETE /cart`: empty the shopper's cart.

use api::code::UNAUTHENTICATED;
use api::{Endpoint, Reply, Request, Result};
use store::Store;

/// The contract.
pub const ENDPOINT: Endpoint = Endpoint::delete("/api/v1/cart").refuses(&[UNAUTHENTICATED]);

/// Serves it.
pub fn main() {
    lambda::serve(ENDPOINT, clear_cart);
}

/// Where there is no cart, or nothing in it, there is nothing to do.
pub async fn clear_cart(store: &Store, request: Request) -> Result {
    if let Some(cart) = request.cart_key(store).await? {
        store.clear_cart(&cart).await?;
    }
    Reply::no_content().keeping_cart(&request)
}
