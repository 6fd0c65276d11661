//! The parts of an order that do not move: snapshot and contact.

use serde::{Deserialize, Serialize};

use crate::account::address::Address;
use crate::clock::Timestamp;
use crate::ids::{OrderId, Place, ProductId, StoreId, UserId, VariantId};
use crate::money::{Currency, Minor, Totals};
use crate::text::{Email, Name, PaymentMethod, Reason, Sku};

/// The part of an order that never changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderSnapshot {
    /// Names the order.
    pub id: OrderId,
    /// The number for people: `ORD-YYYYMMDD-XXXXXX`. For display only.
    pub number: String,
    /// The buyer.
    pub shopper: UserId,
    /// When the order was placed.
    pub placed_at: Timestamp,
    /// What was bought.
    pub lines: Vec<OrderLine>,
    /// What it costs.
    pub totals: Totals,
    /// The currency of every amount.
    pub currency: Currency,
    /// The provider's token for the means of payment.
    pub payment_method: PaymentMethod,
    /// The hash of the checkout request. A repeat must have the same.
    pub request_hash: String,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderLine {
    /// The product.
    pub product_id: ProductId,
    /// The variant's place.
    #[serde(default, skip_serializing_if = "Place::is_first")]
    pub place: Place,
    /// The store that sells it.
    pub store_id: StoreId,
    /// The seller's code at the time of the order.
    pub sku: Sku,
    /// The name at the time of the order.
    pub name: Name,
    /// The variant's values at the time of the order, such as `Red / XL`; none for a plain product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The price of one unit, in minor units.
    pub price: Minor,
    /// The number of units.
    pub quantity: u32,
}

impl OrderLine {
    /// The variant.
    pub fn variant_id(&self) -> VariantId {
        VariantId { product: self.product_id, place: self.place }
    }

    /// The name with the variant's values: `Shirt (Red / XL)`.
    pub fn title(&self) -> String {
        match &self.variant {
            Some(variant) => format!("{} ({variant})", self.name),
            None => self.name.to_string(),
        }
    }

    /// The price of the line, in minor units. It cannot overflow: the order's totals were checked.
    pub fn total(&self) -> Minor {
        self.price.saturating_mul(i64::from(self.quantity))
    }
}

/// The part of an order that can be erased.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderContact {
    /// The order.
    pub id: OrderId,
    /// The address for mails.
    pub email: Email,
    /// The name in the greeting of mails.
    pub name: Name,
    /// The address for parcels.
    pub shipping_address: Address,
    /// The address on the bill.
    pub billing_address: Address,
    /// The reason of a cancellation. It can be erased, because people's own words may be about people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_reason: Option<Reason>,
}
