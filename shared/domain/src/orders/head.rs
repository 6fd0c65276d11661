//! The part of an order that moves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::mail::{Mail, Owed};
use super::status::{PaymentStatus, Status};
use crate::Schema;
use crate::catalogue::Mode;
use crate::clock::Timestamp;
use crate::ids::{OrderId, StoreId, UserId};
use crate::money::Money;

/// The part of an order that moves: about 1 KB, so that each move costs one write unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderHead {
    /// Which order.
    pub id: OrderId,
    /// Who bought.
    pub shopper: UserId,
    /// When.
    #[serde(with = "crate::clock::millis")]
    pub placed_at: Timestamp,
    /// What lists show of what was bought.
    pub summary: Summary,
    /// Where the money stands.
    pub payment: Payment,
    /// One store's part each.
    pub fulfilments: BTreeMap<StoreId, Fulfilment>,
    /// All that happened, in order.
    pub timeline: Vec<Event>,
    /// The length of the timeline: every move is conditional on it.
    pub version: u64,
    /// Mails that are owed.
    pub owed: BTreeMap<Mail, Owed>,
    /// When the sweeper looks at this order; none when nothing is owed.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::clock::millis::option")]
    pub due_at: Option<Timestamp>,
    /// How often the sweeper has reminded since the last progress.
    #[serde(default)]
    pub attempts: u32,
}

/// What lists show of an order's snapshot. It stands on the head, too, so that a list reads one item an
/// order.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How many lines it has.
    pub lines: u32,
    /// For how much.
    pub total: Money,
}

/// The money of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// Where it stands.
    pub status: PaymentStatus,
    /// The provider's name for the payment: its identity for every retry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Whether the buyer has to do something before it can go on: most often, to prove to their bank who they
    /// are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_buyer: bool,
}

impl Payment {
    /// A payment of which nothing is the buyer's to do.
    pub(super) fn of(status: PaymentStatus, id: Option<String>) -> Self {
        Self { status, id, needs_buyer: false }
    }
}

/// One store's part of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fulfilment {
    /// Where it stands.
    pub status: Status,
    /// Who moves it.
    pub mode: Mode,
    /// The carrier's name for the parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<String>,
    /// When the carrier expects to deliver.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::clock::millis::option")]
    pub estimate: Option<Timestamp>,
    /// Before this, the next step would be early.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::clock::millis::option")]
    pub not_before: Option<Timestamp>,
}

impl Fulfilment {
    /// Whether the parcel is still to be sent, so that its sender has to know where.
    pub fn is_to_ship(&self) -> bool {
        matches!(self.status, Status::Paid | Status::Processing | Status::Shipping)
    }
}

/// One entry of the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    #[serde(with = "crate::clock::millis")]
    pub at: Timestamp,
    /// What.
    pub to: Happened,
    /// To which fulfilment, by its place in the order of store ids: 2 bytes instead of 30. None means all of
    /// them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<u8>,
}

/// What can happen to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum Happened {
    /// Placed.
    Pending,
    /// The payment has a name at the provider, and nothing is taken yet.
    PaymentOpened,
    /// The buyer has to do something before the money can be taken.
    ActionRequired,
    /// The money was taken.
    Paid,
    /// The payment was refused or cancelled.
    PaymentFailed,
    /// The money was given back.
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
    /// Where the whole order stands: where its least advanced part does.
    pub fn status(&self) -> Status {
        self.fulfilments.values().map(|part| part.status).min().unwrap_or(Status::Cancelled)
    }

    /// The place of a store's part in the timeline's shorthand.
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

    /// When what happens `now` is said to happen: never before what it follows, though the clocks of two
    /// workers differ, and one may have waited for the other.
    pub(super) fn later(&self, now: Timestamp) -> Timestamp {
        now.max(self.updated_at())
    }

    /// What happened to this part of the order, and to the order as a whole.
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

    /// Whether the money waits for the buyer.
    pub fn needs_buyer(&self) -> bool {
        self.is_unpaid() && self.payment.needs_buyer
    }
}
