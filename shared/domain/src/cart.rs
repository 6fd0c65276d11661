//! Carts: what somebody may buy. A cart holds no stock and freezes no price.

use std::collections::BTreeMap;

use crate::catalogue::Stocked;
use crate::clock::Timestamp;
use crate::ids::{CartId, OrderId, ProductId, StoreId};
use crate::money::Minor;
use crate::order::OrderLine;
use crate::quantity::Quantity;

/// The most distinct products in a cart or an order.
pub const MOST_LINES: usize = 50;
/// The most stores in an order.
pub const MOST_STORES: usize = 20;

/// A cart.
#[derive(Clone, Debug, PartialEq)]
pub struct Cart {
    /// Random, and new for every life of the cart.
    pub id: CartId,
    /// Counts every change, and never restarts.
    pub version: u64,
    /// What is in it.
    pub lines: Lines,
    /// The order that it last became, and when.
    pub last_order: Option<(OrderId, Timestamp)>,
}

/// One product in a cart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CartLine {
    /// How many.
    pub quantity: Quantity,
    /// Who sells it; a product never changes hands.
    pub store_id: StoreId,
    /// The price when it was last added, in minor units: shown as changed, never charged.
    pub price_at_add: Minor,
}

/// What a user's cart holds once an anonymous one has gone into it: quantities summed, but no more of a product than is
/// left of it or a cart may hold, and no more products than a cart may have; the user's own come first. Of what is sold
/// out one stays, to be shown as short.
pub fn merged(own: &Lines, other: &Lines, left: impl Fn(ProductId) -> i64) -> Lines {
    let mut lines = own.clone();
    for (product, line) in other {
        let most = u32::try_from(left(*product)).unwrap_or(0).clamp(1, Quantity::MOST);
        let held = own.get(product).map_or(0, |line| line.quantity.get());
        let quantity = (held + line.quantity.get()).min(most).max(held);
        let Ok(quantity) = Quantity::try_from(i64::from(quantity)) else { continue };
        if held > 0 || lines.len() < MOST_LINES {
            lines.insert(*product, CartLine { quantity, ..*line });
        }
    }
    lines
}

/// The lines of a cart, by their products.
pub type Lines = BTreeMap<ProductId, CartLine>;

/// What was asked for and cannot be sold, with how many are left of it.
pub type Short = BTreeMap<ProductId, i64>;

/// The lines of an order for what is wanted, at today's prices; or everything that cannot be sold in that number.
pub fn order_lines(wanted: &BTreeMap<ProductId, u32>, products: &[Stocked]) -> Result<Vec<OrderLine>, Short> {
    let found: BTreeMap<_, _> = products.iter().map(|stocked| (stocked.product.id, stocked)).collect();
    let available = |id: &ProductId| found.get(id).map_or(0, |stocked| stocked.available());
    let short: Short = wanted
        .iter()
        .map(|(id, quantity)| (*id, *quantity, available(id)))
        .filter(|(_, quantity, available)| *available < i64::from(*quantity))
        .map(|(id, _, available)| (id, available))
        .collect();
    if !short.is_empty() {
        return Err(short);
    }
    let line = |(id, quantity): (&ProductId, &u32)| {
        let Stocked { product, stock } = found.get(id)?;
        Some(OrderLine {
            product_id: product.id,
            store_id: product.store_id,
            sku: product.sku.clone(),
            name: product.name.clone(),
            price: stock.price,
            quantity: *quantity,
        })
    };
    Ok(wanted.iter().filter_map(line).collect())
}
