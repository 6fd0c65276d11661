//! Carts after a change.

use domain::Schema;
use domain::cart::Cart;
use domain::ids::{ProductId, VariantId};
use domain::quantity::Quantity;
use serde::Serialize;

/// The lines of a cart after a change.
#[derive(Serialize, Schema)]
pub struct CartLines {
    items: Vec<CartItem>,
    version: u64,
}

#[derive(Serialize, Schema)]
struct CartItem {
    product_id: ProductId,
    variant_id: VariantId,
    quantity: Quantity,
}

impl From<Cart> for CartLines {
    fn from(cart: Cart) -> Self {
        let items = cart.lines.into_iter();
        let items = items.map(|(variant_id, line)| {
            let product_id = variant_id.product;
            CartItem { product_id, variant_id, quantity: line.quantity }
        });
        Self { items: items.collect(), version: cart.version }
    }
}
