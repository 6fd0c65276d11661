//! The part of an order that moves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::mail::{Mail, Owed};
use super::status::{PaymentStatus, Status};
use crate::Schema;
use crate::clock::Timestamp;
use crate::ids::{OrderId, StoreId, UserId};
use crate::money::Money;
use crate::stores::Mode;

/// The part of an order that moves. It has about 1 KB, so that each move costs one write unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderHead {
    /// The order.
    pub id: OrderId,
    /// The buyer.
    pub shopper: UserId,
    /// When the order was placed.
    #[serde(with = "crate::clock::millis")]
    pub placed_at: Timestamp,
    /// What lists show of the snapshot.
    pub summary: Summary,
    /// The payment.
    pub payment: Payment,
    /// One part for each store.
    pub fulfilments: BTreeMap<StoreId, Fulfilment>,
    /// All events, in order.
    pub timeline: Vec<Event>,
    /// The length of the timeline. Every move is conditional on it.
    pub version: u64,
    /// Mails that are owed.
    pub owed: BTreeMap<Mail, Owed>,
    /// When the sweeper looks at this order; absent when nothing is owed.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::clock::millis::option")]
    pub due_at: Option<Timestamp>,
    /// How often the sweeper has reminded since the last progress.
    #[serde(default)]
    pub attempts: u32,
}

/// What lists show of an order's snapshot. The head repeats it, so that a list reads one item for each order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The number of lines.
    pub lines: u32,
    /// The order's total.
    pub total: Money,
}

/// The payment of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// The status.
    pub status: PaymentStatus,
    /// The provider's id of the payment. All retries use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Whether the buyer has to act before the payment can go on: mostly to prove to their bank who they are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_buyer: bool,
}

impl Payment {
    /// A payment that does not wait for the buyer.
    pub(super) fn of(status: PaymentStatus, id: Option<String>) -> Self {
        Self { status, id, needs_buyer: false }
    }
}

/// One store's part of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fulfilment {
    /// The status.
    pub status: Status,
    /// Whether the workers or the seller move it.
    pub mode: Mode,
    /// The carrier's number of the parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<String>,
    /// When the carrier expects to deliver.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::clock::millis::option")]
    pub estimate: Option<Timestamp>,
    /// The next step must not happen before this time.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::clock::millis::option")]
    pub not_before: Option<Timestamp>,
}

impl Fulfilment {
    /// Whether the parcel is not shipped yet, so that its sender needs the address.
    pub fn is_to_ship(&self) -> bool {
        matches!(self.status, Status::Paid | Status::Processing | Status::Shipping)
    }
}

/// One entry of the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When it happened.
    #[serde(with = "crate::clock::millis")]
    pub at: Timestamp,
    /// What happened.
    pub to: Happened,
    /// The part that it happened to, by its place in the order of store ids: 2 bytes instead of 30. `None`
    /// means all parts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<u8>,
}

/// What can happen to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// It was placed.
    Pending,
    /// The provider gave the payment an id; no money is taken yet.
    PaymentOpened,
    /// The buyer has to act before the money can be taken.
    ActionRequired,
    /// The money was taken.
    Paid,
    /// The payment was refused or cancelled.
    PaymentFailed,
    /// The money was refunded.
    Refunded,
    /// A part was packed.
    Processing,
    /// A part was claimed for the carrier.
    Shipping,
    /// The label for a part was bought.
    Labelled,
    /// A part is with the carrier.
    Shipped,
    /// A part is at the door.
    Delivered,
    /// A part needs nothing more.
    Completed,
    /// The order was cancelled.
    Cancelled,
}

impl OrderHead {
    /// The status of the whole order: that of its least advanced part.
    pub fn status(&self) -> Status {
        self.fulfilments.values().map(|part| part.status).min().unwrap_or(Status::Cancelled)
    }

    /// The index of a store's part in [`Event::of`].
    pub(super) fn place(&self, store: StoreId) -> Option<u8> {
        self.fulfilments.keys().position(|known| *known == store).and_then(|place| u8::try_from(place).ok())
    }

    /// The store that an event is about.
    pub fn store_of(&self, event: &Event) -> Option<StoreId> {
        event.of.and_then(|place| self.fulfilments.keys().nth(usize::from(place)).copied())
    }

    /// When anything last happened to the order.
    pub fn updated_at(&self) -> Timestamp {
        self.timeline.last().map_or(self.placed_at, |event| event.at)
    }

    /// The time of an event that happens `now`: never earlier than the previous event. The clocks of two
    /// workers may differ, and one may have waited for the other.
    pub(super) fn later(&self, now: Timestamp) -> Timestamp {
        now.max(self.updated_at())
    }

    /// The events of this part, and those of the whole order.
    pub fn events_of(&self, store: StoreId) -> impl DoubleEndedIterator<Item = &Event> {
        let place = self.place(store);
        self.timeline.iter().filter(move |event| event.of.is_none() || event.of == place)
    }

    /// When this part of the order last moved.
    pub fn moved_at(&self, store: StoreId) -> Timestamp {
        self.events_of(store).next_back().map_or(self.placed_at, |event| event.at)
    }

    /// Whether the money is still to be taken.
    pub(super) fn is_unpaid(&self) -> bool {
        self.status() == Status::Pending && self.payment.status == PaymentStatus::Pending
    }

    /// Whether the payment waits for the buyer.
    pub fn needs_buyer(&self) -> bool {
        self.is_unpaid() && self.payment.needs_buyer
    }
}
