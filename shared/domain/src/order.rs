//! An order and its life.
//!
//! An order is four parts, because they change at different speeds and may be read by different people: a *snapshot*
//! that never changes, a *contact* that can be erased, a *head* that is small and moves, and a *pointer* per store.

mod change;
mod mail;
mod timeline;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Schema;
use crate::address::Address;
use crate::catalogue::Mode;
use crate::clock::Timestamp;
use crate::debt;
use crate::ids::{CartId, Id, OrderId, ProductId, StoreId, UserId};
use crate::money::{Currency, Minor, Money, Totals};
use crate::text::{Email, IdempotencyKey, Name, PaymentMethod, Reason, Sku, TrackingNumber};

pub use change::Change;
pub use mail::{Mail, Owed};

/// Where an order, or one store's part of it, stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Placed; the money is not taken yet.
    Pending,
    /// The money is taken.
    Paid,
    /// Packed.
    Processing,
    /// Claimed for the carrier: no cancel from here on.
    Shipping,
    /// With the carrier.
    Shipped,
    /// At the door.
    Delivered,
    /// Nothing more will happen.
    Completed,
    /// Called off; the stock was given back.
    Cancelled,
}

impl Status {
    /// The state machine. Everything else is refused, from people and from workers.
    pub fn may_become(self, next: Self) -> bool {
        use Status::{Cancelled, Completed, Delivered, Paid, Pending, Processing, Shipped, Shipping};
        matches!(
            (self, next),
            (Pending, Paid)
                | (Paid, Processing)
                | (Processing, Shipping)
                | (Shipping, Shipped)
                | (Shipped, Delivered)
                | (Delivered, Completed)
                | (Pending | Paid | Processing, Cancelled)
        )
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&format!("{self:?}").to_lowercase())
    }
}

/// Where the money stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Schema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Not taken.
    Pending,
    /// Taken.
    Paid,
    /// Refused or called off; nothing is held.
    Failed,
    /// Given back.
    Refunded,
}

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
    /// Why it was called off, if somebody said so: it is here because people's own words can be about people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_reason: Option<Reason>,
}

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

/// What lists show of an order's snapshot. It stands on the head, too, so that a list reads one item an order.
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
    /// Whether the buyer has to do something before it can go on: most often, to prove to their bank who they are.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_buyer: bool,
}

impl Payment {
    /// A payment of which nothing is the buyer's to do.
    fn of(status: PaymentStatus, id: Option<String>) -> Self {
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
    /// To which fulfilment, by its place in the order of store ids: 2 bytes instead of 30. None means all of them.
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
    /// The payment was refused or called off.
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
    /// The order was called off.
    Cancelled,
}

/// What makes two attempts to buy the same attempt.
#[derive(Clone, Debug)]
pub enum Attempt<'a> {
    /// The caller's own name for it.
    Key(&'a IdempotencyKey),
    /// This cart, as it stood.
    Cart(CartId, u64),
}

impl OrderId {
    /// The id of the order that `shopper` gets for `attempt`: the same for every repeat, and nobody else's.
    pub fn of(shopper: UserId, attempt: &Attempt<'_>) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"order\0");
        hash.update(shopper.bits().to_be_bytes());
        match attempt {
            Attempt::Key(key) => {
                hash.update(b"key\0");
                hash.update(key.as_str());
            }
            Attempt::Cart(cart, version) => {
                hash.update(b"cart\0");
                hash.update(cart.bits().to_be_bytes());
                hash.update(version.to_be_bytes());
            }
        }
        Self::from_bits(hash.finalize().iter().take(16).fold(0, |bits, byte| bits << 8 | u128::from(*byte)))
    }

    /// `ORD-YYYYMMDD-XXXXXX`: the day, and the last six characters of the id.
    pub fn number(self, placed_at: Timestamp) -> String {
        let id = self.to_string().to_ascii_uppercase();
        format!("ORD-{}-{}", placed_at.day(), id.split_at(id.len() - 6).1)
    }
}

/// A move that the state machine does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is {from} cannot become {to}")]
pub struct IllegalMove {
    /// Where it stands.
    pub from: Status,
    /// Where it should have gone.
    pub to: Status,
}

impl OrderHead {
    /// A new order.
    pub fn new(snapshot: &OrderSnapshot, modes: &BTreeMap<StoreId, Mode>) -> Self {
        let fulfilment = |mode: Mode| Fulfilment {
            status: Status::Pending,
            mode,
            tracking_number: None,
            estimate: None,
            not_before: None,
        };
        let stores = snapshot.lines.iter().map(|line| line.store_id);
        let mut head = Self {
            id: snapshot.id,
            shopper: snapshot.shopper,
            placed_at: snapshot.placed_at,
            summary: Summary {
                lines: u32::try_from(snapshot.lines.len()).unwrap_or(u32::MAX),
                total: Money { amount: snapshot.totals.total, currency: snapshot.currency },
            },
            payment: Payment::of(PaymentStatus::Pending, None),
            fulfilments: stores
                .map(|store| (store, fulfilment(modes.get(&store).copied().unwrap_or_default())))
                .collect(),
            timeline: vec![Event { at: snapshot.placed_at, to: Happened::Pending, of: None }],
            version: 1,
            owed: BTreeMap::new(),
            due_at: None,
            attempts: 0,
        };
        head.due_at = debt::next_debt(&head).map(|(_, when)| when);
        head
    }

    /// Where the whole order stands: where its least advanced part does.
    pub fn status(&self) -> Status {
        self.fulfilments.values().map(|part| part.status).min().unwrap_or(Status::Cancelled)
    }

    /// The place of a store's part in the timeline's shorthand.
    fn place(&self, store: StoreId) -> Option<u8> {
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

    /// When what happens `now` is said to happen: never before what it follows, though the clocks of two workers differ, and
    /// one may have waited for the other.
    fn later(&self, now: Timestamp) -> Timestamp {
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
    fn is_unpaid(&self) -> bool {
        self.status() == Status::Pending && self.payment.status == PaymentStatus::Pending
    }

    /// Whether the money waits for the buyer.
    pub fn needs_buyer(&self) -> bool {
        self.is_unpaid() && self.payment.needs_buyer
    }

    /// The provider has opened a payment under this name of its own. None when the money is not to be taken any more, or the
    /// payment has a name already: it keeps the first one.
    pub fn payment_opened(&self, payment_id: &str, now: Timestamp) -> Option<Change> {
        let now = self.later(now);
        let payment = Payment::of(PaymentStatus::Pending, Some(payment_id.to_owned()));
        (self.is_unpaid() && self.payment.id.is_none())
            .then(|| Change::of_payment(payment, Happened::PaymentOpened, now))
    }

    /// The money waits for the buyer. None when that is known, or the money is not to be taken any more.
    pub fn action_required(&self, now: Timestamp) -> Option<Change> {
        let now = self.later(now);
        let payment = Payment { needs_buyer: true, ..self.payment.clone() };
        (self.is_unpaid() && !self.payment.needs_buyer)
            .then(|| Change::of_payment(payment, Happened::ActionRequired, now))
    }

    /// The money is taken: every part becomes paid.
    pub fn paid(&self, payment_id: &str, now: Timestamp) -> Result<Change, IllegalMove> {
        let now = self.later(now);
        Ok(Change {
            payment: Some(Payment::of(PaymentStatus::Paid, Some(payment_id.to_owned()))),
            fulfilments: self.all_become(Status::Paid)?,
            events: vec![Event { at: now, to: Happened::Paid, of: None }],
            mails: vec![Mail::Confirmed],
        })
    }

    /// The payment was refused, or nobody paid in time: every part is cancelled.
    pub fn unpaid(&self, now: Timestamp) -> Result<Change, IllegalMove> {
        let now = self.later(now);
        let event = |to| Event { at: now, to, of: None };
        Ok(Change {
            payment: Some(Payment::of(PaymentStatus::Failed, self.payment.id.clone())),
            fulfilments: self.all_become(Status::Cancelled)?,
            events: vec![event(Happened::PaymentFailed), event(Happened::Cancelled)],
            mails: vec![Mail::Cancelled],
        })
    }

    /// The order is called off; what may have been charged stays owed until it is settled.
    pub fn cancelled(&self, now: Timestamp) -> Result<Change, IllegalMove> {
        let now = self.later(now);
        Ok(Change {
            fulfilments: self.all_become(Status::Cancelled)?,
            events: vec![Event { at: now, to: Happened::Cancelled, of: None }],
            mails: vec![Mail::Cancelled],
            ..Change::default()
        })
    }

    /// The buyer has all of it: every delivered part is completed. None of them may still be on its way.
    pub fn completed(&self, now: Timestamp) -> Result<Change, IllegalMove> {
        let now = self.later(now);
        let to = Status::Completed;
        let open = self.fulfilments.iter().filter(|(_, part)| part.status != to);
        let parts = open.map(|(store, part)| match part.status {
            from if from.may_become(to) => Ok((*store, Fulfilment { status: to, ..part.clone() })),
            from => Err(IllegalMove { from, to }),
        });
        let fulfilments: BTreeMap<_, _> = parts.collect::<Result<_, _>>()?;
        if fulfilments.is_empty() {
            return Err(IllegalMove { from: to, to });
        }
        let events = vec![Event { at: now, to: Happened::Completed, of: None }];
        Ok(Change { fulfilments, events, ..Change::default() })
    }

    /// The provider has answered for a cancelled order: the money was given back, or there was none to give.
    pub fn settled(&self, refunded: bool, now: Timestamp) -> Change {
        let now = self.later(now);
        let (status, to) = match refunded {
            true => (PaymentStatus::Refunded, Happened::Refunded),
            false => (PaymentStatus::Failed, Happened::PaymentFailed),
        };
        Change::of_payment(Payment::of(status, self.payment.id.clone()), to, now)
    }

    /// One part of the order moves one step. What the chain ships is handed over by [`handed_over`](Self::handed_over) only.
    pub fn moved(&self, store: StoreId, to: Status, now: Timestamp) -> Result<Change, IllegalMove> {
        let (part, _) = self.part(store, to)?;
        match (part.mode, to) {
            (Mode::Automatic, Status::Shipped) => Err(IllegalMove { from: part.status, to }),
            _ => self.step(store, to, now),
        }
    }

    /// A part that the chain ships is with the carrier, and arrives at `arrives_at`. Not before it has its label, which is
    /// paid for and must be the one on the parcel.
    pub fn handed_over(
        &self,
        store: StoreId,
        arrives_at: Timestamp,
        now: Timestamp,
    ) -> Result<Change, IllegalMove> {
        let to = Status::Shipped;
        let (part, _) = self.part(store, to)?;
        if part.tracking_number.is_none() {
            return Err(IllegalMove { from: part.status, to });
        }
        let mut change = self.step(store, to, now)?;
        if let Some(part) = change.fulfilments.get_mut(&store) {
            part.not_before = Some(arrives_at);
        }
        Ok(change)
    }

    fn step(&self, store: StoreId, to: Status, now: Timestamp) -> Result<Change, IllegalMove> {
        let (part, of) = self.part(store, to)?;
        if !part.status.may_become(to) {
            return Err(IllegalMove { from: part.status, to });
        }
        let (happened, mails) = match to {
            Status::Processing => (Happened::Processing, vec![]),
            Status::Shipping => (Happened::Shipping, vec![Mail::Packed(store)]),
            Status::Shipped => (Happened::Shipped, vec![Mail::Shipped(store)]),
            Status::Delivered => (Happened::Delivered, vec![Mail::Delivered(store)]),
            Status::Completed => (Happened::Completed, vec![]),
            // The whole order is placed, paid or cancelled, never a part of it.
            Status::Pending | Status::Paid | Status::Cancelled => {
                return Err(IllegalMove { from: part.status, to });
            }
        };
        Ok(Change {
            fulfilments: [(store, Fulfilment { status: to, not_before: None, ..part.clone() })].into(),
            events: vec![Event { at: self.later(now), to: happened, of: Some(of) }],
            mails,
            ..Change::default()
        })
    }

    /// A seller who ships by hand corrects the number of a parcel, or says it late. None when that is its number.
    pub fn renumbered(
        &self,
        store: StoreId,
        number: &TrackingNumber,
        now: Timestamp,
    ) -> Result<Option<Change>, IllegalMove> {
        let (part, of) = self.part(store, Status::Shipping)?;
        if part.tracking_number.as_deref() == Some(number.as_str()) {
            return Ok(None);
        }
        if part.mode == Mode::Automatic || !matches!(part.status, Status::Shipping | Status::Shipped) {
            return Err(IllegalMove { from: part.status, to: part.status });
        }
        let part = Fulfilment { tracking_number: Some(number.to_string()), ..part.clone() };
        let events = vec![Event { at: self.later(now), to: Happened::Labelled, of: Some(of) }];
        Ok(Some(Change { fulfilments: [(store, part)].into(), events, ..Change::default() }))
    }

    /// The label for a claimed part is bought.
    pub fn labelled(
        &self,
        store: StoreId,
        tracking_number: &str,
        estimate: Timestamp,
        now: Timestamp,
    ) -> Result<Change, IllegalMove> {
        let (part, of) = self.part(store, Status::Shipping)?;
        if part.status != Status::Shipping {
            return Err(IllegalMove { from: part.status, to: Status::Shipping });
        }
        let part = Fulfilment {
            tracking_number: Some(tracking_number.to_owned()),
            estimate: Some(estimate),
            ..part.clone()
        };
        Ok(Change {
            fulfilments: [(store, part)].into(),
            events: vec![Event { at: self.later(now), to: Happened::Labelled, of: Some(of) }],
            ..Change::default()
        })
    }

    fn part(&self, store: StoreId, to: Status) -> Result<(&Fulfilment, u8), IllegalMove> {
        let part = self.fulfilments.get(&store).zip(self.place(store));
        part.ok_or(IllegalMove { from: self.status(), to })
    }

    fn all_become(&self, to: Status) -> Result<BTreeMap<StoreId, Fulfilment>, IllegalMove> {
        let parts = self.fulfilments.iter().map(|(store, part)| match part.status {
            from if from.may_become(to) => Ok((*store, Fulfilment { status: to, ..part.clone() })),
            from => Err(IllegalMove { from, to }),
        });
        parts.collect()
    }

    /// The head after a change, with the time at which the sweeper has to look again.
    ///
    /// The time only ever moves forward in the index when the sweeper itself finds it early: while a chain runs smoothly
    /// its heads keep the due time of the checkout, which saves two index writes a move.
    #[must_use]
    pub fn after(&self, change: &Change) -> Self {
        let mut head = self.clone();
        if let Some(payment) = &change.payment {
            head.payment = payment.clone();
        }
        head.fulfilments.extend(change.fulfilments.clone());
        head.timeline.extend(&change.events);
        head.version = head.timeline.len() as u64;
        let since = change.events.last().map_or(self.placed_at, |event| event.at);
        head.owed.extend(change.mails.iter().map(|mail| (*mail, Owed { since, claimed: None })));
        head.attempts = 0;
        head.due_at = match (self.due_at, debt::next_debt(&head)) {
            (_, None) => None,
            (Some(seen), Some((_, when))) if self.attempts == 0 => Some(seen.min(when)),
            (_, Some((_, when))) => Some(when),
        };
        head
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const ALL: [Status; 8] = [
        Status::Pending,
        Status::Paid,
        Status::Processing,
        Status::Shipping,
        Status::Shipped,
        Status::Delivered,
        Status::Completed,
        Status::Cancelled,
    ];

    pub(crate) fn head(stores: u128) -> OrderHead {
        let line = |store| OrderLine {
            product_id: ProductId::from_bits(store),
            store_id: StoreId::from_bits(store),
            sku: "lamp".parse().unwrap(),
            name: "Lamp".parse().unwrap(),
            price: 15_00,
            quantity: 1,
        };
        let snapshot = OrderSnapshot {
            id: OrderId::from_bits(1),
            number: String::new(),
            shopper: UserId::from_bits(1),
            placed_at: Timestamp::from_millis(1_000_000),
            lines: (0..stores).map(line).collect(),
            totals: Totals { subtotal: 0, discount: 0, tax: 0, shipping: 0, total: 0 },
            currency: "USD".to_owned().try_into().unwrap(),
            payment_method: "pm_sandbox_ok".parse().unwrap(),
            request_hash: String::new(),
        };
        OrderHead::new(&snapshot, &BTreeMap::new())
    }

    #[test]
    fn the_state_machine_is_this_and_nothing_else() {
        let mut chart = String::from("\n");
        for from in ALL {
            let to: Vec<_> =
                ALL.into_iter().filter(|to| from.may_become(*to)).map(|to| format!("{to:?}")).collect();
            chart.push_str(&format!("{from:?} → {}\n", to.join(", ")));
        }
        assert_eq!(
            chart,
            "
Pending → Paid, Cancelled
Paid → Processing, Cancelled
Processing → Shipping, Cancelled
Shipping → Shipped
Shipped → Delivered
Delivered → Completed
Completed → 
Cancelled → 
"
        );
    }

    #[test]
    fn an_order_stands_where_its_least_advanced_part_does() {
        let now = Timestamp::from_millis(2_000_000);
        let head = head(2);
        let paid = head.after(&head.paid("pay_1", now).unwrap());
        let packed = paid.after(&paid.moved(StoreId::from_bits(1), Status::Processing, now).unwrap());
        assert_eq!((paid.status(), packed.status()), (Status::Paid, Status::Paid));
        assert_eq!(packed.fulfilments.get(&StoreId::from_bits(1)).unwrap().status, Status::Processing);
        assert_eq!(packed.version, 3);
        assert_eq!(packed.store_of(packed.timeline.last().unwrap()), Some(StoreId::from_bits(1)));
    }

    #[test]
    fn what_the_state_machine_does_not_have_is_refused() {
        let now = Timestamp::from_millis(2_000_000);
        let head = head(1);
        let store = StoreId::from_bits(0);
        for to in ALL.into_iter().filter(|to| *to != Status::Paid && *to != Status::Cancelled) {
            assert!(head.moved(store, to, now).is_err(), "{to:?}");
        }
        assert!(head.moved(StoreId::from_bits(9), Status::Processing, now).is_err());
        let cancelled = head.after(&head.cancelled(now).unwrap());
        assert!(cancelled.paid("pay_1", now).is_err());
        assert!(cancelled.cancelled(now).is_err());
    }

    #[test]
    fn what_the_chain_ships_is_handed_over_with_its_label_and_by_nobody_else() {
        let now = Timestamp::from_millis(2_000_000);
        let (store, mut head) = (StoreId::from_bits(0), head(1));
        head = head.after(&head.paid("pay_1", now).unwrap());
        for to in [Status::Processing, Status::Shipping] {
            head = head.after(&head.moved(store, to, now).unwrap());
        }
        assert!(head.handed_over(store, now, now).is_err(), "it has no label");
        head = head.after(&head.labelled(store, "T1", now, now).unwrap());
        assert!(head.moved(store, Status::Shipped, now).is_err());
        assert!(head.renumbered(store, &"T2".parse().unwrap(), now).is_err());
        let arrives_at = now + std::time::Duration::from_mins(1);
        let gone = head.after(&head.handed_over(store, arrives_at, now).unwrap());
        assert_eq!((gone.status(), gone.fulfilments[&store].not_before), (Status::Shipped, Some(arrives_at)));
    }

    #[test]
    fn a_timeline_goes_forward_though_clocks_differ() {
        let (now, earlier) = (Timestamp::from_millis(2_000_000), Timestamp::from_millis(1_999_000));
        let paid = head(2);
        let paid = paid.after(&paid.paid("pay_1", now).unwrap());
        let packed = paid.after(&paid.moved(StoreId::from_bits(1), Status::Processing, earlier).unwrap());
        let cancelled = packed.after(&packed.cancelled(earlier).unwrap());
        let settled = cancelled.after(&cancelled.settled(true, earlier));
        assert_eq!((settled.updated_at(), settled.contradiction()), (now, None));
    }

    #[test]
    fn a_payment_keeps_its_first_name_and_waits_for_the_buyer_only_while_it_is_owed() {
        let now = Timestamp::from_millis(2_000_000);
        let head = head(1);
        let opened = head.after(&head.payment_opened("pi_1", now).unwrap());
        assert_eq!((opened.payment.id.as_deref(), opened.status()), (Some("pi_1"), Status::Pending));
        assert_eq!(opened.payment_opened("pi_2", now), None);
        let waiting = opened.after(&opened.action_required(now).unwrap());
        assert!(waiting.needs_buyer() && waiting.action_required(now).is_none());
        for change in [waiting.paid("pi_1", now), waiting.unpaid(now), waiting.cancelled(now)] {
            let after = waiting.after(&change.unwrap());
            assert!(!after.needs_buyer() && after.action_required(now).is_none());
            assert_eq!(
                (after.payment.id.as_deref(), after.payment_opened("pi_2", now)),
                (Some("pi_1"), None)
            );
        }
    }

    #[test]
    fn the_same_attempt_is_the_same_order() {
        let key = |text: &str| text.parse::<IdempotencyKey>().unwrap();
        let (ann, ben) = (UserId::from_bits(1), UserId::from_bits(2));
        let cart = CartId::from_bits(7);
        let ids = [
            OrderId::of(ann, &Attempt::Key(&key("a"))),
            OrderId::of(ann, &Attempt::Key(&key("b"))),
            OrderId::of(ben, &Attempt::Key(&key("a"))),
            OrderId::of(ann, &Attempt::Cart(cart, 1)),
            OrderId::of(ann, &Attempt::Cart(cart, 2)),
        ];
        assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len());
        assert_eq!(ids[0], OrderId::of(ann, &Attempt::Key(&key("a"))));
    }
}
