//! The moves of an order. Each function here computes a change, and [`OrderHead::after`] applies it.

use std::collections::BTreeMap;

use super::change::Change;
use super::head::{Event, Fulfilment, Happened, OrderHead, Payment};
use super::mail::Mail;
use super::status::{IllegalMove, PaymentStatus, Status};
use crate::clock::Timestamp;
use crate::ids::StoreId;
use crate::stores::Mode;
use crate::text::TrackingNumber;

impl OrderHead {
    /// The provider has opened a payment with this id. `None` when the money is no longer to be taken, or the
    /// payment has an id already, which it keeps.
    pub fn payment_opened(&self, payment_id: &str, now: Timestamp) -> Option<Change> {
        let now = self.later(now);
        let payment = Payment::of(PaymentStatus::Pending, Some(payment_id.to_owned()));
        (self.is_unpaid() && self.payment.id.is_none())
            .then(|| Change::of_payment(payment, Happened::PaymentOpened, now))
    }

    /// The payment waits for the buyer. `None` when that is known, or the money is no longer to be taken.
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

    /// The payment was refused, or the order was not paid in time: every part is cancelled.
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

    /// The order is cancelled. Money that was taken is owed until it is settled.
    pub fn cancelled(&self, now: Timestamp) -> Result<Change, IllegalMove> {
        let now = self.later(now);
        Ok(Change {
            fulfilments: self.all_become(Status::Cancelled)?,
            events: vec![Event { at: now, to: Happened::Cancelled, of: None }],
            mails: vec![Mail::Cancelled],
            ..Change::default()
        })
    }

    /// The buyer has everything: every delivered part is completed. Refused while a part is still on its way.
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

    /// The provider has answered for a cancelled order: the money was refunded, or none had been taken.
    pub fn settled(&self, refunded: bool, now: Timestamp) -> Change {
        let now = self.later(now);
        let (status, to) = match refunded {
            true => (PaymentStatus::Refunded, Happened::Refunded),
            false => (PaymentStatus::Failed, Happened::PaymentFailed),
        };
        Change::of_payment(Payment::of(status, self.payment.id.clone()), to, now)
    }

    /// One part of the order moves one step. A part that the chain ships moves to *shipped* only by
    /// [`handed_over`](Self::handed_over).
    pub fn moved(&self, store: StoreId, to: Status, now: Timestamp) -> Result<Change, IllegalMove> {
        let (part, _) = self.part(store, to)?;
        match (part.mode, to) {
            (Mode::Automatic, Status::Shipped) => Err(IllegalMove { from: part.status, to }),
            _ => self.step(store, to, now),
        }
    }

    /// A part that the chain ships is with the carrier and arrives at `arrives_at`. Refused without a label,
    /// which is paid for and must be the one on the parcel.
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
            // Only the whole order is placed, paid or cancelled, never a part.
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

    /// A seller who ships by hand adds or corrects the number of a parcel. `None` when it already has this
    /// number.
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
}
