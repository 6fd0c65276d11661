//! What an order still owes, and since when that is too late.
//!
//! One pure function decides it for the workers, the sweeper and the admin's view. No outbox exists: a message is
//! published right after the commit, and whatever is lost on the way is found here, overdue, and published again.

use std::time::Duration;

use crate::catalogue::Mode;
use crate::clock::Timestamp;
use crate::ids::StoreId;
use crate::order::{Mail, OrderHead, PaymentStatus, Status};

/// How long a step may take before it is overdue: a queue shows a message up to 5 times, 1 minute apart (the visibility
/// time-out, 6 × the workers' 10 s), before it goes to the dead letters; one minute is margin.
pub const RETRY_SPAN: Duration = Duration::from_mins(6);
/// An order that nobody pays for this long is cancelled.
pub const PAY_WITHIN: Duration = Duration::from_hours(2);
/// A delivered order is complete after this long.
pub const COMPLETE_AFTER: Duration = Duration::from_hours(14 * 24);
/// A part that a seller moves by hand is flagged after this long without a move.
pub const SELLER_MOVES_WITHIN: Duration = Duration::from_hours(3 * 24);
/// After so many reminders without progress an order is stuck: the sweeper waits for somebody to redrive it, or for what
/// the clock brings.
pub const MOST_ATTEMPTS: u32 = 8;
/// While an order is overdue, the sweeper looks at it this often.
pub const LOOK_AGAIN: Duration = Duration::from_hours(24);

/// One thing that is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Debt {
    /// The money has to be taken.
    Payment,
    /// Nobody has paid in time: the order has to be cancelled.
    Expiry,
    /// The order was cancelled, and what may have been charged has to be given back.
    Settlement,
    /// A part has to be packed.
    Packing(StoreId),
    /// A part has to be claimed for the carrier.
    Shipping(StoreId),
    /// A claimed part needs its label.
    Label(StoreId),
    /// A labelled part has to be handed to the carrier.
    Handover(StoreId),
    /// A shipped part has to arrive.
    Delivery(StoreId),
    /// A delivered part has to be completed.
    Completion(StoreId),
    /// A seller has to make the next move by hand: nothing to publish, only a flag.
    Seller(StoreId),
    /// A mail has to be sent.
    Mail(Mail),
}

impl Debt {
    /// What is owed, in one word: what operators search for.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Expiry => "expiry",
            Self::Settlement => "settlement",
            Self::Packing(_) => "packing",
            Self::Shipping(_) => "shipping",
            Self::Label(_) => "label",
            Self::Handover(_) => "handover",
            Self::Delivery(_) => "delivery",
            Self::Completion(_) => "completion",
            Self::Seller(_) => "seller",
            Self::Mail(_) => "mail",
        }
    }

    /// The store whose part of the order it is about; none means the whole order.
    pub fn store(self) -> Option<StoreId> {
        match self {
            Self::Payment | Self::Expiry | Self::Settlement => None,
            Self::Packing(store)
            | Self::Shipping(store)
            | Self::Label(store)
            | Self::Handover(store)
            | Self::Delivery(store)
            | Self::Completion(store)
            | Self::Seller(store) => Some(store),
            Self::Mail(mail) => mail.store(),
        }
    }
}

/// Everything that `head` owes, each with the time from which it is overdue.
pub fn debts(head: &OrderHead) -> Vec<(Debt, Timestamp)> {
    let mut debts: Vec<_> =
        head.owed.iter().map(|(mail, owed)| (Debt::Mail(*mail), owed.since + RETRY_SPAN)).collect();
    match (head.status(), head.payment.status) {
        (Status::Cancelled, PaymentStatus::Pending | PaymentStatus::Paid) => {
            let cancelled_at = head.timeline.last().map_or(head.placed_at, |event| event.at);
            debts.push((Debt::Settlement, cancelled_at + RETRY_SPAN));
        }
        (Status::Cancelled, _) => {}
        (_, PaymentStatus::Pending) => {
            debts.push((Debt::Payment, head.placed_at + RETRY_SPAN));
            debts.push((Debt::Expiry, head.placed_at + PAY_WITHIN));
        }
        _ => debts.extend(head.fulfilments.keys().filter_map(|store| part_debt(head, *store))),
    }
    debts
}

/// What one store's part owes.
pub fn part_debt(head: &OrderHead, store: StoreId) -> Option<(Debt, Timestamp)> {
    let part = head.fulfilments.get(&store)?;
    let moved_at = head.moved_at(store);
    let soon = moved_at.max(part.not_before.unwrap_or(moved_at)) + RETRY_SPAN;
    let debt = match part.status {
        Status::Pending | Status::Completed | Status::Cancelled => return None,
        Status::Delivered => return Some((Debt::Completion(store), moved_at + COMPLETE_AFTER)),
        _ if part.mode == Mode::Manual => return Some((Debt::Seller(store), moved_at + SELLER_MOVES_WITHIN)),
        Status::Paid => Debt::Packing(store),
        Status::Processing => Debt::Shipping(store),
        Status::Shipping if part.tracking_number.is_none() => Debt::Label(store),
        Status::Shipping => Debt::Handover(store),
        Status::Shipped => Debt::Delivery(store),
    };
    Some((debt, soon))
}

/// What a person has to look at first, and since when it is overdue: that with which the order is stuck, or a part that its
/// seller has let wait for too long.
pub fn overdue(head: &OrderHead, now: Timestamp) -> Option<(Debt, Timestamp)> {
    let waits = |debt: Debt| match debt {
        Debt::Seller(_) => true,
        // The clock brings these, stuck or not.
        Debt::Expiry | Debt::Completion(_) => false,
        _ => head.attempts >= MOST_ATTEMPTS,
    };
    let late = debts(head).into_iter().filter(|(debt, when)| *when <= now && waits(*debt));
    late.min_by_key(|(_, when)| *when)
}

/// Whether a person has to look at it.
pub fn is_overdue(head: &OrderHead, now: Timestamp) -> bool {
    overdue(head, now).is_some()
}

/// What is owed first, and from when on it is overdue.
pub fn next_debt(head: &OrderHead) -> Option<(Debt, Timestamp)> {
    debts(head).into_iter().min_by_key(|(_, when)| *when)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;
    use crate::order::Change;

    fn walk(head: OrderHead, step: impl FnOnce(&OrderHead) -> Change) -> OrderHead {
        let change = step(&head);
        head.after(&change)
    }

    #[test]
    fn every_order_that_is_not_at_its_end_owes_something() {
        let store = StoreId::from_bits(0);
        let now = Timestamp::from_millis(2_000_000);
        let mut head = crate::order::tests::head(1);
        let mut owed = vec![next_debt(&head).unwrap().0];
        head = walk(head, |head| head.paid("pay_1", now).unwrap());
        for to in
            [Status::Processing, Status::Shipping, Status::Shipped, Status::Delivered, Status::Completed]
        {
            owed.extend(part_debt(&head, store).map(|(debt, _)| debt));
            if to == Status::Shipped {
                head = walk(head, |head| head.labelled(store, "T1", now, now).unwrap());
                owed.extend(part_debt(&head, store).map(|(debt, _)| debt));
            }
            head = walk(head, |head| head.moved(store, to, now).unwrap());
        }
        assert_eq!(
            owed,
            [
                Debt::Payment,
                Debt::Packing(store),
                Debt::Shipping(store),
                Debt::Label(store),
                Debt::Handover(store),
                Debt::Delivery(store),
                Debt::Completion(store),
            ]
        );
        head.owed.clear();
        assert_eq!(debts(&head), []);
    }

    #[test]
    fn a_cancelled_order_owes_its_settlement() {
        let now = Timestamp::from_millis(2_000_000);
        let head = crate::order::tests::head(2);
        let mut cancelled = head.after(&head.cancelled(now).unwrap());
        cancelled.owed.clear();
        assert_eq!(next_debt(&cancelled), Some((Debt::Settlement, now + RETRY_SPAN)));
        let settled = cancelled.after(&cancelled.settled(false, now));
        assert_eq!((next_debt(&settled), settled.due_at), (None, None));
    }

    #[test]
    fn an_order_is_overdue_once_it_is_stuck_and_never_with_what_the_clock_brings() {
        let now = Timestamp::from_millis(1_000_000) + PAY_WITHIN;
        let head = crate::order::tests::head(1);
        assert_eq!(overdue(&head, now), None);
        let stuck = OrderHead { attempts: MOST_ATTEMPTS, ..head };
        assert_eq!(
            overdue(&stuck, now),
            Some((Debt::Payment, Timestamp::from_millis(1_000_000) + RETRY_SPAN))
        );
        let paid = stuck.after(&stuck.paid("pay_1", now).unwrap());
        assert_eq!(overdue(&paid, now), None);
    }

    #[test]
    fn a_smooth_chain_keeps_the_due_time_of_its_checkout() {
        let now = Timestamp::from_millis(1_001_000);
        let head = crate::order::tests::head(1);
        let paid = head.after(&head.paid("pay_1", now).unwrap());
        assert_eq!(head.due_at, Some(Timestamp::from_millis(1_000_000) + RETRY_SPAN));
        assert_eq!(paid.due_at, head.due_at);
    }
}
