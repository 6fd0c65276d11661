//! What a step does to an order.

use std::collections::BTreeMap;

use super::head::{Event, Fulfilment, Happened, Payment};
use super::mail::Mail;
use crate::clock::Timestamp;
use crate::ids::StoreId;
use crate::text::TrackingNumber;

/// A change of an order's head: worked out by [`OrderHead`](super::head::OrderHead), written by the store on
/// condition that the head is still the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// Where the money stands now.
    pub payment: Option<Payment>,
    /// The parts that changed.
    pub fulfilments: BTreeMap<StoreId, Fulfilment>,
    /// What happened, at least one event.
    pub events: Vec<Event>,
    /// The mails that are owed because of it.
    pub mails: Vec<Mail>,
}

impl Change {
    /// Only the payment changes, and nobody is told by mail.
    pub(super) fn of_payment(payment: Payment, to: Happened, now: Timestamp) -> Self {
        Self { payment: Some(payment), events: vec![Event { at: now, to, of: None }], ..Self::default() }
    }

    /// The parcel has this number: its seller ships it by hand, and says so with the move to *shipping* or to
    /// *shipped*.
    #[must_use]
    pub fn tracked(mut self, store: StoreId, number: &TrackingNumber) -> Self {
        if let (Some(part), Some(moved)) = (self.fulfilments.get_mut(&store), self.events.first().copied()) {
            part.tracking_number = Some(number.to_string());
            let labelled = Event { to: Happened::Labelled, ..moved };
            // A label comes after the claim, and before the parcel is gone.
            self.events.insert(usize::from(moved.to == Happened::Shipping), labelled);
        }
        self
    }
}
