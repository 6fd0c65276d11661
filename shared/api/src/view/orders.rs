//! Orders, as shown to their buyer and to each seller.

use domain::account::address::Address;
use domain::ids::{OrderId, ProductId, StoreId, VariantId};
use domain::money::{Currency, Minor, Money};
use domain::orders::{
    Event, Fulfilment, Happened, OrderContact, OrderHead, OrderLine, OrderSnapshot, PaymentStatus, Status,
};
use domain::text::{Name, PaymentMethod, Reason, Sku};
use domain::{Schema, Timestamp};
use serde::Serialize;
use table::Order;

/// An order, as shown to its buyer.
#[derive(Serialize, Schema)]
pub struct OrderBody {
    id: OrderId,
    /// The number for people. The API uses the id.
    number: String,
    status: Status,
    payment_status: PaymentStatus,
    payment_method: PaymentMethod,
    /// Present while the payment waits for the buyer.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<WaitingPayment>,
    lines: Vec<OrderLineBody>,
    subtotal: Money,
    discount: Money,
    tax: Money,
    shipping: Money,
    total: Money,
    fulfilments: Vec<FulfilmentBody>,
    timeline: Vec<EventBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_address: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_address: Option<Address>,
    /// The reason that was given with the cancellation.
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_reason: Option<Reason>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A payment that waits for the buyer.
#[derive(Serialize, Schema)]
struct WaitingPayment {
    next_action: NextAction,
}

/// Where the buyer's client gets the next step of the payment.
#[derive(Serialize, Schema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum NextAction {
    /// Send a request to `url`. Only the buyer gets an answer.
    Authenticate {
        /// A path of this API.
        url: String,
    },
}

impl WaitingPayment {
    fn of(head: &OrderHead) -> Option<Self> {
        let next_action = NextAction::Authenticate { url: format!("/api/v1/orders/{}/payment", head.id) };
        head.needs_buyer().then_some(Self { next_action })
    }
}

/// An order in a list.
#[derive(Serialize, Schema)]
pub struct OrderRow {
    id: OrderId,
    /// The number for people. The API uses the id.
    number: String,
    status: Status,
    payment_status: PaymentStatus,
    total: Money,
    /// The number of lines.
    line_count: u32,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl OrderRow {
    /// The order's row.
    pub fn of(head: &OrderHead) -> Self {
        Self {
            id: head.id,
            number: head.id.number(head.placed_at),
            status: head.status(),
            payment_status: head.payment.status,
            total: head.summary.total,
            line_count: head.summary.lines,
            created_at: head.placed_at,
            updated_at: head.updated_at(),
        }
    }
}

/// An order, as shown to a seller: only their own part.
#[derive(Serialize, Schema)]
pub struct SellerOrderBody {
    id: OrderId,
    /// The number for people. The API uses the id.
    number: String,
    /// The status of the seller's own part.
    status: Status,
    lines: Vec<OrderLineBody>,
    /// The sum of the seller's own lines, before discount, tax and shipping.
    subtotal: Money,
    fulfilment: FulfilmentBody,
    timeline: Vec<EventBody>,
    /// Present until the parcel is shipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_address: Option<Address>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl SellerOrderBody {
    /// This store's part of the order; `None` if it has no part.
    pub fn of(
        store: StoreId,
        snapshot: &OrderSnapshot,
        head: &OrderHead,
        contact: Option<OrderContact>,
    ) -> Option<Self> {
        let part = head.fulfilments.get(&store)?;
        let own: Vec<_> = snapshot.lines.iter().filter(|line| line.store_id == store).collect();
        let subtotal = own.iter().map(|line| line.total()).fold(0, Minor::saturating_add);
        Some(Self {
            id: snapshot.id,
            number: snapshot.number.clone(),
            status: part.status,
            lines: own.into_iter().map(|line| OrderLineBody::of(line, snapshot.currency)).collect(),
            subtotal: Money { amount: subtotal, currency: snapshot.currency },
            fulfilment: FulfilmentBody::of(store, part),
            timeline: head.events_of(store).map(|event| EventBody::of(head, event)).collect(),
            shipping_address: contact.filter(|_| part.is_to_ship()).map(|contact| contact.shipping_address),
            created_at: snapshot.placed_at,
            updated_at: head.moved_at(store),
        })
    }
}

impl SellerOrderBody {
    /// Whether the seller's own part has this status.
    pub fn stands(&self, status: Status) -> bool {
        self.status == status
    }
}

/// An order, as shown to a party.
#[derive(Serialize, Schema)]
#[serde(untagged)]
pub enum OrderView {
    /// For its buyer and for administrators.
    Whole(Box<OrderBody>),
    /// For a seller with a part in it.
    Part(Box<SellerOrderBody>),
}

#[derive(Serialize, Schema)]
struct OrderLineBody {
    product_id: ProductId,
    variant_id: VariantId,
    store_id: StoreId,
    sku: Sku,
    name: Name,
    /// The variant's values at the time of the order, such as `Red / XL`. Absent for a plain product.
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<String>,
    price: Money,
    quantity: u32,
    total: Money,
}

impl OrderLineBody {
    fn of(line: &OrderLine, currency: Currency) -> Self {
        let money = |amount| Money { amount, currency };
        Self {
            product_id: line.product_id,
            variant_id: line.variant_id(),
            store_id: line.store_id,
            sku: line.sku.clone(),
            name: line.name.clone(),
            variant: line.variant.clone(),
            price: money(line.price),
            quantity: line.quantity,
            total: money(line.total()),
        }
    }
}

#[derive(Serialize, Schema)]
struct FulfilmentBody {
    store_id: StoreId,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_delivery: Option<Timestamp>,
}

impl FulfilmentBody {
    fn of(store_id: StoreId, part: &Fulfilment) -> Self {
        Self {
            store_id,
            status: part.status,
            tracking_number: part.tracking_number.clone(),
            estimated_delivery: part.estimate,
        }
    }
}

#[derive(Serialize, Schema)]
struct EventBody {
    at: Timestamp,
    event: Happened,
    #[serde(skip_serializing_if = "Option::is_none")]
    store_id: Option<StoreId>,
}

impl EventBody {
    fn of(head: &OrderHead, event: &Event) -> Self {
        Self { at: event.at, event: event.to, store_id: head.store_of(event) }
    }
}

impl OrderBody {
    /// The order as it was placed. It is built from the snapshot alone, so every repeat of the request gets
    /// the same answer.
    pub fn as_placed(snapshot: &OrderSnapshot) -> Self {
        Self::of(snapshot, &OrderHead::new(snapshot, &[].into()), None)
    }

    /// The order in its present state.
    pub fn whole(order: Order) -> Self {
        Self::of(&order.snapshot, &order.head, order.contact)
    }

    /// The order in its present state, from its items.
    pub fn of(snapshot: &OrderSnapshot, head: &OrderHead, contact: Option<OrderContact>) -> Self {
        let money = |amount| Money { amount, currency: snapshot.currency };
        let (addresses, cancel_reason) = contact
            .map(|contact| ((contact.shipping_address, contact.billing_address), contact.cancel_reason))
            .unzip();
        let (shipping_address, billing_address) = addresses.unzip();
        Self {
            id: snapshot.id,
            number: snapshot.number.clone(),
            status: head.status(),
            payment_status: head.payment.status,
            payment_method: snapshot.payment_method.clone(),
            payment: WaitingPayment::of(head),
            lines: snapshot.lines.iter().map(|line| OrderLineBody::of(line, snapshot.currency)).collect(),
            subtotal: money(snapshot.totals.subtotal),
            discount: money(snapshot.totals.discount),
            tax: money(snapshot.totals.tax),
            shipping: money(snapshot.totals.shipping),
            total: money(snapshot.totals.total),
            fulfilments: head.fulfilments.iter().map(|(id, part)| FulfilmentBody::of(*id, part)).collect(),
            timeline: head.timeline.iter().map(|event| EventBody::of(head, event)).collect(),
            shipping_address,
            billing_address,
            cancel_reason: cancel_reason.flatten(),
            created_at: snapshot.placed_at,
            updated_at: head.updated_at(),
        }
    }
}
