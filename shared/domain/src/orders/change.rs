//! The change that a step makes to an order.

use std::collections::BTreeMap;

use super::head::{Event, Fulfilment, Happened, Payment};
use super::mail::Mail;
use crate::clock::Timestamp;
use crate::ids::StoreId;
use crate::text::TrackingNumber;

/// A change of an order's head. [`OrderHead`](super::head::OrderHead) computes it, and the table writes it on
/// condition that the head is still the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// The new payment, if it changes.
    pub payment: Option<Payment>,
    /// The parts that changed.
    pub fulfilments: BTreeMap<StoreId, Fulfilment>,
    /// The events, at least one.
    pub events: Vec<Event>,
    /// The mails that the change makes owed.
    pub mails: Vec<Mail>,
}

impl Change {
    /// A change of the payment only, without a mail.
    pub(super) fn of_payment(payment: Payment, to: Happened, now: Timestamp) -> Self {
        Self { payment: Some(payment), events: vec![Event { at: now, to, of: None }], ..Self::default() }
    }

    /// Adds the tracking number of a parcel that the seller ships by hand, on its move to *shipping* or
    /// *shipped*.
    #[must_use]
    pub fn tracked(mut self, store: StoreId, number: &TrackingNumber) -> Self {
        if let (Some(part), Some(moved)) = (self.fulfilments.get_mut(&store), self.events.first().copied()) {
            part.tracking_number = Some(number.to_string());
            let labelled = Event { to: Happened::Labelled, ..moved };
            // The timeline has the label after the claim and before the handover.
            self.events.insert(usize::from(moved.to == Happened::Shipping), labelled);
        }
        self
    }
}
