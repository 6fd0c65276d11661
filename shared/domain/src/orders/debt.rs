//! What an order still owes, and from when on each debt is overdue.
//!
//! One pure function decides this for the workers, the sweeper and the administrators' view. There is no
//! outbox: a message is published right after the commit. If it is lost, the sweeper finds the debt here,
//! overdue, and publishes the message again.

use std::time::Duration;

use super::head::OrderHead;
use super::mail::Mail;
use super::status::{PaymentStatus, Status};
use crate::clock::Timestamp;
use crate::ids::StoreId;
use crate::stores::Mode;

/// How long a step may take before it is overdue. A queue shows a message up to 5 times, 1 minute apart (the
/// visibility timeout, 6 × the workers' 10 s), before it is dead-lettered; one minute is margin.
pub const RETRY_SPAN: Duration = Duration::from_mins(6);
/// An unpaid order is cancelled after this long.
pub const PAY_WITHIN: Duration = Duration::from_hours(2);
/// A delivered order is complete after this long.
pub const COMPLETE_AFTER: Duration = Duration::from_hours(14 * 24);
/// A part that its seller moves by hand is overdue after this long without a move.
pub const SELLER_MOVES_WITHIN: Duration = Duration::from_hours(3 * 24);
/// After this many reminders without progress an order is stuck. The sweeper then waits for a redrive, and
/// only lets orders expire or complete.
pub const MOST_ATTEMPTS: u32 = 8;
/// How often the sweeper looks at an overdue order.
pub const LOOK_AGAIN: Duration = Duration::from_hours(24);

/// Something that an order owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Debt {
    /// The money has to be taken.
    Payment,
    /// The order was not paid in time and has to be cancelled.
    Expiry,
    /// The order was cancelled, and money that was taken has to be refunded.
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
    /// A seller has to make the next move by hand. No message is published; the order is only flagged.
    Seller(StoreId),
    /// A mail has to be sent.
    Mail(Mail),
}

impl Debt {
    /// The kind in one word, for logs and searches.
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

    /// The store whose part owes it; `None` for the whole order.
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

/// All debts of `head`, each with the time from which it is overdue.
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

impl OrderHead {
    /// Whether the order owes this now.
    pub fn owes(&self, debt: Debt) -> bool {
        debts(self).iter().any(|(owed, _)| *owed == debt)
    }
}

/// The debt of one store's part, and when it is overdue.
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

/// The first debt that a person has to look at, and since when it is overdue: a debt of a stuck order, or a
/// part that its seller has not moved for too long.
pub fn overdue(head: &OrderHead, now: Timestamp) -> Option<(Debt, Timestamp)> {
    let waits = |debt: Debt| match debt {
        Debt::Seller(_) => true,
        // Time alone brings these on, even for a stuck order.
        Debt::Expiry | Debt::Completion(_) => false,
        _ => head.attempts >= MOST_ATTEMPTS,
    };
    let late = debts(head).into_iter().filter(|(debt, when)| *when <= now && waits(*debt));
    late.min_by_key(|(_, when)| *when)
}

/// Whether a person has to look at the order.
pub fn is_overdue(head: &OrderHead, now: Timestamp) -> bool {
    overdue(head, now).is_some()
}

/// What the sweeper does about an order now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The debts to work on or to remind of.
    pub debts: Vec<Debt>,
    /// The reminders without progress, this one included.
    pub attempts: u32,
    /// Whether a person has to look at the order.
    pub noted: bool,
    /// When the sweeper looks again; `None` when nothing is owed.
    pub next: Option<Timestamp>,
}

impl Sweep {
    /// What to do about `head`. `waits` says whether a debt's part of the chain is switched off.
    pub fn of(head: &OrderHead, now: Timestamp, waits: impl Fn(Debt) -> bool) -> Self {
        let (late, ahead): (Vec<_>, Vec<_>) = debts(head).into_iter().partition(|(_, when)| *when <= now);
        // A seller's debt is only flagged: no message can remind a person.
        let late = late.into_iter().map(|(debt, _)| debt).filter(|debt| !matches!(debt, Debt::Seller(_)));
        // A debt whose part of the chain is switched off waits, and is not an attempt.
        let (waiting, mut debts): (Vec<_>, Vec<_>) = late.partition(|debt| waits(*debt));
        if head.attempts == 0 && debts.contains(&Debt::Payment) {
            // No order expires before its payment was reminded of once, however late the reminder.
            debts.retain(|debt| *debt != Debt::Expiry);
        }
        let was_stuck = head.attempts >= MOST_ATTEMPTS;
        if was_stuck {
            // A stuck order waits for a person, and still expires or completes.
            debts.retain(|debt| matches!(debt, Debt::Expiry | Debt::Completion(_)));
        }
        // If nothing is late, the chain runs smoothly and the head has kept the due time of its checkout. The
        // sweeper then looks again when something would be late.
        let is_attempt = !debts.is_empty() && !was_stuck;
        let attempts = head.attempts + u32::from(is_attempt);
        let is_stuck = attempts >= MOST_ATTEMPTS;
        let noted = (is_attempt && is_stuck) || is_overdue(head, now);
        let times = [
            (is_attempt && !is_stuck).then(|| now + Duration::from_mins(1 << attempts)),
            noted.then(|| now + LOOK_AGAIN),
            (!waiting.is_empty()).then(|| now + RETRY_SPAN),
            ahead.into_iter().map(|(_, when)| when).min(),
        ];
        Self { debts, attempts, noted, next: times.into_iter().flatten().min() }
    }

    /// Whether all reminders are used up. Only a redrive sets the order going again.
    pub fn is_stuck(&self) -> bool {
        self.attempts >= MOST_ATTEMPTS
    }
}

/// The debt that is overdue first, and from when on.
pub fn next_debt(head: &OrderHead) -> Option<(Debt, Timestamp)> {
    debts(head).into_iter().min_by_key(|(_, when)| *when)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Id;
    use crate::orders::Change;

    fn walk(head: OrderHead, step: impl FnOnce(&OrderHead) -> Change) -> OrderHead {
        let change = step(&head);
        head.after(&change)
    }

    #[test]
    fn every_order_owes_something_until_its_end() {
        let store = StoreId::from_bits(0);
        let now = Timestamp::from_millis(2_000_000);
        let mut head = crate::orders::life::tests::head(1);
        let mut owed = vec![next_debt(&head).unwrap().0];
        head = walk(head, |head| head.paid("pay_1", now).unwrap());
        for to in
            [Status::Processing, Status::Shipping, Status::Shipped, Status::Delivered, Status::Completed]
        {
            owed.extend(part_debt(&head, store).map(|(debt, _)| debt));
            if to == Status::Shipped {
                head = walk(head, |head| head.labelled(store, "T1", now, now).unwrap());
                owed.extend(part_debt(&head, store).map(|(debt, _)| debt));
                head = walk(head, |head| head.handed_over(store, now, now).unwrap());
            } else {
                head = walk(head, |head| head.moved(store, to, now).unwrap());
            }
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
        let head = crate::orders::life::tests::head(2);
        let mut cancelled = head.after(&head.cancelled(now).unwrap());
        cancelled.owed.clear();
        assert_eq!(next_debt(&cancelled), Some((Debt::Settlement, now + RETRY_SPAN)));
        let settled = cancelled.after(&cancelled.settled(false, now));
        assert_eq!((next_debt(&settled), settled.due_at), (None, None));
    }

    #[test]
    fn a_stuck_order_is_overdue_but_not_for_expiry_or_completion() {
        let now = Timestamp::from_millis(1_000_000) + PAY_WITHIN;
        let head = crate::orders::life::tests::head(1);
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
    fn an_order_is_reminded_at_doubling_times_and_then_noted_once_a_day() {
        let mut head = crate::orders::life::tests::head(1);
        let mut now = head.placed_at + RETRY_SPAN;
        let mut minutes = Vec::new();
        loop {
            let sweep = Sweep::of(&head, now, |_| false);
            assert_eq!((sweep.attempts, sweep.noted), (head.attempts + 1, sweep.is_stuck()));
            let next = sweep.next.unwrap();
            head.attempts = sweep.attempts;
            if sweep.is_stuck() {
                break;
            }
            assert!(sweep.debts.contains(&Debt::Payment));
            minutes.push(next.since(now).as_secs() / 60);
            now = next;
        }
        assert_eq!(minutes, [2, 4, 8, 16, 32, 52, 128]);
        let stuck = Sweep::of(&head, now, |_| false);
        assert_eq!(stuck.debts, [Debt::Expiry], "the clock goes on");
        assert_eq!((stuck.noted, stuck.next), (true, Some(now + LOOK_AGAIN)));
    }

    #[test]
    fn a_switched_off_step_waits_without_counting_attempts() {
        let head = crate::orders::life::tests::head(1);
        let now = head.placed_at + PAY_WITHIN;
        let sweep = Sweep::of(&head, now, |debt| matches!(debt, Debt::Payment | Debt::Expiry));
        assert_eq!(
            sweep,
            Sweep { debts: Vec::new(), attempts: 0, noted: false, next: Some(now + RETRY_SPAN) }
        );
    }

    #[test]
    fn no_order_expires_before_its_payment_was_reminded_of() {
        let mut head = crate::orders::life::tests::head(1);
        let now = head.placed_at + PAY_WITHIN;
        assert_eq!(Sweep::of(&head, now, |_| false).debts, [Debt::Payment]);
        head.attempts = 1;
        assert_eq!(Sweep::of(&head, now, |_| false).debts, [Debt::Payment, Debt::Expiry]);
    }

    #[test]
    fn a_smooth_chain_keeps_the_due_time_of_its_checkout() {
        let now = Timestamp::from_millis(1_001_000);
        let head = crate::orders::life::tests::head(1);
        let paid = head.after(&head.paid("pay_1", now).unwrap());
        assert_eq!(head.due_at, Some(Timestamp::from_millis(1_000_000) + RETRY_SPAN));
        assert_eq!(paid.due_at, head.due_at);
    }
}
