//! The parts of an order that do not move: snapshot and contact.

use serde::{Deserialize, Serialize};

use crate::account::address::Address;
use crate::clock::Timestamp;
use crate::ids::{OrderId, ProductId, StoreId, UserId};
use crate::money::{Currency, Minor, Totals};
use crate::text::{Email, Name, PaymentMethod, Reason, Sku};

/// The part of an order that never changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderSnapshot {
    /// Names the order.
    pub id: OrderId,
    /// What people call it: `ORD-YYYYMMDD-XXXXXX`. For display only.
    pub number: String,
    /// Who bought.
    pub shopper: UserId,
    /// When.
    pub placed_at: Timestamp,
    /// What.
    pub lines: Vec<OrderLine>,
    /// For how much.
    pub totals: Totals,
    /// The currency of every amount.
    pub currency: Currency,
    /// The provider's token for the means of payment.
    pub payment_method: PaymentMethod,
    /// What was asked for: a repeat must ask for the same.
    pub request_hash: String,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderLine {
    /// The product.
    pub product_id: ProductId,
    /// Who sells it.
    pub store_id: StoreId,
    /// The seller's name for it, at the time.
    pub sku: Sku,
    /// What it was called.
    pub name: Name,
    /// What one cost.
    pub price: Minor,
    /// How many.
    pub quantity: u32,
}

impl OrderLine {
    /// What the line costs. It was checked when the order's totals were.
    pub fn total(&self) -> Minor {
        self.price.saturating_mul(i64::from(self.quantity))
    }
}

/// The part of an order that can be erased.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderContact {
    /// Which order.
    pub id: OrderId,
    /// Where the mails go.
    pub email: Email,
    /// What the mails say hello to.
    pub name: Name,
    /// Where the parcels go.
    pub shipping_address: Address,
    /// What the bill says.
    pub billing_address: Address,
    /// Why it was cancelled, if somebody said so: it is here because people's own words can be about people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_reason: Option<Reason>,
}
