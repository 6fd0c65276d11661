//! Carts: what somebody may buy. A cart holds no stock and freezes no price.

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::ids::{CartId, OrderId, ProductId, StoreId};
use crate::money::Minor;
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
    pub lines: BTreeMap<ProductId, CartLine>,
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
