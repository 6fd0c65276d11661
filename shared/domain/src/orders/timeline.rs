//! Checks that the timeline explains the state of an order.

use std::collections::BTreeMap;

use super::head::{Event, Happened, OrderHead};
use super::status::{PaymentStatus, Status};
use crate::ids::StoreId;

/// The state after some events.
struct Told {
    payment: PaymentStatus,
    /// Each part, and whether it has a label.
    parts: BTreeMap<StoreId, (Status, bool)>,
}

impl OrderHead {
    /// A contradiction between the timeline and the rest of the head. `None` when its events, each a legal
    /// step, lead from the checkout to the present state.
    pub fn contradiction(&self) -> Option<String> {
        if self.version != self.timeline.len() as u64 {
            return Some(format!("version {} of {} events", self.version, self.timeline.len()));
        }
        if !self.timeline.is_sorted_by_key(|event| event.at) {
            return Some("an event before the one that it follows".to_owned());
        }
        let pending = self.fulfilments.keys().map(|store| (*store, (Status::Pending, false)));
        let mut told = Told { payment: PaymentStatus::Pending, parts: pending.collect() };
        for event in &self.timeline {
            if let Err(illegal) = told.follow(event, self.store_of(event)) {
                return Some(illegal);
            }
        }
        if told.payment != self.payment.status {
            return Some(format!(
                "the payment is {:?}, its events say {:?}",
                self.payment.status, told.payment
            ));
        }
        self.fulfilments.iter().find_map(|(store, part)| {
            let stands = (part.status, part.tracking_number.is_some());
            let told = told.parts.get(store).copied().unwrap_or(stands);
            (told != stands).then(|| format!("{store} is {}, {}", name(stands), and_not(told)))
        })
    }
}

fn name((status, labelled): (Status, bool)) -> String {
    format!("{status}{}", if labelled { " with a label" } else { "" })
}

fn and_not(told: (Status, bool)) -> String {
    format!("and its events say {}", name(told))
}

impl Told {
    fn follow(&mut self, event: &Event, of: Option<StoreId>) -> Result<(), String> {
        let to = match event.to {
            Happened::Pending | Happened::PaymentOpened | Happened::ActionRequired => return Ok(()),
            Happened::PaymentFailed => {
                self.payment = PaymentStatus::Failed;
                return Ok(());
            }
            Happened::Refunded => {
                self.payment = PaymentStatus::Refunded;
                return Ok(());
            }
            Happened::Paid => {
                self.payment = PaymentStatus::Paid;
                Some(Status::Paid)
            }
            Happened::Labelled => None,
            Happened::Processing => Some(Status::Processing),
            Happened::Shipping => Some(Status::Shipping),
            Happened::Shipped => Some(Status::Shipped),
            Happened::Delivered => Some(Status::Delivered),
            Happened::Completed => Some(Status::Completed),
            Happened::Cancelled => Some(Status::Cancelled),
        };
        for (store, (status, labelled)) in
            self.parts.iter_mut().filter(|(store, _)| of.is_none_or(|of| of == **store))
        {
            match to {
                // A part that is already complete stays so when the whole order completes.
                Some(Status::Completed) if *status == Status::Completed => {}
                Some(to) if status.may_become(to) => *status = to,
                Some(to) => return Err(format!("{store} went from {status} to {to}")),
                None => *labelled = true,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::orders::life::tests::head;

    #[test]
    fn a_head_made_by_legal_moves_agrees_with_its_timeline() {
        let now = Timestamp::from_millis(2_000_000);
        let placed = head(2);
        let paid = placed.after(&placed.paid("pay_1", now).unwrap());
        let cancelled = paid.after(&paid.cancelled(now).unwrap());
        let settled = cancelled.after(&cancelled.settled(true, now));
        for head in [&placed, &paid, &cancelled, &settled] {
            assert_eq!(head.contradiction(), None);
        }
    }

    #[test]
    fn each_contradiction_is_named() {
        let now = Timestamp::from_millis(2_000_000);
        let placed = head(1);
        let paid = placed.after(&placed.paid("pay_1", now).unwrap());
        let check = |spoil: &dyn Fn(&mut OrderHead), expected: &str| {
            let mut head = paid.clone();
            spoil(&mut head);
            let found = head.contradiction().unwrap_or_default();
            assert!(found.contains(expected), "{found:?} is not {expected:?}");
        };
        check(&|head| head.version = 9, "version 9 of 2 events");
        check(&|head| head.payment.status = PaymentStatus::Refunded, "the payment is Refunded");
        check(&|head| head.timeline[1].at = Timestamp::from_millis(1), "an event before");
        check(&|head| head.timeline[1].to = Happened::Delivered, "went from pending to delivered");
        check(
            &|head| head.fulfilments.values_mut().for_each(|part| part.status = Status::Shipped),
            "is shipped",
        );
    }
}
