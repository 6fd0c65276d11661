//! The checkout: from what a buyer asks for to the order that is written.

use std::collections::{BTreeMap, BTreeSet};

use super::head::OrderHead;
use super::parts::{OrderContact, OrderLine, OrderSnapshot};
use crate::account::User;
use crate::account::address::{Address, AddressBook, Purpose};
use crate::cart::{Cart, MOST_LINES, MOST_STORES, Short, Shortage, order_lines};
use crate::catalogue::Stocked;
use crate::clock::Timestamp;
use crate::ids::{AddressId, OrderId, VariantId};
use crate::invalid::{Invalid, OUT_OF_RANGE, TOO_LONG, TOO_SHORT};
use crate::money::{Fees, Money, Overflow};
use crate::quantity::Quantity;
use crate::stores::Store;
use crate::text::PaymentMethod;

/// How many units of each variant a buyer wants.
pub type Wanted = BTreeMap<VariantId, u32>;

/// Why the present state of the shop refuses a checkout. Nothing is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The cart has no lines.
    CartEmpty,
    /// The cart or a price differs from what the buyer was shown.
    Changed,
    /// These products cannot be sold in that number.
    Short(Short),
    /// More than [`MOST_STORES`] stores.
    TooManyStores,
    /// No `i64` holds the total.
    TooLarge,
}

/// What a checkout writes.
#[derive(Clone, Debug, PartialEq)]
pub struct NewOrder {
    /// The part of the order that never changes.
    pub snapshot: OrderSnapshot,
    /// The buyer and the addresses.
    pub contact: OrderContact,
    /// The part of the order that moves.
    pub head: OrderHead,
    /// The cart that becomes this order; none where the request named the items.
    pub cart: Option<Cart>,
}

/// Where an order goes, and who is billed.
#[derive(Clone, Debug, PartialEq)]
pub struct Addresses {
    /// Where the parcels go.
    pub shipping: Address,
    /// Who is billed.
    pub billing: Address,
}

/// Why there is no shipping address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoAddress {
    /// The buyer has no saved address with this id.
    Unknown,
    /// The request names no address, and the buyer has no default one.
    NoDefault,
}

/// All that a purchase is but for its products, which may have to be priced more than once.
#[derive(Clone, Debug)]
pub struct Purchase {
    /// The id of the order. Every repeat of the attempt has the same.
    pub id: OrderId,
    /// The buyer.
    pub buyer: User,
    /// Where the order goes.
    pub addresses: Addresses,
    /// The payment provider's token for the means of payment.
    pub payment_method: PaymentMethod,
    /// The hash of the request.
    pub request_hash: String,
    /// The total that the buyer was shown, if the request names it.
    pub expected_total: Option<Money>,
    /// What to buy.
    pub wanted: Wanted,
    /// The cart that becomes the order; none where the request named the items.
    pub cart: Option<Cart>,
}

/// The sum of given items for each variant. There are 1 to [`MOST_LINES`] items, and at most
/// [`Quantity::MOST`] units of a variant.
pub fn wanted_items(items: &[(VariantId, Quantity)]) -> Result<Wanted, Invalid> {
    let mut wanted = Wanted::new();
    for (variant, quantity) in items {
        *wanted.entry(*variant).or_insert(0) += quantity.get();
    }
    if items.is_empty() {
        return Err(Invalid::new(TOO_SHORT, "must have at least one item"));
    }
    if items.len() > MOST_LINES {
        return Err(Invalid::new(TOO_LONG, format!("must have at most {MOST_LINES} items")));
    }
    if wanted.values().any(|quantity| *quantity > Quantity::MOST) {
        return Err(Invalid::new(OUT_OF_RANGE, format!("at most {} of a variant", Quantity::MOST)));
    }
    Ok(wanted)
}

/// The content of a cart; none when it is empty.
pub fn wanted_of(cart: &Cart) -> Option<Wanted> {
    let wanted: Wanted = cart.lines.iter().map(|(id, line)| (*id, line.quantity.get())).collect();
    Some(wanted).filter(|wanted| !wanted.is_empty())
}

impl Addresses {
    /// Chooses the addresses: a given one, else the saved one with the id `saved`, else the default. Without
    /// any billing address the shipping address is billed.
    pub fn choose(
        book: &AddressBook,
        given: Option<&Address>,
        saved: Option<AddressId>,
        billing: Option<&Address>,
    ) -> Result<Self, NoAddress> {
        let default = |purpose| book.default_for(purpose).map(|saved| saved.address);
        let shipping = match (given, saved) {
            (Some(given), _) => given.clone(),
            (None, Some(id)) => book.get(id).map(|saved| saved.address).ok_or(NoAddress::Unknown)?,
            (None, None) => default(Purpose::Shipping).ok_or(NoAddress::NoDefault)?,
        };
        let billing = billing.cloned().or_else(|| default(Purpose::Billing));
        Ok(Self { billing: billing.unwrap_or_else(|| shipping.clone()), shipping })
    }
}

impl Purchase {
    /// Makes the order at the prices of these products, which the write checks once more. A product whose
    /// store is closed or absent is no longer sold.
    pub fn order(
        &self,
        products: &[Stocked],
        stores: &[Store],
        fees: &Fees,
        now: Timestamp,
    ) -> Result<NewOrder, Refusal> {
        let lines = order_lines(&self.wanted, products).map_err(Refusal::Short)?;
        let sellers: BTreeSet<_> = lines.iter().map(|line| line.store_id).collect();
        if sellers.len() > MOST_STORES {
            return Err(Refusal::TooManyStores);
        }
        let open: BTreeMap<_, _> = stores
            .iter()
            .filter(|store| sellers.contains(&store.id) && !store.closed)
            .map(|store| (store.id, store.fulfilment))
            .collect();
        let gone = lines.iter().filter(|line| !open.contains_key(&line.store_id));
        let gone: Short = gone.map(|line| (line.variant_id(), Shortage::NotSold)).collect();
        if !gone.is_empty() {
            return Err(Refusal::Short(gone));
        }
        let snapshot = self.snapshot(lines, fees, now).map_err(|Overflow| Refusal::TooLarge)?;
        if self.expected_total.is_some_and(|expected| expected != fees.money(snapshot.totals.total)) {
            return Err(Refusal::Changed);
        }
        let contact = OrderContact {
            id: self.id,
            email: self.buyer.email.clone(),
            name: self.buyer.name.clone(),
            shipping_address: self.addresses.shipping.clone(),
            billing_address: self.addresses.billing.clone(),
            cancel_reason: None,
        };
        Ok(NewOrder { head: OrderHead::new(&snapshot, &open), snapshot, contact, cart: self.cart.clone() })
    }

    fn snapshot(
        &self,
        lines: Vec<OrderLine>,
        fees: &Fees,
        placed_at: Timestamp,
    ) -> Result<OrderSnapshot, Overflow> {
        Ok(OrderSnapshot {
            id: self.id,
            number: self.id.number(placed_at),
            shopper: self.buyer.id,
            placed_at,
            totals: fees.totals(lines.iter().map(|line| (line.price, line.quantity)))?,
            lines,
            currency: fees.currency,
            payment_method: self.payment_method.clone(),
            request_hash: self.request_hash.clone(),
        })
    }
}
