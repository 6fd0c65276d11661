//! What an order still owes, and since when that is too late.
//!
//! One pure function decides it for the workers, the sweeper and the admin's view. No outbox exists: a
//! message is published right after the commit, and whatever is lost on the way is found here, overdue, and
//! published again.

use std::time::Duration;

use super::head::OrderHead;
use super::mail::Mail;
use super::status::{PaymentStatus, Status};
use crate::catalogue::Mode;
use crate::clock::Timestamp;
use crate::ids::StoreId;

/// How long a step may take before it is overdue: a queue shows a message up to 5 times, 1 minute apart (the
/// visibility time-out, 6 × the workers' 10 s), before it goes to the dead letters; one minute is margin.
pub const RETRY_SPAN: Duration = Duration::from_mins(6);
/// An order that nobody pays for this long is cancelled.
pub const PAY_WITHIN: Duration = Duration::from_hours(2);
/// A delivered order is complete after this long.
pub const COMPLETE_AFTER: Duration = Duration::from_hours(14 * 24);
/// A part that a seller moves by hand is flagged after this long without a move.
pub const SELLER_MOVES_WITHIN: Duration = Duration::from_hours(3 * 24);
/// After so many reminders without progress an order is stuck: the sweeper waits for somebody to redrive it,
/// or for what the clock brings.
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

/// What a person has to look at first, and since when it is overdue: that with which the order is stuck, or a
/// part that its seller has let wait for too long.
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

/// What the sweeper does about an order at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// What is done or reminded of now.
    pub debts: Vec<Debt>,
    /// How often the order has been reminded without progress, this time included.
    pub attempts: u32,
    /// Whether a person has to look at it.
    pub noted: bool,
    /// When the sweeper looks again; none when nothing more is owed.
    pub next: Option<Timestamp>,
}

impl Sweep {
    /// What to do about `head`. `waits` says of a debt that its part of the chain is switched off.
    pub fn of(head: &OrderHead, now: Timestamp, waits: impl Fn(Debt) -> bool) -> Self {
        let (late, ahead): (Vec<_>, Vec<_>) = debts(head).into_iter().partition(|(_, when)| *when <= now);
        // What a seller owes is only noted: nobody can be reminded by a message.
        let late = late.into_iter().map(|(debt, _)| debt).filter(|debt| !matches!(debt, Debt::Seller(_)));
        // What is switched off waits, and is no attempt.
        let (waiting, mut debts): (Vec<_>, Vec<_>) = late.partition(|debt| waits(*debt));
        if head.attempts == 0 && debts.contains(&Debt::Payment) {
            // Nobody's order expires before the bank was reminded of it, however late the reminder.
            debts.retain(|debt| *debt != Debt::Expiry);
        }
        let was_stuck = head.attempts >= MOST_ATTEMPTS;
        if was_stuck {
            // Who is stuck waits for a person, and still for what the clock brings.
            debts.retain(|debt| matches!(debt, Debt::Expiry | Debt::Completion(_)));
        }
        // Without any, the chain runs smoothly and kept the due time of its checkout: it is looked at when
        // something would be late.
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

    /// Whether it was reminded as often as it ever is: nothing goes on until somebody redrives it.
    pub fn is_stuck(&self) -> bool {
        self.attempts >= MOST_ATTEMPTS
    }
}

/// What is owed first, and from when on it is overdue.
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
    fn every_order_that_is_not_at_its_end_owes_something() {
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
    fn an_order_is_overdue_once_stuck_and_never_for_what_the_clock_brings() {
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
    fn what_is_switched_off_waits_and_is_no_attempt() {
        let head = crate::orders::life::tests::head(1);
        let now = head.placed_at + PAY_WITHIN;
        let sweep = Sweep::of(&head, now, |debt| matches!(debt, Debt::Payment | Debt::Expiry));
        assert_eq!(
            sweep,
            Sweep { debts: Vec::new(), attempts: 0, noted: false, next: Some(now + RETRY_SPAN) }
        );
    }

    #[test]
    fn nobodys_order_expires_before_the_bank_was_reminded_of_it() {
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
